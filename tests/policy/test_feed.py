"""What changed is told cause by cause, as far as one may see it, with how far deciding again has come."""

from __future__ import annotations

import pytest

from commonweight.errors import InvalidInput, NotAuthenticated
from commonweight.identity import ANONYMOUS
from commonweight.jobs import enqueue
from commonweight.policy import ChangeFilters, UseEdit
from commonweight.policy import feed as feeds
from commonweight.policy.revising import SWEEP, Reach, revise
from tests.policy.test_verdicts import TUNED_FROM_RESEARCH
from tests.policy.world import SELLING, World


async def selling(world: World, *names: str, visibility: str = "public") -> None:
    """Models that may be evaluated and not sold, where the use is to sell from here on."""
    for name in names:
        revision = await world.publish(name, TUNED_FROM_RESEARCH, visibility=visibility)
        await world.policy.standing_verdict(revision)
    await world.policy.set_standing_use(await world.caller("root"), SELLING)


async def test_changes_are_told_cause_by_cause_with_headline_and_direction(world: World) -> None:
    await selling(world, "one", "two")
    root = await world.caller("root")
    await world.policy.set_standing_use(root, {"use": {"acts": ["evaluate"]}})
    page = await world.policy.feed.by_cause(root, ChangeFilters(language="en"))
    assert [[one.direction for one in group.changes] for group in page.groups] == [["better"] * 2, ["worse"] * 2]
    assert page.next is None
    worse = page.groups[1].changes[0]
    assert worse.title in worse.headline or worse.title.partition("/")[2] in worse.headline
    spanish = await world.policy.feed.by_cause(root, ChangeFilters(language="es"))
    assert spanish.groups[1].changes[0].headline != worse.headline
    told = await world.policy.standing_verdict(await world.hub.resolve(await world.hub.find(root, "model", "ada", "one")))
    assert told.headline in {change.headline for change in page.groups[0].changes}


async def test_worse_and_better_are_filters(world: World) -> None:
    await selling(world, "one")
    root = await world.caller("root")
    await world.policy.set_standing_use(root, {"use": {"acts": ["evaluate"]}})
    for direction in ("worse", "better"):
        found = await world.policy.feed.changes(root, ChangeFilters(direction=direction))
        assert [one.direction for one in found] == [direction]
    with pytest.raises(InvalidInput, match="sideways"):
        await world.policy.feed.changes(root, ChangeFilters(direction="sideways"))


async def test_a_cause_shows_its_first_changes_and_pages_go_on_without_loss(world: World) -> None:
    names = [f"m{number}" for number in range(feeds.OF_CAUSE + 2)]
    await selling(world, *names)
    root = await world.caller("root")
    for number in range(feeds.CAUSES_PAGE):
        acts = ["evaluate"] if number % 2 == 0 else ["offer_product"]
        use = {**SELLING["use"], "acts": acts} if number % 2 else {"acts": acts}
        await world.policy.set_standing_use(root, {**SELLING, "use": use})
    first = await world.policy.feed.by_cause(root)
    assert len(first.groups) == feeds.CAUSES_PAGE
    assert {len(group.changes) for group in first.groups} == {feeds.OF_CAUSE}
    assert all(group.is_cut for group in first.groups)
    assert first.next is not None
    cause, number = first.next
    rest = await world.policy.feed.by_cause(root, ChangeFilters(before_cause=cause, before_id=number))
    causes = [group.cause.id for group in (*first.groups, *rest.groups)]
    assert causes == sorted(set(causes), reverse=True)
    assert len(causes) == feeds.CAUSES_PAGE + 1
    assert rest.next is None


async def test_private_changes_are_told_to_their_readers_only(world: World) -> None:
    await selling(world, "secret", visibility="private")
    told = {}
    for name in ("ada", "bob", "root"):
        page = await world.policy.feed.by_cause(await world.caller(name))
        told[name] = [change.title for group in page.groups for change in group.changes]
    assert told == {"ada": ["ada/secret"], "bob": [], "root": ["ada/secret"]}
    with pytest.raises(NotAuthenticated):
        await world.policy.feed.by_cause(ANONYMOUS)


async def test_progress_counts_what_waits_and_for_what(world: World) -> None:
    await world.policy.standing_verdict(await world.publish("one", {"license": "mit"}))
    await world.policy.standing_verdict(await world.publish("two", {"license": "openrail"}))
    quiet = await world.policy.progress()
    assert (quiet.waiting, quiet.total, quiet.done, quiet.is_running) == (0, 0, 1.0, False)
    use = await world.policy.standing_use()
    async with world.database.write() as connection:
        await revise(connection, world.clock.now(), None, "organisation", {}, Reach([use.id]))
        await enqueue(connection, world.clock.now(), SWEEP, {})
    busy = await world.policy.progress()
    assert (busy.waiting, busy.total, busy.done, busy.is_running) == (2, 2, 0.0, True)
    assert [(one.kind, one.touched, one.waiting) for one in busy.causes] == [("organisation", 2, 2)]
    await world.policy.standing_verdict(
        await world.hub.resolve(await world.hub.find(await world.caller("ada"), "model", "ada", "one"))
    )
    half = await world.policy.progress()
    assert (half.waiting, half.total, half.done) == (1, 2, 0.5)


async def test_a_new_use_counts_as_waiting_while_a_job_is_at_it(world: World) -> None:
    await world.policy.standing_verdict(await world.publish("one", {"license": "mit"}))
    await world.policy.create_use(await world.caller("root"), UseEdit({"acts": ["host"]}, "Hosting"))
    progress = await world.policy.progress()
    assert (progress.waiting, progress.is_running) == (1, True)
