"""What a request asks for, once it has been understood."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from commonweight.asgi import header_in
from commonweight.wire.openai.engine_talk import EngineTalk
from commonweight.wire.openai.errors import BadRequest, RequestTooLarge

MAX_BODY_BYTES = 32 << 20  # several pictures in base64, or a prompt far beyond every context


#: Makes the documents of an engine's stream out of several requests to it.
Compose = Callable[[EngineTalk], AsyncIterator[dict[str, Any]]]


class Asked(NamedTuple):
    """A checked request. `upstream` is the body for the engine, without `model` and `stream`."""

    model: str
    upstream: dict[str, Any]
    stream: bool
    include_usage: bool
    never_stream_upstream: bool = False
    echo: str = ""  # what the answer of an old completion begins with
    top: int | None = None  # how many likely tokens an old completion shows beside each
    best_of: int = 0  # texts that are written for each prompt, where more than are given
    shorten: bool = False  # whether the oldest turns may be left out where a prompt does not fit
    functions: bool = False  # it asked for `functions`, as one did before there were tools
    media: Sequence[tuple[str, Mapping[str, Any]]] = ()  # parts of messages that are no text, and where they stand
    compose: Compose | None = None  # where the answer is made of several requests to the engine


async def read_document(request: Request) -> dict[str, Any]:
    """The JSON object in the body. Raises RequestTooLarge or BadRequest."""
    announced = header_in(request.scope, b"content-length") or "0"
    if announced.isdecimal() and int(announced) > MAX_BODY_BYTES:
        raise _too_large(int(announced))
    body = await _body(request.receive)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        message = f"We could not parse the JSON body of your request: {error}."
        raise BadRequest(message, kind="invalid_json") from None
    if not isinstance(document, dict):
        raise BadRequest("The body of the request is JSON but no object.", kind="invalid_json")
    return document


async def _body(receive: Receive) -> bytes:
    """Raises RequestTooLarge, ClientDisconnect."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise _too_large(size)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(size: int) -> RequestTooLarge:
    return RequestTooLarge(f"The request has {size} bytes or more; at most {MAX_BODY_BYTES} are accepted.")
