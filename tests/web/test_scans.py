"""What was found in files stands beside them, on the repository's page, and with its reasons on a page of its own."""

from __future__ import annotations

import pickle

from commonweight.hub import AddFile
from commonweight.vetting.scans import REASONS
from commonweight.web.presenting import scans as presenting
from tests.policy.world import World
from tests.vetting.scans.here import quiet
from tests.web.reader import Reader

EVIL = b"cposix\nsystem\n(S'true'\ntR."


async def scanned(world: World, kind: str = "model") -> None:
    ada = await world.caller("ada")
    repository = await world.hub.create(ada, kind, "ada", "tiny", "public")
    files = {"old/model.pkl": EVIL, "good.pkl": pickle.dumps(1), "README.md": b"# Tiny"}
    await world.hub.commit(ada, repository, "main", [AddFile(*one) for one in files.items()], title="Add")
    revision = await world.hub.resolve(repository)
    await world.scans.on_scan({"repository_id": repository.id, "commit": revision.commit}, quiet)


def test_every_reason_is_known_to_the_catalogue() -> None:
    assert set(REASONS) == presenting.REASONS


async def test_a_page_tells_which_name_of_which_file_at_which_byte(reader: Reader, world: World) -> None:
    await scanned(world)
    page = await reader.get("/ada/tiny/scans/main")
    assert "It asks for posix.system at byte 0, which can run code or reach beyond the file." in page.words
    assert page.text.index("old/model.pkl") < page.text.index("good.pkl")
    assert "README.md" not in page.words
    assert "Pide posix.system en el byte 0" in (await reader.get("/ada/tiny/scans/main?lang=es")).words


async def test_badges_stand_on_the_card_the_list_and_the_file(reader: Reader, world: World) -> None:
    await scanned(world)
    for path in ("/ada/tiny", "/ada/tiny/tree/main"):
        page = await reader.get(path)
        assert 'href="/ada/tiny/scans/main"' in page.text
        assert "unsafe" in page.words
    assert "scanned" in (await reader.get("/ada/tiny/tree/main")).words
    assert "unsafe" in (await reader.get("/ada/tiny/tree/main/old")).words
    assert "posix.system at byte 0" in (await reader.get("/ada/tiny/blob/main/old/model.pkl")).words
    assert "What was found" not in (await reader.get("/ada/tiny/blob/main/README.md")).words


async def test_data_sets_have_it_too(reader: Reader, world: World) -> None:
    await scanned(world, "dataset")
    assert "posix.system" in (await reader.get("/datasets/ada/tiny/scans/main")).words
