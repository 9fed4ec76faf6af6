"""
What fails, when, and what its client is told: one table of faults and moments, for streams and whole answers.

Each row: nothing hangs, the error is one that clients know, what was charged is what was made, and nothing stays held.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from commonweight.db import Database
from commonweight.serving import MockBehaviour, Replica
from tests.wire.openai.fault_world import FaultWorld, fault_world

pytestmark = pytest.mark.parametrize("stream", [True, pytest.param(False, marks=pytest.mark.long)])  # each takes seconds
SLOW = MockBehaviour(delay_ms=40)


@pytest.fixture
async def database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """What is locked is told so at once."""
    path = tmp_path / "commonweight.sqlite3"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}", busy_seconds=0.2)
    yield database
    await database.close()


#: What one engine does with a request, and how much of its answer a stream is charged for.
ENGINE = {
    "mock:crash-first": 0,
    "mock:hang-first": 0,
    "mock:garbage-first": 0,
    "mock:cut-first": 0,
    "mock:refuse": 0,
    "mock:crash": 2,
    "mock:hang": 2,
    "mock:garbage": 2,
    "mock:cut": 2,
}


@pytest.mark.parametrize("fault", ENGINE)
async def test_an_engine_that_fails_a_request_fails_no_other(
    database: Database, tmp_path: Path, fault: str, stream: bool
) -> None:
    async with fault_world(database, tmp_path) as world:
        told = await world.ask(fault, stream=stream)
        assert told.outcome() == "engine_lost"
        await world.nothing_is_held()
        requests, tokens = await world.charged()
        assert requests <= 3
        assert tokens == 10 + (ENGINE[fault] if stream else 0)


async def killed(world: FaultWorld, replica: Replica) -> None:
    os.kill(world.pid(replica), signal.SIGKILL)


async def _unknown_here(request: web.Request) -> web.Response:
    return web.Response(status=401)


async def port_taken(world: FaultWorld, replica: Replica) -> None:
    """Another program listens where an engine did, before anybody has noticed that it is gone."""
    os.kill(world.pid(replica), signal.SIGKILL)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", _unknown_here)
    runner = web.AppRunner(app)
    await runner.setup()
    async with asyncio.timeout(20):
        while True:
            try:
                return await web.TCPSite(runner, "127.0.0.1", int(replica.base_url.rpartition(":")[2])).start()
            except OSError:  # the engine is not quite gone yet
                await asyncio.sleep(0.02)


def sick(words: str) -> Callable[[FaultWorld, Replica], Awaitable[None]]:
    async def sicken(world: FaultWorld, replica: Replica) -> None:
        await world.sicken(replica, words)

    return sicken


#: What befalls one of two replicas before the first byte: the other answers.
OF_TWO = {
    "killed": killed,
    "port taken": port_taken,
    "hangs": sick("mock:hang-first"),
    "cuts": sick("mock:cut-first"),
    "refuses": sick("mock:refuse"),
}


@pytest.mark.parametrize("fault", OF_TWO)
async def test_the_other_of_two_replicas_answers_before_the_first_byte(
    database: Database, tmp_path: Path, fault: str, stream: bool
) -> None:
    async with fault_world(database, tmp_path, at_once=4) as world:
        replicas = await world.ready(2)
        assert (await world.ask(stream=stream)).outcome() == "done"
        await OF_TWO[fault](world, replicas[0])
        told = await asyncio.gather(*(world.ask(f"question {number}", stream=stream) for number in range(4)))
        assert [one.outcome() for one in told] == ["done"] * 4
        assert await world.charged() == (5, 25)


async def test_an_engine_that_fails_again_and_again_is_left_alone_and_tried_later(
    database: Database, tmp_path: Path, stream: bool
) -> None:
    async with fault_world(database, tmp_path) as world:
        (replica,) = await world.ready()
        await world.sicken(replica, "mock:cut-first")
        assert [(await world.ask(stream=stream)).outcome() for _ in range(3)] == ["engine_lost"] * 3
        told = await world.ask(stream=stream)
        assert told.outcome() == "engine_lost"
        assert b"fail one request after another" in told.body
        assert 1 <= int(told.headers["retry-after"]) <= 2


async def test_a_load_that_fails_is_told_with_its_reason(database: Database, tmp_path: Path, stream: bool) -> None:
    async with fault_world(database, tmp_path, MockBehaviour(fail="the tensors are upside down")) as world:
        told = await world.ask(stream=stream)
        assert told.outcome() == "model_load_failed"
        assert b"upside down" in told.body


async def test_a_load_that_takes_longer_than_a_client_waits_is_told(
    database: Database, tmp_path: Path, stream: bool
) -> None:
    async with fault_world(database, tmp_path, MockBehaviour(start_ms=60_000)) as world:
        assert (await world.ask(stream=stream, wait=1)).outcome() == "model_loading"


async def test_an_engine_killed_while_it_loads_is_a_failed_load(database: Database, tmp_path: Path, stream: bool) -> None:
    async with fault_world(database, tmp_path, MockBehaviour(start_ms=60_000)) as world:
        asked = asyncio.create_task(world.ask(stream=stream))
        async with asyncio.timeout(20):
            while not (holdings := world.serving.pool.holdings) or getattr(holdings[0].engine, "pid", None) is None:
                await asyncio.sleep(0.05)
        os.kill(holdings[0].engine.pid, signal.SIGKILL)  # type: ignore[union-attr]
        told = await asked
        assert told.outcome() == "model_load_failed"
        assert b"signal 9" in told.body


async def test_who_waits_in_the_queue_of_an_engine_that_dies_is_answered_by_the_next_or_told(
    database: Database, tmp_path: Path, stream: bool
) -> None:
    """Told where its turn came at the very moment: an engine may have died of what it was sent."""
    async with fault_world(database, tmp_path, SLOW, at_once=3) as world:
        (replica,) = await world.ready()
        first = asyncio.create_task(world.ask(stream=stream, tokens=200))
        await asyncio.sleep(0.4)
        queued = asyncio.create_task(world.ask(stream=stream))
        await asyncio.sleep(0.2)
        os.kill(world.pid(replica), signal.SIGKILL)
        assert (await first).outcome() == "engine_lost"
        assert (await queued).outcome() in ("done", "engine_lost")
        await world.nothing_is_held()


async def test_a_queue_that_is_full_or_takes_too_long_is_told_with_a_time(
    database: Database, tmp_path: Path, stream: bool
) -> None:
    async with fault_world(database, tmp_path, SLOW, at_once=4, queue_length=1) as world:
        await world.ready()
        first = asyncio.create_task(world.ask(tokens=60))
        await asyncio.sleep(0.3)
        second = asyncio.create_task(world.ask(wait=1, stream=stream))
        await asyncio.sleep(0.1)
        full = await world.ask(stream=stream)
        assert full.outcome() == "engine_overloaded"
        assert int(full.headers["retry-after"]) >= 1
        assert (await second).outcome() == "engine_overloaded"
        assert (await first).outcome() == "done"
        await world.nothing_is_held()


@pytest.mark.parametrize("moment", ["loading", "queued", "in the middle"])
async def test_a_client_that_leaves_leaves_nothing_held(
    database: Database, tmp_path: Path, moment: str, stream: bool
) -> None:
    behaviour = MockBehaviour(start_ms=1000 if moment == "loading" else 0, delay_ms=40)
    async with fault_world(database, tmp_path, behaviour, at_once=2) as world:
        if moment != "loading":
            await world.ready()
        first = asyncio.create_task(world.ask(tokens=60)) if moment == "queued" else None
        await asyncio.sleep(0.1)
        leave = 4 if moment == "in the middle" and stream else 0
        told = await world.ask(tokens=400, stream=stream, leave=leave)
        assert not told.is_whole
        if first is not None:
            assert (await first).outcome() == "done"
        await world.nothing_is_held()


@asynccontextmanager
async def full_disk(world: FaultWorld, home: Path) -> AsyncIterator[None]:
    """The journal's file on a device that is always full."""
    (path,) = (home / "journal").glob("*.journal")
    (file,) = [int(one.name) for one in Path("/proc/self/fd").iterdir() if os.path.realpath(one) == str(path.resolve())]
    kept, full = os.dup(file), os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, file)
    try:
        yield
    finally:
        os.dup2(kept, file)
        os.close(kept)
        os.close(full)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device of Linux")
