"""What is open, late, or awaited before a subscription begins."""

from __future__ import annotations

from datetime import timedelta

from commonweight.plans import ManualPayment, Owed, Owing, Payments
from commonweight.plans.months import Month
from tests.plans.test_statements import use
from tests.plans.world import World

FEE = 31_000_000  # a million micro-units for each day of a month with 31 days


async def owed(world: World) -> list[Owed]:
    publisher = await world.identity.account("maker")
    shown = await world.subscriptions.to_plans_of(await world.caller("ada"), publisher.id)
    found = await Owing(world.database, world.clock).of(shown)
    return [one for each in found.values() for one in each]


async def subscribed(world: World, **terms: object) -> int:
    await world.offer("pro", monthly_fee=FEE, **terms)
    return (await world.subscribing.subscribe(await world.caller("bob"), "maker/pro", "firm")).id


async def pay(world: World, number: int, amount: int, reference: str = "r") -> None:
    payments = Payments(world.database, world.clock, {})
    await payments.record(await world.caller("ada"), ManualPayment(number, amount, "EUR", reference))


async def test_fees_and_usage_are_open_until_they_are_paid(world: World) -> None:
    number = await subscribed(world)
    firm = await world.identity.account("firm")
    await use(world, world.clock.now(), 250, payer_id=firm.id, subscription_id=number)
    (before,) = await owed(world)
    assert before.charged > 250
    assert (before.open, before.standing) == (before.charged, "open")
    await pay(world, number, before.charged)
    (after,) = await owed(world)
    assert (after.open, after.standing) == (0, "paid")


async def test_what_a_month_came_to_is_late_thirty_days_after_its_end(world: World) -> None:
    number = await subscribed(world)
    (first,) = await owed(world)
    world.clock.advance(Month.of(world.clock.now()).ends + timedelta(days=30) - world.clock.now() - timedelta(seconds=1))
    assert (await owed(world))[0].standing == "open"
    world.clock.advance(timedelta(seconds=1))
    (late,) = await owed(world)
    assert (late.standing, late.late) == ("late", first.charged)
    await pay(world, number, first.charged - 1)
    assert (await owed(world))[0].late == 1


async def test_a_prepaid_one_awaits_the_rest_of_the_month_less_what_came(world: World) -> None:
    number = await subscribed(world, prepaid=True)
    (before,) = await owed(world)
    assert (before.standing, before.charged) == ("awaited", 0)
    await pay(world, number, 1_000_000)
    (after,) = await owed(world)
    assert after.awaited == before.awaited - 1_000_000


async def test_what_nobody_may_see_is_owed_by_nobody(world: World) -> None:
    await subscribed(world)
    publisher = await world.identity.account("maker")
    shown = await world.subscriptions.to_plans_of(await world.caller("dave"), publisher.id)
    assert await Owing(world.database, world.clock).of(shown) == {}
