"""What a web process answers: every wire and page over the rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import aiohttp
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from commonweight.asgi import Group, Needs, Route, Router, base_url, client_of, dress_as_problem, header_in
from commonweight.db.migrate import at_newest
from commonweight.errors import Unavailable
from commonweight.hub import Akin, Hub
from commonweight.identity import ANONYMOUS, Caller, Identity, Signer, Takes, caller_of, check_taken
from commonweight.inference import inference_groups, receipt_book, witnesses_of
from commonweight.policy import Policy, Receipts
from commonweight.rooms import Rooms
from commonweight.seeding import Seeder
from commonweight.serving import Checks, Operating, ReceiptBook, running_now, seen_now
from commonweight.serving import Router as ReplicaRouter
from commonweight.serving.receipts import PURPOSE as INFERENCE_RECEIPTS
from commonweight.serving.remote import SeatsWithRemotes
from commonweight.storage import Kin, Storage
from commonweight.telemetry import Metrics, Told
from commonweight.tuning import Accepting
from commonweight.vetting.scans import UnsafeGuard
from commonweight.web import CommentRenderer, WebServices, web_group
from commonweight.wire.cw import CwServices, cw_app
from commonweight.wire.git import GitCalls
from commonweight.wire.huggingface import Access, huggingface_group
from commonweight.wire.metrics import MetricsWire
from commonweight.wire.openai import BatchesWire, FilesWire, Inference, OrganizationWire, TuningsWire
from commonweight.wire.xet import CasGrant, CasTokens, XetWire


@dataclass(frozen=True)
class Front:
    """What several wires and pages use beside the rooms: made once for each web process."""

    rooms: Rooms
    told: Told
    receipt_signer: Signer
    book: ReceiptBook
    checks: Checks
    operating: Operating

    @classmethod
    def over(cls, rooms: Rooms, told: Told) -> Front:
        signer = Signer(rooms.keys, INFERENCE_RECEIPTS)
        return cls(
            rooms=rooms,
            told=told,
            receipt_signer=signer,
            book=receipt_book(rooms),
            checks=Checks(rooms.database, rooms.clock),
            operating=Operating(rooms.replicas, rooms.offers),
        )

    def address(self, request: Request) -> str:
        return base_url(request, self.rooms.settings.public_url)

    async def caller(self, request: Request, takes: Takes = Takes.NONE) -> Caller:
        """See `caller_of`. A key is all that counts where one came: then nothing else is read."""
        key = header_in(request.scope, b"authorization")
        if key:
            return check_taken(await self.rooms.identity.authenticate(key, client=client_of(request)), takes)
        return await caller_of(self.rooms.identity, request.method, request.headers, client_of(request), takes)

    async def model_caller(self, request: Request) -> Caller:
        """Whoever has a model work: also by a fine-grained token that is for this."""
        return await self.caller(request, Takes.INFERENCE)


@dataclass(frozen=True)
class Engines:
    """How a web process reaches engines. `outside` is the client for remotes, without which nothing leaves the house."""

    replicas: ReplicaRouter
    session: aiohttp.ClientSession
    outside: aiohttp.ClientSession | None = None


def build_router(rooms: Rooms, engines: Engines, told: Told | None = None) -> Router:
    """Every wire and page over these rooms. `told` is told what happens here."""
    front = Front.over(rooms, told or Told(Metrics()))
    groups = [
        web_group(_pages(front)),
        _probes(rooms),
        _metrics(front),
        *_hub(front),
        *_inference(front, engines),
        OrganizationWire(front.caller, rooms.usage, rooms.api_keys, rooms.clock).group(),
        FilesWire(front.caller, rooms.files, rooms.uploads).group(),
        BatchesWire(front.caller, rooms.batch_work.batches).group(),
        TuningsWire(front.caller, rooms.tuning.tunings, rooms.tuning.names).group(),
    ]
    return Router(groups, mounts=[("/cw/v1", cw_app(_own_api(front)))], requested=front.told.metrics.requested)


def _metrics(front: Front) -> Group:
    rooms = front.rooms
    seen = partial(seen_now, rooms.replicas)
    return MetricsWire(front.told.metrics, seen, front.caller, rooms.settings.metrics_token).group()


def _hub(front: Front) -> tuple[Group, ...]:
    """What clients of the hub and git speak, and the store of large files that they speak to."""
    rooms = front.rooms
    tokens = CasTokens(rooms.keys.derive("cas-tokens"), rooms.clock, rooms.storage.generation.current)
    rights = CasRights(rooms.identity, rooms.hub, rooms.policy, rooms.storage, rooms.unsafe_guard)
    hub = huggingface_group(
        rooms.hub,
        rooms.identity,
        rooms.storage,
        tokens,
        rooms.keys.derive("lfs-addresses"),
        front.address,
        downloads=rooms.policy,
        devices=rooms.devices,
        organisations=rooms.organisations,
        rendered=CommentRenderer().html,
        collections=rooms.collections,
        warm=partial(running_now, rooms.replicas),
        webhooks=rooms.telling.webhooks,
        guard=rooms.unsafe_guard,
    )
    git = GitCalls(rooms.hub, Access(rooms.hub, rooms.identity, front.address, rooms.policy), rooms.storage.scratch)
    xorbs = rooms.keys.derive("xorb-addresses")
    related = RelatedFiles(rooms.identity, rooms.hub.akin)
    rights_of_files = (rights.readable, rights.holds)
    xet = XetWire(rooms.storage, tokens, xorbs, rooms.clock, *rights_of_files, front.address, related, rights.check_file)
    return hub, git.group(), xet.group()


@dataclass(frozen=True)
class CasRights:
    """Whether those who hold addresses of the store may still read what these lead to."""

    identity: Identity
    hub: Hub
    policy: Policy
    storage: Storage
    guard: UnsafeGuard

    async def readable(self, token_id: int | None, scope: int) -> bool:
        return await self.hub.may_read_scope(await self._caller(token_id), scope)

    async def holds(self, grant: CasGrant) -> bool:
        who = await self._caller(grant.token_id)
        if not await self.hub.may_read_scope(who, grant.scope):
            return False
        if grant.write:
            return await self.hub.may_write_scope(who, grant.scope)
        return await self.policy.may_download(who, grant.scope, grant.revision)

    async def check_file(self, grant: CasGrant, xet_hash: str) -> None:
        """Whether this file goes out. Raises UnsafeFile."""
        repository = await self.hub.by_id(grant.scope) if self.guard.refuses else None
        large = await self.storage.large_file_by_xet(grant.scope, xet_hash) if repository else None
        if repository is not None and large is not None:
            await self.guard.check_large(await self._caller(grant.token_id), repository, large.sha256)

    async def _caller(self, token_id: int | None) -> Caller:
        return await caller_by_token(self.identity, token_id)


@dataclass(frozen=True)
class RelatedFiles:
    """What those who hold addresses of the store may be told is here already."""

    identity: Identity
    akin: Akin

    async def of(self, token_id: int | None, scope: int) -> Sequence[Kin]:
        return await self.akin.of(await caller_by_token(self.identity, token_id), scope)

    async def holding(self, token_id: int | None, scopes: Sequence[int]) -> Sequence[Kin]:
        return await self.akin.holding(await caller_by_token(self.identity, token_id), scopes)


async def caller_by_token(identity: Identity, token_id: int | None) -> Caller:
    return ANONYMOUS if token_id is None else await identity.caller_by_token_id(token_id)


def _inference(front: Front, engines: Engines) -> list[Group]:
    """The routes that have a model work."""
    rooms, settings = front.rooms, front.rooms.settings
    inference = Inference(
        authenticate=front.model_caller,
        catalogue=rooms.offers,
        router=SeatsWithRemotes(engines.replicas, rooms.remotes),
        session=engines.session,
        remote_session=engines.outside,
        accounting=rooms.accounting,
        context_tokens=settings.context_tokens,
        witnesses=witnesses_of(rooms, front.book),
        watch=front.told.answered,
        guardrails=rooms.guardrails,
        count=front.told.metrics.guarded,
    )
    numbers_only = settings.embedding_numbers or settings.development
    return inference_groups(inference, rooms.retention, front.checks.of, numbers_only=numbers_only)


def _pages(front: Front) -> WebServices:
    rooms = front.rooms
    return WebServices(
        identity=rooms.identity,
        organisations=rooms.organisations,
        own_tokens=rooms.own_tokens,
        devices=rooms.devices,
        hub=rooms.hub,
        known=rooms.known,
        policy=rooms.policy,
        market=rooms.market,
        packs=rooms.packs,
        receipts=Receipts(rooms.policy, Signer(rooms.keys), rooms.clock, [front.receipt_signer]),
        suspects=rooms.suspects,
        selling=rooms.selling,
        keys=rooms.api_keys,
        usage=rooms.usage,
        base_url=front.address,
        operating=front.operating,
        retention=rooms.retention,
        guardrails=rooms.guardrails,
        files=rooms.files,
        tunings=rooms.tuning.tunings,
        accepting=Accepting(rooms.tuning.tunings, rooms.hub, rooms.publisher),
        publisher=rooms.publisher,
        conversions=rooms.conversions.conversions,
        names=rooms.tuning.names,
        collections=rooms.collections,
        webhooks=rooms.telling.webhooks,
        unsafe_guard=rooms.unsafe_guard,
        checks=front.checks,
    )


def _own_api(front: Front) -> CwServices:
    rooms = front.rooms
    return CwServices(
        identity=rooms.identity,
        granting=rooms.hub.granting,
        organisations=rooms.organisations,
        own_tokens=rooms.own_tokens,
        policy=rooms.policy,
        market=rooms.market,
        packs=rooms.packs,
        bills=rooms.bills,
        suspects=rooms.suspects,
        offers=rooms.offers,
        operating=front.operating,
        decisions=rooms.retention.decisions,
        guardrails=rooms.guardrails,
        receipts=front.book,
        keys=rooms.api_keys,
        usage=rooms.usage,
        selling=rooms.selling,
        files=rooms.files,
        conversions=rooms.conversions.conversions,
        address=front.address,
        keeping=rooms.keeping,
        remotes=rooms.remotes,
        tunings=rooms.tuning.tunings,
        accepting=Accepting(rooms.tuning.tunings, rooms.hub, rooms.publisher),
        reseed=Seeder(rooms).again if rooms.settings.development else None,
    )


def _probes(rooms: Rooms) -> Group:
    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        if not await at_newest(rooms.database):
            raise Unavailable("The database is not at the schema of this program.", hint="Run: commonweight up")
        await rooms.storage.check()
        damaged = await rooms.storage.damages.count()  # what is whole is served on, so this instance is ready
        return JSONResponse({"database": "ok", "storage": "damaged" if damaged else "ok", "damaged": damaged})

    routes = (
        Route(("GET",), "/healthz", alive, Needs.NOTHING),
        Route(("GET",), "/readyz", ready, Needs.NOTHING),
    )
    return Group("/readyz", routes, dress_as_problem)
