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
    Doubt,
    Held,
    JudgedBy,
    Limits,
    NotAnswering,
    Report,
    Target,
    Verdict,
    judge,
)
from commonweight.tuning.judging.asking import Said
from commonweight.tuning.judging.judge_model import letter_of
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


def polite(question: str) -> str:
    return f"Dear customer, {rambling(question)}"


def free_texts(count: int) -> list[Held]:
    return [Held(one.messages, Target(polite(one.messages[0]["content"]))) for one in tickets(count)]


def shown(question: str) -> tuple[str, str, str]:
    """What a model that judges is shown: the expected answer, A and B."""
    rest, _, last = question.partition("\n\nEnd with one line")[0].partition("\n\nAnswer B:\n")
    rest, _, first = rest.partition("\n\nAnswer A:\n")
    return rest.partition("Expected answer:\n")[2], first, last


def fair(question: str) -> str:
    """The one that is the expected answer; thinks aloud before."""
    expected, first, last = shown(question)
    letter = "T" if (first == expected) == (last == expected) else "A" if first == expected else "B"
    return f"A is nice, and B too.\n\n{letter}"


async def with_judge(judge_model: Model, tuned: Model = polite, items: int = 40) -> Report:
    models = {BASE.name: rambling, TUNED.name: tuned, "judge": judge_model}
    conditions = Conditions(judge_model="judge", general=False)
    return await judge(free_texts(items), BASE, [TUNED], Models(models).ask, conditions)


async def test_free_text_is_judged_by_likeness_where_no_model_judges() -> None:
    models = Models({BASE.name: rambling, TUNED.name: polite})
    report = await judge(free_texts(40), BASE, [TUNED], models.ask, QUICK)
    assert (report.targets, report.primary, report.verdict) == ("text", "chrf", Verdict.BETTER)
    assert report.results[0].judged_by is None


async def test_a_model_that_judges_is_asked_in_both_orders_and_what_it_says_both_times_counts() -> None:
    report = await with_judge(fair)
    assert (report.primary, report.verdict) == ("judged", Verdict.BETTER)
    assert report.settings["judge_model"] == "judge"
    assert report.results[0].judged_by == JudgedBy("judge", 1.0, 1.0, 0)
    assert (await with_judge(fair, tuned=rambling)).results[0].differences["judged"].value == 0


async def test_a_few_verdicts_are_no_certainty() -> None:
    few, more = await with_judge(fair, items=5), await with_judge(fair, items=14)
    assert few.verdict is Verdict.CANNOT_TELL
    assert more.verdict is Verdict.BETTER
    assert more.results[0].differences["judged"].low < 0.9


async def test_what_a_judge_says_in_one_order_alone_counts_for_neither() -> None:
    def often_the_first(question: str) -> str:
        return fair(question) if random.Random("".join(sorted(shown(question)[1:]))).random() < 0.6 else "A"

    [result] = (await with_judge(often_the_first)).results
    assert result.judged_by is not None
    assert result.judged_by.doubt is Doubt.NONE
    assert result.verdict is Verdict.BETTER
    assert result.differences["judged"].won == round(40 * result.judged_by.steady)
    assert 0.5 < result.judged_by.steady < 0.8


@pytest.mark.parametrize("letter", ["A", "B"])
async def test_a_judge_that_goes_by_the_order_is_found_out_and_calls_no_winner(letter: str) -> None:
    report = await with_judge(lambda _: letter)
    assert report.verdict is Verdict.CANNOT_TELL
    assert "contradicts itself" in report.sentence
    assert "said the same of 0% of 40 items" in report.sentence
    [result] = report.results
    assert result.judged_by is not None
    assert result.judged_by.doubt is Doubt.ORDER
    assert report.primary == "chrf"
    assert "judged" not in result.scores


async def test_a_judge_that_favours_the_tuned_one_by_its_place_wins_nothing_for_it() -> None:
    """With the order as it is alone it would win 40 to 0: the tuned one stands at B."""
    assert (await with_judge(lambda _: "B")).verdict is Verdict.CANNOT_TELL


async def test_a_judge_that_cannot_tell_right_from_wrong_is_found_out_and_calls_no_winner() -> None:
    """Always a tie: in both orders the same, so that the order does not find it out."""
    report = await with_judge(lambda _: "T")
    assert report.verdict is Verdict.CANNOT_TELL
    assert "cannot tell a right answer from a wrong one" in report.sentence
    assert report.results[0].judged_by == JudgedBy("judge", 1.0, 0.0, 0, Doubt.KNOWN)


@pytest.mark.parametrize("says", ["I like them.", "", "A is better, B is better, and T is as good as each other."])
async def test_a_judge_that_names_no_answer_is_said_to_give_no_verdict(says: str) -> None:
    """The last one is what SmolLM2-135M-Instruct says to everything."""
    report = await with_judge(lambda _: says)
    assert report.verdict is Verdict.CANNOT_TELL
    assert "gave no verdict that can be read: 80 of 80 named no answer" in report.sentence
    assert report.warnings == []


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A", "A"),
        ("Both are fine.\n\n**B**\n", "B"),
        ("Verdict: T.", "T"),
        ("B is better than A", ""),
        ("A\nI am sure.", ""),
    ],
)
def test_a_verdict_is_the_one_letter_of_the_last_line(text: str, letter: str) -> None:
    assert letter_of(Said(text)) == letter


async def test_a_judge_that_prefers_what_is_long_is_found_out() -> None:
    """It is steady, and would call a winner: the base, since that was padded."""

    def longer(question: str) -> str:
        _, first, last = shown(question)
        return "A" if len(first) > len(last) else "B" if len(last) > len(first) else "T"

    items = [Held(one.messages, Target(f"{'very ' * (at % 7)}{at}")) for at, one in enumerate(tickets(40))]
    models = {BASE.name: lambda question: f"{question} {question}", TUNED.name: lambda question: question, "judge": longer}
    conditions = Conditions(judge_model="judge", general=False)
    report = await judge(items, BASE, [TUNED], Models(models).ask, conditions)
    [result] = report.results
    assert result.judged_by is not None
    assert (result.judged_by.steady, result.judged_by.doubt) == (1.0, Doubt.KNOWN)
    assert report.verdict is Verdict.CANNOT_TELL


async def test_the_report_of_a_judged_comparison_goes_to_json_and_back() -> None:
    report = await with_judge(fair)
    assert Report.from_json(orjson.loads(orjson.dumps(report.to_json()))) == report


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
