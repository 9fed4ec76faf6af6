"""Preferred and rejected answers, by how likely a model finds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from commonweight.tuning.judging import Answer, Conditions, Contestant, Held, Limits, Target, Verdict, judge, renderer
from commonweight.tuning.judging.preference import Tokens, leaning
from tests.tuning.judging.models import Body

TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}\n{% endfor %}<assistant>"


def folder(tmp_path: Path) -> Path:
    (tmp_path / "tokenizer_config.json").write_bytes(orjson.dumps({"chat_template": TEMPLATE, "eos_token": "</s>"}))
    return tmp_path


def polite_and_rude(count: int) -> list[Held]:
    asked = [[{"role": "user", "content": f"Where is order {number}?"}] for number in range(count)]
    return [Held(one, Target(f"Gladly: {one[0]['content']}"), rejected=Target("No.")) for one in asked]


class Likelihoods:
    """Models for which each word of an answer has a likelihood: `polite` those of "Gladly:"."""

    def __init__(self, polite: dict[str, float], *, tells: bool = True) -> None:
        self.polite = polite
        self.tells = tells

    async def ask(self, path: str, body: Body) -> Answer:
        if path == "/v1/chat/completions":
            message = {"content": f"Well, {body['messages'][-1]['content']}"}
            return Answer(200, {"choices": [{"message": message, "finish_reason": "stop"}]})
        tokens = body["prompt"].split(" ")
        logprobs: list[Any] = [self.polite[body["model"]] if "Gladly" in token else -1.0 for token in tokens]
        told = {"tokens": tokens, "token_logprobs": [None, *logprobs[1:]]} if self.tells else None
        return Answer(200, {"choices": [{"text": body["prompt"], "finish_reason": "length", "logprobs": told}]})


async def test_dpo_is_judged_by_what_the_model_finds_likelier(tmp_path: Path) -> None:
    models = Likelihoods({"base": -9.0, "tuned": 4.0})
    conditions = Conditions(render=renderer(folder(tmp_path)), general=False, limits=Limits(resamples=100))
    contestants = [Contestant("tuned", "adapter")]
    report = await judge(polite_and_rude(30), Contestant("base", "base"), contestants, models.ask, conditions)
    assert (report.primary, report.verdict) == ("prefers", Verdict.BETTER)
    assert report.base.scores["prefers"].value == 0
    assert report.results[0].scores["prefers"].value == 1
    assert report.results[0].differences["leans"].value > 1


async def test_an_engine_that_tells_no_likelihoods_leaves_the_other_measures(tmp_path: Path) -> None:
    models = Likelihoods({"base": -9.0, "tuned": -0.1}, tells=False)
    conditions = Conditions(render=renderer(folder(tmp_path)), general=False, limits=Limits(resamples=100))
    contestants = [Contestant("tuned", "adapter")]
    report = await judge(polite_and_rude(30), Contestant("base", "base"), contestants, models.ask, conditions)
    assert report.primary == "chrf"
    assert any("no log-probabilities" in warning for warning in report.warnings)


async def test_a_template_that_refuses_the_messages_leaves_the_other_measures(tmp_path: Path) -> None:
    refusing = {"chat_template": "{{ raise_exception('No system messages.') }}"}
    (tmp_path / "tokenizer_config.json").write_bytes(orjson.dumps(refusing))
    models = Likelihoods({"base": -9.0, "tuned": -0.1})
    conditions = Conditions(render=renderer(tmp_path), general=False, limits=Limits(resamples=100))
    contestants = [Contestant("tuned", "adapter")]
    report = await judge(polite_and_rude(30), Contestant("base", "base"), contestants, models.ask, conditions)
    assert report.primary == "chrf"
    assert any("No system messages." in warning for warning in report.warnings)


def test_what_both_answers_share_does_not_count() -> None:
    better = Tokens(["a", "b", "c"], [0.0, -1.0, -0.5])
    worse = Tokens(["a", "b", "d", "e"], [0.0, -1.0, -2.0, -4.0])
    assert leaning(better, worse) == pytest.approx(2.5)
    assert leaning(better, better) is None
    assert leaning(better, None) is None


def test_messages_become_the_text_that_the_model_reads(tmp_path: Path) -> None:
    render = renderer(folder(tmp_path))
    assert render([{"role": "user", "content": "Hi"}], []) == "<user>Hi</s>\n<assistant>"
    (tmp_path / "tokenizer_config.json").unlink()
    with pytest.raises(FileNotFoundError, match="no chat template"):
        renderer(tmp_path)
