"""Failures that no loss shows are called failures, on real weights that were tuned so; what went well is called better."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commonweight.tuning.judging import Answer, Conditions, Contestant, Limits, Result, Verdict, held_of, judge
from tests.tuning.judging.models import Body
from tests.tuning.judging.tuned_badly import held_out

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"}


@pytest.fixture(scope="module")
def answers(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    out = tmp_path_factory.mktemp("badly") / "answers.json"
    command = [sys.executable, "-m", "tests.tuning.judging.tuned_badly", str(tiny_base), str(out)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    read: Mapping[str, Any] = json.loads(out.read_text())
    return read


async def judged(answers: Mapping[str, Any], kind: str) -> Result:
    """Base and one tuning, asked as an engine would be that cuts at `max_tokens`."""
    numbers = {line["messages"][0]["content"]: number for number, line in enumerate(held_out())}

    async def ask(path: str, body: Body) -> Answer:
        one = answers[body["model"]][numbers[body["messages"][-1]["content"]]]
        is_cut = one["tokens"] >= body["max_tokens"]
        text = one["begun"] if is_cut and body["max_tokens"] <= 64 else one["text"]
        choice = {"message": {"content": text}, "finish_reason": "length" if is_cut else "stop"}
        return Answer(200, {"choices": [choice]})

    conditions = Conditions(general=False, limits=Limits(resamples=200))
    held = [held_of(line) for line in held_out()]
    report = await judge(held, Contestant("base", "base"), [Contestant(kind, kind)], ask, conditions)
    return report.results[0]


async def test_a_tuning_that_went_well_is_better(answers: Mapping[str, Any]) -> None:
    result = await judged(answers, "right")
    assert result.verdict is Verdict.BETTER
    assert result.differences["exact"].value >= 0.9


async def test_answers_that_were_trained_without_an_end_are_called_so(answers: Mapping[str, Any]) -> None:
    assert (await judged(answers, "endless")).verdict is Verdict.NEVER_STOPS


async def test_a_tuning_that_learned_the_form_alone_is_not_better(answers: Mapping[str, Any]) -> None:
    result = await judged(answers, "shuffled")
    assert result.scores["parses"].value > 0.9  # the form was learned
    assert result.verdict in (Verdict.CONSTANT, Verdict.CANNOT_TELL)
