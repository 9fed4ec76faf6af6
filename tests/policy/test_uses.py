"""The standing use: what it is at first, who may change it, and what a change does."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from commonweight.db.tables import identity as identity_tables
from commonweight.errors import InvalidInput, NotAllowed
from commonweight.policy import AskedModels, InvalidUse, OrganisationEdit, Overtaken, Policy, UseEdit
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


async def test_of_two_who_save_what_they_saw_at_once_one_saves_and_one_is_told(world: World) -> None:
    root, seen = await world.caller("root"), (await world.policy.uses.organisation()).updated_at
    world.clock.advance(timedelta(seconds=1))
    edits = [OrganisationEdit({"kind": kind}, seen=seen) for kind in ("university", "non_profit")]
    done = await asyncio.gather(*(world.policy.set_organisation(root, edit) for edit in edits), return_exceptions=True)
    assert sorted(isinstance(one, Overtaken) for one in done) == [False, True]
    saved = next(edit.facts for edit, one in zip(edits, done, strict=True) if not isinstance(one, Overtaken))
    assert (await world.policy.uses.organisation()).facts == saved


async def test_how_far_a_new_use_has_got_is_told_until_all_is_decided(world: World) -> None:
    root = await world.caller("root")
    await world.policy.standing_verdict(await world.known.get("xai/grok-1"))
    made = await world.policy.create_use(root, UseEdit({"acts": ["host"]}, "Hosting"))
    begun = await world.policy.outcome(root, made.outcome.cause_id)
    assert begun.waiting == begun.touched > 0
    await world.policy.upkeep.on_sweep({}, _silent)
    assert (await world.policy.outcome(root, made.outcome.cause_id)).waiting == 0
    with pytest.raises(NotAllowed):
        await world.policy.outcome(await world.caller("ada"), made.outcome.cause_id)


async def test_the_models_of_a_use_come_page_by_page(world: World) -> None:
    root, use = await world.caller("root"), await world.policy.standing_use()
    await world.policy.standing_verdicts(await world.known.list())
    first = await world.policy.models.page(root, use.id, AskedModels(limit=10))
    second = await world.policy.models.page(root, use.id, AskedModels(limit=10, after=first.after))
    assert len(first.models) == 10
    assert first.models[-1].subject < second.models[0].subject
    every = await world.policy.models.page(root, use.id, AskedModels(limit=500))
    assert every.after == ""
    counts = (await world.policy.counts())[use.id]
    assert len(every.models) == sum(counts.values())
    prohibited = await world.policy.models.page(root, use.id, AskedModels("prohibited", limit=500))
    assert len(prohibited.models) == counts.get("prohibited", 0)
    with pytest.raises(InvalidInput, match="expected one of"):
        await world.policy.models.page(root, use.id, AskedModels("maybe"))


async def _silent(_part: float, _words: str) -> None:
    """Nobody follows."""
