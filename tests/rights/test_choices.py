"""Licence expressions: a choice is the asker's, both means both, an exception widens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweight.rights import Question, QuestionError, Records, Value, decide, load_records
from commonweight.rights.spdx import LicenceName, alternatives_of
from tests.rights.worlds import TODAY, question, toy

STRICT = "gates: [{id: x, test: use.production, effect: prohibited, clock: none, clause: '2', evidence: text, reason: r}]"


def asked(licence: Any) -> Question:
    return question(subject={"nodes": [{"id": "a/model", "licence": licence, "modality": ["text"]}]})


def records() -> Records:
    return Records([*load_records(), toy(STRICT)])


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("mit", [["mit"]]),
        ("MIT OR Apache-2.0", [["MIT"], ["Apache-2.0"]]),
        ("MIT AND Apache-2.0", [["Apache-2.0", "MIT"]]),
        ("A AND (B OR C)", [["A", "B"], ["A", "C"]]),
        ("MIT OR", [["MIT OR"]]),
        ("((((MIT OR", [["((((MIT OR"]]),
        (" OR ".join(map(str, range(40))), [[" OR ".join(map(str, range(40)))]]),
    ],
)
def test_an_expression_gives_the_ways_to_choose_and_nonsense_stays_a_name(text: str, ways: list[list[str]]) -> None:
    assert sorted(sorted(name.key for name in way) for way in alternatives_of(text)) == sorted(map(sorted, ways))


@given(st.text(alphabet="AB() ORNDWITH+-.", max_size=60))
def test_any_text_gives_at_least_one_way(text: str) -> None:
    assert all(alternatives_of(text))


def test_an_exception_stays_with_its_licence() -> None:
    text = "GPL-2.0-only WITH Classpath-exception-2.0"
    assert alternatives_of(text) == ((LicenceName("GPL-2.0-only", "Classpath-exception-2.0"),),)


def test_of_a_choice_the_mildest_is_taken_and_said() -> None:
    verdict = decide(asked("toy OR MIT"), records())
    assert verdict.value is Value.ALLOWED
    assert "a/model: of its licences, MIT was chosen." in verdict.assumptions


def test_licences_that_apply_together_are_all_kept() -> None:
    assert decide(asked("toy AND MIT"), records()).value is Value.PROHIBITED


def test_an_exception_that_is_not_recorded_makes_a_strict_answer_unclear() -> None:
    verdict = decide(asked("toy WITH Some-exception"), records())
    assert verdict.value is Value.UNCLEAR
    assert "Some-exception" in str(verdict.doubts)


def test_a_list_with_a_choice_takes_one_of_each() -> None:
    assert decide(asked(["toy OR MIT", "Apache-2.0"]), records()).value is Value.ALLOWED


def test_too_many_ways_to_choose_are_refused() -> None:
    nodes = [{"id": f"n{index}", "licence": "MIT OR Apache-2.0"} for index in range(8)]
    document = {"use": {"acts": ["evaluate"]}, "subject": {"root": "n0", "nodes": nodes, "edges": []}}
    with pytest.raises(QuestionError, match="ways to choose"):
        decide(Question.from_document(document, today=TODAY), records())
