"""An engine that remembers answers as one that does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.rights import Engine, Question, QuestionError, decide, load_records
from commonweight.rights.memory import Remembered
from tests.rights.test_engine import documents
from tests.rights.worlds import TODAY, chain

RECORDS = load_records()


@settings(max_examples=60, deadline=None)
@given(st.lists(documents(), min_size=1, max_size=4))
def test_with_and_without_memory_the_answers_are_the_same(asked: list[dict[str, Any]]) -> None:
    engine = Engine(RECORDS)
    for document in (*asked, *asked):
        alone = decide(Question.from_document(document, today=TODAY), RECORDS)
        assert engine.decide(document, today=TODAY).to_document() == alone.to_document()


def test_a_question_that_was_answered_is_not_decided_again() -> None:
    engine = Engine(RECORDS)
    document = {"use": {"acts": ["host"]}, "subject": chain("finetune", licences=("mit", "llama3.1"))}
    assert engine.answer(document, today=TODAY) is engine.answer(dict(document), today=TODAY)
    assert json.loads(engine.answer(document, today=TODAY)) == engine.decide(document, today=TODAY).to_document()


def test_another_language_is_another_answer() -> None:
    engine = Engine(RECORDS)
    document = {"use": {"acts": ["host"]}, "subject": {"nodes": [{"id": "a", "licence": "gemma"}]}}
    assert engine.answer(document, today=TODAY) != engine.answer(document, today=TODAY, language="es")


def test_another_day_is_another_question() -> None:
    engine = Engine(RECORDS)
    document = {"use": {"acts": ["host"]}, "subject": {"nodes": [{"id": "a", "licence": "gemma"}]}}
    assert engine.decide(document, today=TODAY).date != engine.decide(document, today=TODAY.replace(year=2025)).date


def test_what_was_refused_is_refused_again() -> None:
    engine = Engine(RECORDS)
    for _ in range(2):
        with pytest.raises(QuestionError):
            engine.decide({"use": {"acts": ["fly"]}, "subject": {"nodes": [{"id": "a"}]}}, today=TODAY)


def test_the_oldest_is_forgotten_first() -> None:
    kept, made = Remembered(2), []
    for word in ("a", "b", "a", "c", "a", "b"):
        kept.recall("kind", word, lambda word=word: made.append(word))
    assert made == ["a", "b", "c", "b"]


def test_what_json_cannot_hold_is_made_each_time() -> None:
    kept, made = Remembered(2), []
    for _ in range(2):
        kept.recall("kind", {"a": object()}, lambda: made.append(1))
    assert made == [1, 1]


def test_the_same_question_gets_the_same_bytes_from_every_process() -> None:
    """Also where two doubts differ in what they would mean alone, and sets keep no order."""
    nodes = [{"id": "a/b", "licence": "mit"}, {"id": "c/d", "licence": "apple-amlr"}]
    edges = [{"child": "a/b", "parent": "c/d", "relation": "convert"}]
    acts = ["host", "train_on_outputs", "redistribute", "offer_product"]
    document = {"use": {"acts": acts, "commercial": True}, "subject": {"root": "a/b", "nodes": nodes, "edges": edges}}
    program = (
        "import json, sys; from datetime import date; from commonweight.rights import Engine, load_records;"
        "sys.stdout.buffer.write(Engine(load_records()).answer(json.load(sys.stdin), today=date(2026, 11, 24)))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(document).encode(),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "3", "4")
    }
    assert len(answers) == 1
