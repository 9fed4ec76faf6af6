"""`tune eval` and the likelihoods of judging, over HTTP: what they say has to be what numpy computes from the weights."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from commonweight.tuning.judging import Answer, Held, Limits, Target
from commonweight.tuning.judging.asking import Asker
from commonweight.tuning.judging.harness import Harness, evaluate
from commonweight.tuning.judging.preference import leanings
from tests.conformance.test_lm_eval import HARNESS, accuracy, questions, tokenizer_in
from tests.conformance.test_other_clients import python_with
from tests.conformance.world import KEY
from tests.support.server import Server
from tests.support.tiny_llama import BOS, logprobs, token_ids

pytestmark = pytest.mark.long

MODEL = "gpt-3.5-turbo-instruct"
TASK = """task: next_word
dataset_path: json
dataset_kwargs: {data_files: {test: questions.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: "{{choices}}"
doc_to_target: label
metric_list: [{metric: acc}]
"""


async def nothing(*_: object) -> None:
    """Nobody listens."""


def test_tasks_of_a_folder_give_the_accuracy_that_numpy_computes(server: Server, tmp_path: Path) -> None:
    rows, tasks = questions(), tmp_path / "tasks"
    tasks.mkdir()
    (tasks / "next_word.yaml").write_text(TASK)
    (tasks / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    tokenizer, python = tokenizer_in(tmp_path / "tokenizer"), str(python_with(*HARNESS))
    harness = Harness(tasks, (), server.address, KEY, tokenizer, python=python)
    first, second = asyncio.run(evaluate(harness, [MODEL, MODEL], tmp_path / "out", nothing))
    assert first.score.value == pytest.approx(accuracy(rows))
    assert second.difference is not None
    assert (second.difference.value, second.difference.won, second.difference.lost) == (0, 0, 0)


async def test_how_likely_a_preferred_answer_is_comes_from_the_weights(server: Server) -> None:
    async def ask(path: str, body: Mapping[str, Any]) -> Answer:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(server.address + path, json=body, headers=headers) as got,
        ):
            return Answer(got.status, await got.json())

    def render(messages: object, tools: object) -> str:
        return "Which word comes next? "

    held = [Held([{"role": "user", "content": "?"}], Target("river"), rejected=Target("stones"))]
    [found] = await leanings(Asker(ask, Limits(), nothing), MODEL, held, render)
    assert found == pytest.approx(_mean("river") - _mean("stones"), abs=5e-3)


def _mean(word: str) -> float:
    before, after = token_ids("Which word comes next? "), token_ids(word)
    table = logprobs([BOS, *before, *after])  # the engine begins every text so
    return float(sum(table[len(before) + i, token] for i, token in enumerate(after)) / len(after))
