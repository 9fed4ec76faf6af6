"""What is checked before the framework sees a request: the raw path, and the size of a body, which it reads whole."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commonweight.asgi import dress_as_problem, raw_path_of, split_raw_path
from commonweight.errors import CommonweightError, TooLarge

MAX_BODY_BYTES: Final = 4 << 20  # what a question may have (docs/rights-io.md); a use has some kilobytes


class Guard:
    """
    Refuses paths as the router does for all others (400), and reads a body up to the bound (413 beyond it). The routes at
    `streaming` read theirs piece by piece, and have bounds of their own.
    """

    def __init__(self, app: ASGIApp, streaming: Collection[bytes] = ()) -> None:
        self._app = app
        self._streaming = frozenset(streaming)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            receive = await _checked(scope, receive, self._streaming)
        except CommonweightError as error:
            await dress_as_problem(Request(scope), error)(scope, receive, send)
            return
        await self._app(scope, receive, send)


async def _checked(scope: Scope, receive: Receive, streaming: Collection[bytes]) -> Receive:
    """What the application receives from. Raises InvalidInput, TooLarge."""
    if scope["type"] != "http":
        return receive
    raw = raw_path_of(scope)
    split_raw_path(raw)
    if scope["method"] in ("GET", "HEAD") or raw in streaming:
        return receive
    return _replay(await _read(receive), receive)


async def _read(receive: Receive) -> bytes:
    """The whole body. A client that leaves ends it. Raises TooLarge."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"The body has more than {MAX_BODY_BYTES:,} bytes.", hint="Leave out what is not asked.")
        if message["type"] != "http.request" or not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again
