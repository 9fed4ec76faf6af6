"""
pkt-lines (gitprotocol-common): four hexadecimal digits of length, then the bytes; `0000`, `0001` and `0002` are marks.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Iterator
from typing import Final

from commonweight.errors import InvalidInput

MAX_LINE: Final = 65520  # with its length; git itself sends and takes no more
MAX_DATA: Final = MAX_LINE - 5  # of a side band: the length, and one byte for the band

FLUSH, DELIM = b"0000", b"0001"

DATA, PROGRESS, FATAL = 1, 2, 3  # side bands


class Mark(enum.Enum):
    """What stands between lines."""

    FLUSH = 0
    DELIM = 1
    RESPONSE_END = 2


def line(data: bytes) -> bytes:
    return b"%04x%b" % (len(data) + 4, data)


def band(number: int, data: bytes) -> Iterator[bytes]:
    """The bytes as packets of a side band."""
    for at in range(0, len(data), MAX_DATA):
        yield line(bytes([number]) + data[at : at + MAX_DATA])


class PktReader:
    """Reads pkt-lines from a body, and what comes after them."""

    def __init__(self, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self._held = bytearray()

    async def next(self) -> bytes | Mark | None:
        """The next line without its line feed, or the next mark; None at the end. Raises InvalidInput."""
        if not await self._has(4):
            if self._held:
                raise _cut_short()
            return None
        length = _length(bytes(self._held[:4]))
        if length < 3:
            del self._held[:4]
            return Mark(length)
        if not await self._has(length):
            raise _cut_short()
        found = bytes(self._held[4:length])
        del self._held[:length]
        return found.removesuffix(b"\n")

    async def rest(self) -> AsyncIterator[bytes]:
        """What follows, in pieces."""
        if self._held:
            yield bytes(self._held)
            self._held.clear()
        async for piece in self._body:
            yield piece

    async def _has(self, count: int) -> bool:
        while len(self._held) < count:
            piece = await anext(self._body, None)
            if piece is None:
                return False
            self._held += piece
        return True


def _length(digits: bytes) -> int:
    try:
        length = int(digits, 16) if digits.isalnum() else -1
    except ValueError:
        length = -1
    if length in (-1, 3) or length > MAX_LINE:
        raise InvalidInput(f"{digits!r} is no length of a pkt-line; four hexadecimal digits up to fff0 were expected.")
    return length


def _cut_short() -> InvalidInput:
    return InvalidInput("The body ends in the middle of a pkt-line.", hint="Send it again.")
