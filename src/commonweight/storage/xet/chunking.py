"""
Where a file is cut into chunks (xet-protocol, section 3), with numpy.

The rolling hash at a byte depends on the 64 bytes up to it and on nothing else, and no cut is tried before byte 8192
of a chunk; so the hash is computed for all bytes at once, by doubling the window six times, and cuts are picked from it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from commonweight.storage.xet.gear import GEAR_TABLE

MIN_CHUNK_BYTES = 8_192
MAX_CHUNK_BYTES = 131_072
MASK_SHIFT = np.uint64(48)  # a cut needs the 16 top bits to be zero
WINDOW = 64  # bytes that a 64-bit register shifted by one remembers
BLOCK_BYTES = 16_384  # bytes hashed at a time: the 8-byte words of two blocks stay within the processor's cache

_GEAR = np.array(GEAR_TABLE, dtype=np.uint64)


def cut_points(data: bytes | memoryview, *, last: bool) -> list[int]:
    """
    Where the chunks of `data` end, `data` beginning at a chunk's first byte.

    Unless these are the `last` bytes of the file, only cuts are given that further bytes cannot change, so the rest is
    to be given again with more behind it.
    """
    cuts: list[int] = []
    start = 0
    for candidate in _candidates(np.frombuffer(data, np.uint8)):
        start = _cut_at_most(cuts, start, candidate)
        if candidate - start >= MIN_CHUNK_BYTES:
            cuts.append(candidate)
            start = candidate
    start = _cut_at_most(cuts, start, len(data))
    if last and start < len(data):
        cuts.append(len(data))
    return cuts


def _cut_at_most(cuts: list[int], start: int, limit: int) -> int:
    """Cut pieces of the largest size while they end at or before `limit`; where the next chunk starts."""
    while limit - start >= MAX_CHUNK_BYTES:
        start += MAX_CHUNK_BYTES
        cuts.append(start)
    return start


def _candidates(data: npt.NDArray[np.uint8]) -> Iterator[int]:
    """Positions behind each byte whose rolling hash asks for a cut, rising."""
    for begin in range(0, len(data), BLOCK_BYTES):
        before = max(0, begin - WINDOW + 1)
        hashes = _rolling(data[before : begin + BLOCK_BYTES])[begin - before :]
        for at in np.flatnonzero((hashes >> MASK_SHIFT) == 0):
            yield begin + int(at) + 1


def _rolling(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """The gear hash after each byte, started with 0 before the first: h = (h << 1) + table[byte], modulo 2^64."""
    hashes = _GEAR[data]
    for shift in (1, 2, 4, 8, 16, 32):
        wider = hashes.copy()
        wider[shift:] += hashes[:-shift] << np.uint64(shift)
        hashes = wider
    return hashes
