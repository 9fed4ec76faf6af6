"""The Open Source AI Definition, and the validation of 2024 by its authors as regression tests of the grader."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commonweight.hub.catalogue import KnownModel, packaged_catalogues
from commonweight.rights import Component, Openness, claimed, grade_openness
from commonweight.rights.openness import Osaid
from tests.rights.openness.world import CLASSES, everything, grade, released, said

KNOWN = {model.id: model for catalogue in packaged_catalogues() for model in catalogue.models}

MEET = ("EleutherAI/pythia", "allenai/olmo-7b", "LLM360/amber", "LLM360/crystalcoder", "google-t5/t5")
BY_TERMS_ONLY = ("bigscience/bloom", "bigcode/starcoder2", "tiiuae/falcon-180b")
DO_NOT = ("meta-llama/llama-2", "xai/grok-1", "microsoft/phi-2", "mistralai/mixtral-8x7b")


def checked(component: Component) -> Component:
    """A claim of the catalogue, treated as followed to something that is held and checked."""
    return replace(component, status="released", evidence="B") if component.status == "claimed" else component


def validated(known: KnownModel, licences: dict[str, str] | None = None) -> Openness:
    components = {name: checked(claimed(word)) for name, word in known.components.items()}
    return grade_openness(components, licences or {**known.artefact_licences, "*": known.licence}, "open", CLASSES)


def results(found: Osaid) -> dict[str, str]:
    return {element.key: element.result for element in found.elements}


@pytest.mark.parametrize("name", MEET)
def test_models_that_met_it_meet_it(name: str) -> None:
    found = validated(KNOWN[name])
    assert results(found.osaid) == {"data_information": "pass", "code": "pass", "parameters": "pass"}
    assert found.label.value == "open_source_ai"


@pytest.mark.parametrize("name", BY_TERMS_ONLY)
def test_models_that_would_meet_it_with_other_terms_fail_by_their_terms_alone(name: str) -> None:
    found = validated(KNOWN[name])
    assert found.osaid.result == "fail"
    assert all("it is under" in lack.what for element in found.osaid.elements for lack in element.lacks if lack.settled)
    assert validated(KNOWN[name], {"*": "apache-2.0"}).osaid.result == "pass"


@pytest.mark.parametrize("name", DO_NOT)
def test_models_that_did_not_meet_it_fail_whatever_their_terms(name: str) -> None:
    found = validated(KNOWN[name], {"*": "apache-2.0"})
    assert found.osaid.result == "fail"
    assert found.label.value in ("open_model", "open_weights_permissive")


@pytest.mark.parametrize("name", [*MEET, *BY_TERMS_ONLY, *DO_NOT])
def test_the_catalogue_says_what_the_authors_of_the_definition_found(name: str) -> None:
    word = "meets" if name in MEET else "would meet" if name in BY_TERMS_ONLY else "does not meet"
    assert word in KNOWN[name].osi_review


def test_a_claim_never_passes() -> None:
    found = grade(said(*everything())).osaid
    assert set(results(found).values()) == {"not_evaluable"}
    assert all(not lack.settled for element in found.elements for lack in element.lacks)


def test_the_training_data_itself_is_not_asked_for() -> None:
    without = {**everything(), "data": Component(), "intermediate_checkpoints": Component()}
    assert grade(without).osaid.result == "pass"


def test_each_missing_thing_is_a_sentence() -> None:
    found = grade(released("weights")).osaid
    assert results(found) == {"data_information": "not_evaluable", "code": "not_evaluable", "parameters": "pass"}
    after_looking = grade({**dict.fromkeys(everything(), Component()), **released("weights")}).osaid
    assert results(after_looking) == {"data_information": "fail", "code": "fail", "parameters": "pass"}
    assert after_looking.elements[1].lacks[0].what == "Not released: the code that prepared the data."


def test_a_description_of_data_that_leaves_statements_out_cannot_be_evaluated_by_a_program() -> None:
    parts = everything()
    parts["data_information"] = Component("released", "A", lacks=("where the training data came from",))
    found = grade(parts).osaid
    assert results(found)["data_information"] == "not_evaluable"
    assert "where the training data came from" in found.elements[0].lacks[0].what


def test_weights_in_fewer_bits_only_are_not_what_changes_are_made_to() -> None:
    parts = {**everything(), "weights": Component("released", "A", whole=False, form="quantised", lacks=("the original",))}
    assert results(grade(parts).osaid)["parameters"] == "fail"


def test_terms_that_nobody_recorded_leave_it_open_and_restrictive_ones_fail() -> None:
    assert results(grade(everything(), "never-heard-of").osaid)["parameters"] == "not_evaluable"
    assert results(grade(everything(), "llama-3.1").osaid)["parameters"] == "fail"
    assert results(grade(everything(), "none").osaid)["parameters"] == "fail"
