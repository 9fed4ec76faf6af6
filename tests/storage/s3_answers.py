"""An S3 server that answers everything in one way, for what a real one cannot be brought to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def answering(status: int, code: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Its address, and what holds all answers back while it is cleared."""
    go_on = asyncio.Event()
    go_on.set()

    async def answer(_: web.Request) -> web.Response:
        await go_on.wait()
        headers = {"ETag": '"x"'}
        body = f"<Error><Code>{code}</Code></Error>"
        return web.Response(status=status, text=body, content_type="application/xml", headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", go_on
    finally:
        await runner.cleanup()
