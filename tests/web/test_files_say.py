"""The rights tab tells what each licence file is, what differs, and who contradicts whom."""

from __future__ import annotations

from commonweight.hub import AddFile
from tests.policy.world import World
from tests.vetting.text_world import MIT_AS_WRITTEN, Desk, FakeMatcher, identified, near
from tests.web.reader import Reader


async def test_a_near_text_shows_what_was_added_with_a_sign(reader: Reader, world: World) -> None:
    desk = Desk(world, FakeMatcher({"MIT": near("mit")}))
    await world.publish("tiny", {"license": "mit"}, LICENSE=MIT_AS_WRITTEN)
    await desk.run()
    page = await reader.get("/ada/tiny/rights")
    assert "near, and different" in page.words
    assert '<ins><b aria-hidden="true">+</b>' in page.text
    assert "a text that is not identified" in page.words
    assert 'href="/docs/licences/mit"' in page.text


async def test_without_a_matcher_the_page_says_how_to_get_one(reader: Reader, world: World) -> None:
    await world.publish("tiny", {"license": "mit"}, LICENSE=MIT_AS_WRITTEN)
    page = await reader.get("/ada/tiny/rights")
    assert "commonweight[licences]" in page.text
    assert "compared by digest only" in page.words


async def test_a_file_and_the_card_that_differ_stand_side_by_side(reader: Reader, world: World) -> None:
    desk = Desk(world, FakeMatcher({"MIT": identified("mit")}))
    await world.publish("tiny", {"license": "apache-2.0"}, **{"vae/LICENSE": MIT_AS_WRITTEN, "vae/model.bin": "w"})
    await desk.run()
    words = (await reader.get("/ada/tiny/rights")).words
    assert "They do not say the same of : weights" in words or "They do not say the same of: weights" in words
    assert "Speaks of what lies in vae/" in words


async def test_a_data_set_has_it_below_its_card(reader: Reader, world: World) -> None:
    desk = Desk(world, FakeMatcher({"MIT": near("mit")}))
    ada = await world.caller("ada")
    data = await world.hub.create(ada, "dataset", "ada", "poems", "public")
    await world.hub.commit(ada, data, "main", [AddFile("LICENSE", MIT_AS_WRITTEN.encode())], title="Add")
    await desk.run()
    page = await reader.get("/datasets/ada/poems")
    assert "near, and different" in page.words
    assert "/cw/v1/datasets/ada/poems/licence-texts" in page.text
