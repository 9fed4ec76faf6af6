"""Jobs survive their workers."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.db.tables.jobs import jobs as table
from commonweight.jobs import Job, Jobs, NotDone, Progress, Runner, enqueue, unfinished


async def _put(database: Database, clock: SetClock, kind: str = "count", **payload: Any) -> None:
    async with database.write() as connection:
        await enqueue(connection, clock.now(), kind, payload)


async def _row(database: Database) -> Any:
    async with database.read() as connection:
        return (await connection.execute(select(table))).one()


class Counter:
    def __init__(self, fail: int = 0) -> None:
        self.seen: list[Mapping[str, Any]] = []
        self._fail = fail

    async def __call__(self, payload: Mapping[str, Any], progress: Progress) -> None:
        self.seen.append(payload)
        await progress(0.5, "half")
        if len(self.seen) <= self._fail:
            raise ValueError("not yet")


async def test_a_job_runs_once(database: Database, clock: SetClock) -> None:
    await _put(database, clock, n=1)
    counter = Counter()
    runner = Runner(Jobs(database, clock, "a"), {"count": counter})
    await runner.run_until_empty()
    await runner.run_until_empty()
    assert counter.seen == [{"n": 1}]
    assert (await _row(database)).state == "done"


async def test_a_job_exists_only_if_its_transaction_commits(database: Database, clock: SetClock) -> None:
    with pytest.raises(RuntimeError):
        async with database.write() as connection:
            await enqueue(connection, clock.now(), "count", {})
            raise RuntimeError("the change fails")
    assert await Jobs(database, clock, "a").claim() is None


async def test_a_failed_job_is_tried_again_later_and_given_up_at_last(database: Database, clock: SetClock) -> None:
    await _put(database, clock)
    counter = Counter(fail=99)
    runner = Runner(Jobs(database, clock, "a"), {"count": counter})
    assert await runner.run_one()
    assert not await runner.run_one()  # not yet due
    for _ in range(9):
        clock.advance(timedelta(hours=1))
        await runner.run_one()
    assert len(counter.seen) == 5
    row = await _row(database)
    assert row.state == "failed"
    assert "not yet" in row.message


async def test_another_worker_takes_over_from_a_dead_one(database: Database, clock: SetClock) -> None:
    await _put(database, clock)
    dead, heir = Jobs(database, clock, "dead"), Jobs(database, clock, "heir")
    first = await dead.claim()
    assert first is not None
    assert await heir.claim() is None
    clock.advance(timedelta(minutes=2))
    second = await heir.claim()
    assert second is not None
    assert not await dead.finish(first)
    assert await heir.finish(second)


async def test_a_job_that_kills_its_workers_is_given_up(database: Database, clock: SetClock) -> None:
    await _put(database, clock)
    counter = Counter()
    for _ in range(5):
        assert await Jobs(database, clock, "dying").claim()
        clock.advance(timedelta(minutes=2))
    await Runner(Jobs(database, clock, "a"), {"count": counter}).run_one()
    assert counter.seen == []
    assert (await _row(database)).state == "failed"


async def test_a_job_of_an_unknown_kind_says_so(database: Database, clock: SetClock) -> None:
    await _put(database, clock, kind="mystery")
    await Runner(Jobs(database, clock, "a"), {}).run_one()
    assert "mystery" in (await _row(database)).message


async def test_a_worker_forgets_what_was_done_long_ago_and_keeps_failures(database: Database, clock: SetClock) -> None:
    await _put(database, clock)
    await _put(database, clock, kind="mystery")
    runner = Runner(Jobs(database, clock, "a"), {"count": Counter()})
    for _ in range(9):
        await runner.run_until_empty()
        clock.advance(timedelta(hours=1))
    clock.advance(timedelta(days=8))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(runner.run(), 0.3)
    assert (await _row(database)).kind == "mystery"


async def test_a_runner_leaves_jobs_of_other_kinds_alone_where_it_is_told_so(database: Database, clock: SetClock) -> None:
    await _put(database, clock, kind="theirs")
    counter = Counter()
    await Runner(Jobs(database, clock, "a"), {"count": counter}, leaves=["theirs"]).run_until_empty()
    await Runner(Jobs(database, clock, "b"), {"count": counter}, only_these=True).run_until_empty()
    assert (await _row(database)).state == "waiting"
    await Runner(Jobs(database, clock, "c"), {"theirs": counter}, only_these=True).run_until_empty()
    assert len(counter.seen) == 1


async def test_a_long_job_takes_turns_and_never_runs_out_of_attempts(database: Database, clock: SetClock) -> None:
    order: list[str] = []

    async def long(payload: Mapping[str, Any], progress: Progress) -> None:
        order.append(payload["name"])
        clock.advance(timedelta(seconds=1))
        if order.count(payload["name"]) < 7:
            raise NotDone

    await _put(database, clock, name="a")
    await _put(database, clock, name="b")
    await Runner(Jobs(database, clock, "w"), {"count": long}).run_until_empty()
    assert order == ["a", "b"] * 7


async def test_a_job_is_unfinished_until_it_is_done_or_given_up(database: Database, clock: SetClock) -> None:
    await _put(database, clock, n=1)
    async with database.read() as connection:
        assert await unfinished(connection, "count") == [{"n": 1}]
    await Runner(Jobs(database, clock, "a"), {"count": Counter()}).run_until_empty()
    async with database.read() as connection:
        assert await unfinished(connection, "count") == []


async def test_a_database_that_is_away_for_a_moment_ends_no_runner(database: Database, clock: SetClock) -> None:
    class Away(Jobs):
        refused = 0

        async def claim(self, only: Collection[str] = (), but: Collection[str] = ()) -> Job | None:
            if self.refused == 0:
                self.refused += 1
                raise ConnectionError("gone")
            return await super().claim(only, but)

    await _put(database, clock, n=1)
    counter = Counter()
    running = asyncio.create_task(Runner(Away(database, clock, "a"), {"count": counter}).run())
    async with asyncio.timeout(10):
        while not counter.seen:
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
