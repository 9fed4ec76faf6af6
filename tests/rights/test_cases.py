"""The worked cases: each question file beside what the verdict must hold (`*.expected.yaml`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from commonweight.rights import Question, Records, Verdict, decide, load_records, parse_document

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name.removesuffix(".expected.yaml") for path in CASES.glob("*.expected.yaml"))


@pytest.fixture(scope="module")
def records() -> Records:
    return load_records()


@pytest.mark.parametrize("name", NAMES)
def test_a_worked_case_gets_the_right_answer_with_its_clauses(name: str, records: Records) -> None:
    document = parse_document((CASES / f"{name}.yaml").read_text())
    expected = yaml.safe_load((CASES / f"{name}.expected.yaml").read_text())
    verdict = decide(Question.from_document(document), records)
    assert verdict.value.value == expected.pop("value"), verdict.reasons
    for part, wanted in expected.items():
        CHECKS[part](verdict, wanted)


def test_every_question_file_has_its_expectation() -> None:
    questions = {path.stem for path in CASES.glob("*.yaml") if not path.name.endswith(".expected.yaml")}
    assert questions == set(NAMES)


def _acts(verdict: Verdict, wanted: dict[str, str]) -> None:
    assert {act: value.value for act, value in verdict.acts.items()} == wanted


def _duties(verdict: Verdict, wanted: list[str]) -> None:
    owed = {duty.id for duty in verdict.duties}
    assert set(wanted) <= owed if wanted else not owed


def _no_duties(verdict: Verdict, unwanted: list[str]) -> None:
    assert not {duty.id for duty in verdict.duties} & set(unwanted)


def _doubtful(verdict: Verdict, wanted: list[str]) -> None:
    assert set(wanted) <= {duty.id for duty in verdict.duties if duty.doubts}


def _settled(verdict: Verdict, wanted: list[str]) -> None:
    assert {duty.id for duty in verdict.duties if duty.settled_by} == set(wanted)


def _clauses(verdict: Verdict, wanted: list[str]) -> None:
    assert set(wanted) <= {clause.id for clause in verdict.clauses}


def _deciding(verdict: Verdict, wanted: list[str]) -> None:
    assert {clause.id for clause in verdict.deciding} == set(wanted)


def _questions(verdict: Verdict, wanted: list[str]) -> None:
    asked = [f"{question.fact} {question.question}" for question in verdict.questions]
    assert len(asked) == len(wanted), asked
    assert all(any(part in text for text in asked) for part in wanted), asked


def _conflicts(verdict: Verdict, wanted: list[dict[str, Any]]) -> None:
    for item in wanted:
        assert any(
            found.kind == item["kind"]
            and found.licence == item["licence"]
            and item["says"] in found.says
            and item.get("why", "") in found.why
            for found in verdict.label_conflicts
        ), (item, verdict.label_conflicts)
    assert len(verdict.label_conflicts) == len(wanted)


def _no_conflicts(verdict: Verdict, unwanted: list[str]) -> None:
    assert not {found.kind for found in verdict.label_conflicts} & set(unwanted)


def _texts(of: str) -> Any:
    def check(verdict: Verdict, wanted: list[str]) -> None:
        found = " | ".join(str(item) for item in getattr(verdict, of))
        assert all(part in found for part in wanted), found

    return check


def _remedy(verdict: Verdict, wanted: str) -> None:
    assert verdict.remedy is not None
    assert wanted in verdict.remedy


CHECKS = {
    "acts": _acts,
    "duties": _duties,
    "no_duties": _no_duties,
    "doubtful_duties": _doubtful,
    "settled_duties": _settled,
    "clauses": _clauses,
    "deciding": _deciding,
    "questions": _questions,
    "label_conflicts": _conflicts,
    "no_label_conflicts": _no_conflicts,
    "doubts": _texts("doubts"),
    "expires_when": _texts("expires_when"),
    "assumptions": _texts("assumptions"),
    "decisions": _texts("decisions"),
    "remedy": _remedy,
}
