"""What follows for a caller and a model: which plan, whose limits, what is included."""

from datetime import timedelta

import pytest

from commonweight.plans import Limits, PlanNeeded, Wanted
from tests.plans.world import DEFAULT, MODEL, World

ANY = Wanted()


async def test_a_model_under_no_plan_is_under_the_default(world: World) -> None:
    found = await world.entitlements.of(await world.caller("dave"), MODEL, ANY)
    assert (found.limits, found.plan_id, found.price) == (DEFAULT, None, None)
    assert found.payer_id == (await world.identity.account("dave")).id


async def test_a_model_under_a_plan_needs_one_and_the_refusal_names_them(world: World) -> None:
    await world.offer("team")
    await world.offer("more")
    with pytest.raises(PlanNeeded) as raised:
        await world.entitlements.of(await world.caller("dave"), MODEL, ANY)
    assert raised.value.plans == ("maker/team", "maker/more")
    with pytest.raises(PlanNeeded):  # from memory, too
        await world.entitlements.of(await world.caller("dave"), MODEL, ANY)


async def test_members_of_the_namespace_and_administrators_need_none(world: World) -> None:
    await world.offer("team")
    for name in ("ada", "root"):
        assert (await world.entitlements.of(await world.caller(name), MODEL, ANY)).plan_id is None


async def test_everybody_has_an_automatic_plan(world: World) -> None:
    plan = await world.offer("free", join="automatic", limits={"requests_per_minute": 3})
    found = await world.entitlements.of(await world.caller("dave"), MODEL, ANY)
    assert (found.plan_id, found.subscription_id, found.limits) == (plan.id, None, Limits(requests_per_minute=3))


async def test_members_of_a_subscriber_share_its_subscription(world: World) -> None:
    await world.offer("team", limits={"weight": 7}, included_tokens=100, price={"input": 1, "output": 2})
    one = await world.subscribing.subscribe(await world.caller("bob"), "maker/team", "firm")
    found = await world.entitlements.of(await world.caller("carol"), MODEL, ANY)
    firm = await world.identity.account("firm")
    assert (found.payer_id, found.subscription_id, found.limits.weight) == (firm.id, one.id, 7)
    assert found.publisher_id == (await world.identity.account("maker")).id


async def test_what_is_included_is_prorated_like_the_fee(world: World) -> None:
    await world.offer("team", included_tokens=31_000, price={"input": 1, "output": 2})
    await world.offer("more", included_tokens=62_000, price={"input": 1, "output": 2})
    world.clock.advance(timedelta(days=11))
    bob = await world.caller("bob")
    one = await world.subscribing.subscribe(bob, "maker/team", "firm")
    assert (await world.entitlements.of(bob, MODEL, ANY)).included_tokens == 20_000
    world.clock.advance(timedelta(days=10))
    await world.subscribing.change_plan(bob, one.id, "maker/more")
    world.entitlements.forget()
    assert (await world.entitlements.of(bob, MODEL, ANY)).included_tokens == 20_000
    await world.subscribing.change_plan(bob, one.id, "maker/team")
    world.entitlements.forget()
    assert (await world.entitlements.of(bob, MODEL, ANY)).included_tokens == 20_000


async def test_a_plan_for_uses_that_are_not_commercial_carries_no_commercial_key(world: World) -> None:
    await world.offer("research", commercial=False)
    bob = await world.caller("bob")
    await world.subscribing.subscribe(bob, "maker/research", commercial=False)
    with pytest.raises(PlanNeeded):
        await world.entitlements.of(bob, MODEL, ANY)
    assert not (await world.entitlements.of(bob, MODEL, Wanted(commercial=False))).commercial


async def test_a_key_of_one_plan_calls_nothing_by_another(world: World) -> None:
    await world.offer("team")
    other = await world.offer("other", covered={"names": ["maker/small"]})
    bob = await world.caller("bob")
    await world.subscribing.subscribe(bob, "maker/team", "firm")
    with pytest.raises(PlanNeeded, match="The key is for the plan"):
        await world.entitlements.of(bob, MODEL, Wanted(plan_id=other.id))


async def test_a_key_is_paid_for_by_whom_it_says_and_by_nobody_else(world: World) -> None:
    await world.offer("team")
    bob, dave, firm = await world.caller("bob"), await world.caller("dave"), await world.identity.account("firm")
    await world.subscribing.subscribe(bob, "maker/team", "firm")
    assert bob.account is not None
    assert (await world.entitlements.of(bob, MODEL, Wanted(payer_id=firm.id))).payer_id == firm.id
    with pytest.raises(PlanNeeded):
        await world.entitlements.of(bob, MODEL, Wanted(payer_id=bob.account.id))
    with pytest.raises(PlanNeeded, match="is not of it"):
        await world.entitlements.of(dave, MODEL, Wanted(payer_id=firm.id))


async def test_plans_by_tag_and_verdict_fit_those_models_only(world: World) -> None:
    await world.offer("code", covered={"tags": ["code"], "verdicts": ["allowed"]})
    bob = await world.caller("bob")
    await world.subscribing.subscribe(bob, "maker/code")
    code = MODEL._replace(tags=("code",))
    assert (await world.entitlements.of(bob, code, ANY)).plan_id is not None
    assert (await world.entitlements.of(bob, MODEL, ANY)).plan_id is None  # under no plan at all
    with pytest.raises(PlanNeeded):  # under one, and not for this verdict
        await world.entitlements.of(bob, code._replace(verdict="unclear"), ANY)


async def test_a_cancelled_subscription_carries_nothing_any_more(world: World) -> None:
    await world.offer("team")
    bob = await world.caller("bob")
    one = await world.subscribing.subscribe(bob, "maker/team")
    await world.entitlements.of(bob, MODEL, ANY)
    await world.subscribing.cancel(bob, one.id, at_once=True)
    world.entitlements.forget()
    with pytest.raises(PlanNeeded):
        await world.entitlements.of(bob, MODEL, ANY)


async def test_one_that_ends_with_the_month_ends_then_also_without_the_job(world: World) -> None:
    await world.offer("team")
    bob = await world.caller("bob")
    one = await world.subscribing.subscribe(bob, "maker/team")
    await world.subscribing.cancel(bob, one.id)
    assert (await world.entitlements.of(bob, MODEL, ANY)).subscription_id == one.id
    world.clock.advance(timedelta(days=31))
    world.entitlements.forget()
    with pytest.raises(PlanNeeded):
        await world.entitlements.of(bob, MODEL, ANY)


@pytest.mark.parametrize(
    ("pattern", "fits"), [("maker/big*", True), ("maker/[b]ig", False), ("MAKER/Big", True), ("maker/b?", False)]
)
async def test_patterns_mean_what_they_say(world: World, pattern: str, fits: bool) -> None:
    await world.offer("team", covered={"names": [pattern]})
    bob = await world.caller("bob")
    await world.subscribing.subscribe(bob, "maker/team")
    assert ((await world.entitlements.of(bob, MODEL, ANY)).plan_id is not None) is fits
