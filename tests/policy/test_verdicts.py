"""Verdicts stand as long as what they rest on does, and are read by those who may read what they are about."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from commonweight.db.tables import standing as tables
from commonweight.errors import NotAuthenticated
from commonweight.identity import ANONYMOUS
from commonweight.policy import InvalidUse, ModelUnknown, Policy, VerdictNotFound
from commonweight.rights import Records
from tests.policy.world import SELLING, World

TUNED_FROM_RESEARCH = {
    "license": "other",
    "license_name": "sai-nc-community",
    "base_model": "stabilityai/sdxl-turbo",
    "pipeline_tag": "text-to-image",
}


async def kept(world: World) -> int:
    """Verdicts on shapes that were ever decided."""
    async with world.database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(tables.shape_verdicts)) or 0


async def test_the_starter_may_be_evaluated_and_its_name_is_in_conflict(world: World) -> None:
    verdict = await world.policy.standing_verdict(await world.publish_starter())
    assert verdict.value in ("allowed", "allowed_with_duties")
    assert verdict.terms == ("apache-2.0", "llama-3.1")
    (conflict,) = [one for one in verdict.document["label_conflicts"] if one["kind"] == "name_prefix"]
    assert (conflict["licence"], conflict["clause"], conflict["lineage_evidence"]) == ("llama-3.1", "1.b.i", "secondary")
    assert verdict.refusal is None


async def test_a_verdict_is_decided_once(world: World) -> None:
    starter = await world.publish_starter()
    first = await world.policy.standing_verdict(starter)
    world.clock.advance(timedelta(days=3))
    assert await world.policy.standing_verdict(starter) == first
    assert await kept(world) == 1


async def test_a_new_card_is_decided_anew(world: World) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    before = await world.policy.standing_verdict(revision)
    after = await world.policy.standing_verdict(await world.change(revision.repository, {"license": "openrail"}))
    assert (before.value, after.value) == ("allowed", "unknown")
    assert before.id != after.id


async def test_a_changed_parent_changes_what_stands_for_the_child(world: World) -> None:
    parent = await world.publish("base", {"license": "mit"})
    child = await world.publish("tuned", {"license": "mit", "base_model": "ada/base"})
    assert (await world.policy.standing_verdict(child)).value == "allowed"
    await world.change(parent.repository, {"license": "openrail"})
    assert (await world.policy.standing_verdict(child)).value == "unknown"


async def test_lists_notice_a_changed_parent_after_a_while(world: World) -> None:
    parent = await world.publish("base", {"license": "mit"})
    child = await world.publish("tuned", {"license": "mit", "base_model": "ada/base"})
    key = world.policy.key_of(child)
    assert (await world.policy.standing_verdicts([child]))[key].value == "allowed"
    await world.change(parent.repository, {"license": "openrail"})
    world.clock.advance(timedelta(minutes=11))
    assert (await world.policy.standing_verdicts([child]))[key].value == "unknown"


async def test_a_name_that_no_question_takes_is_decided_by_its_shape_and_takes_no_list_along(world: World) -> None:
    good = await world.publish("tiny", {"license": "mit"})
    bad = replace(good, repository=replace(good.repository, name=" odd\n"))
    found = await world.policy.standing_verdicts([bad, good])
    assert {verdict.value for verdict in found.values()} == {"allowed"}
    assert " odd\n" in found[world.policy.key_of(bad)].headline


async def test_a_changed_record_is_decided_anew(world: World, records: Records) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    await world.policy.standing_verdict(revision)
    without_mit = Records(terms for terms in records if terms.key != "mit")
    later = Policy(world.database, world.hub, world.known, without_mit, world.clock)
    assert (await later.standing_verdict(revision)).value == "unknown"
    assert (await world.policy.standing_verdict(revision)).value == "allowed"


async def test_a_permission_that_lapses_is_noticed_on_its_day(world: World) -> None:
    permission = {"id": "deal-7", "licence": "llama-2", "kind": "granted", "until": "2026-03-02"}
    figures = [{"scope": "group", "month": "2023-06", "value": 710_000_000}]
    facts = {
        "organisation": {"kind": "company", "mau": figures, "permissions": [permission]},
        "use": {"acts": ["use_internally"]},
    }
    await world.policy.set_standing_use(await world.caller("root"), facts)
    llama = await world.known.get("meta-llama/llama-2")
    assert (await world.policy.standing_verdict(llama)).value == "allowed_with_duties"
    world.clock.advance(timedelta(days=2))
    assert (await world.policy.standing_verdict(llama)).value == "needs_permission"


async def test_a_tuned_research_model_is_refused_for_selling_and_the_clause_is_cited(world: World) -> None:
    revision = await world.publish("pictures", TUNED_FROM_RESEARCH)
    assert (await world.policy.admit(revision)).refusal is None
    await world.policy.set_standing_use(await world.caller("root"), SELLING)
    admission = await world.policy.admit(revision)
    assert admission.value == "prohibited"
    assert admission.refusal is not None
    assert admission.refusal.licence.startswith("stability-nc-research")
    assert f"({admission.refusal.clause})" in admission.refusal.message
    assert admission.verdict_id in admission.refusal.message


async def test_a_draft_record_warns_and_does_not_refuse(world: World, records: Records) -> None:
    await world.policy.set_standing_use(await world.caller("root"), SELLING)
    verdict = await world.policy.standing_verdict(await world.publish("pictures", TUNED_FROM_RESEARCH))
    clauses = [{**clause, "review": "draft"} for clause in verdict.document["clauses"]]
    draft = type(verdict)(**{**vars(verdict), "document": {**verdict.document, "clauses": clauses}, "acts": {}})
    assert verdict.refusal is not None
    assert draft.refusal is None


async def test_unknown_only_warns(world: World) -> None:
    admission = await world.policy.admit(await world.publish("tiny", {}))
    assert admission.value == "unknown"
    assert admission.refusal is None


async def test_an_admission_is_answered_from_memory(world: World) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    first = await world.policy.admit(revision)
    assert await world.policy.admit(revision) is first  # what comes from the database is a new object


async def test_above_a_threshold_a_model_is_refused_until_it_is_permitted(world: World) -> None:
    revision = await world.publish("tuned", {"license": "mit", "base_model": "meta-llama/Llama-2-7b-hf"})
    many = [{"scope": "group", "month": "2023-06", "value": 710_000_000}]
    organisation = {"kind": "company", "mau": many}
    facts = {"organisation": organisation, "use": {"acts": ["use_internally"]}}
    await world.policy.set_standing_use(await world.caller("root"), facts)
    refusal = (await world.policy.admit(revision)).refusal
    assert refusal is not None
    assert (refusal.value, refusal.licence, refusal.clause) == ("needs_permission", "llama-2", "2")
    deal = {"id": "deal-7", "licence": "llama-2", "kind": "granted"}
    facts = {**facts, "organisation": {**organisation, "permissions": [deal]}}
    await world.policy.set_standing_use(await world.caller("root"), facts)
    assert (await world.policy.admit(revision)).refusal is None


async def test_two_servers_that_decide_at_once_agree(world: World, records: Records) -> None:
    other = Policy(world.database, world.hub, world.known, records, world.clock)
    models = list(await world.known.list())
    first, second = await asyncio.gather(world.policy.standing_verdicts(models), other.standing_verdicts(models[::-1]))
    assert first == second
    assert await kept(world) <= len(models)


async def test_own_facts_are_for_their_owner_alone(world: World) -> None:
    few_users = [{"scope": "group", "month": "2023-06", "value": 5}]
    facts = {"organisation": {"kind": "company", "mau": few_users}, "use": {"acts": ["host"]}}
    ada, bob, root = [await world.caller(name) for name in ("ada", "bob", "root")]
    verdict = await world.policy.decide(ada, "meta-llama/llama-2", facts)
    assert verdict.value == "allowed_with_duties"
    assert (await world.policy.verdict(ada, verdict.id)).document == verdict.document
    assert (await world.policy.verdict(root, verdict.id)).id == verdict.id
    for other in (bob, ANONYMOUS):
        with pytest.raises(VerdictNotFound):
            await world.policy.verdict(other, verdict.id)
    assert (await world.policy.decide(bob, "meta-llama/llama-2", facts)).id != verdict.id


async def test_own_facts_need_an_account_and_the_standing_use_does_not(world: World) -> None:
    assert (await world.policy.decide(ANONYMOUS, "xai/grok-1")).value == "allowed"
    with pytest.raises(NotAuthenticated):
        await world.policy.decide(ANONYMOUS, "xai/grok-1", SELLING)


async def test_own_facts_that_cannot_be_are_refused(world: World) -> None:
    with pytest.raises(InvalidUse, match="acts"):
        await world.policy.decide(await world.caller("ada"), "xai/grok-1", {"use": {"acts": ["fly"]}})


async def test_a_verdict_on_a_private_model_is_hidden_like_the_model(world: World) -> None:
    revision = await world.publish("secret", {"license": "mit"}, visibility="private")
    verdict = await world.policy.standing_verdict(revision)
    assert (await world.policy.verdict(await world.caller("ada"), verdict.id)).id == verdict.id
    for other in (await world.caller("bob"), ANONYMOUS):
        with pytest.raises(VerdictNotFound):
            await world.policy.verdict(other, verdict.id)
        with pytest.raises(ModelUnknown):
            await world.policy.decide(other, "ada/secret")


async def test_what_was_decided_in_private_stays_private_when_the_model_is_opened(world: World) -> None:
    await world.publish("base", {"license": "mit"}, visibility="private")
    card = {"license": "mit", "base_model": "ada/base"}
    revision = await world.publish("child", card, visibility="private")
    then, ada = await world.policy.standing_verdict(revision), await world.caller("ada")
    opened = await world.hub.update(ada, revision.repository, visibility="public")
    now = await world.policy.standing_verdict(await world.hub.resolve(opened))
    with pytest.raises(VerdictNotFound):
        await world.policy.verdict(ANONYMOUS, then.id)
    assert (await world.policy.verdict(ANONYMOUS, now.id)).value == "unknown"


async def test_a_verdict_is_gone_for_the_public_with_its_repository(world: World) -> None:
    revision, ada = await world.publish("tiny", {"license": "mit"}), await world.caller("ada")
    verdict = await world.policy.standing_verdict(revision)
    await world.hub.delete(ada, revision.repository)
    await world.publish("tiny", {"license": "mit"}, by="bob")
    with pytest.raises(VerdictNotFound):
        await world.policy.verdict(ANONYMOUS, verdict.id)


async def test_a_guessed_id_finds_nothing(world: World) -> None:
    for guess in ("", "0" * 32, "x" * 500, "../../etc", "' OR 1=1"):
        with pytest.raises(VerdictNotFound):
            await world.policy.verdict(await world.caller("root"), guess)


async def test_a_model_that_nobody_knows_is_said_to_be_that(world: World) -> None:
    for name in ("", "nothing", "no/thing", "a/b/c", "meta-llama/llama-2@main", "ada/%2e%2e"):
        with pytest.raises(ModelUnknown):
            await world.policy.decide(ANONYMOUS, name)
