"""The router: slots of an engine, the queue before it, several replicas, other processes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from commonweight.db import Database
from commonweight.serving import Ask, EngineLost, EngineOverloaded, MockBehaviour, ModelLoading, PlainTicket, Router, State
from tests.serving.test_pool import WAIT, until
from tests.serving.world import World, mock, model, serving_world

ONE_SLOT = MockBehaviour(slots=1)


async def test_more_requests_than_slots_wait_in_our_queue_and_learn_their_position(
    database: Database, tmp_path: Path
) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path, ONE_SLOT)) as world:
        first = await world.router.seat(model(), Ask(), WAIT)
        positions: list[int] = []
        asks = [Ask(PlainTicket(account), on_queued=positions.append) for account in range(3)]
        waiting = [asyncio.create_task(world.router.seat(model(), ask, WAIT)) for ask in asks]
        await asyncio.sleep(0.1)
        assert positions == [1, 2, 3]
        assert not any(task.done() for task in waiting)
        first.leave(True)
        for task in waiting:
            (await task).leave(True)


async def test_a_full_queue_and_a_wait_that_ends_say_when_to_come_back(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path, ONE_SLOT)) as world:
        router = Router(world.replicas, queue_length=1)
        seat = await router.seat(model(), Ask(), WAIT)
        waiting = asyncio.create_task(router.seat(model(), Ask(), 0.4))
        await asyncio.sleep(0.1)
        with pytest.raises(EngineOverloaded, match="1 requests wait") as caught:
            await router.seat(model(), Ask(), WAIT)
        assert int(caught.value.headers["retry-after"]) >= 1
        with pytest.raises(EngineOverloaded, match="position 1 of 1"):
            await waiting
        seat.leave(True)
        await router.close()


async def test_a_request_that_leaves_the_queue_leaves_no_trace(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path, ONE_SLOT)) as world:
        seat = await world.router.seat(model(), Ask(), WAIT)
        waiting = asyncio.create_task(world.router.seat(model(), Ask(), WAIT))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.wait({waiting})
        seat.leave(True)
        (await world.router.seat(model(), Ask(), 0.5)).leave(True)


async def test_not_waiting_starts_the_load_and_says_when_to_come_back(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path, MockBehaviour(start_ms=300))) as world:
        with pytest.raises(ModelLoading) as caught:
            await world.router.seat(model(), Ask(), 0.0)
        assert int(caught.value.headers["retry-after"]) >= 1
        await until(lambda: _ready(world, 1))
        (await world.router.seat(model(), Ask(), 0.0)).leave(True)


async def test_a_second_replica_takes_what_the_first_has_no_slots_for(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path, ONE_SLOT)) as world:
        await world.replicas.want(model(), 0)
        await world.replicas.want(model(), 1)
        await until(lambda: _ready(world, 2))
        seats = [await world.router.seat(model(), Ask(), WAIT) for _ in range(2)]
        assert len({seat.replica.id for seat in seats}) == 2
        for seat in seats:
            seat.leave(True)


async def test_a_replica_that_failed_a_request_is_not_asked_again(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        seat = await world.router.seat(model(), Ask(), WAIT)
        seat.leave(False)
        with pytest.raises(EngineLost):
            await world.router.seat(model(), Ask(avoid={seat.replica.id}), WAIT)


async def test_two_processes_share_the_slots_of_one_engine_by_what_they_have_waiting(
    database: Database, tmp_path: Path
) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path, MockBehaviour(slots=4))) as world:
        other = Router(world.replicas)
        seats = [await world.router.seat(model(), Ask(), WAIT) for _ in range(4)]
        mine = [asyncio.create_task(world.router.seat(model(), Ask(), WAIT)) for _ in range(4)]
        await asyncio.sleep(2.0)  # the first has said what it has
        theirs = [asyncio.create_task(other.seat(model(), Ask(), WAIT)) for _ in range(4)]
        await asyncio.sleep(2.0)  # both know of each other
        for seat in seats:
            seat.leave(True)
        await asyncio.sleep(0.2)
        assert sum(task.done() for task in mine) == 2
        assert sum(task.done() for task in theirs) == 2
        for task in [*mine, *theirs]:
            if task.done():
                task.result().leave(True)
            task.cancel()
        await asyncio.wait([*mine, *theirs])
        await other.close()


async def _ready(world: World, number: int) -> bool:
    rows = await world.replicas.of(model().key)
    return sum(row.state is State.READY for row in rows) == number
