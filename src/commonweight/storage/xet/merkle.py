"""
The merkle tree over chunks, from which xorbs and files get their names (xet-protocol, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence

from commonweight.storage.xet.hashes import ZERO_HASH, hash_text, last_word, node_hash, salted

SMALLEST_GROUP = 3  # a group holds 3 to 9 nodes, except a tail of 1 or 2
LARGEST_GROUP = 9
BRANCHING = 4  # a node whose hash is 0 modulo this ends its group

Node = tuple[bytes, int]
"""A hash and the number of uncompressed bytes below it."""


def merkle_root(leaves: Sequence[Node]) -> bytes:
    """The root over chunks in order. One chunk is its own root. Raises ValueError for none."""
    if not leaves:
        raise ValueError("a merkle tree needs at least one leaf")
    level = list(leaves)
    while len(level) > 1:
        level = _next_level(level)
    return level[0][0]


def file_hash(leaves: Sequence[Node]) -> bytes:
    """The id of a file: its merkle root, salted; all zeros for a file without bytes."""
    return salted(merkle_root(leaves)) if leaves else ZERO_HASH


def _next_level(level: list[Node]) -> list[Node]:
    above: list[Node] = []
    at = 0
    while at < len(level):
        size = _group_size(level, at)
        above.append(_join(level[at : at + size]))
        at += size
    return above


def _group_size(level: list[Node], at: int) -> int:
    remaining = len(level) - at
    if remaining < SMALLEST_GROUP:
        return remaining
    longest = min(LARGEST_GROUP, remaining)
    for offset in range(SMALLEST_GROUP - 1, longest):
        if last_word(level[at + offset][0]) % BRANCHING == 0:
            return offset + 1
    return longest


def _join(group: list[Node]) -> Node:
    text = "".join(f"{hash_text(digest)} : {length}\n" for digest, length in group)
    return node_hash(text.encode()), sum(length for _, length in group)
