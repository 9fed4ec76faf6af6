"""
What is known about the chunks of one xorb, packed: 40 bytes a chunk, kept as one value in the database.

Layout for n chunks: n raw hashes of 32 bytes; n little-endian u32, where each chunk ends in the stored xorb (headers
counted); n little-endian u32, where each chunk ends in the uncompressed xorb.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from commonweight.storage.errors import FormatRefused
from commonweight.storage.xet.hashes import HASH_BYTES

RECORD_BYTES = HASH_BYTES + 8


@dataclass(frozen=True, slots=True)
class ChunkTable:
    hashes: bytes
    stored_ends: Sequence[int]
    """Where each chunk ends in the stored xorb."""
    unpacked_ends: Sequence[int]
    """Where each chunk ends in the uncompressed xorb."""

    @classmethod
    def of(cls, chunks: Iterable[tuple[bytes, int, int]]) -> ChunkTable:
        """From (hash, end in the stored xorb, uncompressed length) of each chunk, in order."""
        hashes, stored, unpacked, total = bytearray(), array("I"), array("I"), 0
        for digest, stored_end, length in chunks:
            total += length
            hashes += digest
            stored.append(stored_end)
            unpacked.append(total)
        return cls(bytes(hashes), stored, unpacked)

    @classmethod
    def unpack(cls, packed: bytes) -> ChunkTable:
        """The inverse of `pack`. Raises FormatRefused where the length is no multiple of 40."""
        count, rest = divmod(len(packed), RECORD_BYTES)
        if rest:
            raise FormatRefused(f"A chunk table has {len(packed)} bytes; a multiple of {RECORD_BYTES} was expected.")
        ends = HASH_BYTES * count
        return cls(packed[:ends], _words(packed[ends : ends + 4 * count]), _words(packed[ends + 4 * count :]))

    def pack(self) -> bytes:
        return self.hashes + _bytes(self.stored_ends) + _bytes(self.unpacked_ends)

    def __len__(self) -> int:
        return len(self.stored_ends)

    def hashes_of(self, start: int, end: int) -> bytes:
        """The raw hashes of chunks start to end (exclusive), one after the other."""
        return self.hashes[start * HASH_BYTES : end * HASH_BYTES]

    def stored_start(self, chunk: int) -> int:
        """Where a chunk's header begins in the stored xorb. `chunk` may be the number of chunks: then the very end."""
        return self.stored_ends[chunk - 1] if chunk else 0

    def unpacked_start(self, chunk: int) -> int:
        """Where a chunk begins in the uncompressed xorb. `chunk` may be the number of chunks: then the very end."""
        return self.unpacked_ends[chunk - 1] if chunk else 0

    def unpacked_length(self, start: int, end: int) -> int:
        """Uncompressed bytes of chunks start to end (exclusive)."""
        return self.unpacked_start(end) - self.unpacked_start(start)

    def leaves(self, start: int, end: int) -> list[tuple[bytes, int]]:
        """(hash, uncompressed length) of chunks start to end (exclusive), as the merkle tree wants them."""
        hashes = self.hashes_of(start, end)
        lengths = (self.unpacked_length(chunk, chunk + 1) for chunk in range(start, end))
        return [
            (hashes[at : at + HASH_BYTES], length)
            for at, length in zip(range(0, len(hashes), HASH_BYTES), lengths, strict=True)
        ]


def _words(packed: bytes) -> array[int]:
    words = array("I")
    words.frombytes(packed)
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _bytes(words: Sequence[int]) -> bytes:
    copy = array("I", words)
    if sys.byteorder == "big":
        copy.byteswap()
    return copy.tobytes()
