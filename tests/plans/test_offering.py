"""Plans: who makes them, of which models, and that no version is ever lost."""

from typing import Any

import pytest

from commonweight.errors import NotAllowed
from commonweight.plans import InvalidPlan, PlanEdit, PlanNotFound, read_terms, write_terms
from tests.plans.world import World

WHOLE: dict[str, Any] = {
    "covered": {"names": ["maker/*"], "tags": ["code"], "verdicts": ["allowed"]},
    "join": "approval",
    "commercial": False,
    "limits": {"requests_per_minute": 10, "tokens_per_minute": 1000, "concurrent_requests": 2, "weight": 5},
    "included_tokens": 1_000_000,
    "price": {"input": 150_000, "output": 600_000, "cached_input": 75_000},
    "currency": "CHF",
    "monthly_fee": 20_000_000,
    "prepaid": True,
    "grant": {"licence": "llama-2", "lifts": ["mau700"], "acts": ["host"], "terms": "For this platform."},
}


def test_terms_come_back_as_they_were_written() -> None:
    assert write_terms(read_terms(WHOLE)) == WHOLE


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"covered": {}}, "all are empty"),
        ({"covered": {"names": ["big"]}}, "namespace/name"),
        ({"covered": {"verdicts": ["fine"]}}, "no verdict"),
        ({"monthly_fee": -1}, "monthly_fee"),
        ({"monthly_fee": 1.5}, "monthly_fee"),
        ({"monthly_fee": True}, "monthly_fee"),
        ({"currency": "euro"}, "ISO 4217"),
        ({"limits": {"requests_per_minute": 0}}, "nothing could be called"),
        ({"limits": {"weight": 0}}, "weight"),
        ({"price": {"input": 1}}, "price.output"),
        ({"included_tokens": None}, "any number is included"),
        ({"join": "automatic"}, "nobody has agreed"),
        ({"discount": 5}, "discount"),
        ({"grant": {"licence": ""}}, "grant.licence"),
        ({"monthly_fee": 0}, "prepaid"),
    ],
)
def test_terms_that_cannot_be_are_refused_with_their_place(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidPlan, match=said):
        read_terms({**WHOLE, **changed})


async def test_a_change_is_a_version_and_the_same_again_is_none(world: World) -> None:
    first = await world.offer("team", monthly_fee=5_000_000)
    assert (await world.offer("team", monthly_fee=5_000_000)).version == first.version == 1
    assert (await world.offer("team", monthly_fee=6_000_000)).version == 2
    fees = [plan.terms.monthly_fee for plan in await world.offering.history("maker/team")]
    assert fees == [5_000_000, 6_000_000]


async def test_plans_are_made_by_those_who_may_write_for_the_publisher(world: World) -> None:
    with pytest.raises(NotAllowed):
        await world.offer("team", by="bob")


async def test_a_publisher_offers_its_own_models_and_an_administrator_any(world: World) -> None:
    with pytest.raises(InvalidPlan, match="its own models"):
        await world.offer("team", covered={"names": ["firm/other"]})
    with pytest.raises(InvalidPlan, match="its own models"):
        await world.offer("team", covered={"names": ["*/*"]})
    plan = await world.offer("team", by="root", covered={"names": ["firm/other"]})
    assert plan.anywhere


@pytest.mark.parametrize("name", ["", "Team", "a b", "-a", "x" * 64, "a/b"])
async def test_a_name_that_fits_no_address_is_refused(world: World, name: str) -> None:
    with pytest.raises(InvalidPlan):
        await world.offer(name)


async def test_a_plan_that_was_withdrawn_is_listed_for_its_publisher_alone(world: World) -> None:
    await world.offer("team")
    await world.offering.withdraw(await world.caller("ada"), "maker/team")
    assert await world.offering.plans(await world.caller("bob")) == []
    assert [plan.name for plan in await world.offering.plans(await world.caller("ada"), "maker")] == ["team"]
    assert (await world.offer("team")).offered


async def test_a_plan_that_is_not_there_is_missing(world: World) -> None:
    for plan in (4711, "maker/none", "nobody/none", "none"):
        with pytest.raises(PlanNotFound):
            await world.offering.get(plan)


async def test_terms_of_another_version_of_this_program_are_named(world: World) -> None:
    with pytest.raises(InvalidPlan, match=r"a plan has no price_per_call; it has .*monthly_fee"):
        await world.offering.offer(await world.caller("ada"), "maker", PlanEdit("team", terms={"price_per_call": 1}))
