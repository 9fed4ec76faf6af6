"""
Routing on the raw path: the outermost layer of the application.

Starlette decodes `%2F` before it matches, so `tree/refs%2Fpr%2F1/sub%2Fdir` would split in the wrong place. Here the raw
path is split first and each segment is decoded afterwards (`table.py`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from commonweight.asgi.passing import Bodies, Receiving, Sending
from commonweight.asgi.paths import raw_path_of
from commonweight.asgi.request_ids import RequestIds
from commonweight.asgi.routes import Group
from commonweight.asgi.table import Match, Table
from commonweight.errors import CommonweightError

log = logging.getLogger("commonweight.request")

#: Told of a request that has ended: method, pattern of its route (empty where none fits), status, seconds.
Requested = Callable[[str, str, int, float], None]

BODY_SECONDS: Final = 120.0  # between two pieces of a body: then the client counts as gone, and its connection is free again
LEFT: Final = 499  # the status that counts for a client that left before there was one, as with nginx


class Router:
    """An ASGI application made of groups, and of other applications (`mounts`) below prefixes."""

    def __init__(
        self,
        groups: Iterable[Group],
        mounts: Sequence[tuple[str, ASGIApp]] = (),
        body_seconds: float = BODY_SECONDS,
        requested: Requested | None = None,
    ) -> None:
        """`requested` is told of each request when it has ended."""
        self._requested = requested
        self._table = Table(groups)
        self._bodies = Bodies(body_seconds)
        self._ids = RequestIds()
        self._mounts = tuple((prefix, prefix.encode(), prefix.encode() + b"/", app) for prefix, app in mounts)

    @property
    def groups(self) -> tuple[Group, ...]:
        """All routes."""
        return self._table.groups

    def match(self, method: str, raw_path: bytes) -> Match:
        """The route for a request. Raises InvalidInput, NotFound or MethodNotAllowed."""
        return self._table.match(method, raw_path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _refuse_other_protocols(scope, send)
            return
        began, raw = time.perf_counter(), raw_path_of(scope)
        state = scope.setdefault("state", {})  # a server may have begun it
        request_id = state["request_id"] = self._ids.new()
        sending = Sending(send, request_id)
        try:
            await self._route(scope, Receiving(receive, self._bodies), sending, raw)
        finally:
            if self._requested is not None:
                took = time.perf_counter() - began
                self._requested(scope["method"], state.get("route", ""), sending.status or LEFT, took)

    def _route(self, scope: Scope, receive: Receive, sending: Sending, raw: bytes) -> Awaitable[None]:
        for prefix, whole, below, app in self._mounts:
            if raw == whole or raw.startswith(below):
                scope["state"]["route"] = prefix
                return app(scope, receive, sending)
        return self._answer(scope, receive, sending, raw)

    async def _answer(self, scope: Scope, receive: Receive, sending: Sending, raw: bytes) -> None:
        """The request border: the one place on this path where every exception is caught, logged and dressed."""
        request = Request(scope, receive)
        group: Group | None = None
        try:
            match = self._table.match(scope["method"], raw)
            group = match.group
            scope["path_params"] = match.params
            scope["state"]["route"] = match.route.pattern
            response = await match.route.handler(request)
            await response(scope, receive, sending)
        except CommonweightError as error:
            await self._fail(group or self._table.group_for(raw), request, error, sending)
        except ClientDisconnect:
            log.info("client left %s %s", scope["method"], raw.decode("latin-1"))
        except Exception:
            log.exception("request failed: %s %s", scope["method"], raw.decode("latin-1"))
            await self._fail(group or self._table.group_for(raw), request, _internal(scope), sending)

    async def _fail(self, group: Group, request: Request, error: CommonweightError, sending: Sending) -> None:
        if sending.status:  # it has been said: closing without the end of the body is the only honest sign left
            raise error
        response = group.dress(request, error)
        for name, value in error.headers.items():
            response.headers.setdefault(name, value)
        await response(request.scope, request.receive, sending)


def _internal(scope: Scope) -> CommonweightError:
    return CommonweightError(
        "Something went wrong on the server.",
        hint=f"Tell the operator this request id: {scope['state']['request_id']}.",
    )


async def _refuse_other_protocols(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
