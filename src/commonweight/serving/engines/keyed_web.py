"""What programs of engines share that answer by aiohttp: a key, `/health`, `/slots`, an announcement."""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import Callable
from typing import Any

from aiohttp import web
from llamacpp_main import HOST_VARIABLE, announce, url_of  # type: ignore[import-not-found]

MAX_BODY_BYTES = 64 << 20  # a recording of 32 MiB in base64, and what stands around it


def keyed_app(key: str, active: Callable[[], int]) -> web.Application:
    """An application that knows its key and says how many requests are under way."""
    expected = f"Bearer {key}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: Any) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected):
            return refused(401, "Invalid API Key", "authentication_error")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def health(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def slots(request: web.Request) -> web.Response:
        return web.json_response([{"id": number, "is_processing": True} for number in range(active())])

    app = web.Application(middlewares=[guard], client_max_size=MAX_BODY_BYTES)
    app.router.add_get("/health", health)
    app.router.add_get("/slots", slots)
    return app


def refused(status: int, message: str, kind: str = "invalid_request_error") -> web.Response:
    """An error in the shape of the other engines."""
    return web.json_response({"error": {"code": status, "message": message, "type": kind}}, status=status)


async def serve(app: web.Application, engine: str) -> None:
    """Announce the address, and stay. A handler whose client leaves is cancelled."""
    host = os.environ.get(HOST_VARIABLE) or "127.0.0.1"
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    announce(base_url=url_of(host, runner.addresses[0][1]), engine=engine)
    await asyncio.Event().wait()
