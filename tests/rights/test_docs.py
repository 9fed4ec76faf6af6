"""The pages of this room and the code agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from commonweight.rights import ACTS, EDGE_EVIDENCE, RELATIONS, VALUES, Question, decide, load_records
from commonweight.rights.language import FACTS, TESTS
from commonweight.rights.terms_reader import DUTY_KINDS, OPENNESS_CLASSES

DOCS = Path(__file__).parents[2] / "docs"
FORMS = (DOCS / "rights-io.md").read_text()
RIGHTS = (DOCS / "rights.md").read_text()


def example() -> Question:
    block = re.search(r"```yaml\n(format: commonweight.question/1.*?)```", FORMS, re.DOTALL)
    assert block
    return Question.from_document(yaml.safe_load(block.group(1)))


def test_the_example_question_is_one() -> None:
    assert decide(example(), load_records()).value.value == "allowed_with_duties"


def test_every_field_of_a_verdict_is_described() -> None:
    document = decide(example(), load_records()).to_document()
    inner = [
        *document["clauses"][:1],
        *document["duties"][:1],
        *document["label_conflicts"][:1],
        *document["expires_when"][:1],
    ]
    for field in {*document, *(key for item in inner for key in item)}:
        assert f"`{field}`" in FORMS, field


@pytest.mark.parametrize("words", [ACTS, RELATIONS, VALUES])
def test_every_word_stands_in_the_page_with_its_meaning(words: dict[str, str]) -> None:
    for word, meaning in words.items():
        assert f"| `{word}` | {meaning} |" in FORMS


def test_every_word_of_the_records_is_named() -> None:
    for word in (*EDGE_EVIDENCE, *DUTY_KINDS):
        assert f"`{word}`" in FORMS, word
    for word in (*FACTS, *TESTS, *OPENNESS_CLASSES):
        assert re.search(rf"\b{re.escape(word)}\b", RIGHTS), word
