"""The pages on which access is asked for, given and taken away."""

from __future__ import annotations

import re

import pytest

from commonweight.hub import Repository
from tests.policy.world import World
from tests.web.reader import Answer, Reader

ACCESS = "/ada/tiny/access"
CARD = {
    "license": "mit",
    "extra_gated_heading": "House <rules>",
    "extra_gated_prompt": "Be **kind**.<script>alert(1)</script>",
    "extra_gated_fields": {"Company": "text", "I am kind": "checkbox"},
}


@pytest.fixture
async def repository(world: World) -> Repository:
    return (await world.publish("tiny", CARD, LICENSE="Do as you like.\n")).repository


@pytest.fixture
async def bob(app, world: World) -> Reader:  # type: ignore[no-untyped-def]
    bob = Reader(app)
    await bob.sign_in(world.tokens["bob"])
    return bob


async def gated(ada: Reader, gated: str) -> None:
    page = await ada.get(f"{ACCESS}/requests")
    assert (await ada.post(f"{ACCESS}/gate", {"csrf": page.csrf, "gated": gated})).status == 303


async def asked(bob: Reader, **fields: str) -> Answer:
    page = await bob.get(ACCESS)
    terms = re.search(r'name="terms" value="([0-9a-f]+)"', page.text)
    given = {"csrf": page.csrf, "terms": terms[1] if terms else "", **fields}
    return await bob.post(ACCESS, given)


async def decided(ada: Reader, status: str, shown: str, reason: str = "") -> Answer:
    page = await ada.get(f"{ACCESS}/requests?status={shown}")
    number = re.search(r'name="request" value="(\d+)"', page.text)
    assert number, page.words
    fields = {"csrf": page.csrf, "request": number[1], "status": status, "reason": reason}
    return await ada.post(f"{ACCESS}/requests", fields)


async def test_somebody_asks_is_let_in_and_refused_again(ada: Reader, bob: Reader, repository: Repository) -> None:
    assert (await bob.get("/ada/tiny/blob/main/LICENSE")).status == 200
    await gated(ada, "manual")
    assert (await bob.get("/ada/tiny/blob/main/LICENSE")).status == 403
    card = await bob.get("/ada/tiny")
    assert f'href="{ACCESS}"' in card.text
    assert "gated" in card.words
    page = await bob.get(ACCESS)
    for words in ("House &lt;rules&gt;", "<strong>kind</strong>", "Do as you like."):
        assert words in page.text
    assert "<script>alert" not in page.text
    refused = await asked(bob, **{"field-0": "ACME & sons"})
    assert (refused.status, "is not ticked" in refused.words) == (400, True)
    assert 'value="ACME &amp; sons"' in refused.text
    assert (await asked(bob, **{"field-0": "ACME & sons", "field-1": "yes"})).status == 303
    assert "asked for" in (await bob.get(ACCESS)).words
    assert "Access 1" in (await ada.get("/ada/tiny")).words
    assert "ACME &amp; sons" in (await ada.get(f"{ACCESS}/requests")).text
    assert (await decided(ada, "accepted", "pending")).status == 303
    assert (await bob.get("/ada/tiny/blob/main/LICENSE")).status == 200
    assert "Ask for access" not in (await bob.get("/ada/tiny")).words
    assert (await decided(ada, "rejected", "accepted", "Not kind")).status == 303
    assert (await bob.get("/ada/tiny/blob/main/LICENSE")).status == 403
    assert "Not kind" in (await bob.get(ACCESS)).words


async def test_access_is_given_back_on_the_page(ada: Reader, bob: Reader, repository: Repository) -> None:
    await gated(ada, "auto")
    assert (await asked(bob, **{"field-0": "ACME", "field-1": "yes"})).status == 303
    page = await bob.get(ACCESS)
    assert "you have access" in page.words
    assert (await bob.post(f"{ACCESS}/withdraw", {"csrf": page.csrf})).status == 303
    assert (await bob.get("/ada/tiny/blob/main/LICENSE")).status == 403


async def test_somebody_is_let_in_by_name(ada: Reader, bob: Reader, repository: Repository) -> None:
    await gated(ada, "manual")
    token = (await ada.get(f"{ACCESS}/requests")).csrf
    answer = await ada.post(f"{ACCESS}/grant", {"csrf": token, "user": "nobody-here"})
    assert (answer.status, "There is no user" in answer.words) == (404, True)
    assert 'value="nobody-here"' in answer.text
    assert (await ada.post(f"{ACCESS}/grant", {"csrf": token, "user": "bob"})).status == 303
    assert "without having accepted anything" in (await ada.get(f"{ACCESS}/requests?status=accepted")).words


async def test_requests_are_seen_and_decided_by_who_administers_alone(
    bob: Reader, reader: Reader, repository: Repository
) -> None:
    token = (await bob.get("/settings")).csrf
    assert (await bob.get(f"{ACCESS}/requests")).status == 403
    assert (await reader.get(f"{ACCESS}/requests")).status in (401, 403)
    for deed, fields in (("gate", {"gated": "auto"}), ("grant", {"user": "bob"}), ("requests", {"request": "1"})):
        assert (await bob.post(f"{ACCESS}/{deed}", {"csrf": token, **fields})).status == 403
    assert "open to everybody" in (await bob.get(ACCESS)).words


async def test_what_was_typed_comes_back_to_who_has_to_sign_in_first(
    ada: Reader, reader: Reader, repository: Repository
) -> None:
    await gated(ada, "auto")
    assert "Sign in to ask for access" in (await reader.get(ACCESS)).words
    answer = await reader.post(ACCESS, {"field-0": "ACME"})
    assert (answer.status, 'value="ACME"' in answer.text) == (401, True)
