"""Conversions on their page."""

from __future__ import annotations

from sqlalchemy import update

from commonweight.db.tables import tuning as tables
from tests.policy.world import World
from tests.web.reader import Reader
from tests.web.tuning_samples import LADDER
from tests.web.tuning_world import TuningWorld

PAGE = "/tuning/conversions"


async def test_the_page_needs_an_account(reader: Reader) -> None:
    assert (await reader.get(PAGE)).status == 303


async def test_a_model_that_cannot_be_converted_is_refused_and_what_was_typed_stays(ada: Reader, world: World) -> None:
    await world.publish("words", {"license": "mit"})
    page = await ada.get(f"{PAGE}?source=ada/words")
    assert 'value="ada/words"' in page.text
    fields = {"csrf": page.csrf, "source": "ada/words", "target": "ada/mine", "kind": ["Q8_0"]}
    refused = await ada.post(PAGE, fields)
    assert refused.status in (400, 422)
    assert "holds no safetensors" in refused.words
    assert 'value="ada/mine"' in refused.text
    assert 'value="Q8_0" checked' in refused.text
    assert 'value="F16" checked' not in refused.text


async def test_conversions_are_listed_with_how_far_they_are_and_given_up(
    ada: Reader, tuned: TuningWorld, world: World
) -> None:
    number = await _converting(tuned, world)
    page = await ada.get(PAGE)
    for words in ("ada/tiny-GGUF", "running", "Q8_0: writing", "ada/tiny"):
        assert words in page.words
    assert "data-refresh" in page.text
    assert (await ada.post(f"{PAGE}/{number}/cancel", {"csrf": page.csrf})).status == 303
    assert "being given up" in (await ada.get(PAGE)).words


async def test_what_was_made_is_told_with_its_size_and_nearness(ada: Reader, tuned: TuningWorld, world: World) -> None:
    number = await _converting(tuned, world)
    files = [{"path": "tiny-Q8_0.gguf", "size": 1_900_000, "likeness": {"same": 62, "places": 63}}]
    await _becomes(world, number, status="succeeded", report={"files": files})
    page = await ada.get(PAGE)
    assert "tiny-Q8_0.gguf 1.9 MB · 62/63 the same" in page.words
    assert f'href="{PAGE}/{number}"' in page.text
    assert "data-refresh" not in page.text


async def test_a_draft_is_accepted_on_the_page_and_offers_that_no_more(
    ada: Reader, tuned: TuningWorld, world: World
) -> None:
    number = await _converting(tuned, world)
    draft = await world.hub.create(await world.caller("ada"), "model", "ada", "tiny-GGUF", draft=True)
    await _becomes(world, number, status="succeeded", report={"files": []}, repository_id=draft.id)
    page = await ada.get(PAGE)
    assert "Accept it" in page.words
    sent = {"csrf": page.csrf, "visibility": "private"}
    assert (await ada.post(f"{PAGE}/{number}/accept", sent)).status == 303
    accepted = await world.hub.by_id(draft.id)
    assert accepted is not None
    assert accepted.visibility == "private"
    page = await ada.get(PAGE)
    assert "Accept it" not in page.words
    again = await ada.post(f"{PAGE}/{number}/accept", sent)
    assert (again.status, "has no draft" in again.words) == (409, True)


async def test_the_ladder_is_drawn_and_told_with_what_each_format_costs(
    ada: Reader, tuned: TuningWorld, world: World
) -> None:
    number = await _converting(tuned, world)
    judging = {"base": {"label": "F16"}, "items": 40}
    await _becomes(world, number, status="succeeded", report={"files": list(LADDER[:4]), "judging": judging})
    page = await ada.get(f"{PAGE}/{number}")
    for words in ("tiny-Q4_K.gguf", "105 MB", "loses", "+12.2 % (+8.1 % … +16.6 %)", "21/40", "compared with F16"):
        assert words in page.words
    assert page.text.count('r="4.5"') == 4
    assert "I know that a format is broken" not in page.words


async def test_scores_that_are_being_made_are_told_by_the_answers_that_came(
    ada: Reader, tuned: TuningWorld, world: World
) -> None:
    number = await _converting(tuned, world)
    files = [{name: value for name, value in LADDER[0].items() if name != "score"}]
    progress = {"share": 0.6, "what": "scoring", "scored": 35, "to_score": 240}
    await _becomes(world, number, progress=progress, report={"files": files})
    assert "scoring, 35/240 answers" in (await ada.get(PAGE)).words
    page = await ada.get(f"{PAGE}/{number}")
    for words in ("scoring, 35/240 answers", "tiny-F16.gguf", "being asked"):
        assert words in page.words
    assert "Accept it" not in page.words
    why = {"files": files, "not_scored": "No engine here loads GGUF."}
    await _becomes(world, number, status="succeeded", report=why)
    assert "Not scored: No engine here loads GGUF." in (await ada.get(f"{PAGE}/{number}")).words


async def test_a_draft_with_a_broken_format_is_accepted_only_by_who_says_that_they_know(
    ada: Reader, tuned: TuningWorld, world: World
) -> None:
    number = await _converting(tuned, world)
    draft = await world.hub.create(await world.caller("ada"), "model", "ada", "tiny-GGUF", draft=True)
    await _becomes(world, number, status="succeeded", report={"files": list(LADDER)}, repository_id=draft.id)
    listed = await ada.get(PAGE)
    assert "a format is broken" in listed.words
    assert "Accept it" not in listed.words
    page = await ada.get(f"{PAGE}/{number}")
    sent = {"csrf": page.csrf, "visibility": "private"}
    refused = await ada.post(f"{PAGE}/{number}/accept", sent)
    assert (refused.status, "Not all of it is any good" in refused.words) == (409, True)
    assert (await ada.post(f"{PAGE}/{number}/accept", {**sent, "even_broken": "yes"})).status == 303
    assert "I know that" not in (await ada.get(f"{PAGE}/{number}")).words


async def test_one_of_somebody_else_is_not_there(ada: Reader, tuned: TuningWorld, world: World) -> None:
    await _converting(tuned, world)
    assert (await ada.get(f"{PAGE}/conv-2")).status == 404


async def _converting(tuned: TuningWorld, world: World) -> str:
    """One of Ada's that a worker has begun."""
    ada = await world.caller("ada")
    assert ada.account is not None
    assert ada.token is not None
    row = {
        "id": "conv-1",
        "account_id": ada.account.id,
        "token_id": ada.token.id,
        "source": {"repository_id": 1, "repository": "ada/tiny", "commit": "0" * 40},
        "target": "ada/tiny-GGUF",
        "formats": ["Q8_0"],
        "status": "running",
        "progress": {"share": 0.4, "what": "Q8_0: writing"},
        "created_at": world.clock.now(),
    }
    async with world.database.write() as connection:
        await connection.execute(tables.conversions.insert().values(row))
    return "conv-1"


async def _becomes(world: World, number: str, **values: object) -> None:
    async with world.database.write() as connection:
        await connection.execute(update(tables.conversions).where(tables.conversions.c.id == number).values(**values))
