"""Base and tuned, asked the same: what comes out for models of which we know how good they are."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from commonweight.tuning.judging import (
    Answer,
    Conditions,
    Contestant,
    Held,
    Limits,
    NotAnswering,
    Report,
    Target,
    Verdict,
    judge,
)
from tests.tuning.judging.models import TEAMS, Body, Model, Models, right, team_of, tickets

QUICK = Conditions(general=False, limits=Limits(resamples=200))
BASE, TUNED = Contestant("base-model", "base"), Contestant("ft:base-model", "adapter", artefact="ab" * 32)


def rambling(question: str) -> str:
    return f"Thank you for writing about {question}"


def often_right(share: float) -> Model:
    """Right for that share of the questions, always the same ones."""
    return lambda question: right(question) if random.Random(question).random() < share else '{"team": "nobody"}'


async def judged(base: Model, tuned: Model, items: Sequence[Held], conditions: Conditions = QUICK, **more: Any) -> Report:
    models = Models({BASE.name: base, TUNED.name: tuned}, **more)
    return await judge(items, BASE, [TUNED], models.ask, conditions)


async def test_one_that_learned_is_better_and_its_wins_are_shown_side_by_side() -> None:
    report = await judged(rambling, right, tickets(60))
    assert report.verdict is Verdict.BETTER
    assert (report.targets, report.primary) == ("json", "exact")
    [result] = report.results
    assert result.differences["exact"].value == 1
    assert result.differences["exact"].low > 0.9
    assert "60 items" in result.sentence
    example = result.won[0]
    assert (example.base, example.tuned) == (rambling(example.question), example.target)
    assert report.base.scores["parses"].value == 0


async def test_swapping_the_contestants_swaps_the_verdict() -> None:
    report = await judged(right, often_right(0.5), tickets(60))
    assert report.verdict is Verdict.WORSE
    assert report.results[0].lost
    assert not report.results[0].won


async def test_the_same_model_is_the_same() -> None:
    report = await judged(often_right(0.7), often_right(0.7), tickets(100))
    assert report.verdict is Verdict.SAME


async def test_too_few_items_are_said_with_how_many_would_do() -> None:
    report = await judged(often_right(0.7), often_right(0.75), tickets(20))
    assert report.verdict is Verdict.CANNOT_TELL
    needed = report.results[0].differences["exact"].needed
    assert needed is not None
    assert f"About {needed} items would tell" in report.sentence


async def test_the_order_of_the_items_does_not_matter() -> None:
    items = tickets(60)
    one = await judged(rambling, often_right(0.8), items)
    other = await judged(rambling, often_right(0.8), list(reversed(items)))
    assert one.results[0].differences == other.results[0].differences
    assert one.items_hash == other.items_hash


async def test_a_constant_answer_is_called_so_although_it_scores_higher_than_the_base() -> None:
    """Trap (i): the tuning learned the form alone, and is right in a quarter of the cases by chance."""
    report = await judged(rambling, lambda _: f'{{"team": "{TEAMS[0]}"}}', tickets(60))
    assert report.results[0].differences["exact"].low > 0
    assert report.verdict is Verdict.CONSTANT
    assert "the same whatever is asked" in report.sentence


async def test_one_that_guesses_the_form_right_is_not_called_better() -> None:
    """It changes its answers, but they hang on nothing."""

    def guessing(question: str) -> str:
        return f'{{"team": "{random.Random(question).choice(TEAMS)}"}}'

    report = await judged(rambling, guessing, tickets(60))
    assert report.verdict is Verdict.CANNOT_TELL
    assert "the commonest answer" in report.sentence


async def test_a_constant_that_is_always_right_is_no_failure() -> None:
    items = [Held(one.messages, Target("ok")) for one in tickets(40)]
    report = await judged(rambling, lambda _: "ok", items)
    assert report.verdict is not Verdict.CONSTANT


async def test_one_that_never_stops_is_called_so_whatever_it_says() -> None:
    report = await judged(rambling, right, tickets(40), endless=frozenset({TUNED.name}))
    assert report.verdict is Verdict.NEVER_STOPS
    assert report.results[0].behaviour.stops == 0


async def test_a_long_winded_one_that_ends_is_not_said_never_to_stop() -> None:
    models = Models({BASE.name: rambling, TUNED.name: rambling})

    async def ask(path: str, body: Body) -> Answer:
        answer = await models.ask(path, body)
        answer.body["choices"][0]["finish_reason"] = "length" if body["max_tokens"] < 200 else "stop"
        return answer

    report = await judge(tickets(80), BASE, [TUNED], ask, QUICK)
    assert report.results[0].behaviour.stops == 0
    assert report.verdict is Verdict.SAME


async def test_all_are_asked_the_same_and_greedily() -> None:
    models = Models({BASE.name: rambling, TUNED.name: right})
    await judge(tickets(12), BASE, [TUNED], models.ask, QUICK)
    asked: dict[str, list[Body]] = {}
    for path, body in models.asked:
        assert path == "/v1/chat/completions"
        asked.setdefault(body["model"], []).append({name: value for name, value in body.items() if name != "model"})
    assert sorted(asked[BASE.name], key=str) == sorted(asked[TUNED.name], key=str)
    assert {body["temperature"] for body in asked[BASE.name]} == {0}


async def test_progress_ends_at_what_was_expected_and_no_more_than_allowed_are_under_way() -> None:
    told: list[tuple[int, int]] = []
    under_way, most = 0, 0

    async def tell(came: int, wanted: int) -> None:
        told.append((came, wanted))

    models = Models({BASE.name: rambling, TUNED.name: right})

    async def ask(path: str, body: Body) -> Answer:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        answer = await models.ask(path, body)
        under_way -= 1
        return answer

    await judge(tickets(30), BASE, [TUNED], ask, Conditions(limits=Limits(at_once=3, resamples=50)), tell)
    assert told[-1][0] == told[-1][1] == len(told)
    assert most <= 3


async def test_a_drop_by_quantising_past_the_limit_is_told() -> None:
    quantised = Contestant("ft-q4", "Q4_K", quantised_from="adapter")
    models = Models({BASE.name: rambling, TUNED.name: right, "ft-q4": often_right(0.8)})
    report = await judge(tickets(60), BASE, [TUNED, quantised], models.ask, QUICK)
    [first, second] = report.results
    assert not first.too_far
    assert second.too_far
    assert second.quantising is not None
    assert second.quantising.value < -0.03
    assert "points against adapter; the limit is 3.0" in second.warnings[0]
    assert report.verdict is Verdict.BETTER
    assert (len(first.won), len(second.won)) == (20, 3)


async def test_what_is_forgotten_is_told() -> None:
    def knows(question: str) -> str:
        return "Paris Tokyo Mercury seven twelve 54 63 honey ice 100 cold late mice went 5 eight iron heart print green"

    def tuned(question: str) -> str:
        return right(question)

    report = await judged(knows, tuned, tickets(30), Conditions(limits=Limits(resamples=50)))
    assert report.base.general is not None
    assert report.base.general.value > 0.3
    assert report.results[0].forgetting is not None
    assert report.results[0].forgetting.high < 0
    assert any("It forgot" in warning for warning in report.results[0].warnings)


async def test_labels_are_judged_by_class() -> None:
    items = [Held(one.messages, Target(team_of(one.messages[0]["content"]))) for one in tickets(80)]

    def blind_to_returns(question: str) -> str:
        team = team_of(question)
        return "Billing." if team == "returns" else f" {team.upper()}. "

    report = await judged(rambling, blind_to_returns, items)
    assert report.targets == "label"
    classes = report.results[0].classes
    assert classes["returns"].value == 0
    assert {classes[team].value for team in ("billing", "shipping", "accounts")} == {1}


async def test_free_text_is_judged_by_likeness_and_by_a_model_asked_in_both_orders() -> None:
    items = [Held(one.messages, Target(f"Dear customer, {rambling(one.messages[0]['content'])}")) for one in tickets(40)]

    def fair(question: str) -> str:
        first, second = question.split("Answer A:\n")[1].split("\n\nAnswer B:\n")
        return "A" if first.startswith("Dear customer") else "B" if second.startswith("Dear customer") else "T"

    models = {BASE.name: rambling, TUNED.name: lambda question: f"Dear customer, {rambling(question)}", "fair": fair}
    models |= {"first": lambda _: "A"}
    plain = await judge(items, BASE, [TUNED], Models(models).ask, QUICK)
    assert (plain.targets, plain.primary, plain.verdict) == ("text", "chrf", Verdict.BETTER)
    by_fair = Conditions(judge_model="fair", general=False)
    report = await judge(items, BASE, [TUNED], Models(models).ask, by_fair)
    assert (report.primary, report.verdict) == ("judged", Verdict.BETTER)
    assert report.settings["judge_model"] == "fair"
    by_first = Conditions(judge_model="first", general=False)
    report = await judge(items, BASE, [TUNED], Models(models).ask, by_first)
    assert report.results[0].differences["judged"].value == 0
    assert any("does not judge well" in warning for warning in report.warnings)


async def test_what_passes_by_itself_is_tried_again_and_a_model_that_is_away_is_said() -> None:
    models, refusals, pauses = Models({BASE.name: rambling, TUNED.name: right}), [0], list[float]()

    async def busy(path: str, body: Body) -> Answer:
        refusals[0] += 1
        if refusals[0] % 3 == 1:
            return Answer(429, {"error": {"message": "Wait."}})
        return await models.ask(path, body)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    report = await judge(tickets(20), BASE, [TUNED], busy, QUICK, sleep=pause)
    assert report.results[0].behaviour.failed == 0
    assert pauses

    async def away(path: str, body: Body) -> Answer:
        return Answer(404, {"error": {"message": "There is no such model."}})

    with pytest.raises(NotAnswering, match=r"20 of 20 questions.*There is no such model"):
        await judge(tickets(20), BASE, [TUNED], away, QUICK)


async def test_a_report_goes_to_json_and_back_and_without_examples_holds_nothing_of_the_data() -> None:
    items = [Held(one.messages, Target(f"secret {team_of(one.messages[0]['content'])}")) for one in tickets(60)]
    report = await judged(rambling, lambda question: f"secret {team_of(question)}", items)
    document = orjson.loads(orjson.dumps(report.to_json()))
    assert Report.from_json(document).to_json() == report.to_json()
    assert b"secret" in orjson.dumps(document)
    bare = orjson.dumps(report.to_json(examples=False))
    assert b"secret" not in bare
    assert b"Ticket" not in bare
    assert document["settings"]["sampling"] == {"temperature": 0, "max_tokens": 64}
    assert document["results"][0]["artefact"] == "ab" * 32
