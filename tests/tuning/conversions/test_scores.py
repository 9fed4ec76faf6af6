"""What was made is asked by the serving path, and what each format costs goes into row and card."""

from __future__ import annotations

import asyncio
import json

import pytest

from commonweight.hub import EntryNotFound, RepositoryNotFound, RevisionNotFound
from commonweight.tuning.conversions import ConversionBroken, ConversionStatus
from commonweight.tuning.conversions.publishing import REFERENCE
from commonweight.tuning.publishing import NoDraft
from tests.policy.world import World
from tests.tuning.conversions.test_conversions import small, told
from tests.tuning.conversions.world import ConversionWorld, House, Stand, publish_model

QUESTIONS = 40


async def test_each_format_is_compared_with_the_floats_and_a_second_commit_says_so_on_the_card(world: World) -> None:
    await publish_model(world)
    rooms, house = ConversionWorld.over(world), House(Q4_0=-2.2)
    conversion = await rooms.create("F16", "Q8_0", "Q4_0", scored=True)
    await rooms.run(rooms.runs(Stand(), house))
    done = await rooms.get(conversion)
    assert (done.status, done.error) == (ConversionStatus.SUCCEEDED, None)
    assert done.report is not None
    scores = {one["kind"]: one["score"] for one in done.report["files"]}
    assert {kind: score["state"] for kind, score in scores.items()} == {
        "F16": "reference", "Q8_0": "as_good", "Q4_0": "loses",
    }  # fmt: skip
    assert scores["Q4_0"]["rise"]["value"] == pytest.approx(0.2214, abs=0.01)  # e to the power of 0.2, less 1
    assert scores["Q4_0"]["knows"]["items"] == QUESTIONS
    assert done.report["judging"]["results"][1]["won"] == []
    assert house.callers == {"ada from 10.0.0.7"}
    assert len(house.asked) == 3 * 2 * QUESTIONS
    head = await world.hub.resolve(await world.hub.find(await rooms.ada(), "model", "ada", "base-GGUF"))
    assert head.commit == done.commit
    card = await small(world, head, "README.md")
    assert "Not judged yet" not in card
    assert "| `base-Q4_0.gguf` |" in card
    assert "Loses against F16: perplexity +22.1 %" in card
    evaluation = json.loads(await small(world, head, "evaluation.json"))
    assert evaluation["items"] == QUESTIONS
    commits = await world.hub.history(head)
    assert [one.title for one in commits][:2] == ["Say what each format costs", "Convert ada/base"]


async def test_floats_that_nobody_asked_for_are_lent_for_the_comparison_alone(world: World) -> None:
    await publish_model(world)
    rooms, house = ConversionWorld.over(world), House()
    conversion = await rooms.create("Q8_0", scored=True)
    await rooms.run(rooms.runs(Stand(), house))
    done = await rooms.get(conversion)
    assert done.report is not None
    assert [(one["kind"], one["score"]["state"]) for one in done.report["files"]] == [("Q8_0", "as_good")]
    assert done.report["judging"]["base"]["label"] == "F16"
    assert any(":reference.gguf" in model for model, _ in house.asked)
    repository = await world.hub.find(await rooms.ada(), "model", "ada", "base-GGUF")
    with pytest.raises(RevisionNotFound):
        await world.hub.resolve(repository, REFERENCE)
    with pytest.raises(EntryNotFound):
        await world.hub.entry(await world.hub.resolve(repository), "reference.gguf")


async def test_a_format_that_is_broken_is_called_so_and_not_accepted_without_a_word(world: World) -> None:
    await publish_model(world)
    rooms = ConversionWorld.over(world)
    conversion = await rooms.create("F16", "Q8_0", "Q4_0", scored=True)
    await rooms.run(rooms.runs(Stand(), House(Q4_0=-9.0, Q8_0=None)))
    done = await rooms.get(conversion)
    assert done.report is not None
    scores = {one["kind"]: one["score"] for one in done.report["files"]}
    assert scores["Q4_0"]["state"] == scores["Q8_0"]["state"] == "broken"
    assert "times that of F16" in scores["Q4_0"]["sentence"]
    assert "no likelihood" in scores["Q8_0"]["sentence"]
    ada, conversions = await rooms.ada(), rooms.room.conversions
    with pytest.raises(ConversionBroken, match=r"base-Q4_0\.gguf: Broken"):
        await conversions.accept(ada, conversion.id)
    assert (await conversions.accept(ada, conversion.id, even_broken=True)).visibility == "private"
    head = await world.hub.resolve(await world.hub.find(ada, "model", "ada", "base-GGUF"))
    assert "**Not any good: `base-Q8_0.gguf`, `base-Q4_0.gguf`.**" in await small(world, head, "README.md")


