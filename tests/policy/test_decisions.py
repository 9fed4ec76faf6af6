"""What people decide turns verdicts, visibly and for a time; nothing is deleted; whatever turns is told of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from commonweight.errors import NotAllowed
from commonweight.jobs import Jobs, Runner
from commonweight.policy import (
    ChangeFilters,
    DecisionEdit,
    InvalidUse,
    NameTaken,
    OrganisationEdit,
    PermissionGrant,
    RecordNotFound,
    UseNotFound,
)
from tests.policy.world import World

MANY = {"kind": "company", "mau": [{"scope": "group", "month": "2023-06", "value": 710_000_000}]}
GATE = "llama-2#mau700"


async def llama(world: World) -> Any:
    return await world.known.get("meta-llama/llama-2")


async def large(world: World) -> Any:
    """A group above the line of Llama 2, with a verdict that stands; the administrator."""
    root = await world.caller("root")
    await world.policy.set_organisation(root, OrganisationEdit(MANY))
    assert (await world.policy.standing_verdict(await llama(world))).value == "needs_permission"
    return root


def jobs_of(world: World) -> Runner:
    return Runner(Jobs(world.database, world.clock, "test"), world.policy.upkeep.handlers())


async def test_a_permission_turns_the_verdict_and_is_cited(world: World) -> None:
    root = await large(world)
    grant = PermissionGrant("llama-2", "granted", name="meta-7", source="letter of 1 March", author="Legal")
    held, outcome = await world.policy.grant_permission(root, grant)
    assert [(one.before, one.after) for one in outcome.changes] == [("needs_permission", "allowed_with_duties")]
    verdict = await world.policy.standing_verdict(await llama(world))
    clause = next(one for one in verdict.document["clauses"] if one["id"] == GATE)
    assert (clause["effect"], clause["decided_by"]) == ("allowed", "meta-7")
    assert verdict.document["decisions"][0]["state"] == "applied"
    await world.policy.end_permission(root, held.id, "Meta withdrew it")
    assert (await world.policy.standing_verdict(await llama(world))).value == "needs_permission"
    assert [one.end_reason for one in await world.policy.decisions.permissions(ended=True)] == ["Meta withdrew it"]


async def test_a_plan_grants_by_an_id_of_its_own_and_the_same_again_changes_nothing(world: World) -> None:
    root = await large(world)
    grant = PermissionGrant("llama-2", "bought", outside_id="subscription-9", until=date(2026, 3, 31))
    first, _ = await world.policy.grant_permission(root, grant)
    again, outcome = await world.policy.grant_permission(root, grant)
    assert (again, outcome.changed) == (first, 0)
    longer = PermissionGrant("llama-2", "bought", outside_id="subscription-9", until=date(2026, 4, 30))
    renewed, _ = await world.policy.grant_permission(root, longer)
    assert (renewed.name, renewed.until) == (first.name, date(2026, 4, 30))
    assert len(await world.policy.decisions.permissions(ended=True)) == 2
    await world.policy.end_permission(root, "subscription-9", "cancelled")
    assert await world.policy.decisions.permissions() == []


async def test_what_lapses_turns_back_on_its_day_without_anybody_asking(world: World) -> None:
    root = await large(world)
    await world.policy.upkeep.start()
    runner = jobs_of(world)
    await runner.run_until_empty()
    await world.policy.grant_permission(root, PermissionGrant("llama-2", "granted", name="trial", until=date(2026, 3, 2)))
    world.clock.advance(timedelta(days=2))
    await runner.run_until_empty()
    newest = (await world.policy.feed.changes(root, ChangeFilters(kind="day")))[0]
    assert (newest.before, newest.after) == ("allowed_with_duties", "needs_permission")
    assert newest.cause.words["lapsed"] == ["trial"]
    assert (await world.policy.verdict(root, newest.verdict_after)).value == "needs_permission"


async def test_an_exception_for_one_model_leaves_others_of_its_shape(world: World) -> None:
    root = await large(world)
    card = {"license": "llama2", "base_model": "meta-llama/Llama-2-7b-hf"}
    first, second = await world.publish("one", card), await world.publish("two", card)
    edit = DecisionEdit("exception", GATE, "allowed", "A. Owner", "A trial", model="ada/one", name="risk-12")
    await world.policy.record_decision(root, edit)
    values = {key: one.value for key, one in (await world.policy.standing_verdicts([first, second])).items()}
    assert values[world.policy.key_of(first)] == "allowed_with_duties"
    assert values[world.policy.key_of(second)] == "needs_permission"
    (made,) = await world.policy.decisions.list()
    await world.policy.end_decision(root, made.id, "over")
    assert (await world.policy.standing_verdict(first)).value == "needs_permission"


async def test_only_administrators_decide_and_a_name_is_used_once(world: World) -> None:
    edit = DecisionEdit("exception", GATE, "allowed", "A. Owner", "A trial", name="risk-12")
    with pytest.raises(NotAllowed):
        await world.policy.record_decision(await world.caller("ada"), edit)
    root = await world.caller("root")
    await world.policy.record_decision(root, edit)
    with pytest.raises(NameTaken):
        await world.policy.record_decision(root, edit)
    with pytest.raises(RecordNotFound):
        await world.policy.end_decision(root, 999, "nothing there")


async def test_a_finding_that_is_no_id_is_refused(world: World) -> None:
    edit = DecisionEdit("exception", "the gate", "allowed", "A. Owner", "A trial")
    with pytest.raises(InvalidUse, match="llama-2#mau700"):
        await world.policy.record_decision(await world.caller("root"), edit)


async def test_a_permission_for_one_licence_touches_no_other(world: World) -> None:
    root = await large(world)
    grok = await world.known.get("xai/grok-1")
    before = await world.policy.standing_verdict(grok)
    await world.policy.grant_permission(root, PermissionGrant("llama-2", "granted", name="meta-7"))
    assert await world.policy.standing_verdict(grok) == before


async def test_a_decision_for_a_use_that_is_not_there_is_refused(world: World) -> None:
    edit = DecisionEdit("exception", "llama-2#mau700", "allowed", "A. Owner", "Trial.", use_id=999)
    with pytest.raises(UseNotFound):
        await world.policy.record_decision(await world.caller("root"), edit)


async def test_a_decision_may_not_expire_before_it_begins(world: World) -> None:
    days = {"since": date(2027, 2, 1), "expires": date(2027, 1, 1)}
    edit = DecisionEdit("exception", "llama-2#mau700", "allowed", "A. Owner", "Trial.", **days)
    with pytest.raises(InvalidUse, match="before its first day"):
        await world.policy.record_decision(await world.caller("root"), edit)


async def test_what_was_decided_about_one_model_does_not_answer_a_question_about_another(world: World) -> None:
    root = await world.caller("root")
    await world.policy.set_organisation(root, OrganisationEdit(MANY))
    await world.publish("mine", {"license": "llama2"})
    edit = DecisionEdit("exception", GATE, "allowed", "A. Owner", "Trial.", model="ada/mine")
    await world.policy.record_decision(root, edit)
    about = await world.policy.guided(root, await world.policy.find(root, "ada/mine"), {}, {})
    assert about.verdict.value == "allowed_with_duties"
    other = await world.policy.guided(root, await llama(world), {}, {})
    assert other.verdict.value == "needs_permission"
