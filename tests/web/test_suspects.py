"""Suspected bases on the pages: for those who may decide, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commonweight.hub import Revision
from tests.policy.world import World
from tests.vetting.suspects_world import BASE, TUNED, Bench
from tests.vetting.weight_files import gguf
from tests.web.reader import Reader

PAGE, FORM = "/ada/tuned/lineage", "/ada/tuned/lineage/suspects"


@pytest.fixture
async def fine_tuned(world: World) -> Revision:
    bench = Bench(world)
    await bench.publish("base", {"model.safetensors": BASE}, {"license": "cc-by-nc-4.0"}, by="bob")
    return await bench.publish("tuned", {"model.safetensors": TUNED}, {"license": "mit"})


async def test_the_owner_sees_shares_and_forms_and_others_see_nothing(
    ada: Reader, reader: Reader, new_reader: Callable[[], Reader], world: World, fine_tuned: Revision
) -> None:
    page = await ada.get(PAGE)
    assert "Suspected bases" in page.words
    assert "2 of 5" in page.words
    assert "1 base is suspected" in (await ada.get("/ada/tuned/rights")).words
    bob = new_reader()
    await bob.sign_in(world.tokens["bob"])
    for other in (reader, bob):
        for path in (PAGE, "/ada/tuned/rights"):
            assert "uspected" not in (await other.get(path)).words
            assert "bob/base" not in (await other.get(path)).words


async def test_confirming_draws_the_base_for_everybody(
    ada: Reader, reader: Reader, fine_tuned: Revision, world: World
) -> None:
    page = await ada.get(PAGE)
    [found] = (await world.suspects.of(await world.caller("ada"), fine_tuned.repository)).shown
    fields = {"csrf": page.csrf, "suspect": str(found.id), "deed": "confirm", "relation": "merge"}
    assert (await ada.post(FORM, fields)).status == 303
    assert "bob/base: merged, confirmed" in (await reader.get(PAGE)).words
    assert "cc-by-nc-4.0" in (await reader.get("/ada/tuned/rights")).words


async def test_a_refused_decision_says_why_on_the_page(ada: Reader, fine_tuned: Revision, world: World) -> None:
    page = await ada.get(PAGE)
    [found] = (await world.suspects.of(await world.caller("ada"), fine_tuned.repository)).shown
    refused = await ada.post(FORM, {"csrf": page.csrf, "suspect": str(found.id), "deed": "dismiss", "reason": ""})
    assert (refused.status, "1 to 2000 were expected" in refused.words) == (400, True)
    gone = await ada.post(FORM, {"csrf": page.csrf, "suspect": "999", "deed": "confirm"})
    assert (gone.status, "no suspicion 999" in gone.words) == (404, True)


async def test_what_headers_say_is_shown_with_the_file_that_says_it(reader: Reader, world: World) -> None:
    files = {"tiny.gguf": gguf({"general.license": "llama3"}), "config.json": b"{"}
    await Bench(world).publish("tiny", files, {"license": "mit"})
    words = (await reader.get("/ada/tiny/lineage")).words
    assert "names the licence llama3" in words
    assert "It is no JSON." in words


async def test_headers_of_gated_files_are_for_those_who_may_have_them(reader: Reader, ada: Reader, world: World) -> None:
    tiny = await Bench(world).publish("tiny", {"tiny.gguf": gguf({"general.license": "llama3"})}, {"license": "mit"})
    await world.hub.update(await world.caller("ada"), tiny.repository, gated="manual")
    assert "names the licence" not in (await reader.get("/ada/tiny/lineage")).words
    assert "names the licence" in (await ada.get("/ada/tiny/lineage")).words


async def test_a_stranger_decides_nothing(new_reader: Callable[[], Reader], fine_tuned: Revision, world: World) -> None:
    bob = new_reader()
    await bob.sign_in(world.tokens["bob"])
    page = await bob.get(PAGE)
    assert (await bob.post(FORM, {"csrf": page.csrf, "suspect": "1", "deed": "confirm"})).status == 403
