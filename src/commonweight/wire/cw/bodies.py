"""Bodies are read whole by the framework, so their size is bounded before it sees them."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commonweight.asgi import dress_as_problem
from commonweight.errors import TooLarge

MAX_BODY_BYTES: Final = 4 << 20  # what a question may have (docs/rights-io.md); a use has some kilobytes


class BoundedBodies:
    """Reads a body up to the bound and hands it on; answers 413 beyond it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            error = TooLarge(f"The body has more than {MAX_BODY_BYTES:,} bytes.", hint="Leave out what is not asked.")
            await dress_as_problem(Request(scope), error)(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None where it is too large. A client that leaves ends it."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again
