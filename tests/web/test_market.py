from __future__ import annotations

from tests.policy.world import World
from tests.web.reader import Answer, Reader


def _plain(page: Answer) -> str:
    return page.text.replace("<wbr>", "").replace('<span class="owner">', "").replace("</span>", "")


async def test_hosted_and_known_models_stand_in_one_table(reader: Reader, world: World) -> None:
    await world.publish("tiny", {"license": "mit"})
    page = await reader.get("/")
    assert page.status == 200
    assert 'href="/ada/tiny"' in page.text
    assert 'href="/models/meta-llama/llama-2"' in page.text
    assert "Internal evaluation by a company" in page.words


async def test_a_private_model_is_in_nobody_elses_table(reader: Reader, ada: Reader, world: World) -> None:
    await world.publish("zebra", {"license": "mit"}, visibility="private")
    assert "ada/zebra" in _plain(await ada.get("/"))
    assert "zebra" not in _plain(await reader.get("/"))
    assert "No model fits" in (await reader.get("/?q=zebra")).words


async def test_filters_narrow_and_their_counts_agree_with_what_they_show(reader: Reader, world: World) -> None:
    await world.publish("tiny", {"license": "mit"})
    page = await reader.get("/?hosted=yes")
    assert page.text.count('<td class="name">') == 1
    assert "Hosted here 1" in page.words


async def test_a_search_without_a_hit_offers_the_way_back(reader: Reader) -> None:
    page = await reader.get("/?q=no-such-model-anywhere")
    assert page.status == 200
    assert "No model fits" in page.words


async def test_an_old_bookmark_with_unknown_words_still_shows_a_page(reader: Reader) -> None:
    page = await reader.get("/?sort=colour&verdict=maybe&hosted=maybe&label=x&offer=x&modality=x&lang=xx&q=" + "x" * 900)
    assert page.status == 200


async def test_a_known_models_page_says_why_and_how_to_bring_it_in(reader: Reader) -> None:
    page = await reader.get("/models/meta-llama/llama-2")
    assert page.status == 200
    assert "700" in page.words
    assert "hf upload meta-llama/llama-2" in page.text
    assert "not legal advice" in page.words


async def test_a_model_that_is_only_known_is_found_under_its_plain_name_too(reader: Reader) -> None:
    answer = await reader.get("/xai/grok-1")
    assert (answer.status, answer.headers["location"]) == (303, "/models/xai/grok-1")


async def test_a_card_that_makes_no_sense_takes_no_other_row_along(reader: Reader, world: World) -> None:
    await world.publish("tiny", {"license": "mit"})
    await world.publish("odd", {"license": "x" * 50_000, "base_model": ["a/" + "y" * 50_000], "n": 1 << 5000})
    page = await reader.get("/")
    assert page.status == 200
    assert 'href="/ada/tiny"' in page.text
