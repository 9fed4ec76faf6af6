"""Server-sent events: taken apart as an engine sends them, written as a client reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

import orjson

from commonweight.serving import EngineLost
from commonweight.wire.openai.errors import error_of_engine

MAX_EVENT_BYTES = 8 << 20  # one token with its log-probabilities is some kilobytes; more is a broken engine
DONE = b"data: [DONE]\n\n"


class BrokenStream(EngineLost):
    """The engine's stream is not what it should be: too large an event, or not JSON."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The engine sent {what}.")


async def events_of(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """
    The payloads of `data:` lines, as many at a time as have arrived; without comments and without `[DONE]`.

    An event is one `data:` line in every engine, so lines are all that has to be told apart. Raises BrokenStream.
    """
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > MAX_EVENT_BYTES:
            raise BrokenStream(f"an event of more than {MAX_EVENT_BYTES} bytes")
        payloads = [payload for line in lines if (payload := _payload(line))]
        if payloads:
            yield payloads
    last = _payload(rest)
    if last:
        yield [last]


def _payload(line: bytes) -> bytes:
    line = line.rstrip(b"\r")
    if not line.startswith(b"data:"):
        return b""
    payload = line[5:].lstrip()
    return b"" if payload == b"[DONE]" else payload


def documents(payloads: Iterable[bytes], prompt_field: str) -> Iterator[dict[str, Any]]:
    """
    The documents of these payloads, one by one. Raises BrokenStream, and what an error in the stream means;
    `prompt_field` is what that may be about.
    """
    for payload in payloads:
        raw = parse(payload)
        if "error" in raw:
            raise error_of_engine(500, raw, prompt_field)
        yield raw


def parse(payload: bytes) -> dict[str, Any]:
    """The document of an event; empty for `null`, which llama.cpp sends before several prompts. Raises BrokenStream."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise BrokenStream(f"an event that is no JSON: {error}") from None
    if document is not None and not isinstance(document, dict):
        raise BrokenStream("an event that is no object")
    return document or {}


def event(document: Mapping[str, Any]) -> bytes:
    """`data: {…}` and a blank line."""
    return b"data: " + orjson.dumps(document) + b"\n\n"


def comment(text: str) -> bytes:
    """A line that clients skip and that keeps proxies awake."""
    return b": " + " ".join(text.split()).encode() + b"\n\n"
