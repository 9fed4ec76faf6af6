"""What holds of every verdict, whatever the question."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.rights import (
    ACTS,
    ARTEFACTS,
    PURPOSES,
    RELATIONS,
    Question,
    QuestionError,
    Records,
    Value,
    decide,
    load_records,
)
from tests.rights.worlds import TODAY, chain, question, toy, toy_records

RECORDS = load_records()
LICENCES = ["apache-2.0", "mit", "llama2", "llama3", "llama3.1", "llama3.2", "stability-community", "sai-nc-community",
            "mystery", None]  # fmt: skip
SCOPES = st.sampled_from(["group", "licensee"])
FIGURES = st.sampled_from([0, 700_000_000, 700_000_001, 900_000, 1_000_000, 2_000_000, 10**12])
FACTS = st.fixed_dictionaries({}, optional={
    "production": st.booleans(),
    "commercial": st.booleans(),
    "hosted_for_others": st.booleans(),
    "received_in_product": st.booleans(),
    "professional_licence": st.booleans(),
    "purposes": st.lists(st.sampled_from(sorted(PURPOSES)), max_size=2),
    "artefacts": st.lists(st.sampled_from(ARTEFACTS), max_size=2, unique=True),
    "improves": st.sampled_from(["own", "llama-2", "llama-3"]),
})  # fmt: skip
ORGANISATIONS = st.fixed_dictionaries({}, optional={
    "kind": st.sampled_from(["company", "individual", "university"]),
    "principal_place": st.sampled_from(["DE", "US"]),
    "mau": st.builds(lambda scope, value: [{"scope": scope, "month": "any", "value": value}], SCOPES, FIGURES),
    "revenue": st.builds(
        lambda scope, value: [{"scope": scope, "period": "current", "value": value, "currency": "USD"}], SCOPES, FIGURES
    ),
})  # fmt: skip


@st.composite
def subjects(draw: st.DrawFn) -> dict[str, Any]:
    """A lineage in which each node may be made from any later one."""
    size = draw(st.integers(1, 4))
    nodes: list[dict[str, Any]] = []
    for index in range(size):
        node = {"id": f"n{index}", "kind": draw(st.sampled_from(["model", "model", "dataset", "service", "code"]))}
        licence = draw(st.sampled_from(LICENCES))
        nodes.append({**node, **({"licence": licence} if licence else {}), "modality": ["text"]})
    pairs = [(child, parent) for child in range(size) for parent in range(child + 1, size)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=4)) if pairs else []
    edges = [{
        "child": f"n{child}", "parent": f"n{parent}", "relation": draw(st.sampled_from(sorted(RELATIONS))),
        "evidence": draw(st.sampled_from(["declared", "secondary"])),
    } for child, parent in chosen]  # fmt: skip
    return {"root": "n0", "nodes": nodes, "edges": edges}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    acts = draw(st.lists(st.sampled_from(sorted(ACTS)), min_size=1, max_size=2, unique=True))
    return {"organisation": draw(ORGANISATIONS), "use": possible({"acts": acts, **draw(FACTS)}), "subject": draw(subjects())}


def possible(use: dict[str, Any]) -> dict[str, Any]:
    """The use without facts that cannot be so with its acts."""
    if "hosted_for_others" in use and ("host" in use["acts"] or set(use["acts"]) <= {"evaluate", "use_internally"}):
        del use["hosted_for_others"]
    if use["acts"] == ["evaluate"]:
        use.pop("production", None)
    return use


def answer(document: dict[str, Any], records: Records = RECORDS) -> Any:
    return decide(Question.from_document(document, today=TODAY), records)


@settings(max_examples=80, deadline=None)
@given(documents())
def test_every_verdict_cites_a_clause_or_names_what_is_missing(document: dict[str, Any]) -> None:
    verdict = answer(document)
    assert verdict.deciding
    for clause in verdict.deciding:
        assert clause.clause or clause.kind in ("missing_terms", "own_work")
    assert bool(verdict.questions) is (verdict.value is Value.UNKNOWN or Value.UNKNOWN in verdict.acts.values())
    assert json.loads(json.dumps(verdict.to_document())) == verdict.to_document()


@settings(max_examples=60, deadline=None)
@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_parents_does_not_matter(document: dict[str, Any], random: Any) -> None:
    turned = copy.deepcopy(document)
    random.shuffle(turned["subject"]["nodes"])
    random.shuffle(turned["subject"]["edges"])
    assert answer(document).to_document() == answer(turned).to_document()


RESTRICTIONS = st.sampled_from([
    "gates: [{id: x, test: not use.consent, effect: prohibited, clock: none, clause: '9', evidence: text, reason: r}]",
    "gates: [{id: x, test: 'mau(group, 2024-01) > 5', effect: needs_permission, clock: frozen, clause: '9', evidence: text, "
    "reason: r}]",
    "bans: [{id: x, purposes: [military], strength: absolute, clause: '9', evidence: text, reason: r, observe: o}]",
    "bans: [{id: x, when: act == host, strength: absolute, clause: '9', evidence: text, reason: r}]",
    "duties: [{id: x, when: 'act in (host, redistribute)', do: badge, clause: '9', evidence: text, reason: r}]",
    "policies: [{id: x, title: t, dynamic: true, clause: '9', evidence: text, observe: o}]",
])  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(documents(), RESTRICTIONS)
def test_more_restrictions_never_make_a_verdict_milder(document: dict[str, Any], restriction: str) -> None:
    for node in document["subject"]["nodes"]:
        node["licence"] = "toy"
    plain, stricter = answer(document, toy_records()), answer(document, toy_records(restriction))
    assert all(stricter.acts[act].rank >= plain.acts[act].rank for act in plain.acts)


@settings(max_examples=60, deadline=None)
@given(documents(), st.sampled_from(LICENCES[:-1]))
def test_one_more_parent_never_makes_a_verdict_milder(document: dict[str, Any], licence: str) -> None:
    more = copy.deepcopy(document)
    more["subject"]["nodes"].append({"id": "extra", "licence": licence, "modality": ["text"]})
    more["subject"]["edges"].append({"child": "n0", "parent": "extra", "relation": "merge"})
    before, after = answer(document), answer(more)
    exempting = {"llama2", "llama3"}  # a Llama base is what the ban on training with Llama outputs excepts
    if licence not in exempting:
        assert after.value.rank >= before.value.rank


NEW_FACTS = st.one_of(
    st.tuples(st.just("use"), FACTS), st.tuples(st.just("organisation"), ORGANISATIONS),
)  # fmt: skip
MILD = (Value.ALLOWED, Value.ALLOWED_WITH_DUTIES)
STRICT = (Value.PROHIBITED, Value.NEEDS_PERMISSION)


@settings(max_examples=120, deadline=None)
@given(documents(), NEW_FACTS)
def test_a_fact_never_turns_an_answer_into_its_opposite_without_being_named(
    document: dict[str, Any], new: tuple[str, dict[str, Any]]
) -> None:
    area, facts = new
    added = {name: value for name, value in facts.items() if name not in document[area]}
    more = {**document, area: {**document[area], **added}}
    more["use"] = possible(dict(more["use"]))
    before, after = answer(document), answer(more)
    for act, value in before.acts.items():
        if value in MILD and after.acts[act] in STRICT:
            named = {fact for clause in after.deciding for fact in clause.facts}
            assert any(fact.startswith(f"{area}.{name}") for fact in named for name in added)


@settings(max_examples=40, deadline=None)
@given(documents())
def test_each_fact_is_asked_once_and_settles_something(document: dict[str, Any]) -> None:
    verdict = answer(document)
    asked = [(item.fact, item.question) for item in verdict.questions]
    assert len(asked) == len(set(asked))
    assert all(item.settles for item in verdict.questions)


@settings(max_examples=150, deadline=None)
@given(documents(), st.randoms(use_true_random=False))
def test_answering_what_is_asked_settles_it(document: dict[str, Any], chance: Any) -> None:
    """Whatever the answers are: nothing is asked about the asker that was not asked the first time."""
    told = copy.deepcopy(document)
    told["organisation"] = {name: value for name, value in told["organisation"].items() if name not in FIGURES_OF}
    size = chance.choice([0, 10**12])  # one for all figures: parts that are larger than their whole are refused
    for fact in _asked_of_the_asker(told):
        tell(told, fact, size, chance)
    assert _asked_of_the_asker(told) == []


def _asked_of_the_asker(document: dict[str, Any]) -> list[str]:
    return [item.fact for item in answer(document).questions if item.fact.startswith(("use.", "organisation."))]


def tell(document: dict[str, Any], fact: str, size: int, chance: Any) -> None:
    """Answer one question at random."""
    area, _, rest = fact.partition(".")
    name, _, arguments = rest.rstrip("]").partition("[")
    if arguments:
        scope, when, *_ = arguments.split(", ")
        period = "current" if when in ("any_time", "now") else when
        row = {"scope": scope, "value": size, FIGURES_OF[name]: period}
        row |= {"currency": "USD"} if name in ("revenue", "monthly_revenue") else {}
        document[area].setdefault(name, []).append(row)
    else:
        document[area][name] = chance.choice(ANSWERS.get(name, [True, False]))


FIGURES_OF = {"mau": "month", "dau": "month", "visits": "month", "revenue": "period", "monthly_revenue": "month"}
ANSWERS: dict[str, list[Any]] = {
    "purposes": [["research"], ["military"], []], "kind": ["company", "individual"], "principal_place": ["DE", "US"],
    "domicile": ["FR", "US"], "audience": ["internal", "public"], "improves": ["own", "llama-2"],
    "improves_kind": ["classifier", "language_model"], "business": [[], ["maas"]], "competes_with": [[], ["naver"]],
    "where_used": [["DE"], ["US"]], "where_outputs_shown": [["DE"], ["US"]],
}  # fmt: skip


def test_a_childs_licence_takes_nothing_from_its_parents_terms() -> None:
    subject = chain("finetune", licences=("mit", "llama3.2"))
    subject["nodes"][1]["modality"] = ["text", "image"]
    organisation = {"kind": "company", "principal_place": "FR", "mau": [{"scope": "group", "month": "any", "at_most": 9}]}
    assert (
        answer({"organisation": organisation, "use": {"acts": ["evaluate"]}, "subject": subject}).value is Value.PROHIBITED
    )


def test_terms_reach_through_five_steps() -> None:
    subject = chain("quantise", "merge", "finetune", "convert", "finetune", licences=("mit",) * 5 + ("llama3.1",))
    verdict = answer({"use": {"acts": ["evaluate"]}, "subject": subject})
    assert verdict.value is Value.UNKNOWN
    assert [len(clause.path) for clause in verdict.deciding] == [5]


def test_an_act_that_is_already_refused_asks_nothing() -> None:
    records = toy_records(
        "gates: [{id: big, test: 'mau(group, 2024-01) > 5', effect: needs_permission, clock: frozen, clause: '2', "
        "evidence: text, reason: r}]\n"
        "bans: [{id: host, when: act == host, strength: absolute, clause: '3', evidence: text, reason: r}]"
    )
    verdict = decide(question(["host"]), records)
    assert (verdict.value, verdict.questions) == (Value.PROHIBITED, ())


def test_a_strict_answer_through_an_unsettled_step_shows_both_readings() -> None:
    gate = "gates: [{id: x, test: use.production, effect: prohibited, clock: none, clause: '2', evidence: text, reason: r}]"
    subject = chain("adapter", licences=("mit", "toy"))
    records = Records([*load_records(), toy(gate)])
    verdict = decide(question(["use_internally"], subject=subject), records)
    assert verdict.value is Value.UNCLEAR
    assert [name for name, _, _ in verdict.doubts[0].readings] in (["applies", "does_not_apply"], [])


def test_an_own_model_from_nothing_is_free_to_its_maker() -> None:
    subject = {"nodes": [{"id": "a/own", "made_by": "asker"}]}
    assert decide(question(["publish_derivative"], subject=subject), RECORDS).value is Value.ALLOWED


def test_a_reading_that_does_not_exist_is_refused() -> None:
    text = (
        "ambiguities: [{id: x, when: act == host, question: q, default: a, clause: '2', evidence: text, "
        "readings: [{id: a, says: s, value: allowed}, {id: b, says: s, value: prohibited}]}]"
    )
    decision = {"id": "d", "kind": "reading", "finding": "toy-1#x", "choose": "c", "author": "A", "reason": "r"}
    with pytest.raises(QuestionError, match="one of a, b"):
        decide(question(["host"], decisions=[decision]), toy_records(text))


def test_the_answer_names_the_review_status_of_what_decided() -> None:
    assert decide(question(), toy_records()).review == "draft"
    assert answer({"use": {"acts": ["host"]}, "subject": {"nodes": [{"id": "a"}]}}).review == "none"
