"""The standing use: what it is at first, who may change it, and what a change does."""

from typing import Any

import pytest
from sqlalchemy import select

from commonweight.db.tables import identity as identity_tables
from commonweight.errors import NotAllowed
from commonweight.policy import InvalidUse, Policy
from commonweight.rights import load_records
from tests.policy.world import SELLING, World


async def test_at_first_it_is_internal_evaluation_by_a_company(world: World) -> None:
    use = await world.policy.standing_use()
    assert use.name == "Internal evaluation by a company"
    assert use.facts == {"organisation": {"kind": "company"}, "use": {"acts": ["evaluate"]}}


async def test_only_an_administrator_changes_it(world: World) -> None:
    with pytest.raises(NotAllowed, match="administrator"):
        await world.policy.set_standing_use(await world.caller("ada"), SELLING)
    assert (await world.policy.standing_use()).facts["use"]["acts"] == ["evaluate"]


async def test_a_change_is_audited_with_what_was_and_what_is(world: World) -> None:
    await world.policy.set_standing_use(await world.caller("root"), SELLING, name="Selling pictures")
    async with world.database.read() as connection:
        table = identity_tables.audit
        row = (await connection.execute(select(table).where(table.c.action == "use.change"))).one()
    assert row.detail["before"]["use"]["acts"] == ["evaluate"]
    assert row.detail["after"]["use"]["acts"] == ["offer_product"]


async def test_a_change_says_which_verdicts_it_changes(world: World) -> None:
    turbo, grok = await world.known.get("stabilityai/sdxl-turbo"), await world.known.get("xai/grok-1")
    await world.policy.standing_verdicts([turbo, grok])
    change = await world.policy.set_standing_use(await world.caller("root"), SELLING)
    assert [(one.title, one.before, one.after) for one in change.changes] == [
        ("stabilityai/sdxl-turbo", "unknown", "prohibited")
    ]
    assert (await world.policy.standing_verdict(turbo)).value == "prohibited"


async def test_a_preview_changes_nothing(world: World) -> None:
    turbo = await world.known.get("stabilityai/sdxl-turbo")
    before = await world.policy.standing_verdict(turbo)
    changes = await world.policy.preview_use(await world.caller("root"), SELLING)
    assert [one.after for one in changes] == ["prohibited"]
    assert await world.policy.standing_verdict(turbo) == before


async def test_another_process_sees_the_change(world: World) -> None:
    await world.policy.standing_use()
    other = Policy(world.database, world.hub, world.known, load_records(), world.clock)
    await world.policy.set_standing_use(await world.caller("root"), SELLING)
    assert (await other.standing_use()).facts["use"]["acts"] == ["offer_product"]


IMPOSSIBLE: list[tuple[Any, str]] = [
    ({"use": {"acts": ["evalute"]}}, "evalute"),
    ({"use": {"acts": []}}, "acts"),
    ({"organisation": {"kind": "company"}}, "use"),
    ({"organisation": {"country": "DE"}, "use": {"acts": ["evaluate"]}}, "country"),
    ({"organisation": {"revenue": [{"scope": "group", "value": -1}]}, "use": {"acts": ["host"]}}, "revenue"),
    ({"who": "me"}, "who"),
    (["evaluate"], "list"),
]


async def test_facts_that_cannot_be_are_refused_by_name(world: World) -> None:
    root = await world.caller("root")
    for facts, named in IMPOSSIBLE:
        with pytest.raises(InvalidUse, match=named):
            await world.policy.set_standing_use(root, facts)


async def test_a_use_without_a_date_is_asked_for_today_whenever_that_is(world: World) -> None:
    change = await world.policy.set_standing_use(await world.caller("root"), SELLING)
    assert "date" not in change.use.facts["use"]
