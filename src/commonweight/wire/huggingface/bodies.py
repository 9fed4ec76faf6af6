"""Bodies of requests, read within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.requests import Request

from commonweight.errors import InvalidInput, TooLarge

MAX_JSON_BYTES = 8 << 20  # the largest are 1,000 paths, or a card with long tables
OFF_LOOP_BYTES = 256 << 10  # parsing more than that takes milliseconds, in which nobody else would be served


async def read_body(request: Request, limit: int = MAX_JSON_BYTES) -> bytes:
    """Raises TooLarge."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise TooLarge(f"The body has more than {limit} bytes.")
        pieces.append(piece)
    return b"".join(pieces)


async def read_json(request: Request, limit: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """A JSON object; an empty body is {}. Raises InvalidInput, TooLarge."""
    body = await read_body(request, limit)
    return await parse_object(body) if body.strip() else {}


async def parse_object(text: bytes) -> dict[str, Any]:
    """Raises InvalidInput."""
    try:
        value = orjson.loads(text) if len(text) < OFF_LOOP_BYTES else await asyncio.to_thread(orjson.loads, text)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"The body is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise InvalidInput(f"A JSON object was expected; {type(value).__name__} came.")
    return value


async def lines(request: Request, longest: int) -> AsyncIterator[bytes]:
    """The non-empty lines of a body, one at a time. Raises TooLarge for one longer than `longest` bytes."""
    pieces: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            line = b"".join([*pieces, end])
            pieces, size = [], 0
            if line.strip():
                yield _checked(line, longest)
        size += len(rest)
        if size > longest:
            raise TooLarge(f"One line of the body has more than {longest} bytes.", hint="Send this file as a large one.")
        pieces.append(rest)
    last = b"".join(pieces)
    if last.strip():
        yield _checked(last, longest)


def _checked(line: bytes, longest: int) -> bytes:
    if len(line) > longest:
        raise TooLarge(f"One line of the body has more than {longest} bytes.", hint="Send this file as a large one.")
    return line


def text_field(body: dict[str, Any], key: str, default: str | None = None) -> str:
    """A text in a JSON object. Raises InvalidInput where it is missing (without a default) or something else."""
    value = body.get(key, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise InvalidInput(f"The field {key!r} must be a text; {_kind(value)} came.")
    return value


def optional_text(body: dict[str, Any], key: str) -> str | None:
    return None if body.get(key) is None else text_field(body, key)


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
