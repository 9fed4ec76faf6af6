"""A content store on a port of its own, and the official client beside it in another process."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import granian.server.embed
from granian.constants import Interfaces

from commonweight.asgi import Group, Router, base_url, dress_as_problem, raw_path_of
from commonweight.clock import Clock
from commonweight.storage import Storage
from commonweight.wire.xet import CasTokens, XetWire

TOKEN_KEY, ADDRESS_KEY = b"key of tokens" * 3, b"key of addresses" * 2


@dataclass
class XetWorld:
    """`readable` holds (token, scope); `requests` what came, as "METHOD /path"."""

    storage: Storage
    clock: Clock
    readable: set[tuple[int | None, int]] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    """Scopes whose tokens are worth nothing any more."""
    requests: list[str] = field(default_factory=list)
    body_bytes: int = 0
    """Of all answers: what has gone through this server."""
    refuse: tuple[str, ...] = ()
    """Beginnings of paths that answer 404, as an older server would."""

    def __post_init__(self) -> None:
        self.tokens = CasTokens(TOKEN_KEY, self.clock)
        wire = XetWire(
            self.storage,
            self.tokens,
            ADDRESS_KEY,
            self.clock,
            self._may_read,
            lambda grant: self._still_reads(grant.token_id, grant.scope),
            base_url,
        )
        self._router = Router([wire.group(), Group("", (), dress_as_problem)])

    async def _still_reads(self, token_id: int | None, scope: int) -> bool:
        return scope not in self.closed

    async def _may_read(self, token_id: int | None, scope: int) -> bool:
        return (token_id, scope) in self.readable

    def token(self, scope: int = 1, *, write: bool = True, token_id: int | None = 7) -> str:
        return self.tokens.mint(scope=scope, token_id=token_id, write=write).text

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        path = raw_path_of(scope).decode()
        self.requests.append(f"{scope['method']} {path}")
        if path.startswith(self.refuse) and self.refuse:
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return

        async def counted(message: Any) -> None:
            self.body_bytes += len(message.get("body", b""))
            await send(message)

        await self._router(scope, receive, counted)

    def asked(self, beginning: str) -> list[str]:
        return [request for request in self.requests if request.startswith(beginning)]


@asynccontextmanager
async def serving(app: XetWorld) -> AsyncIterator[str]:
    """The application on a free port; gives the content store's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = granian.server.embed.Server(app, port=port, interface=Interfaces.ASGINL, log_enabled=False)
    task = asyncio.create_task(server.serve())
    try:
        await _until_open(port)
        yield f"http://127.0.0.1:{port}/xet"
    finally:
        server.stop()
        await task


async def _until_open(port: int) -> None:
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.01)


class ClientFailed(Exception):
    pass


async def official_client(cache: Path, endpoint: str, token: str, deed: str, *arguments: Any, **settings: str) -> Any:
    """Run hf_xet in a process of its own, since it keeps settings and caches per process. Raises ClientFailed."""
    environment = {**os.environ, "HF_XET_CACHE": str(cache), **settings}
    script = Path(__file__).with_name("xet_client.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        json.dumps([endpoint, token, deed, list(arguments)]),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode:
        raise ClientFailed(err.decode())
    return json.loads(out)
