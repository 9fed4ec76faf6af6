"""
Prefix affinity: which replica has the beginning of a prompt in its cache.

A prompt is cut into blocks; each block's hash covers everything before it too, so two prompts share as many hashes as
they share blocks from the start. What was sent where is remembered per replica.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

BLOCK_BYTES = 256  # some sixty tokens: less is not worth a busier replica
BLOCKS = 16  # the first four kilobytes tell system prompts and conversations apart
REMEMBERED = 4096  # blocks per replica, a hundred bytes each; an engine's slots hold far fewer

Blocks = Sequence[bytes]


def blocks_of(prompt: bytes) -> Blocks:
    """The chained hashes of the first blocks; a block that is not full is none. The same in every process."""
    hashes: list[bytes] = []
    chain = hashlib.blake2b(digest_size=8)
    for start in range(0, min(len(prompt), BLOCK_BYTES * BLOCKS) - BLOCK_BYTES + 1, BLOCK_BYTES):
        chain.update(prompt[start : start + BLOCK_BYTES])
        hashes.append(chain.digest())
    return hashes


def rank(first: bytes, replica_id: str) -> bytes:
    """Rendezvous hashing: where nobody has a prompt, all processes prefer the same replica for it."""
    return hashlib.blake2b(first + replica_id.encode(), digest_size=8).digest()


class Warmth:
    """What one replica was sent lately."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[bytes, None] = OrderedDict()

    def add(self, blocks: Blocks) -> None:
        for block in blocks:
            self._blocks[block] = None
            self._blocks.move_to_end(block)
        while len(self._blocks) > REMEMBERED:
            self._blocks.popitem(last=False)

    def shared(self, blocks: Blocks) -> int:
        """How many blocks from the start it has."""
        for count, block in enumerate(blocks):
            if block not in self._blocks:
                return count
        return len(blocks)
