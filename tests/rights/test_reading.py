"""What was not read decides nothing, and whom a contract binds."""

from __future__ import annotations

from typing import Any

import pytest

from commonweight.rights import Records, Value, Verdict, decide, load_records, read_record
from tests.rights.worlds import TOY, question, toy_records

GATE = "gates: [{{id: x, test: use.production, effect: prohibited, clock: none, clause: '2', evidence: {}, reason: r}}]"


def told(evidence: str) -> Verdict:
    return decide(question(), toy_records(GATE.format(evidence)))


@pytest.mark.parametrize(
    ("evidence", "value"),
    [
        ("text", Value.PROHIBITED),
        ("quoted", Value.PROHIBITED),
        ("secondary", Value.UNCLEAR),
        ("unverified", Value.UNKNOWN),
    ],
)
def test_a_stop_is_as_sure_as_its_reading(evidence: str, value: Value) -> None:
    assert told(evidence).value is value


def test_what_others_tell_is_shown_with_both_readings() -> None:
    (doubt,) = (doubt for doubt in told("secondary").doubts if doubt.readings)
    assert [(name, value) for name, _, value in doubt.readings] == [
        ("as_told", Value.PROHIBITED),
        ("not_as_told", Value.ALLOWED),
    ]
    assert doubt.default == "as_told"


def test_what_is_only_recalled_asks_for_the_text() -> None:
    (asked,) = told("unverified").questions
    assert "It was not read" in asked.question


@pytest.mark.parametrize(("evidence", "value"), [("secondary", Value.UNCLEAR), ("unverified", Value.UNKNOWN)])
def test_a_grant_known_from_others_allows_nothing_for_sure(evidence: str, value: Value) -> None:
    text = TOY.replace(
        'use: {value: "yes", clause: "1", evidence: text', f'use: {{value: "yes", clause: "1", evidence: {evidence}'
    )
    assert decide(question(), Records([read_record(text, "toy")])).value is value


def test_a_right_that_nobody_read_about_is_unknown() -> None:
    text = TOY.replace('host: {value: "yes"', "host: {value: unread")
    verdict = decide(question(["host"]), Records([read_record(text, "toy")]))
    assert verdict.value is Value.UNKNOWN
    assert "It was not read" in verdict.questions[0].question


def test_a_condition_that_is_not_met_stops_nobody_however_it_was_learned() -> None:
    assert decide(question(["evaluate"]), toy_records(GATE.format("unverified"))).value is Value.ALLOWED


SERVICE = (
    TOY.replace("trained_on_outputs: {mode: none", "trained_on_outputs: {mode: banned")
    .replace("key: toy-1", "key: service-terms")
    .replace("{hf: [toy]}", "{}")
    + "binding: contract\n"
)


def chat(generated_by: str | None, trained_by: str = "asker") -> dict[str, Any]:
    answers = {"child": "answers", "parent": "service", "relation": "output_of"}
    return {
        "root": "chat",
        "nodes": [
            {"id": "chat", "licence": "mit", "made_by": "asker"},
            {"id": "answers", "kind": "dataset", "licence": "mit"},
            {"id": "service", "kind": "service", "licence": "service-terms"},
        ],
        "edges": [
            {"child": "chat", "parent": "answers", "relation": "trained_on_data", "by": trained_by},
            {**answers, **({"by": generated_by} if generated_by else {})},
        ],
    }


@pytest.mark.parametrize(
    ("generated_by", "value"), [("asker", Value.PROHIBITED), ("other", Value.UNCLEAR), (None, Value.UNCLEAR)]
)
def test_a_contract_binds_whoever_accepted_it_to_get_the_answers(generated_by: str | None, value: Value) -> None:
    records = Records([*load_records(), read_record(SERVICE, "service")])
    assert decide(question(["publish_derivative"], subject=chat(generated_by)), records).value is value


SAME = "propagates: {{mode: same_licence, clause: '1', evidence: text, note: only itself{}}}"


@pytest.mark.parametrize(("compatible", "value"), [("", Value.PROHIBITED), (", compatible: [toy-b]", Value.ALLOWED)])
def test_a_text_that_wants_only_itself_says_which_others_it_admits(compatible: str, value: Value) -> None:
    plain = 'propagates: {mode: terms_remain, clause: "1", evidence: text, note: the terms stay}'
    one = read_record(TOY.replace(plain, SAME.format(compatible)).replace("toy-1", "toy-a").replace("[toy]", "[a]"), "a")
    other = read_record(TOY.replace("toy-1", "toy-b").replace("[toy]", "[b]"), "b")
    subject = {
        "root": "n",
        "nodes": [{"id": "n", "made_by": "asker"}, {"id": "a", "licence": "a"}, {"id": "b", "licence": "b"}],
        "edges": [{"child": "n", "parent": parent, "relation": "merge"} for parent in ("a", "b")],
    }
    assert decide(question(["publish_derivative"], subject=subject), Records([one, other])).value is value
