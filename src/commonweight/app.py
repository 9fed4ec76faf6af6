"""Builds the ASGI application of a web process. Granian calls `create`."""

from __future__ import annotations

import os
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from commonweight.asgi import TrustedProxies
from commonweight.cors import Cors, origins_of
from commonweight.front import Engines, build_router
from commonweight.identity import networks_of
from commonweight.processes import die_with_supervisor, log_to_stderr, spare_what_stands
from commonweight.rooms import build_rooms
from commonweight.serving import Router as ReplicaRouter
from commonweight.serving.remote import remote_session
from commonweight.settings import Settings
from commonweight.telemetry import Told
from commonweight.wire.openai import make_session


class Application:
    """The ASGI application of one web process: rooms are built when it starts and closed when it ends."""

    def __init__(self, settings: Settings, when_built: Callable[[], None]) -> None:
        self._settings = settings
        self._when_built = when_built
        self._router: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._router is not None:
            await self._router(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        rooms = build_rooms(self._settings)
        replicas = ReplicaRouter(rooms.replicas, self._settings.queue_length)
        async with make_session() as session, remote_session(self._settings.private_remotes) as outside:
            trusted = networks_of(filter(None, self._settings.trusted_proxies.split(",")))
            told = Told.start(self._settings.traces)
            router: ASGIApp = build_router(rooms, Engines(replicas, session, outside), told)
            origins = origins_of(self._settings.cors_origins)
            app = Cors(router, origins) if origins else router
            self._router = TrustedProxies(app, trusted) if trusted else app
            self._when_built()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await replicas.close()
            told.close()
            await rooms.close()
        await send({"type": "lifespan.shutdown.complete"})


def create() -> Application:
    """The application of a web process, from the environment that the supervisor has set."""
    settings = Settings.from_environment(os.environ)
    die_with_supervisor()
    log_to_stderr(settings.log_level)
    return Application(settings, when_built=spare_what_stands)
