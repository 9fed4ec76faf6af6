from __future__ import annotations

import re

from tests.policy.world import SELLING, World
from tests.web.reader import Reader


async def test_the_starters_page_shows_the_doubt_and_why_it_does_not_stop_us(reader: Reader, world: World) -> None:
    await world.publish_starter()
    page = await reader.get("/ada/SmolLM2-135M-Instruct-GGUF/rights")
    words = page.words
    assert re.search(r"May we use it, for Internal evaluation by a company \? Yes", words)
    assert "begin with 'Llama'" in words.replace("&#39;", "'")
    assert "described by others only" in words
    assert "withdraws no right" in words
    assert "llama-3.1" in words
    assert "smol-smoltalk" in words
    assert "not legal advice" in words
    assert "checked record" in words


async def test_a_refused_model_says_why_on_its_chat_page(ada: Reader, world: World) -> None:
    await world.policy.set_standing_use(await world.caller("root"), SELLING, name="Selling")
    revision = await world.publish("tuned", {"license": "other", "base_model": "stabilityai/sdxl-turbo"})
    await world.add_gguf(revision.repository)
    admission = await world.policy.admit(revision)
    page = await ada.get("/ada/tuned/chat")
    assert bool(admission.refusal) == ("chat.js" not in page.text)
    if admission.refusal:
        assert admission.refusal.clause in page.words


async def test_a_verdict_has_an_address_of_its_own(reader: Reader, world: World) -> None:
    revision = await world.publish("tiny", {"license": "mit"})
    verdict = await world.policy.standing_verdict(revision)
    page = await reader.get(f"/verdicts/{verdict.id}")
    assert page.status == 200
    assert "ada/tiny" in page.words
    assert f"/cw/v1/verdicts/{verdict.id}" in page.text


async def test_a_verdict_on_a_private_model_is_missing_for_others(reader: Reader, ada: Reader, world: World) -> None:
    """An id is never a right."""
    revision = await world.publish("hidden", {"license": "mit"}, visibility="private")
    verdict = await world.policy.standing_verdict(revision)
    assert (await ada.get(f"/verdicts/{verdict.id}")).status == 200
    assert (await reader.get(f"/verdicts/{verdict.id}")).status == 404
    assert (await reader.get("/verdicts/0000")).status == 404


async def test_a_superseded_verdict_says_why_and_leads_to_the_one_that_stands(
    reader: Reader, root: Reader, world: World
) -> None:
    revision = await world.publish("tiny", {"license": "cc-by-nc-4.0"})
    before = await world.policy.standing_verdict(revision)
    await world.policy.set_standing_use(await world.caller("root"), SELLING)
    after = await world.policy.standing_verdict(revision)
    page = await reader.get(f"/verdicts/{before.id}")
    assert "Another verdict stands in its place." in page.words
    assert f"/verdicts/{after.id}" in page.text
    assert "/rights/changes" not in page.text
    assert "/rights/changes?cause=" in (await root.get(f"/verdicts/{before.id}")).text
    assert "stands in its place" not in (await reader.get(f"/verdicts/{after.id}")).words


async def test_an_unreviewed_document_marks_the_rights_tab_and_the_market(reader: Reader, world: World) -> None:
    revision = await world.publish("tuned", {"license": "llama3.1"})
    licence = next(iter((await world.policy.standing_verdict(revision)).document["terms_digests"]))
    terms = world.policy.records.get(licence)
    assert terms is not None
    await world.policy.documents.tell(await world.caller("root"), licence, terms.policies[0].id, world.clock.now().date())
    world.policy.standing.forget()
    for path in ("/ada/tuned/rights", "/ada/tuned", "/?q=tuned"):
        assert "A document that the terms incorporate changed." in (await reader.get(path)).text
