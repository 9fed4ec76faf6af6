"""Runs the lines of batches through the routes of `/v1` inside this process: the same checks, verdicts, limits, engines."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.types import ASGIApp, Message

from commonweight.batches import Line, Outcome
from commonweight.identity import ANONYMOUS, Caller


async def caller_of_line(request: Request) -> Caller:
    """The `authenticate` of an `Inference` whose requests come from here: who made the batch."""
    caller = request.scope["state"].get("caller", ANONYMOUS)
    assert isinstance(caller, Caller)
    return caller


class LineRunner:
    """A `RunLine`. `app` holds the routes; its callers are those that `caller_of_line` finds."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, caller: Caller, line: Line) -> Outcome:
        request, answer = _Request(line), _Answer()
        await self._app(request.scope(caller), request.receive, answer.send)
        return answer.outcome()


class _Request:
    """A request that comes by no network. Its client never leaves: whoever gives up cancels the task."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._body: bytes | None = orjson.dumps(line.body)

    def scope(self, caller: Caller) -> dict[str, Any]:
        path = self._line.url
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), (b"host", b"batch")],
            "client": (self._line.address, 0),
            "server": ("batch", 0),
            "state": {"caller": caller},
        }

    async def receive(self) -> Message:
        body, self._body = self._body, None
        if body is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": body, "more_body": False}


class _Answer:
    """What is sent, gathered."""

    def __init__(self) -> None:
        self._status = 500
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, headers = message["status"], message["headers"]
            self._headers = _by_name(headers)
        elif message["type"] == "http.response.body":
            self._body.append(message.get("body", b""))

    def outcome(self) -> Outcome:
        return Outcome(
            self._status,
            self._headers.get(b"x-request-id", b"").decode("latin-1"),
            _document(b"".join(self._body)),
            retry_after=_seconds(self._headers.get(b"retry-after")),
            final=self._headers.get(b"x-should-retry") == b"false",
        )


def _by_name(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    return {name.lower(): value for name, value in headers}


def _document(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return {"error": {"message": "The answer was no JSON.", "type": "server_error", "param": None, "code": None}}


def _seconds(header: bytes | None) -> float | None:
    try:
        return None if header is None else float(header)
    except ValueError:
        return None
