"""
Builds the house: gives each room what it needs. The only file that knows all rooms.

`build_rooms` makes the rooms of one installation, for the command, the worker and the web process alike; `create` makes
the ASGI application of a web process (Granian calls it).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import aiohttp
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from commonweight.asgi import Group, Needs, Route, Router, base_url, dress_as_problem
from commonweight.choosing import Market, Offers
from commonweight.clock import Clock, SystemClock
from commonweight.db import Database
from commonweight.db.migrate import at_newest
from commonweight.errors import Unavailable
from commonweight.hub import Hub, KnownModels
from commonweight.identity import ANONYMOUS, Caller, Identity, Keys, caller_of
from commonweight.jobs import Jobs, Runner
from commonweight.policy import Policy
from commonweight.processes import die_with_supervisor, log_to_stderr
from commonweight.rights import load_records
from commonweight.serving import Replicas
from commonweight.serving import Router as ReplicaRouter
from commonweight.settings import Settings
from commonweight.storage import Storage
from commonweight.web import WebServices, web_group
from commonweight.wire.cw import cw_app
from commonweight.wire.huggingface import huggingface_group
from commonweight.wire.openai import OpenAIWire, make_session
from commonweight.wire.xet import CasTokens, XetWire


@dataclass(frozen=True)
class Rooms:
    """The rooms of one installation, in one process."""

    settings: Settings
    clock: Clock
    keys: Keys
    database: Database
    identity: Identity
    storage: Storage
    hub: Hub
    known: KnownModels
    policy: Policy
    market: Market
    offers: Offers
    runner: Runner

    async def close(self) -> None:
        await self.storage.close()
        await self.database.close()


def build_rooms(settings: Settings, owner: str = "set-up") -> Rooms:
    """The rooms over the database and the bytes of `settings`. `owner` names this process where it takes jobs."""
    clock, keys = SystemClock(), Keys.load(settings.home, settings.secret_key)
    database = Database(settings.async_database_url)
    identity = Identity(database, clock, keys.derive("sessions"))
    storage = Storage.on_disk(database, clock, home=settings.home, cache_bytes=settings.cache_bytes)
    hub, known = Hub(database, storage, clock), KnownModels(database, clock)
    policy = Policy(database, hub, known, load_records(), clock)
    handlers = {"read_revision": hub.on_read_revision}
    return Rooms(
        settings=settings,
        clock=clock,
        keys=keys,
        database=database,
        identity=identity,
        storage=storage,
        hub=hub,
        known=known,
        policy=policy,
        market=Market(hub, known, policy),
        offers=Offers(hub, policy, storage),
        runner=Runner(Jobs(database, clock, owner), handlers),
    )


def build_router(rooms: Rooms, session: aiohttp.ClientSession, replicas: ReplicaRouter) -> Router:
    """Every wire and page over these rooms."""
    tokens = CasTokens(rooms.keys.derive("cas-tokens"), rooms.clock)

    def address(request: Request) -> str:
        return base_url(request, rooms.settings.public_url)

    async def caller(request: Request) -> Caller:
        return await caller_of(rooms.identity, request.method, request.headers)

    async def scope_readable(token_id: int | None, scope: int) -> bool:
        who = ANONYMOUS if token_id is None else await rooms.identity.caller_by_token_id(token_id)
        return await rooms.hub.may_read_scope(who, scope)

    openai = OpenAIWire(authenticate=caller, catalogue=rooms.offers, router=replicas, session=session)
    services = WebServices(rooms.identity, rooms.hub, rooms.known, rooms.policy, rooms.market, address)
    groups = [
        web_group(services),
        _probes(rooms),
        huggingface_group(rooms.hub, rooms.identity, rooms.storage, tokens, rooms.keys.derive("lfs-addresses"), address),
        XetWire(rooms.storage, tokens, rooms.keys.derive("xorb-addresses"), rooms.clock, scope_readable, address).group(),
        openai.group(),
    ]
    own_api = cw_app(rooms.identity, rooms.policy, rooms.market)
    return Router(groups, mounts=[("/cw/v1", own_api)])


def _probes(rooms: Rooms) -> Group:
    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        if not await at_newest(rooms.database):
            raise Unavailable("The database is not at the schema of this program.", hint="Run: commonweight up")
        return JSONResponse({"database": "ok", "storage": "ok"})

    routes = (
        Route(("GET",), "/healthz", alive, Needs.NOTHING),
        Route(("GET",), "/readyz", ready, Needs.NOTHING),
    )
    return Group("/readyz", routes, dress_as_problem)


class Application:
    """The ASGI application of one web process: rooms are built when it starts and closed when it ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._router: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._router is not None:
            await self._router(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        rooms = build_rooms(self._settings)
        replicas = ReplicaRouter(Replicas(rooms.database, rooms.clock))
        async with make_session() as session:
            self._router = build_router(rooms, session, replicas)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await replicas.close()
            await rooms.close()
        await send({"type": "lifespan.shutdown.complete"})


def create() -> Application:
    """The application of a web process, from the environment that the supervisor has set."""
    settings = Settings.from_environment(os.environ)
    die_with_supervisor()
    log_to_stderr(settings.log_level)
    return Application(settings)
