"""
How one chunk is compressed inside a xorb (xet-protocol, section 5.1).
"""

from __future__ import annotations

import enum

import lz4.frame

from commonweight.storage.errors import XorbRefused

WORTH_GROUPING = 0.97  # every reader pays for putting the bytes back


class Scheme(enum.IntEnum):
    STORED = 0
    LZ4 = 1
    """The LZ4 frame format."""
    GROUPED_LZ4 = 2
    """Bytes regrouped by their position modulo 4, then LZ4: pays for arrays of 32-bit numbers."""


def group(data: bytes | memoryview) -> bytes:
    """b"abcdefg" -> b"aebfcgd": the bytes at positions 0, 4, …, then 1, 5, …, and so on."""
    return b"".join(bytes(data[first::4]) for first in range(4))


def ungroup(data: bytes) -> bytes:
    """The inverse of `group`."""
    out = bytearray(len(data))
    at = 0
    for first in range(4):
        size = (len(data) + 3 - first) // 4
        out[first::4] = data[at : at + size]
        at += size
    return bytes(out)


def compress(data: bytes | memoryview) -> tuple[Scheme, bytes]:
    """The chunk as LZ4 where that is smaller, regrouped before where that is smaller still and worth it, else as it is."""
    packed: bytes = lz4.frame.compress(data)
    grouped: bytes = lz4.frame.compress(group(data))
    least = min(len(packed), len(data))
    if len(grouped) < least * WORTH_GROUPING:
        return Scheme.GROUPED_LZ4, grouped
    return (Scheme.LZ4, packed) if len(packed) < len(data) else (Scheme.STORED, bytes(data))


class Decoder:
    """Decodes chunks one after the other; keeps the LZ4 state, which is costly to make."""

    def __init__(self) -> None:
        self._lz4 = lz4.frame.LZ4FrameDecompressor()

    def decode(self, scheme: int, packed: bytes | memoryview, size: int) -> bytes:
        """The chunk's `size` bytes. Never makes more than `size + 1` bytes. Raises XorbRefused."""
        data = bytes(packed) if scheme == Scheme.STORED else self._inflate(packed, size)
        if len(data) != size:
            raise XorbRefused(f"A chunk says that it has {size} bytes and has {'more' if len(data) > size else len(data)}.")
        return ungroup(data) if scheme == Scheme.GROUPED_LZ4 else data

    def _inflate(self, packed: bytes | memoryview, size: int) -> bytes:
        self._lz4.reset()
        try:
            data: bytes = self._lz4.decompress(packed, max_length=size + 1)
        except (RuntimeError, EOFError) as error:
            self._lz4 = lz4.frame.LZ4FrameDecompressor()
            raise XorbRefused(f"A chunk is not a valid LZ4 frame ({error}).") from None
        if len(data) == size and (not self._lz4.eof or self._lz4.unused_data):
            raise XorbRefused("A chunk's LZ4 frame does not end where the chunk ends.")
        return data
