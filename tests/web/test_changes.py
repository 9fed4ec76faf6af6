"""/rights/changes: what changed and why, for those who may see it."""

from __future__ import annotations

import re

from commonweight.jobs import enqueue
from commonweight.policy.revising import LOOK, Reach, revise
from tests.policy.test_feed import selling
from tests.policy.world import World
from tests.web.reader import Reader

CHANGES = "/rights/changes"


async def test_a_change_is_told_with_its_cause_both_answers_and_the_headline(ada: Reader, world: World) -> None:
    await selling(world, "pictures")
    words = (await ada.get(CHANGES)).words
    assert re.search(r"A fact about the (use|organisation) changed\. 2026-03-01 12:00 UTC · by root", words)
    assert "ada/pictures @" in words
    assert re.search(r"now No worse Prohibited", words)
    assert "Nothing waits to be decided again." in words
    text = (await ada.get(CHANGES)).text
    for address in re.findall(r'href="(/verdicts/\w+)"', text):
        assert (await ada.get(address)).status == 200


async def test_filters_narrow_and_words_that_are_none_filter_nothing(ada: Reader, world: World) -> None:
    await selling(world, "pictures")
    for query, found in (
        ("direction=worse", True),
        ("direction=better", False),
        ("kind=records", False),
        ("subject=pict", True),
        ("subject=none", False),
        ("use=none", False),
        ("direction=sideways&kind=x&cause=x&before=x.y", True),
        ("cause=99999999999999999999", True),
        ("cause=12345", False),
    ):
        page = await ada.get(f"{CHANGES}?{query}")
        assert ("ada/pictures" in page.words) is found, query
        assert ("No change fits all of that" in page.words) is not found


async def test_one_cause_has_a_page_of_its_own(ada: Reader, world: World) -> None:
    await selling(world, *(f"m{number}" for number in range(8)))
    address = re.search(r'href="(/rights/changes\?cause=\d+)"', (await ada.get(CHANGES)).text)
    assert address
    page = await ada.get(address[1])
    assert sum(f"ada/m{number} @" in page.words for number in range(8)) == 8
    assert "All causes" in page.words


async def test_others_private_models_are_not_told_of(ada: Reader, root: Reader, reader: Reader, world: World) -> None:
    revision = await world.publish("hidden", {"license": "cc-by-nc-4.0"}, by="bob", visibility="private")
    await world.policy.standing_verdict(revision)
    await selling(world, "pictures")
    assert "bob/hidden" not in (await ada.get(CHANGES)).text
    assert (await reader.get(CHANGES)).status == 303


async def test_the_atom_feed_is_found_from_the_page_with_the_same_filters(ada: Reader, world: World) -> None:
    text = (await ada.get(f"{CHANGES}?direction=worse&subject=a%26b")).text
    link = re.search(r'<link rel="alternate" type="application/atom\+xml"[^>]* href="([^"]+)"', text)
    assert link
    assert link[1] == "/cw/v1/changes/feed.atom?subject=a%26b&amp;direction=worse"


async def test_what_waits_is_drawn(ada: Reader, world: World) -> None:
    await world.policy.standing_verdict(await world.publish("one", {"license": "mit"}))
    use = await world.policy.standing_use()
    async with world.database.write() as connection:
        await revise(connection, world.clock.now(), None, "organisation", {}, Reach([use.id]))
    page = await ada.get(CHANGES)
    assert "Still waiting: 1 of 1 verdicts" in page.words
    assert re.search(r'<progress [^>]*max="100" value="0"', page.text)
    assert "0 / 1" in page.words


async def test_a_job_that_only_looks_at_lineages_is_told_of_without_numbers(ada: Reader, world: World) -> None:
    async with world.database.write() as connection:
        await enqueue(connection, world.clock.now(), LOOK, {"everything": True})
    page = await ada.get(CHANGES)
    assert "A job looks at lineages again" in page.words
    assert ' hidden data-when="waiting"' in page.text
