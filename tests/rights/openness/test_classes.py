"""The classes of the Model Openness Framework: counts, what is missing, what may stand in for what."""

from __future__ import annotations

import pytest

from commonweight.rights import Component
from commonweight.rights.openness.framework import FRAMEWORK, needed
from tests.rights.openness.world import CLASS_1, CLASS_2, CLASS_3, CLASSES, everything, grade, released, said


def test_there_are_seventeen_components_of_which_6_10_and_14_are_needed() -> None:
    assert len(FRAMEWORK) == len({part.number for part in FRAMEWORK}) == 17
    assert [len(needed(level)) for level in (3, 2, 1)] == [6, 10, 14]


def test_the_framework_numbers_are_its_own() -> None:
    assert {part.key: part.number for part in FRAMEWORK} == {
        "architecture_code": 9, "weights": 10, "technical_report": 11, "evaluation_results": 12, "model_card": 13,
        "data_information": 14, "sample_outputs": 20, "training_code": 7, "inference_code": 8, "evaluation_code": 18,
        "evaluation_data": 19, "supporting_libraries": 22, "data": 15, "preprocessing_code": 16,
        "intermediate_checkpoints": 24, "paper": 21, "model_metadata": 17,
    }  # fmt: skip


@pytest.mark.parametrize(("names", "level"), [(CLASS_1, 1), (CLASS_2, 2), (CLASS_3, 3), (CLASS_3[1:], 0)])
def test_a_class_is_reached_with_all_that_it_needs(names: tuple[str, ...], level: int) -> None:
    assert grade(released(*names)).classes.checked.level == level


def test_a_higher_class_does_not_make_up_for_a_lower_one() -> None:
    parts = released(*(name for name in CLASS_1 if name != "model_card"))
    found = grade(parts).classes.checked
    assert (found.level, found.missing) == (0, ("model_card",))
    assert found.counts[1] == (13, 14)


def test_a_paper_replaces_the_report_and_class_one_needs_one_fewer() -> None:
    parts = released(*(name for name in CLASS_1 if name != "technical_report"))
    found = grade(parts).classes.checked
    assert (found.level, found.counts) == (1, {3: (6, 6), 2: (10, 10), 1: (13, 13)})
    assert dict(found.by_stand_in) == {"technical_report": "paper"}


def test_a_detailed_report_may_stand_in_for_the_paper() -> None:
    parts = released(*(name for name in CLASS_1 if name != "paper"))
    assert grade(parts).classes.checked.level == 1


def test_what_is_missing_for_the_next_class_is_named() -> None:
    assert grade(released(*CLASS_3)).classes.checked.missing == CLASS_2[6:]


def test_claims_are_counted_apart() -> None:
    found = grade({**released(*CLASS_3), **said(*CLASS_2[6:])}).classes
    assert (found.checked.level, found.claimed.level) == (3, 2)


def test_only_part_of_a_component_does_not_count() -> None:
    parts = {**released(*CLASS_3), "weights": Component("released", "A", whole=False)}
    found = grade(parts)
    assert found.classes.checked.missing == ("weights",)
    assert found.components["weights"].lacks == "only part of it"


def test_data_of_any_licence_is_a_second_figure() -> None:
    parts = {**everything(), "data": Component("released", "B", under=("none",))}
    found = grade(parts).classes
    assert (found.checked.level, found.checked.missing) == (2, ("data",))
    assert found.checked_any_data.level == 1


def test_the_rules_are_named_with_their_version() -> None:
    assert "1.0 (2024-12-15)" in grade({}).to_whole_document()["classes"]["rules"]


@pytest.mark.parametrize(
    ("licence", "component", "counts", "legal"),
    [
        ("apache-2.0", "training_code", True, "open"),
        ("apache-2.0", "model_card", True, "open"),
        ("apache-2.0", "weights", True, "open_but_unsuited"),  # passes with a warning
        ("gpl-3.0", "training_code", True, "open_but_unsuited"),
        ("openmdw-1.1", "weights", True, "open"),
        ("cdla-permissive-2.0", "weights", True, "open"),
        ("cc0-1.0", "data", True, "open"),
        ("cc0-1.0", "model_card", True, "open"),
        ("pddl-1.0", "data", True, "open"),
        ("cc-by-4.0", "data", True, "open_but_unsuited"),
        ("cc-by-4.0", "model_card", True, "open"),
        ("odc-by-1.0", "training_code", False, "open_but_unsuited"),  # made for data
        ("c-uda-1.0", "data", False, "open_but_unsuited"),  # computing only
        ("cc-by-nc-4.0", "data", False, "non_commercial"),
        ("creativeml-openrail-m", "weights", False, "use_restricted"),
        ("llama-3.1", "model_card", False, "size_or_fee_restricted"),
        ("never-heard-of", "weights", False, "none_or_unknown"),
    ],
)
def test_a_licence_is_judged_by_the_kind_of_component(licence: str, component: str, counts: bool, legal: str) -> None:
    terms = grade(released(component), licence).components[component].terms
    assert (terms.counts, terms.legal.value) == (counts, legal)


def test_a_component_has_its_own_licence_else_that_of_its_kind_else_that_of_the_release() -> None:
    from commonweight.rights import grade_openness

    licences = {"weights": "llama-2", "inference_code": "mit", "*": "cc-by-4.0"}
    found = grade_openness(released("weights", "inference_code", "training_code", "model_card"), licences, "open", CLASSES)
    resolved = {key: (one.terms.keys, one.terms.source) for key, one in found.components.items()}
    assert resolved["weights"] == (("llama-2",), "own")
    assert resolved["training_code"] == (("mit",), "kind")
    assert resolved["model_card"] == (("cc-by-4.0",), "distribution")


def test_the_worst_of_several_licences_counts() -> None:
    from commonweight.rights import grade_openness

    found = grade_openness(released("weights"), {"*": ["mit", "llama-3.1"]}, "open", CLASSES)
    assert found.components["weights"].terms.legal.value == "size_or_fee_restricted"
    assert found.label.value == "open_weights_restricted"
