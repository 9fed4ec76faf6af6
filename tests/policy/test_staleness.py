"""A verdict that is not, or may not be, the answer any more says so: why, since when, and which one stands instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from commonweight.db.tables import standing as tables
from commonweight.identity import ANONYMOUS
from commonweight.policy import STALE_KINDS, Policy, StoredVerdict, UseEdit
from commonweight.policy.revising import Reach, revise
from commonweight.rights import Records
from tests.policy.world import SELLING, World


async def again(world: World, verdict: StoredVerdict) -> StoredVerdict:
    """The same verdict, read by its id."""
    return await world.policy.verdict(await world.caller("root"), verdict.id)


async def mark_all(world: World) -> int:
    """As a changed fact does before anybody has decided again; the number of its cause."""
    use = await world.policy.standing_use()
    async with world.database.write() as connection:
        return (await revise(connection, world.clock.now(), None, "organisation", {}, Reach([use.id]))).cause_id


async def test_what_stands_is_not_stale(world: World) -> None:
    verdict = await world.policy.standing_verdict(await world.publish("tiny", {"license": "mit"}))
    assert verdict.stale is None
    assert (await again(world, verdict)).stale is None


async def test_what_waits_to_be_decided_again_says_for_what_and_since_when_until_it_was(world: World) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    verdict = await world.policy.standing_verdict(revision)
    cause = await mark_all(world)
    stale = (await again(world, verdict)).stale
    assert stale is not None
    assert (stale.kind, stale.since, stale.cause_id) == ("organisation", world.clock.now(), cause)
    assert stale.superseded_by == ""
    assert stale.reason == STALE_KINDS["organisation"]
    assert (await world.policy.standing_verdict(revision)).stale is None
    assert (await again(world, verdict)).stale is None


async def test_a_superseded_verdict_names_the_one_that_stands_and_the_cause_in_the_feed(world: World) -> None:
    revision = await world.publish("pictures", {"license": "cc-by-nc-4.0"})
    before = await world.policy.standing_verdict(revision)
    await world.policy.set_standing_use(await world.caller("root"), SELLING)
    after = await world.policy.standing_verdict(revision)
    stale = (await again(world, before)).stale
    assert stale is not None
    assert stale.superseded_by == after.id
    (change,) = [one for one in await world.policy.feed.changes(await world.caller("root")) if "pictures" in one.subject]
    assert (stale.cause_id, stale.kind) == (change.cause.id, change.cause.kind)
    assert (await again(world, after)).stale is None


async def test_where_only_the_words_differ_what_went_in_tells_why(world: World) -> None:
    revision, root = await world.publish("tiny", {"license": "mit"}), await world.caller("root")
    before = await world.policy.standing_verdict(revision)
    await world.policy.set_standing_use(root, {"use": {"acts": ["use_internally"]}})
    after = await world.policy.standing_verdict(revision)
    stale = (await again(world, before)).stale
    assert stale is not None
    assert (before.value, stale.kind, stale.superseded_by) == (after.value, "use", after.id)


async def test_another_lineage_supersedes_also_without_another_answer(world: World) -> None:
    await world.publish("base", {"license": "mit"})
    child = await world.publish("tuned", {"license": "mit", "base_model": "ada/base"})
    before = await world.policy.standing_verdict(child)
    await world.change(
        (await world.policy.find(await world.caller("ada"), "ada/base")).repository, {"license": "apache-2.0"}
    )
    after = await world.policy.standing_verdict(child)
    stale = (await again(world, before)).stale
    assert stale is not None
    assert (stale.kind, stale.superseded_by) == ("lineage", after.id)


async def test_a_doubted_lineage_makes_stale_before_anybody_looked_again(world: World) -> None:
    await world.publish("base", {"license": "mit"})
    child = await world.publish("tuned", {"license": "mit", "base_model": "ada/base"})
    verdict = await world.policy.standing_verdict(child)
    async with world.database.write() as connection:
        await connection.execute(tables.subjects.update().values(checked_at=world.clock.now() - timedelta(days=20_000)))
    stale = (await again(world, verdict)).stale
    assert stale is not None
    assert (stale.kind, stale.since) == ("lineage", None)


async def test_another_process_with_other_records_finds_what_stands_stale(world: World, records: Records) -> None:
    verdict = await world.policy.standing_verdict(await world.publish("tiny", {"license": "mit"}))
    later = Policy(world.database, world.hub, world.known, Records(one for one in records if one.key != "mit"), world.clock)
    stale = (await later.verdict(ANONYMOUS, verdict.id)).stale
    assert stale is not None
    assert stale.kind == "records"


async def test_a_verdict_on_own_facts_is_stale_when_a_record_that_it_used_changes(world: World, records: Records) -> None:
    await world.publish("tiny", {"license": "mit"})
    await world.publish("other", {"license": "apache-2.0"})
    ada = await world.caller("ada")
    used = await world.policy.decide(ada, "ada/tiny", SELLING)
    unused = await world.policy.decide(ada, "ada/other", SELLING)
    others = [replace(one, title="MIT, again") if one.key == "mit" else one for one in records]
    changed = [replace(one, digest="0" * 64) if one.key == "mit" else one for one in others]
    later = Policy(world.database, world.hub, world.known, Records(changed), world.clock)
    found = [(await later.verdict(ada, one.id)).stale for one in (used, unused)]
    assert [one.kind if one else "" for one in found] == ["records", ""]


async def test_a_lapsed_day_and_a_use_given_up_make_stale(world: World) -> None:
    root = await world.caller("root")
    revision = await world.publish("tiny", {"license": "mit"})
    other = (await world.policy.create_use(root, UseEdit({"acts": ["host"]}, "Hosting"))).use
    verdict = await world.policy.standing_verdict(revision, other.id)
    async with world.database.write() as connection:
        await connection.execute(tables.standing.update().values(good_until=world.clock.now().date()))
    assert (await again(world, verdict)).stale is None
    world.clock.advance(timedelta(days=1))
    stale = (await again(world, verdict)).stale
    assert stale is not None
    assert (stale.kind, stale.since and stale.since.hour) == ("day", 0)
    await world.policy.end_use(root, other.id)
    ended = (await again(world, verdict)).stale
    assert ended is not None
    assert ended.kind == "use_ended"


async def test_an_unreviewed_document_makes_stale_what_stands_in_lists_too(world: World) -> None:
    revision, root = await world.publish("tuned", {"license": "llama3.1"}), await world.caller("root")
    assert (await world.policy.standing_verdict(revision)).stale is None
    licence = next(iter((await world.policy.standing_verdict(revision)).document["terms_digests"]))
    terms = world.policy.records.get(licence)
    assert terms is not None
    document = terms.policies[0]
    number = await world.policy.documents.tell(root, licence, document.id, world.clock.now().date())
    world.policy.standing.forget()
    listed = (await world.policy.standing_verdicts([revision]))[world.policy.key_of(revision)]
    assert listed.stale is not None
    assert (listed.stale.kind, listed.stale.since) == ("document", world.clock.now())
    assert document.title in listed.stale.about
    await world.policy.documents.review(root, number, "Nothing that concerns us")
    world.policy.standing.forget()
    assert (await world.policy.standing_verdict(revision)).stale is None


async def test_a_moved_repository_is_followed_and_what_may_not_be_read_is_not_named(world: World) -> None:
    ada = await world.caller("ada")
    revision = await world.publish("tiny", {"license": "mit"})
    verdict = await world.policy.standing_verdict(revision)
    moved = await world.hub.move(ada, revision.repository, "ada", "small")
    async with world.database.write() as connection:
        await connection.execute(tables.subjects.update().values(stands=False, head=False))
    gone = (await again(world, verdict)).stale
    assert gone is not None
    assert gone.kind == "gone"
    after = await world.policy.standing_verdict(await world.hub.resolve(moved))
    stale = (await again(world, verdict)).stale
    assert stale is not None
    assert stale.superseded_by == after.id