async def test_an_answer_that_cannot_be_written_down_is_not_given(database: Database, tmp_path: Path, stream: bool) -> None:
    async with fault_world(database, tmp_path) as world:
        assert (await world.ask()).outcome() == "done"
        async with full_disk(world, tmp_path):
            assert (await world.ask(stream=stream)).outcome() == "usage_not_recorded"
        await world.nothing_is_held()
        assert await world.charged() == (3, 15)


async def test_a_journal_that_cannot_be_begun_lets_nobody_in(database: Database, tmp_path: Path, stream: bool) -> None:
    (tmp_path / "file").write_bytes(b"")
    async with fault_world(database, tmp_path, journal=tmp_path / "file" / "journal") as world:
        assert (await world.ask(stream=stream)).outcome() == "usage_not_recorded"


@asynccontextmanager
async def locked(tmp_path: Path) -> AsyncIterator[None]:
    """Somebody else writes, and does not end."""
    holder = sqlite3.connect(tmp_path / "commonweight.sqlite3", timeout=20, check_same_thread=False)
    await asyncio.to_thread(holder.execute, "BEGIN EXCLUSIVE")  # a transaction of the world may have to end first
    try:
        yield
    finally:
        holder.rollback()
        holder.close()


@pytest.mark.parametrize("moment", ["before anything", "before a load", "in the middle"])
async def test_a_database_that_is_busy_is_told_and_holds_nobody(
    database: Database, tmp_path: Path, moment: str, stream: bool
) -> None:
    async with fault_world(database, tmp_path, SLOW, at_once=2) as world:
        if moment == "before anything":
            async with locked(tmp_path):
                assert (await world.ask(stream=stream)).outcome() in ("unavailable", "database_unavailable")
        elif moment == "before a load":
            asked = asyncio.create_task(world.ask(stream=stream))
            await asyncio.sleep(0.3)
            async with locked(tmp_path):
                await asyncio.sleep(1.5)
            assert (await asked).outcome() in ("done", "database_unavailable")
        else:
            await world.ready()
            asked = asyncio.create_task(world.ask(stream=stream, tokens=40))
            await asyncio.sleep(0.5)
            async with locked(tmp_path):
                assert (await asked).outcome() == "done"
        await world.nothing_is_held()
        requests, _ = await world.charged()
        assert requests >= 2 + (moment == "in the middle")
