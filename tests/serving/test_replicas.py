"""Replicas as rows: each change of state is one statement, and a lease that has run out means gone."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.serving import Replica, Replicas, State
from commonweight.serving.engines import Address
from commonweight.serving.replicas import FAILURE_STANDS, WANTED_LEASE, WORKER_LEASE
from tests.serving.world import model

ADDRESS = Address("http://127.0.0.1:1", "key", "mock/1")
MOMENT = timedelta(milliseconds=1)


async def found(replicas: Replicas) -> Replica:
    row = await replicas.find(model().key)
    assert row is not None
    return row


async def test_only_one_worker_gets_what_is_wanted(database: Database, clock: SetClock) -> None:
    replicas = Replicas(database, clock)
    await replicas.want(model())
    claims = await asyncio.gather(*(replicas.claim(f"worker-{i}") for i in range(4)))
    assert len([claim for claim in claims if claim]) == 1
    assert (await found(replicas)).state is State.LOADING


async def test_the_one_who_waits_longest_is_served_first(database: Database, clock: SetClock) -> None:
    replicas = Replicas(database, clock)
    for name in ("ada/zebra", "ada/ant"):
        await replicas.want(model(name))
        clock.advance(MOMENT)
    first = await replicas.claim("worker")
    assert first is not None
    assert first.model == model("ada/zebra")


async def test_wanting_what_is_there_changes_nothing(database: Database, clock: SetClock) -> None:
    replicas = Replicas(database, clock)
    await replicas.want(model())
    await replicas.claim("worker")
    before = await found(replicas)
    await replicas.want(model())
    assert await found(replicas) == before


async def test_what_nobody_waits_for_any_more_is_not_loaded(database: Database, clock: SetClock) -> None:
    replicas = Replicas(database, clock)
    await replicas.want(model())
    clock.advance(WANTED_LEASE + MOMENT)
    assert await replicas.claim("worker") is None


async def test_wanting_again_holds_the_lease_for_longer(database: Database, clock: SetClock) -> None:
    replicas = Replicas(database, clock)
    await replicas.want(model())
    clock.advance(WANTED_LEASE / 2)
    await replicas.want(model())
    clock.advance(WANTED_LEASE * 3 / 4)
    assert await replicas.claim("worker") is not None


async def test_the_rows_of_a_dead_worker_count_as_gone_and_can_be_wanted_anew(database: Database, clock: SetClock) -> None:
    replicas = Replicas(database, clock)
    await replicas.want(model())
    old = await replicas.claim("dies")
    assert old is not None
    assert await replicas.set_ready(old.id, ADDRESS, stream_only=True, memory_bytes=5)
    clock.advance(WORKER_LEASE + MOMENT)
    assert await replicas.find(model().key) is None
    await replicas.want(model())
    new = await replicas.claim("lives")
    assert new is not None
    assert new.id != old.id


async def test_a_worker_that_renews_keeps_its_rows_and_drops_dead_ones(database: Database, clock: SetClock) -> None:
    replicas = Replicas(database, clock)
    for name, worker in (("ada/mine", "me"), ("ada/theirs", "dies")):
        await replicas.want(model(name))
        assert await replicas.claim(worker) is not None
    mine = await replicas.find(model("ada/mine").key)
    assert mine is not None
    clock.advance(WORKER_LEASE / 2)
    await replicas.renew("me", {mine.id: 7})
    clock.advance(WORKER_LEASE * 3 / 4)
    assert list(await replicas.renew("me", {mine.id: 7})) == [mine.id]
    assert [row.memory_bytes for row in await replicas.everything()] == [7]


async def test_a_failure_stands_for_a_while_and_is_forgotten(database: Database, clock: SetClock) -> None:
    replicas = Replicas(database, clock)
    await replicas.want(model())
    claimed = await replicas.claim("worker")
    assert claimed is not None
    await replicas.set_failed(claimed.id, "no room")
    await replicas.want(model())
    assert (await found(replicas)).error == "no room"
    clock.advance(FAILURE_STANDS + MOMENT)
    await replicas.want(model())
    assert (await found(replicas)).state is State.WANTED


async def test_an_engine_whose_row_has_gone_is_not_announced(database: Database, clock: SetClock) -> None:
    replicas = Replicas(database, clock)
    await replicas.want(model())
    claimed = await replicas.claim("worker")
    assert claimed is not None
    await replicas.remove(claimed.id)
    assert not await replicas.set_ready(claimed.id, ADDRESS, stream_only=False, memory_bytes=0)
