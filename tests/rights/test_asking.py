"""Asking back: only what can change the answer, each fact once, and an answer stands where its question asked for it."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings

from commonweight.rights import QuestionError, load_records
from commonweight.rights.asking import Asking, Guided, facts_of, with_answers
from commonweight.rights.asking.answers import put
from commonweight.rights.asking.ask import asks_of
from commonweight.rights.asking.lines import Stretch, stretches
from commonweight.rights.memory import Engine
from tests.rights.test_engine import documents
from tests.rights.worlds import TODAY, toy_records

ENGINE = Engine(load_records())
SIZE = "organisation.mau[group, 2024-08]"
SEAT = "organisation.principal_place"
MODALITY = "subject.nodes[a/b].modality"


def ask(document: dict[str, Any], engine: Engine = ENGINE, **answers: str) -> Guided:
    named = {"size": SIZE, "seat": SEAT, "modality": MODALITY}
    return Asking(engine, TODAY).guided(document, {named.get(key, key): [value] for key, value in answers.items()})


def gated(test: str, clock: str) -> Engine:
    """The toy terms with one gate."""
    gate = f"{{id: g, test: '{test}', effect: prohibited, clock: {clock}, clause: '2', evidence: text, reason: r}}"
    return Engine(toy_records(f"gates: [{gate}]"))


def about(licence: str = "llama-3.2", acts: tuple[str, ...] = ("offer_product",), **use: Any) -> dict[str, Any]:
    return {
        "organisation": {"kind": "company"},
        "use": {"acts": list(acts), **use},
        "subject": {"nodes": [{"id": "a/b", "licence": licence}]},
    }


def keys(state: Guided) -> set[str]:
    return {one.key for one in state.open}


def test_what_can_change_the_answer_is_asked_and_nothing_else() -> None:
    assert keys(ask(about())) == {SIZE, SEAT, MODALITY}
    assert keys(ask(about("mit"))) == set()


def test_one_answer_makes_another_question_needless() -> None:
    """The European sentence is about multimodal models only, and about Europe only."""
    assert keys(ask(about(), modality="no")) == {SIZE}
    assert keys(ask(about(), seat="US")) == {SIZE}
    assert keys(ask(about(), seat="DE")) == {SIZE, MODALITY}


def test_no_more_is_asked_once_it_is_settled() -> None:
    state = ask(about(), modality="no", size="<=700000000")
    assert state.is_settled
    assert state.verdict.value.value == "allowed_with_duties"
    assert {one.key for one in state.given} == {SIZE, MODALITY}


def test_a_refusal_settles_it_whatever_else_is_open() -> None:
    state = ask(about(), seat="DE", modality="yes")
    assert (state.verdict.value.value, state.is_settled) == ("prohibited", True)


def test_an_answer_that_no_longer_matters_is_put_aside() -> None:
    state = ask(about(), seat="US", modality="no")
    assert len(state.given) == 1
    assert len(state.idle) == 1


def test_a_line_has_the_answers_that_its_text_tells_apart() -> None:
    """ "More than" and "at least" differ in whether the line itself is above."""
    [more] = ask(about(), modality="no").open
    assert [choice.key for choice in more.choices] == ["<=700000000", ">700000000"]
    [least] = ask(about("toy"), gated("revenue(group, now) >= 10e6", "continuous")).open
    assert [choice.key for choice in least.choices] == ["<10000000", ">=10000000"]
    assert str(least.choices[1].text) == "at least 10,000,000"


def test_a_line_that_matters_only_with_another_answer_is_drawn_too() -> None:
    """Baichuan 2 counts the users of commercial services only."""
    [users] = [one for one in ask(about("baichuan-2", ("evaluate",))).open if one.kind == "figure"]
    assert len(users.choices) > 1
    assert all(choice.text for choice in users.choices)


def test_figures_that_come_to_the_same_by_different_clauses_are_no_single_answer() -> None:
    """Exactly a million is unclear by one clause of the Community License, more by another; "at least" settles neither."""
    [revenue] = ask(about("stability-community", ("evaluate",), commercial=False)).open
    assert [choice.key for choice in revenue.choices] == ["<1000000", ">=1000000<=1000000", ">1000000"]


def test_a_figure_may_be_given_itself() -> None:
    state = ask(about(), modality="no", size="520,000,000")
    assert state.verdict.value.value == "allowed_with_duties"
    assert state.document["organisation"]["mau"][0]["value"] == 520_000_000


def test_a_licence_that_the_maker_named_can_be_answered() -> None:
    document = {**about(), "subject": {"nodes": [{"id": "a/b"}]}}
    state = ask(document)
    [question] = state.open
    assert question.kind == "licence"
    assert "mit" in [choice.key for choice in question.choices]
    assert ask(document, **{question.key: "mit"}).verdict.value.value.startswith("allowed")


def test_a_text_that_nobody_recorded_is_no_question_to_the_asker() -> None:
    state = ask(about("no-such-licence"))
    assert state.open == ()
    assert "no-such-licence" in state.unreadable[0].questions[0]


def test_answers_that_cannot_be_so_are_not_offered() -> None:
    """What is paid for is commercial."""
    engine = gated("use.commercial and not use.paid", "none")
    state = ask(about("toy", commercial=False), engine)
    assert state.is_settled
    [paid] = ask(about("toy", commercial=True), engine).open
    assert [choice.key for choice in paid.choices] == ["yes", "no"]


@pytest.mark.parametrize(
    ("key", "given"),
    [(SIZE, "many"), ("use.nonsense", "yes"), ("else.where", "yes"), ("subject.nodes[other].modality", "yes")],
)
def test_an_answer_that_is_none_is_refused(key: str, given: str) -> None:
    with pytest.raises(QuestionError):
        ENGINE.decide(with_answers(about(), {key: [given]}), today=TODAY)


def test_an_answer_to_what_is_not_asked_changes_nothing() -> None:
    assert ask(about(), **{"else.where": "yes"}).idle == ("else.where",)


def test_what_was_never_above_a_line_holds_for_any_time() -> None:
    def period(given: str) -> str:
        document = put({}, "organisation.revenue[group, any_time]", (given,))
        return str(document["organisation"]["revenue"][0]["period"])

    assert [period(given) for given in ("<=1000000", ">1000000", "5")] == ["any", "current", "current"]


def test_only_answers_about_the_organisation_are_facts_of_it() -> None:
    answers = {SEAT: ["de"], "use.paid": ["yes"], MODALITY: ["no"]}
    assert facts_of({"use": {"acts": ["host"]}}, answers) == {
        "use": {"acts": ["host"]}, "organisation": {"principal_place": "DE"},
    }  # fmt: skip


def test_the_document_asked_about_is_left_as_it_was() -> None:
    document = about()
    with_answers(document, {SIZE: ["5"], MODALITY: ["no"]})
    assert document == about()


def test_stretches_leave_nothing_out_and_name_themselves() -> None:
    found = stretches([5, 10])
    assert [stretch.key for stretch in found] == ["<5", ">=5<=5", ">5<10", ">=10<=10", ">10"]
    assert all(Stretch.of_key(stretch.key) == stretch for stretch in found if stretch.key.count("=") != 2)
    assert str(found[2].text) == "more than 5 and less than 10"


@settings(max_examples=60, deadline=None)
@given(documents())
def test_every_question_has_an_answer_that_changes_the_verdict(document: dict[str, Any]) -> None:
    """Alone, or with answers to the others that are open."""
    state = ask(document)
    for one in state.open:
        others = [[None, *((other.key, choice.key) for choice in other.choices)] for other in state.open if other is not one]
        changes = False
        for world in product(*others):
            given = {key: [value] for entry in world if entry for key, value in [entry]}
            before = _settled(document, given)
            after = [_settled(document, {**given, one.key: [choice.key]}) for choice in one.choices]
            changes = changes or any(found is not None and found != before for found in after)
            if changes:
                break
        assert changes, one


def _settled(document: dict[str, Any], answers: dict[str, list[str]]) -> object | None:
    try:
        verdict = ENGINE.decide(with_answers(document, answers), today=TODAY)
    except QuestionError:
        return None
    return dict(verdict.acts), {duty.id for duty in verdict.duties if not duty.settled_by}


@settings(max_examples=60, deadline=None)
@given(documents())
def test_what_is_not_asked_would_change_nothing(document: dict[str, Any]) -> None:
    state = ask(document)
    verdict = ENGINE.decide(document, today=TODAY)
    for one in asks_of(verdict, ENGINE.records):
        if one.key not in keys(state):
            assert all(
                _settled(document, {one.key: [choice.key]}) in (None, _settled(document, {})) for choice in one.choices
            )
