"""What the pool does by itself: learns what models hold, follows orders, unloads what nobody uses."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.serving import Ask, MockBehaviour, Order, State, Window
from commonweight.serving.scaling import DOWN_AFTER_S, UP_AFTER_S, Steady, replicas_for
from tests.serving.test_pool import WAIT, until
from tests.serving.world import World, mock, model, serving_world


async def ready(world: World, repository: str, number: int) -> bool:
    rows = await world.replicas.of(model(repository).key)
    return sum(row.state is State.READY for row in rows) == number


async def test_what_a_model_held_is_the_estimate_of_the_next_time(database: Database, tmp_path: Path) -> None:
    """The adapter claims more than the whole budget; once it was seen to hold less, it fits."""
    small, large = MockBehaviour(memory_bytes=150 << 20), MockBehaviour(memory_bytes=900 << 20)
    async with serving_world(database, tmp_path, mock(tmp_path, small), budget=200 << 20) as world:
        (await world.router.seat(model(), Ask(), WAIT)).leave(True)

        async def noted() -> bool:
            return await world.replicas.footprints.load_seconds(model()) != 5.0

        await until(noted)
    async with serving_world(database, tmp_path, mock(tmp_path, large), budget=200 << 20) as world:
        (await world.router.seat(model(), Ask(), WAIT)).leave(True)


async def test_a_pinned_model_is_loaded_and_never_leaves_for_another(database: Database, tmp_path: Path) -> None:
    behaviour = MockBehaviour(memory_bytes=100 << 20)
    async with serving_world(database, tmp_path, mock(tmp_path, behaviour), budget=260 << 20) as world:
        await world.replicas.orders.set(Order(model("ada/pinned"), pinned=True))
        await until(lambda: ready(world, "ada/pinned", 1))
        for name in ("ada/one", "ada/two", "ada/three", "ada/four"):
            (await world.router.seat(model(name), Ask(), WAIT)).leave(True)
        assert await ready(world, "ada/pinned", 1)
        assert len(world.pool.holdings) < 5


async def test_an_order_brings_replicas_up_and_takes_them_down_again(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        await world.replicas.orders.set(Order(model(), least=2, most=2))
        await until(lambda: ready(world, "ada/tiny", 2))
        await world.replicas.orders.set(Order(model(), least=1, most=1))
        await until(lambda: ready(world, "ada/tiny", 1))


async def test_a_queue_that_stands_brings_another_replica(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path, MockBehaviour(slots=1))) as world:
        await world.replicas.orders.set(Order(model(), most=2))
        seat = await world.router.seat(model(), Ask(), WAIT)
        (await world.router.seat(model(), Ask(), WAIT)).leave(True)  # by the second replica: the first stays busy
        seat.leave(True)
        assert await ready(world, "ada/tiny", 2)


async def test_a_model_is_warm_in_its_window(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        await world.replicas.orders.set(Order(model(), warm=(Window("* * * * *", 5),), time_zone="Europe/Madrid"))
        await until(lambda: ready(world, "ada/tiny", 1))


async def test_a_model_that_nobody_uses_is_unloaded(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        await world.replicas.orders.set(Order(model(), idle_seconds=1))
        (await world.router.seat(model(), Ask(), WAIT)).leave(True)

        async def gone() -> bool:
            return not world.pool.holdings

        await until(gone)


async def test_unloading_by_hand_finishes_what_is_under_way(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        (await world.router.seat(model(), Ask(), WAIT)).leave(True)
        assert await world.replicas.ask_to_stop(model().key) == 1

        async def gone() -> bool:  # the row goes after the engine
            return not world.pool.holdings and not await world.replicas.of(model().key)

        await until(gone)


async def test_orders_say_how_many_are_always_there() -> None:
    now = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    assert Order(model()).least_at(now) == 0
    assert Order(model(), least=2, most=3).least_at(now) == 2
    assert Order(model(), pinned=True).least_at(now) == 1
    assert SystemClock().now().tzinfo is not None
    await asyncio.sleep(0)


@given(st.integers(0, 200), st.integers(0, 100), st.integers(1, 8), st.integers(0, 8))
def test_replicas_grow_only_under_a_queue_and_shrink_only_where_the_rest_is_enough(
    load: int, queued: int, slots: int, count: int
) -> None:
    wanted = replicas_for(load, queued, slots, count)
    if wanted > count:
        assert queued
    if wanted < count:
        assert not queued
        assert load <= wanted * slots


def test_a_burst_brings_no_replica_and_a_pause_takes_none() -> None:
    steady = Steady(1)
    assert steady.follow(3, 0.0) == 1
    assert steady.follow(1, UP_AFTER_S - 1) == 1
    assert steady.follow(3, UP_AFTER_S) == 1
    assert steady.follow(2, 2 * UP_AFTER_S) == 2
    assert steady.follow(1, 100.0) == 2
    assert steady.follow(1, 100.0 + DOWN_AFTER_S - 1) == 2
    assert steady.follow(1, 100.0 + DOWN_AFTER_S) == 1
