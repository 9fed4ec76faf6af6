"""The pages of collections."""

from __future__ import annotations

import re

import pytest

from commonweight.hub import Repository
from tests.policy.world import World
from tests.web.reader import Reader


@pytest.fixture
async def repository(world: World) -> Repository:
    return (await world.publish("tiny", {"license": "mit"})).repository


async def made(ada: Reader, title: str = "Small <models>", **fields: str) -> str:
    token = (await ada.get("/collections")).csrf
    answer = await ada.post("/collections", {"csrf": token, "namespace": "ada", "title": title, **fields})
    assert answer.status == 303, answer.words
    return answer.headers["location"]


async def test_a_collection_is_made_filled_from_a_repository_and_changed(
    ada: Reader, reader: Reader, repository: Repository
) -> None:
    address = await made(ada)
    card = await ada.get("/ada/tiny")
    slug = re.search(r'<option value="(ada/small-models-[0-9a-f]{24})"', card.text)
    assert slug
    sent = {"csrf": card.csrf, "kind": "model", "repository": "ada/tiny", "collection": slug[1], "note": "Runs & runs"}
    assert (await ada.post("/collections/add", sent)).headers["location"] == address
    shown = await reader.get(address)
    for words in ("Small &lt;models&gt;", 'href="/ada/tiny"', "Runs &amp; runs"):
        assert words in shown.text
    assert (await ada.post("/collections/add", sent)).status == 409
    page = await ada.get(address)
    key = re.search(r'name="item" value="([0-9a-f]+)"', page.text)
    assert key
    changed = {"csrf": page.csrf, "title": "Tiny", "description": "x", "theme": "pink", "private": "yes"}
    onward = (await ada.post(f"{address}/change", changed)).headers["location"]
    assert (await ada.get(address)).headers["location"] == onward
    assert (await reader.get(onward)).status == 404
    assert (await ada.post(f"{onward}/remove", {"csrf": page.csrf, "item": key[1]})).status == 303
    assert 'href="/ada/tiny"' not in (await ada.get(onward)).text
    assert (await ada.post(f"{onward}/delete", {"csrf": page.csrf})).status == 303
    assert (await ada.get(onward)).status == 404


async def test_what_was_typed_comes_back_where_it_is_refused(ada: Reader, reader: Reader, repository: Repository) -> None:
    await made(ada, "Mine")
    token = (await ada.get("/collections")).csrf
    answer = await ada.post("/collections", {"csrf": token, "namespace": "ada", "title": "Mine", "description": "All of it"})
    assert (answer.status, "All of it" in answer.text) == (409, True)
    assert (await reader.post("/collections", {"title": "Mine"})).status == 401
    page = await ada.get("/collections?owner=ada")
    assert "Mine" in page.words
    assert "Mine" not in (await ada.get("/collections?owner=bob")).words


async def test_others_read_and_change_nothing(ada: Reader, new_reader, world: World, repository: Repository) -> None:  # type: ignore[no-untyped-def]
    address, bob = await made(ada), new_reader()
    await bob.sign_in(world.tokens["bob"])
    page = await bob.get(address)
    assert "Change the collection" not in page.words
    token = (await bob.get("/settings")).csrf
    for deed in ("change", "delete", "add", "remove", "item"):
        fields = {"csrf": token, "title": "x", "theme": "pink", "repository": "ada/tiny", "item": "x"}
        assert (await bob.post(f"{address}/{deed}", fields)).status == 403
