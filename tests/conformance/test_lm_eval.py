"""
EleutherAI's evaluation harness scores multiple choice over HTTP, which needs the log-probabilities of prompts: its accuracy
has to be the one that numpy computes from the weights.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import yaml
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tests.conformance.test_other_clients import python_with, run
from tests.conformance.world import KEY
from tests.support.server import Server
from tests.support.tiny_llama import logprobs, token_ids
from tests.support.tiny_models import SPECIAL, byte_names

pytestmark = pytest.mark.long

HARNESS: Final = ("lm-eval[api]==0.4.13", "transformers==5.23.0")
QUESTIONS: Final = 60
WORDS: Final = ("river", "stone", "cloud", "amber", "tiger", "piano", "lemon", "sugar", "caf\u00e9", "green")


def questions() -> list[dict[str, object]]:
    """The model knows nothing: what counts is that both reckon alike."""
    random = np.random.default_rng(7)
    rows: list[dict[str, object]] = []
    for number in range(QUESTIONS):
        choices = [str(word) for word in random.choice(WORDS, 4, replace=False)]
        rows.append({"question": f"{number}. Which word comes next?", "choices": choices, "label": int(random.integers(4))})
    return rows


def accuracy(rows: list[dict[str, object]]) -> float:
    """Which choice is the likeliest, by the sum of its tokens."""
    right = 0
    for row in rows:
        scores = []
        for choice in row["choices"]:  # type: ignore[attr-defined]
            before, after = token_ids(str(row["question"])), token_ids(f" {choice}")
            table = logprobs([*before, *after])
            scores.append(sum(table[len(before) + i - 1, token] for i, token in enumerate(after)))
        right += int(np.argmax(scores)) == row["label"]
    return right / len(rows)


def tokenizer_in(folder: Path) -> Path:
    """The tiny model's own: a token for each byte, and the special ones."""
    names = {name: number for number, name in enumerate([*byte_names(), *SPECIAL])}
    tokenizer = Tokenizer(models.BPE(vocab=names, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "bos_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


def test_the_harness_finds_the_accuracy_that_numpy_computes(server: Server, tmp_path: Path) -> None:
    rows = questions()
    data = tmp_path / "questions.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    task = {
        "task": "next_word", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test", "output_type": "multiple_choice", "doc_to_text": "{{question}}",
        "doc_to_choice": "{{choices}}", "doc_to_target": "label", "metric_list": [{"metric": "acc"}],
    }  # fmt: skip
    (tmp_path / "next_word.yaml").write_text(yaml.safe_dump(task))
    tokenizer = tokenizer_in(tmp_path / "tokenizer")
    arguments = {"model": "gpt-3.5-turbo-instruct", "base_url": f"{server.address}/v1/completions"}
    arguments |= {"tokenizer_backend": "huggingface", "tokenizer": str(tokenizer), "num_concurrent": "4"}
    command = ["-m", "lm_eval", "--model", "local-completions", "--tasks", "next_word", "--include_path", str(tmp_path)]
    command += ["--model_args", ",".join(f"{name}={value}" for name, value in arguments.items())]
    command += ["--output_path", str(tmp_path / "out")]
    environment = {**os.environ, "OPENAI_API_KEY": KEY, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}
    run(python_with(*HARNESS), *command, env=environment, timeout=500)
    [report] = (tmp_path / "out").rglob("results_*.json")
    found = json.loads(report.read_text())["results"]["next_word"]["acc,none"]
    assert found == pytest.approx(accuracy(rows))
