"""Searching what is kept here: words, facets, pages; who sees what."""

from __future__ import annotations

import html
import re

import pytest

from tests.policy.world import World
from tests.web.reader import Answer, Reader


def found(page: Answer) -> list[str]:
    names = re.findall(r'<div class="model-name"><a href="([^"]+)">', page.text)
    return [html.unescape(name).lstrip("/") for name in names]


async def test_words_and_facets_narrow_what_is_shown(reader: Reader, world: World) -> None:
    await world.publish("tiny", {"license": "mit", "tags": ["fox"], "pipeline_tag": "text-generation"})
    await world.publish("other", {"license": "apache-2.0", "pipeline_tag": "fill-mask"})
    assert found(await reader.get("/models?q=fox")) == ["ada/tiny"]  # reads both before tags are counted for the first time
    assert set(found(await reader.get("/models"))) == {"ada/tiny", "ada/other"}
    assert found(await reader.get("/models?q=othe")) == ["ada/other"]
    assert found(await reader.get("/models?filter=license:mit&filter=text-generation")) == ["ada/tiny"]
    page = await reader.get("/models?filter=license:mit&filter=fill-mask")
    assert "Nothing here fits all of that" in page.words
    assert "fill-mask 1" in page.words


async def test_what_is_private_is_found_by_its_own_alone(reader: Reader, ada: Reader, world: World) -> None:
    await world.publish("zebra", {"license": "mit", "pipeline_tag": "zebra-counting"}, visibility="private")
    assert found(await ada.get("/models?q=zebra")) == ["ada/zebra"]
    page = await reader.get("/models?q=zebra")
    assert found(page) == []
    assert "zebra-counting" not in page.text


async def test_a_verdict_stands_beside_what_has_been_decided(reader: Reader, world: World) -> None:
    await world.publish("tiny", {"license": "mit"})
    assert "not decided yet" in (await reader.get("/models")).words
    assert (await reader.get("/ada/tiny")).status == 200
    assert "not decided yet" not in (await reader.get("/models")).words


async def test_pages_follow_each_other(reader: Reader, world: World) -> None:
    for number in range(31):
        await world.publish(f"m{number:02}", {"license": "mit"})
    first = await reader.get("/models?sort=createdAt")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = await reader.get(html.unescape(following[1]))
    assert (len(found(first)), len(found(second))) == (30, 1)
    assert set(found(first)).isdisjoint(found(second))
    assert "First page" in second.words


@pytest.mark.parametrize("path", ["/models", "/datasets"])
async def test_an_old_bookmark_with_unknown_words_still_shows_a_page(reader: Reader, path: str) -> None:
    page = await reader.get(path + "?sort=colour&size=x&cursor=%21%21&filter=" + "x" * 900 + "&q=" + "y" * 900)
    assert page.status == 200
