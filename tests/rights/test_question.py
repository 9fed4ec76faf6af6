"""Questions: what is read, what is refused, and what stays missing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.rights import DocumentError, Question, QuestionError, decide, parse_document
from tests.rights.worlds import TODAY, chain, question, toy_records


def refused(words: str, **parts: Any) -> None:
    with pytest.raises(QuestionError) as caught:
        question(**parts)
    assert words in caught.value.sentence


def test_what_is_not_given_stays_missing() -> None:
    asked = question()
    assert asked.organisation.kind is None
    assert asked.use.purposes is None
    assert asked.use.facts == {}


def test_the_canonical_form_reads_back_to_the_same_question() -> None:
    asked = question(organisation={"kind": "company", "mau": [{"scope": "group", "month": "any", "at_most": 5}]})
    again = Question.from_document(asked.to_document())
    assert (again, again.facts_digest) == (asked, asked.facts_digest)


def test_the_order_of_nodes_and_edges_does_not_change_the_digest() -> None:
    subject = chain("finetune", "merge", licences=("toy", "toy", "toy"))
    turned = {**subject, "nodes": subject["nodes"][::-1], "edges": subject["edges"][::-1]}
    assert question(subject=subject).facts_digest == question(subject=turned).facts_digest


def test_a_question_without_a_day_is_refused() -> None:
    with pytest.raises(QuestionError, match="the day that the answer is for"):
        Question.from_document({"use": {"acts": ["host"]}, "subject": {"nodes": [{"id": "a"}]}})


def test_a_question_without_an_act_is_refused() -> None:
    with pytest.raises(QuestionError, match=r"use\.acts"):
        Question.from_document({"use": {}, "subject": {"nodes": [{"id": "a"}]}}, today=TODAY)


def test_a_misspelt_word_is_refused_with_the_nearest_one() -> None:
    refused("Did you mean 'evaluate'?", acts=["evaluat"])
    refused("Did you mean 'purposes'?", use={"purpose": ["military"]})


def test_norway_without_quotes_is_explained() -> None:
    document = parse_document("{organisation: {principal_place: NO}, use: {acts: [host]}, subject: {nodes: [{id: a}]}}")
    with pytest.raises(QuestionError) as caught:
        Question.from_document(document, today=TODAY)
    assert 'write "NO" in quotes' in caught.value.sentence


@pytest.mark.parametrize(
    ("organisation", "words"),
    [
        ({"mau": [{"scope": "group", "month": "2023-13", "value": 1}]}, "2023-06"),
        ({"mau": [{"scope": "group", "month": "2023-06", "value": -1}]}, "not negative"),
        ({"mau": [{"scope": "group", "month": "2023-06"}]}, "either value, or at_least and at_most"),
        ({"mau": [{"scope": "group", "month": "2023-06", "at_least": 9, "at_most": 3}]}, "at_least not above at_most"),
        ({"revenue": [{"scope": "group", "period": 2025, "value": 1}]}, "a currency code"),
        ({"principal_place": "Germany"}, "two capital letters"),
        ({"permissions": [{"id": "p", "licence": "toy", "kind": "bought", "since": "2026-02-01", "until": "2026-01-01"}]},
         "not before since"),
    ],
)  # fmt: skip
def test_an_impossible_fact_about_the_organisation_is_refused(organisation: dict[str, Any], words: str) -> None:
    refused(words, organisation=organisation)


def test_two_figures_that_contradict_each_other_are_refused() -> None:
    rows = [{"scope": "group", "month": "2023-06", "value": value} for value in (1, 2)]
    refused("contradict each other", organisation={"mau": rows})


def test_a_use_that_is_paid_and_not_commercial_is_refused() -> None:
    refused("facts that can both be so", use={"paid": True, "commercial": False})


def test_a_cycle_in_the_lineage_is_named() -> None:
    subject = chain("finetune", "finetune")
    subject["edges"].append({"child": "n2", "parent": "n0", "relation": "merge"})
    refused("a cycle through n0, n1, n2", subject=subject)


def test_an_edge_to_nowhere_is_refused() -> None:
    subject = chain("finetune")
    subject["edges"][0]["parent"] = "n7"
    refused("subject.edges[0].parent", subject=subject)


def test_a_chain_beyond_the_bound_is_refused() -> None:
    refused("a chain of 300 steps", subject=chain(*["finetune"] * 300))


def test_an_alias_of_yaml_is_refused_before_it_grows() -> None:
    with pytest.raises(DocumentError, match="an alias"):
        parse_document("a: &a [x, x]\nb: [*a, *a]")


@pytest.mark.parametrize("text", ["{", "a: [", "\x00", "[" * 5000, "{" * 5000, "- &a b: *a"])
def test_a_text_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        parse_document(text)


def test_a_deep_document_is_refused_and_not_followed() -> None:
    deep = parse_document('{"a":' * 900 + "1" + "}" * 900)
    for document in (
        deep,
        {"use": {"acts": deep}},
        {"use": {"acts": ["host"]}, "subject": {"nodes": [{"id": "a", "name": deep}]}},
    ):
        with pytest.raises(QuestionError):
            Question.from_document(document, today=TODAY)


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([]), st.just({}))
KEYS = st.sampled_from(
    ["organisation", "use", "subject", "decisions", "acts", "nodes", "edges", "id", "mau", "date", "kind"]
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)), max_leaves=12
)


@settings(max_examples=80, deadline=None)
@given(DOCUMENTS)
def test_any_document_is_decided_or_refused(document: Any) -> None:
    try:
        asked = Question.from_document(document, today=TODAY)
    except QuestionError:
        return
    assert decide(asked, toy_records()).to_document()


@pytest.mark.parametrize(
    ("code", "hint"),
    [("UK", "Write GB"), ("EL", "Write GR"), ("EU", "name the countries"), ("XX", "ISO 3166-1")],
)
def test_a_country_that_is_none_is_refused_since_it_would_count_as_outside_every_place(code: str, hint: str) -> None:
    refused(hint, organisation={"principal_place": code})
    refused(hint, use={"acts": ["host"], "where_used": [code]})


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3\n", '{"a": 1, "b": {"c": 1, "c": 2}}', "- {a: 1, 'a': 2}"])
def test_a_name_that_stands_twice_is_refused_since_the_first_value_would_be_lost(text: str) -> None:
    with pytest.raises(DocumentError, match="twice in one mapping"):
        parse_document(text)


def test_a_name_may_stand_again_elsewhere_and_as_a_value() -> None:
    assert parse_document("a: {a: a}\nb: [{a: 1}, {a: 2}, a, a]\n") == {"a": {"a": "a"}, "b": [{"a": 1}, {"a": 2}, "a", "a"]}


def test_a_number_that_nothing_counts_is_refused() -> None:
    refused("at most", organisation={"mau": [{"scope": "group", "month": "any", "value": 10**20}]})
