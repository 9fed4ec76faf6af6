"""Bodies of git's requests: in chunks, perhaps compressed, within a bound."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from starlette.requests import Request

from commonweight.errors import InvalidInput, TooLarge

PIECE_BYTES = 64 << 10  # of what a compressed body becomes, at once
GZIP = 16 + zlib.MAX_WBITS


async def body_of(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body in pieces, decompressed. Raises TooLarge beyond `limit` bytes, InvalidInput where it is no gzip."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise InvalidInput(f"The body is encoded as {encoding[:50]!r}; expected gzip, or nothing.")
    pieces = request.stream() if encoding == "identity" else _unzipped(request.stream())
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > limit:
            raise TooLarge(f"The body has more than {limit} bytes.", hint="Send less at once.")
        if piece:
            yield piece


async def _unzipped(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    inflate = zlib.decompressobj(GZIP)
    try:
        async for piece in pieces:
            waiting = piece
            while waiting and not inflate.eof:
                yield inflate.decompress(waiting, PIECE_BYTES)
                waiting = inflate.unconsumed_tail
            while not inflate.eof and (more := inflate.decompress(b"", PIECE_BYTES)):
                yield more
    except zlib.error as error:
        raise InvalidInput(f"The body is said to be gzip, and is not: {error}.") from None
    if not inflate.eof:
        raise InvalidInput("The compressed body ends in the middle.", hint="Send it again.")
