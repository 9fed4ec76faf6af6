"""What quantising and converting cost a model, on the general set."""

from __future__ import annotations

import pytest

from commonweight.tuning.judging import Answer, Contestant, Limits, Report, judge_formats
from commonweight.tuning.judging.general import general_set
from commonweight.tuning.publishing.scores import scores
from tests.tuning.judging.models import Body

ANSWERS = {one.question: one.answers[0] for one in general_set()}
ORIGINAL, SAME, WORSE = Contestant("f16", "F16"), Contestant("q8", "Q8_0"), Contestant("q4", "Q4_0")
LIMITS = Limits(resamples=200)


async def ask(path: str, body: Body) -> Answer:
    """`q4` has forgotten what begins with "Which", and finds everything less likely."""
    if path == "/v1/completions":
        tokens = body["prompt"].split()
        logprob = -2.5 if body["model"] == "q4" else -2.0
        told = {"tokens": tokens, "token_logprobs": [None, *[logprob - len(one) / 100 for one in tokens[1:]]]}
        return Answer(200, {"choices": [{"text": "", "logprobs": told}]})
    question = body["messages"][-1]["content"]
    forgot = body["model"] == "q4" and question.startswith("Which")
    text = "I do not know." if forgot else f"It is {ANSWERS[question]}."
    return Answer(200, {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})


async def test_each_format_is_compared_with_the_original() -> None:
    told: list[tuple[int, int]] = []

    async def tell(came: int, wanted: int) -> None:
        told.append((came, wanted))

    report = await judge_formats(ORIGINAL, [SAME, WORSE], ask, LIMITS, tell)
    same, worse = report.results
    assert same.differences["agrees"].value == same.differences["knows"].value == 0
    assert not same.too_far
    assert worse.differences["agrees"].high < 0
    assert worse.differences["likely"].high < -0.4
    assert worse.too_far
    assert "points against F16" in worse.warnings[0]
    assert told[-1] == (240, 240)
    assert Report.from_json(report.to_json()).to_json() == report.to_json()
    assert "| Q4_0 |" in scores(report)


async def test_without_likelihoods_the_other_measures_stand() -> None:
    async def mute(path: str, body: Body) -> Answer:
        if path == "/v1/completions":
            return Answer(400, {"error": {"message": "This engine tells no log-probabilities of prompts."}})
        return await ask(path, body)

    report = await judge_formats(ORIGINAL, [WORSE], mute, LIMITS)
    assert set(report.results[0].differences) == {"knows", "agrees"}


async def test_a_format_that_does_not_answer_is_named_and_the_others_are_scored() -> None:
    async def no_room(path: str, body: Body) -> Answer:
        if body["model"] == "q8":
            return Answer(400, {"error": {"message": "It needs 9 GB; 4 GB are free."}})
        return await ask(path, body)

    report = await judge_formats(ORIGINAL, [SAME, WORSE], no_room, LIMITS)
    assert [one.label for one in report.results] == ["Q4_0"]
    assert "It needs 9 GB" in report.settings["silent"]["Q8_0"]
    assert "Q8_0 was not scored" in report.warnings[0]


@pytest.mark.parametrize("number", [None, float("nan"), float("-inf")])
async def test_a_likelihood_that_is_no_number_is_not_taken_for_a_good_one(number: float | None) -> None:
    async def broken(path: str, body: Body) -> Answer:
        answer = await ask(path, body)
        if body["model"] == "q4" and path == "/v1/completions":
            answer.body["choices"][0]["logprobs"]["token_logprobs"][3] = number
        return answer

    report = await judge_formats(ORIGINAL, [WORSE], broken, LIMITS)
    assert "likely" in report.base.scores
    assert "likely" not in report.results[0].scores
