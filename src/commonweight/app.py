"""Builds the ASGI application of a web process: every wire and page over the rooms. Granian calls `create`."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import aiohttp
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from commonweight.asgi import Group, Needs, Route, Router, TrustedProxies, base_url, client_of, dress_as_problem
from commonweight.cors import Cors, origins_of
from commonweight.db.migrate import at_newest
from commonweight.errors import NotFound, Unavailable
from commonweight.identity import ANONYMOUS, Caller, Signer, caller_of, networks_of
from commonweight.inference import inference_groups
from commonweight.policy import Receipts
from commonweight.processes import die_with_supervisor, log_to_stderr, spare_what_stands
from commonweight.rooms import Rooms, build_rooms
from commonweight.seeding import Seeder
from commonweight.serving import Checks, Operating, ReceiptBook, seen_now
from commonweight.serving import Router as ReplicaRouter
from commonweight.serving.receipts import PURPOSE as INFERENCE_RECEIPTS
from commonweight.serving.remote import SeatsWithRemotes, remote_session
from commonweight.settings import Settings
from commonweight.telemetry import Metrics, Told
from commonweight.web import WebServices, web_group
from commonweight.wire.cw import cw_app
from commonweight.wire.huggingface import huggingface_group
from commonweight.wire.metrics import MetricsWire
from commonweight.wire.openai import BatchesWire, FilesWire, Inference, OrganizationWire, Witnesses, make_session
from commonweight.wire.xet import CasGrant, CasTokens, XetWire


def build_router(
    rooms: Rooms,
    session: aiohttp.ClientSession,
    replicas: ReplicaRouter,
    told: Told | None = None,
    outside: aiohttp.ClientSession | None = None,
) -> Router:
    """
    Every wire and page over these rooms. `told` is told what happens here; `outside` is the client for remotes, without
    which nothing leaves the house.
    """
    told = told or Told(Metrics())
    tokens = CasTokens(rooms.keys.derive("cas-tokens"), rooms.clock)

    def address(request: Request) -> str:
        return base_url(request, rooms.settings.public_url)

    async def caller(request: Request) -> Caller:
        return await caller_of(rooms.identity, request.method, request.headers, client_of(request))

    async def readable(token_id: int | None, scope: int) -> bool:
        who = ANONYMOUS if token_id is None else await rooms.identity.caller_by_token_id(token_id)
        return await rooms.hub.may_read_scope(who, scope)

    async def holds(grant: CasGrant) -> bool:
        who = ANONYMOUS if grant.token_id is None else await rooms.identity.caller_by_token_id(grant.token_id)
        if not await rooms.hub.may_read_scope(who, grant.scope):
            return False
        return grant.write or await rooms.policy.may_download(who, grant.scope, grant.revision)

    signer = Signer(rooms.keys, INFERENCE_RECEIPTS)
    book = ReceiptBook(rooms.database, signer, rooms.clock, rooms.settings.public_url)

    async def verdict_value(who: Caller, id: str) -> str:
        try:
            return str((await rooms.policy.verdict(who, id)).document["value"])
        except NotFound:
            return ""

    inference = Inference(
        authenticate=caller,
        catalogue=rooms.offers,
        router=SeatsWithRemotes(replicas, rooms.remotes),
        session=session,
        remote_session=outside,
        accounting=rooms.accounting,
        context_tokens=rooms.settings.context_tokens,
        witnesses=Witnesses(book, rooms.sources.digests, verdict_value),
        watch=told.answered,
    )
    receipts = Receipts(rooms.policy, Signer(rooms.keys), rooms.clock, [signer])
    checks = Checks(rooms.database, rooms.clock)
    operating = Operating(rooms.replicas, rooms.offers)
    services = WebServices(
        identity=rooms.identity,
        hub=rooms.hub,
        known=rooms.known,
        policy=rooms.policy,
        market=rooms.market,
        packs=rooms.packs,
        receipts=receipts,
        suspects=rooms.suspects,
        selling=rooms.selling,
        keys=rooms.api_keys,
        usage=rooms.usage,
        base_url=address,
        operating=operating,
        checks=checks,
    )
    numbers_only = rooms.settings.embedding_numbers or rooms.settings.development
    groups = [
        web_group(services),
        _probes(rooms),
        MetricsWire(told.metrics, partial(seen_now, rooms.replicas), caller, rooms.settings.metrics_token).group(),
        huggingface_group(
            rooms.hub,
            rooms.identity,
            rooms.storage,
            tokens,
            rooms.keys.derive("lfs-addresses"),
            address,
            downloads=rooms.policy,
        ),
        XetWire(rooms.storage, tokens, rooms.keys.derive("xorb-addresses"), rooms.clock, readable, holds, address).group(),
        *inference_groups(inference, rooms.retention, checks.of, numbers_only=numbers_only),
        OrganizationWire(caller, rooms.usage, rooms.api_keys, rooms.clock).group(),
        FilesWire(caller, rooms.files, rooms.uploads).group(),
        BatchesWire(caller, rooms.batch_work.batches).group(),
    ]
    own_api = cw_app(
        rooms.identity,
        rooms.policy,
        rooms.market,
        rooms.packs,
        rooms.bills,
        rooms.suspects,
        rooms.offers,
        operating,
        rooms.retention.decisions,
        book,
        rooms.api_keys,
        rooms.usage,
        rooms.selling,
        address,
        remotes=rooms.remotes,
        reseed=Seeder(rooms).again if rooms.settings.development else None,
    )
    return Router(groups, mounts=[("/cw/v1", own_api)], requested=told.metrics.requested)


def _probes(rooms: Rooms) -> Group:
    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        if not await at_newest(rooms.database):
            raise Unavailable("The database is not at the schema of this program.", hint="Run: commonweight up")
        await rooms.storage.check()
        return JSONResponse({"database": "ok", "storage": "ok"})

    routes = (
        Route(("GET",), "/healthz", alive, Needs.NOTHING),
        Route(("GET",), "/readyz", ready, Needs.NOTHING),
    )
    return Group("/readyz", routes, dress_as_problem)


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
            router: ASGIApp = build_router(rooms, session, replicas, told, outside)
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
