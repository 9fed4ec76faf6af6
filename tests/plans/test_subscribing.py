"""Subscriptions: asked for, approved, changed, cancelled; what each deed charges, and what the history says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commonweight.errors import NotAllowed
from commonweight.plans import AlreadySubscribed, InvalidPlan, PlanNotFound, State, Subscription, SubscriptionNotFound
from commonweight.plans import subscription_store as store
from tests.plans.world import World

FEE = 31_000_000  # a million for each day of March, in which these tests happen


async def charged(world: World, one: Subscription) -> list[int]:
    async with world.database.read() as connection:
        return [line.amount for line in await store.charges(connection, one.id)]


async def told(world: World, one: Subscription) -> list[str]:
    return [event.what for event in await world.subscriptions.history(await world.caller("bob"), one.id)]


async def subscribed(world: World, plan: str = "maker/team", **given: Any) -> Subscription:
    return await world.subscribing.subscribe(await world.caller("bob"), plan, "firm", **given)


async def test_a_subscription_begins_at_once_and_pays_for_the_days_that_are_left(world: World) -> None:
    await world.offer("team", monthly_fee=FEE)
    one = await subscribed(world)
    assert (one.state, one.began_at) == (State.ACTIVE, world.clock.now())
    assert await charged(world, one) == [31_000_000]  # the first of March
    assert await told(world, one) == ["requested", "began"]


async def test_one_by_approval_waits_for_the_publisher(world: World) -> None:
    await world.offer("team", join="approval", monthly_fee=FEE)
    one = await subscribed(world)
    assert one.state is State.REQUESTED
    with pytest.raises(NotAllowed):
        await world.subscribing.approve(await world.caller("bob"), one.id)
    world.clock.advance(timedelta(days=21))
    assert (await world.subscribing.approve(await world.caller("ada"), one.id)).state is State.ACTIVE
    assert await charged(world, one) == [10_000_000]
    with pytest.raises(InvalidPlan, match="is active"):
        await world.subscribing.approve(await world.caller("ada"), one.id)


async def test_one_that_was_refused_can_be_asked_for_again(world: World) -> None:
    await world.offer("team", join="approval")
    one = await subscribed(world)
    with pytest.raises(AlreadySubscribed):
        await subscribed(world)
    refused = await world.subscribing.refuse(await world.caller("ada"), one.id, "Not now.")
    assert refused.state is State.REFUSED
    assert (await subscribed(world)).id != one.id


async def test_an_upgrade_at_once_charges_the_difference_for_the_days_that_are_left(world: World) -> None:
    await world.offer("team", monthly_fee=FEE)
    await world.offer("more", monthly_fee=2 * FEE)
    one = await subscribed(world)
    world.clock.advance(timedelta(days=11))
    changed = await world.subscribing.change_plan(await world.caller("bob"), one.id, "maker/more")
    assert changed.plan_id != one.plan_id
    assert await charged(world, one) == [31_000_000, -20_000_000, 40_000_000]


async def test_a_change_and_back_on_one_day_costs_nothing(world: World) -> None:
    await world.offer("team", monthly_fee=FEE + 7)
    await world.offer("more", monthly_fee=3 * FEE + 11)
    one, bob = await subscribed(world), await world.caller("bob")
    before = sum(await charged(world, one))
    await world.subscribing.change_plan(bob, one.id, "maker/more")
    await world.subscribing.change_plan(bob, one.id, "maker/team")
    assert sum(await charged(world, one)) == before


async def test_a_downgrade_can_wait_for_the_next_month(world: World) -> None:
    await world.offer("team", monthly_fee=FEE)
    less = await world.offer("less", monthly_fee=0)
    one = await subscribed(world)
    planned = await world.subscribing.change_plan(await world.caller("bob"), one.id, "maker/less", at_once=False)
    assert (planned.plan_id, planned.next_plan_id) == (one.plan_id, less.id)
    kept = await world.subscribing.keep(await world.caller("bob"), one.id)
    assert kept.next_plan_id is None
    assert await charged(world, one) == [31_000_000]


async def test_cancelled_at_once_gives_back_the_days_after_today(world: World) -> None:
    await world.offer("team", monthly_fee=FEE)
    one = await subscribed(world)
    world.clock.advance(timedelta(days=1))
    ended = await world.subscribing.cancel(await world.caller("bob"), one.id, at_once=True, reason="Too dear.")
    assert ended.state is State.CANCELLED
    assert await charged(world, one) == [31_000_000, -29_000_000]
    assert (await told(world, one))[-1] == "cancelled"
    with pytest.raises(InvalidPlan, match="nothing to cancel"):
        await world.subscribing.cancel(await world.caller("bob"), one.id)


async def test_on_the_last_day_nothing_is_given_back(world: World) -> None:
    await world.offer("team", monthly_fee=FEE)
    one = await subscribed(world)
    world.clock.advance(timedelta(days=30))
    await world.subscribing.cancel(await world.caller("bob"), one.id, at_once=True)
    assert await charged(world, one) == [31_000_000]


async def test_cancelled_for_the_end_of_the_month_it_goes_on_until_then(world: World) -> None:
    await world.offer("team", monthly_fee=FEE)
    one = await subscribed(world)
    planned = await world.subscribing.cancel(await world.caller("bob"), one.id)
    assert (planned.state, planned.ends_at) == (State.ACTIVE, datetime(2026, 4, 1, tzinfo=UTC))


async def test_a_new_version_leaves_a_running_subscription_what_it_was_promised(world: World) -> None:
    await world.offer("team", monthly_fee=FEE)
    one = await subscribed(world)
    await world.offer("team", monthly_fee=2 * FEE)
    shown = await world.subscriptions.get(await world.caller("bob"), one.id)
    assert (shown.plan.version, shown.plan.terms.monthly_fee) == (1, FEE)


async def test_subscriptions_that_are_moved_read_so_in_their_history_before_it_happens(world: World) -> None:
    await world.offer("team", monthly_fee=FEE)
    one = await subscribed(world)
    await world.offer("team", monthly_fee=2 * FEE, move=True)
    shown = await world.subscriptions.get(await world.caller("carol"), one.id)
    assert (shown.plan.version, shown.next_plan and shown.next_plan.version) == (1, 2)
    assert (await told(world, one))[-1] == "version_announced"


async def test_an_organisation_is_committed_by_its_administrators_only(world: World) -> None:
    await world.offer("team")
    with pytest.raises(NotAllowed):
        await world.subscribing.subscribe(await world.caller("carol"), "maker/team", "firm")
    one = await subscribed(world)
    with pytest.raises(NotAllowed):
        await world.subscribing.cancel(await world.caller("carol"), one.id)


async def test_what_others_have_looks_missing(world: World) -> None:
    await world.offer("team")
    one = await subscribed(world)
    dave = await world.caller("dave")
    with pytest.raises(SubscriptionNotFound):
        await world.subscriptions.get(dave, one.id)
    with pytest.raises(SubscriptionNotFound):
        await world.subscribing.cancel(dave, one.id)
    assert await world.subscriptions.all(dave) == []
    maker = await world.identity.account("maker")
    assert [shown.subscriber for shown in await world.subscriptions.to_plans_of(await world.caller("ada"), maker.id)] == [
        "firm"
    ]
    assert await world.subscriptions.to_plans_of(dave, maker.id) == []


async def test_what_is_not_to_be_had_is_refused(world: World) -> None:
    await world.offer("gone")
    await world.offering.withdraw(await world.caller("ada"), "maker/gone")
    await world.offer("everybody", join="automatic")
    await world.offer("research", commercial=False)
    with pytest.raises(PlanNotFound):
        await subscribed(world, "maker/gone")
    with pytest.raises(InvalidPlan, match="Everybody has"):
        await subscribed(world, "maker/everybody")
    with pytest.raises(InvalidPlan, match="not commercial"):
        await subscribed(world, "maker/research")
    assert (await subscribed(world, "maker/research", commercial=False)).state is State.ACTIVE


async def test_a_deed_on_the_first_of_a_month_does_not_wait_for_the_job(world: World) -> None:
    await world.offer("team", monthly_fee=FEE)
    await world.offer("more", monthly_fee=2 * FEE)
    one = await subscribed(world)
    world.clock.advance(timedelta(days=31))  # the first of April, noon
    await world.subscribing.change_plan(await world.caller("bob"), one.id, "maker/more")
    assert await charged(world, one) == [FEE, FEE, -FEE, 2 * FEE]


async def test_what_ended_with_the_month_cannot_be_changed_in_the_next_one(world: World) -> None:
    await world.offer("team", monthly_fee=FEE)
    await world.offer("more")
    one, bob = await subscribed(world), await world.caller("bob")
    await world.subscribing.cancel(bob, one.id)
    world.clock.advance(timedelta(days=31))
    with pytest.raises(InvalidPlan, match="is lapsed"):
        await world.subscribing.change_plan(bob, one.id, "maker/more")
