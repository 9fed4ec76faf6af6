"""
A whole gateway in one process for the tests of the OpenAI wire: routes, router, pool, a catalogue in memory.

Started by `tests.wire.openai.world` through Granian, as the product is. What it needs comes by environment variables.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp
from sqlalchemy import insert
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from commonweight.asgi import Router as RouteTable
from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.db.migrate import migrate
from commonweight.db.tables.identity import accounts
from commonweight.guarding import Guardrails
from commonweight.identity import ANONYMOUS, Account, Caller, Identity, InvalidCredentials, Keys, Role, Signer, TokenInfo
from commonweight.jobs import Jobs, Runner
from commonweight.plans import Accounting, OpenEntitlements, TermsOfKeys
from commonweight.retention import Retention
from commonweight.retention import Scope as KeptScope
from commonweight.serving import (
    About,
    EngineKind,
    LlamaCpp,
    MemoryCatalogue,
    MockBehaviour,
    MockKind,
    Mode,
    Offer,
    Pool,
    ReceiptBook,
    Refusal,
    Replicas,
    Router,
    ServableModel,
    Source,
    WeightsFile,
    seen_now,
)
from commonweight.serving.receipts import PURPOSE
from commonweight.telemetry import Metrics
from commonweight.wire.anthropic import AnthropicWire
from commonweight.wire.metrics import MetricsWire
from commonweight.wire.openai import Inference, OpenAIWire, Patience, StoredCompletions, VectorsWire, Witnesses, make_session
from commonweight.wire.responses import Background, ConversationsWire, ResponsesWire
from tests.serving.tiny_gguf import write_adapter, write_base
from tests.serving.world import COMMIT, starter_file
from tests.support.tiny_models import write_tiny_chat, write_tiny_embedding, write_tiny_eye, write_tiny_reranker
from tests.wire.openai.guarded_world import GUARDED, guard

KEY = "cw-good-key"
KEEPING_KEY = "cw-keeping-key"  # of an account whose answers may be kept
CONTEXT = 1024
WEIGHTS = "5e" * 32
SIGNER = Signer(Keys(b"house"), PURPOSE)
TERMS = ("apache-2.0", "llama-3.1")
MOCKS = {
    "mock/plain": MockBehaviour(),
    "mock/streaming": MockBehaviour(stream_only=True),
    "mock/slow": MockBehaviour(delay_ms=30),
    "mock/late": MockBehaviour(start_ms=1500),
    "mock/failing": MockBehaviour(fail="the tensors are upside down"),
    "mock/refused": MockBehaviour(),
    "mock/orphaned": MockBehaviour(),
    "mock/slowly": MockBehaviour(start_ms=20_000),
    "mock/narrow": MockBehaviour(delay_ms=50, slots=1),
}


#: Files that are written when the gateway starts.
WRITTEN = {
    "chat.gguf": write_tiny_chat,
    "mmproj-eye.gguf": write_tiny_eye,
    "plain.gguf": partial(write_tiny_chat, tools=False),
    "vectors.gguf": write_tiny_embedding,
    "rank.gguf": write_tiny_reranker,
}


def offer(repository: str, path: str, mode: Mode = Mode.CHAT, *tags: str) -> Offer:
    refused = Refusal("Section 2 does not allow this use.") if repository == "mock/refused" else None
    model = ServableModel(repository, COMMIT, path, 1000, "", mode)
    return Offer(model, TERMS, "verdict-1", refused, about=About(CONTEXT, ("ada/base",), tags))


def catalogue() -> MemoryCatalogue:
    offers = {name: offer(name, "model.mock") for name in MOCKS}
    real = offer("ada/tiny", "tiny.gguf")
    named = {"ada/tiny": real, "starter": real, f"ada/tiny@{COMMIT}": real, "ada/tiny@main:tiny.gguf": real}
    named["assistant"] = replace(offer("mock/failing", "model.mock"), alternatives=(offer("mock/plain", "model.mock"),))
    named["sleeper"] = replace(offer("mock/slowly", "model.mock"), alternatives=(offer("mock/plain", "model.mock"),))
    made = {
        "tiny/chat": offer("tiny/chat", "chat.gguf"),
        "tiny/seeing": seeing(),
        "tiny/plain": offer("tiny/plain", "plain.gguf"),
        "ada/vectors": offer("ada/vectors", "vectors.gguf", Mode.EMBEDDINGS),
        "tiny/cut": offer("tiny/cut", "vectors.gguf", Mode.EMBEDDINGS, "matryoshka"),
        "tiny/rank": offer("tiny/rank", "rank.gguf", Mode.RERANK),
    }
    guarded = {alias: offer("mock/plain", "model.mock") for alias in GUARDED}
    guarded["hidden/vectors"] = made["ada/vectors"]
    return MemoryCatalogue({**offers, **named, **tiny(), **made, **guarded}, created=1_700_000_000)


def seeing() -> Offer:
    """The tiny chat with eyes."""
    text = offer("tiny/seeing", "chat.gguf")
    projector = Source("tiny/seeing", COMMIT, "mmproj-eye.gguf", 1000, "")
    return replace(text, servable=replace(text.servable, projector=projector), about=replace(text.about, vision=True))


def tiny() -> dict[str, Offer]:
    """A base made on the spot, and two adapters that share an engine of it."""
    adapters = tuple(Source(f"ada/{name}", COMMIT, f"{name}.gguf", 1000, "") for name in ("warm", "cold"))
    base = ServableModel("ada/base", COMMIT, "base.gguf", 1000, "")
    adapted = ServableModel("ada/base", COMMIT, "base.gguf", 1000, "", adapters=adapters)
    offers = {one.repository: Offer(adapted, TERMS, "verdict-2", adapter=one.name) for one in adapters}
    return {"ada/base": Offer(base, TERMS, "verdict-1"), **offers}


KEEPER = Caller(Account(2, "user", "keeper", "Keeper"), TokenInfo(2, "key", Role.ADMIN))


async def keeper(_: int) -> Caller:
    """Who stands behind the tokens that jobs name."""
    return KEEPER


async def decide(database: Database, retention: Retention) -> None:
    """Ada's prompts are kept nowhere, the keeper's for a day."""
    identity = Identity(database, SystemClock(), b"key")
    account = await identity.create_user("keeper")
    await retention.decisions.decide(KEEPER, account, KeptScope.ALL, 1, "tests")


async def authenticate(request: Request) -> Caller:
    given = request.headers.get("authorization")
    if given is None:
        return ANONYMOUS
    if given not in (f"Bearer {KEY}", f"Bearer {KEEPING_KEY}"):
        raise InvalidCredentials("Incorrect API key provided.")
    return KEEPER if given == f"Bearer {KEEPING_KEY}" else Caller(Account(1, "user", "ada", "Ada"))


async def weights_of(source: Source) -> list[WeightsFile]:
    return [WeightsFile(source.path, source.size, WEIGHTS)]


async def verdict_value(caller: Caller, id: str) -> str:
    return "allowed_with_duties"


def make_models(folder: Path) -> None:
    folder.mkdir()
    for name, write in WRITTEN.items():
        write(folder / name)
    write_base(folder / "base.gguf")
    write_adapter(folder / "warm.gguf", 11)
    write_adapter(folder / "cold.gguf", 12)


class Gateway:
    """The application. Everything is made when Granian sends the start of the lifespan."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            assert self._app is not None
            await self._app(scope, receive, send)

    @asynccontextmanager
    async def _materialise(self, source: Source) -> AsyncIterator[Path]:
        made = self._home / "models" / source.path
        yield made if made.exists() else starter_file()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        database = Database(f"sqlite+aiosqlite:///{self._home / 'test.sqlite3'}")
        await migrate(database)
        make_models(self._home / "models")
        async with make_session() as session:
            replicas, stop = Replicas(database, SystemClock()), asyncio.Event()
            router = Router(replicas)
            accounting = Accounting(
                database, SystemClock(), self._home / "journal", TermsOfKeys(database), OpenEntitlements()
            )
            running = asyncio.create_task(self._pool(replicas, session).run(stop))
            metrics = Metrics()
            guardrails = Guardrails(database, Identity(database, SystemClock(), b"key"), SystemClock())
            inference = Inference(
                authenticate=authenticate,
                catalogue=catalogue(),
                router=router,
                session=session,
                accounting=accounting,
                context_tokens=CONTEXT,
                patience=Patience(hold_whole=60, hold_stream=60, grace=0.2, ping=0.3),
                witnesses=Witnesses(await self._book(database), weights_of, verdict_value),
                watch=metrics.answered,
                guardrails=guardrails,
                count=metrics.guarded,
            )
            retention = Retention(database, SystemClock())
            stored = StoredCompletions(inference, retention)
            responses = ResponsesWire(inference, retention)
            turns = (responses, ConversationsWire(inference, retention), AnthropicWire(inference))
            wires = (OpenAIWire(inference, stored), stored, VectorsWire(inference), *turns)
            await decide(database, retention)
            await guard(guardrails)
            background = Background(inference, retention.kept, keeper).handlers()
            jobs = Runner(Jobs(database, SystemClock(), "tests"), background, only_these=True)
            responding = asyncio.create_task(jobs.run())
            operating = MetricsWire(metrics, partial(seen_now, replicas), authenticate, "")
            self._app = RouteTable([wire.group() for wire in (*wires, operating)], requested=metrics.requested)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            responding.cancel()
            await asyncio.gather(responding, return_exceptions=True)
            await router.close()
            await accounting.close()
            stop.set()
            await running
        await database.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _book(self, database: Database) -> ReceiptBook:
        """Receipts belong to an account, which needs its row."""
        async with database.write() as connection:
            row = {"id": 1, "kind": "user", "name": "ada", "name_lower": "ada", "created_at": SystemClock().now()}
            await connection.execute(insert(accounts).values(**row))
        return ReceiptBook(database, SIGNER, SystemClock(), "https://hub.example")

    def _pool(self, replicas: Replicas, session: aiohttp.ClientSession) -> Pool:
        real = LlamaCpp(self._home / "logs", session, threads=1)
        mocks = {name: MockKind(self._home / "logs", session, behaviour) for name, behaviour in MOCKS.items()}

        def choose(model: ServableModel) -> EngineKind:
            return real if model.path.endswith(".gguf") else mocks[model.repository]

        return Pool(
            replicas=replicas,
            clock=SystemClock(),
            worker="tests",
            choose_kind=choose,
            materialise=self._materialise,
            budget_bytes=4 << 30,
            context_tokens=CONTEXT,
        )


def make_app() -> Gateway:
    return Gateway(Path(os.environ["TEST_GATEWAY_HOME"]))
