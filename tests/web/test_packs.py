"""The page of what an act owes: shown to readers, added by writers, nothing overwritten unsaid."""

from __future__ import annotations

import pytest

from commonweight.hub import Revision
from commonweight.rights import Records
from tests.policy.world import World
from tests.rights.pack.world import RECORDS, TEXT
from tests.web.reader import Reader

TUNED = {"license": "mild-1", "base_model": "ada/base", "base_model_relation": "finetune"}
PAGE = "/ada/tuned/rights/owed"


@pytest.fixture(scope="session")
def records() -> Records:
    """The toy records, in place of the library."""
    return RECORDS


@pytest.fixture
async def fine_tuned(world: World) -> Revision:
    await world.publish("base", {"license": "toy-1"}, LICENSE=TEXT)
    return await world.publish("tuned", TUNED)


async def test_a_reader_sees_the_files_and_gets_them_as_an_archive(reader: Reader, fine_tuned: Revision) -> None:
    page = await reader.get(PAGE)
    assert page.status == 200
    assert "USE_RESTRICTIONS.md" in page.words
    assert "format=zip" in page.text
    assert 'name="add"' not in page.text
    assert f"{PAGE}" in (await reader.get("/ada/tuned/rights")).text


async def test_a_writer_adds_what_is_owed_in_one_commit(ada: Reader, world: World, fine_tuned: Revision) -> None:
    page = await ada.get(PAGE)
    assert "Toy-tuned" in page.words
    fields = {
        "csrf": page.csrf,
        "act": "publish_derivative",
        "commit": fine_tuned.commit,
        "add": ["NOTICE", "LICENSES/toy-1.txt"],
    }
    assert (await ada.post(PAGE, fields)).status == 303
    now = await world.hub.resolve(fine_tuned.repository)
    assert {"NOTICE", "LICENSES/toy-1.txt"} <= {entry.path for entry in await world.hub.tree(now, recursive=True)}
    assert (await ada.get(PAGE)).words.count("there already") == 2


async def test_what_another_file_would_lose_is_not_taken_unsaid(ada: Reader, world: World, fine_tuned: Revision) -> None:
    now = await world.change(fine_tuned.repository, **{"ATTRIBUTION.md": "By me.\n"})
    page = await ada.get(PAGE)
    assert 'name="replace" value="ATTRIBUTION.md">' in page.text
    refused = await ada.post(PAGE, {"csrf": page.csrf, "commit": now.commit, "add": ["ATTRIBUTION.md"]})
    assert refused.status == 409
    assert (await ada.post(PAGE, {"csrf": page.csrf, "commit": now.commit, "replace": ["ATTRIBUTION.md"]})).status == 303


async def test_what_was_not_looked_at_is_not_built_upon(ada: Reader, world: World, fine_tuned: Revision) -> None:
    page = await ada.get(PAGE)
    await world.change(fine_tuned.repository, **{"notes.txt": "later"})
    late = await ada.post(PAGE, {"csrf": page.csrf, "commit": fine_tuned.commit, "add": ["NOTICE"]})
    assert late.status == 412
    assert "has changed since you looked" in late.words


async def test_others_add_nothing(reader: Reader, world: World, fine_tuned: Revision) -> None:
    bob = reader
    await bob.sign_in(world.tokens["bob"])
    page = await bob.get(PAGE)
    answer = await bob.post(PAGE, {"csrf": page.csrf, "commit": fine_tuned.commit, "add": ["NOTICE"]})
    assert answer.status == 403


async def test_an_act_that_may_not_be_done_shows_the_reason_alone(root: Reader, world: World, fine_tuned: Revision) -> None:
    facts = {"organisation": {"kind": "company"}, "use": {"acts": ["evaluate"], "purposes": ["military"]}}
    await world.policy.set_standing_use(await world.caller("root"), facts)
    page = await root.get(PAGE)
    assert "Military use is excluded." in page.words
    assert "Add what you owe" not in page.words


async def test_the_page_speaks_spanish(reader: Reader, fine_tuned: Revision) -> None:
    page = await reader.get(f"{PAGE}?lang=es")
    assert "Lo que debe, en archivos" in page.words
    assert "Avisos que acompañan a las copias" in page.words
