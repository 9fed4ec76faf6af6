"""Months turn without anybody asking: fees, planned changes, ends; once each, also after a long sleep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from commonweight.plans import State, Statements, Subscription
from commonweight.plans import subscription_store as store
from commonweight.plans.upkeep import PlanUpkeep
from tests.plans.world import World

FEE = 31_000_000


async def begun(world: World) -> Subscription:
    await world.offer("team", monthly_fee=FEE)
    return await world.subscribing.subscribe(await world.caller("bob"), "maker/team", "firm")


async def turn(world: World) -> None:
    statements = Statements(world.database, world.identity, world.clock)
    nobody: Any = None  # permissions are not asked about here
    await PlanUpkeep(world.database, nobody, statements, world.clock).turn_months()


async def charged(world: World, one: Subscription) -> list[tuple[str, str, int]]:
    async with world.database.read() as connection:
        lines = await store.charges(connection, one.id)
    return [(line.first_day.isoformat(), line.last_day.isoformat(), line.amount) for line in lines]


async def test_each_month_is_charged_once_however_often_the_job_runs(world: World) -> None:
    one = await begun(world)
    world.clock.advance(timedelta(days=31))
    await turn(world)
    await turn(world)
    assert await charged(world, one) == [("2026-03-01", "2026-03-31", FEE), ("2026-04-01", "2026-04-30", FEE)]


async def test_months_that_were_slept_through_are_charged_one_by_one(world: World) -> None:
    one = await begun(world)
    world.clock.advance(timedelta(days=100))
    await turn(world)
    assert [first for first, _, _ in await charged(world, one)] == ["2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01"]


async def test_a_planned_change_happens_when_the_month_begins(world: World) -> None:
    one = await begun(world)
    less = await world.offer("less", monthly_fee=0)
    await world.subscribing.change_plan(await world.caller("bob"), one.id, "maker/less", at_once=False)
    world.clock.advance(timedelta(days=31))
    await turn(world)
    shown = await world.subscriptions.get(await world.caller("bob"), one.id)
    assert (shown.plan.id, shown.next_plan) == (less.id, None)
    assert (await charged(world, one))[-1] == ("2026-04-01", "2026-04-30", 0)


async def test_a_planned_end_lapses_it_and_nothing_more_is_charged(world: World) -> None:
    one = await begun(world)
    await world.subscribing.cancel(await world.caller("bob"), one.id)
    world.clock.advance(timedelta(days=70))
    await turn(world)
    assert (await world.subscriptions.get(await world.caller("bob"), one.id)).subscription.state is State.LAPSED
    assert len(await charged(world, one)) == 1


async def test_a_new_version_that_was_announced_holds_from_the_next_month_and_the_history_says_so(world: World) -> None:
    one = await begun(world)
    await world.offer("team", monthly_fee=2 * FEE, move=True)
    world.clock.advance(timedelta(days=31))
    await turn(world)
    assert (await charged(world, one))[-1][2] == 2 * FEE
    history = await world.subscriptions.history(await world.caller("bob"), one.id)
    assert [event.what for event in history][-3:] == ["version_announced", "changed", "month_charged"]