async def test_where_the_house_has_no_engine_that_is_told_and_the_draft_is_as_good(world: World) -> None:
    await publish_model(world)
    rooms = ConversionWorld.over(world)
    conversion = await rooms.create(scored=True)
    refusing = "No engine that is installed here loads GGUF."
    await rooms.run(rooms.runs(Stand(), House(F16=refusing, Q8_0=refusing)))
    done = await rooms.get(conversion)
    assert done.status is ConversionStatus.SUCCEEDED
    assert done.report is not None
    assert refusing in done.report["not_scored"]
    assert "judging" not in done.report
    assert (await rooms.room.conversions.accept(await rooms.ada(), conversion.id)).full_name == "ada/base-GGUF"


async def test_floats_that_do_not_fit_this_machine_leave_the_next_format_to_compare_with(world: World) -> None:
    await publish_model(world)
    rooms = ConversionWorld.over(world)
    conversion = await rooms.create("F16", "Q8_0", "Q4_0", scored=True)
    await rooms.run(rooms.runs(Stand(), House(F16="It needs 60 GB; 4 GB are free.")))
    done = await rooms.get(conversion)
    assert done.report is not None
    scores = {one["kind"]: one["score"] for one in done.report["files"]}
    assert [scores[kind]["state"] for kind in ("F16", "Q8_0", "Q4_0")] == ["not_scored", "reference", "as_good"]
    assert "As good as Q8_0" in scores["Q4_0"]["sentence"]


async def test_floats_alone_have_nothing_to_be_compared_with(world: World) -> None:
    await publish_model(world)
    rooms, house = ConversionWorld.over(world), House()
    conversion = await rooms.create("F16", scored=True)
    await rooms.run(rooms.runs(Stand(), house))
    done = await rooms.get(conversion)
    assert done.report is not None
    assert "nothing to compare" in done.report["not_scored"]
    assert house.asked == []


async def test_a_worker_killed_while_scoring_is_followed_by_one_that_asks_only_the_rest(world: World) -> None:
    await publish_model(world)
    rooms, house = ConversionWorld.over(world), House()
    house.stop_at = 100
    conversion = await rooms.create(scored=True)
    killed = asyncio.create_task(rooms.runs(Stand(), house).on_convert({"conversion": conversion.number}, told))
    await asyncio.wait_for(house.stopped.wait(), 120)
    while "to_score" not in (between := await rooms.get(conversion)).progress:
        await asyncio.sleep(0.1)
    assert between.status is ConversionStatus.RUNNING
    assert (between.progress["to_score"], between.progress["scored"] > 0) == (160, True)
    assert between.report is not None
    assert [one["kind"] for one in between.report["files"]] == ["F16", "Q8_0"]
    with pytest.raises(NoDraft, match="it is running"):
        await rooms.room.conversions.accept(await rooms.ada(), conversion.id)
    killed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await killed
    after = House()
    await rooms.run(rooms.runs(Stand(), after))
    done = await rooms.get(conversion)
    assert done.status is ConversionStatus.SUCCEEDED
    assert len(after.asked) == 160 - 100
    assert not list(rooms.home.glob("*"))


async def test_cancelling_while_it_is_scored_takes_the_draft_away(world: World) -> None:
    await publish_model(world)
    rooms, house = ConversionWorld.over(world), House()
    house.stop_at = 30
    conversion = await rooms.create("Q8_0", scored=True)
    running = asyncio.create_task(rooms.runs(Stand(), house).on_convert({"conversion": conversion.number}, told))
    await asyncio.wait_for(house.stopped.wait(), 120)
    await rooms.room.conversions.cancel(conversion.account_id, conversion.id)
    await asyncio.wait_for(running, 10)
    done = await rooms.get(conversion)
    assert (done.status, done.report, done.repository_id) == (ConversionStatus.CANCELLED, None, None)
    with pytest.raises(RepositoryNotFound):
        await world.hub.find(await rooms.ada(), "model", "ada", "base-GGUF")
    assert not list(rooms.home.glob("*"))
