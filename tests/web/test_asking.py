from __future__ import annotations

import re
from typing import Any

import pytest

from tests.policy.world import World
from tests.web.reader import Answer, Reader

SIZE = "a.organisation.mau[group, 2024-08]"
SEAT = "a.organisation.principal_place"
ASK = "/ada/eyes/rights/ask"


@pytest.fixture
async def eyes(world: World) -> None:
    """A vision model under Llama 3.2: it asks for a size, and for the seat."""
    await world.publish("eyes", {"license": "llama3.2", "pipeline_tag": "image-text-to-text"})


async def send(reader: Reader, address: str = ASK, **fields: Any) -> Answer:
    csrf = (await reader.get(address)).csrf
    return await reader.post(address, {"csrf": csrf, "act": "offer_product", **fields})


def asked(page: Answer) -> set[str]:
    """Fields of open and answered questions."""
    return set(re.findall(r'<input[^>]* name="(a\.[^"]+)"', page.text.replace('type="hidden"', "")))


@pytest.mark.usefixtures("eyes")
async def test_only_what_can_change_the_answer_is_asked(ada: Reader) -> None:
    page = await ada.get(ASK)
    assert page.status == 200
    assert asked(page) == {SIZE, SEAT}
    assert "Not known yet" in page.words


@pytest.mark.usefixtures("eyes")
async def test_answers_lead_to_the_verdict_without_a_script(ada: Reader) -> None:
    page = await send(ada, **{SIZE: "<=700000000", SEAT: "US"})
    assert "Yes, with duties" in page.words
    assert "No more questions" in page.words
    assert "Built with Llama" in page.words
    page = await send(ada, **{SIZE: "<=700000000", SEAT: "DE"})
    assert "Use a text-only model of the family" in page.words


@pytest.mark.usefixtures("eyes")
async def test_an_answer_for_this_question_changes_no_fact_of_the_organisation(ada: Reader, world: World) -> None:
    before = await world.policy.standing_use()
    await send(ada, **{SIZE: "<=700000000", SEAT: "US"})
    assert (await world.policy.standing_use()).facts == before.facts


@pytest.mark.usefixtures("eyes")
async def test_an_answer_that_does_not_matter_now_is_kept_for_later(ada: Reader) -> None:
    page = await send(ada, **{SIZE: ">700000000", "a.use.paid": "yes"})
    assert '<input type="hidden" name="a.use.paid" value="yes">' in page.text


@pytest.mark.usefixtures("eyes")
async def test_a_figure_that_is_no_number_is_refused_and_the_others_stay(ada: Reader) -> None:
    page = await send(ada, **{SIZE: "many", SEAT: "US"})
    assert page.status == 400
    assert "expected a number" in page.words
    assert 'value="US"' in page.text


@pytest.mark.usefixtures("eyes")
async def test_an_administrator_keeps_the_answers_as_facts_of_the_organisation(root: Reader, world: World) -> None:
    await world.policy.standing_verdict(await world.hub.resolve(await _eyes(world)))
    page = await send(root, keep="yes", act="evaluate", **{SIZE: "<=700000000", SEAT: "US", "a.use.paid": "no"})
    facts = (await world.policy.standing_use()).facts
    assert facts["organisation"]["principal_place"] == "US"
    assert facts["organisation"]["mau"][0]["at_most"] == 700_000_000
    assert "paid" not in facts["use"]
    assert "1 verdict changed: ada/eyes" in page.words


@pytest.mark.usefixtures("eyes")
async def test_others_are_neither_offered_nor_allowed_to_keep_them(ada: Reader) -> None:
    assert "Keep the answers" not in (await send(ada, **{SEAT: "US", SIZE: "5"})).words
    assert (await send(ada, keep="yes", **{SEAT: "US"})).status == 403


@pytest.mark.usefixtures("eyes")
async def test_the_answer_can_be_given_an_address_that_only_its_asker_may_read(ada: Reader, reader: Reader) -> None:
    answer = await send(ada, share="yes", **{SIZE: "520,000,000", SEAT: "US"})
    assert answer.status == 303
    assert "Yes, with duties" in (await ada.get(answer.headers["location"])).words
    assert (await reader.get(answer.headers["location"])).status == 404


async def test_a_model_that_is_only_known_can_be_asked_about(ada: Reader) -> None:
    page = await ada.get("/models/meta-llama/llama-2/ask?act=host")
    assert "more than 700,000,000" in page.words
    assert re.search(r'value="host" checked', page.text)


async def test_other_acts_drop_what_was_said_of_the_old_ones(root: Reader, world: World) -> None:
    """A standing use in production says nothing of an evaluation."""
    facts = {"use": {"acts": ["offer_product"], "production": True, "audience": "public", "paid": True, "commercial": True}}
    await world.policy.set_standing_use(await world.caller("root"), facts)
    page = await root.get("/models/meta-llama/llama-2/ask?act=evaluate")
    assert page.status == 200


@pytest.mark.usefixtures("eyes")
async def test_the_form_needs_an_account_and_its_token(reader: Reader, ada: Reader) -> None:
    assert (await reader.get(ASK)).status == 303
    assert (await ada.post(ASK, {"csrf": "0", "act": "host"})).status == 403


async def test_a_private_model_is_missing_for_others(world: World, new_reader: Any) -> None:
    await world.publish("hidden", {"license": "mit"}, visibility="private")
    bob = new_reader()
    await bob.sign_in(world.tokens["bob"])
    assert (await bob.get("/ada/hidden/rights/ask")).status == 404


@pytest.mark.usefixtures("eyes")
async def test_the_questions_are_asked_in_the_readers_language(ada: Reader) -> None:
    page = await ada.get(ASK, accept_language="es")
    assert "como mucho 700,000,000" in page.words
    assert "¿Podemos usarlo?" in page.words


async def _eyes(world: World) -> Any:
    return await world.hub.find(await world.caller("ada"), "model", "ada", "eyes")
