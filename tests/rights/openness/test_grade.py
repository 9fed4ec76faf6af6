"""Openness: four axes, and a label by which the worst wins."""

from __future__ import annotations

import pytest

from commonweight.rights import Component, components_of_files
from tests.rights.openness.world import CLASS_3, everything, grade, released, said


def test_everything_found_in_the_files_is_open_science() -> None:
    found = grade(everything())
    assert (found.completeness.grade, found.missing) == ("open_science", ())
    assert found.label.value == "open_source_ai"
    assert found.can["retrain"] is True


def test_weights_and_example_code_are_only_parts() -> None:
    found = grade(released("weights", "inference_code"))
    assert found.completeness.grade == "parts"
    assert "model_card" in found.missing
    assert found.label.value == "open_weights_permissive"


def test_a_claim_is_said_to_be_one_and_earns_no_better_label() -> None:
    found = grade(said(*CLASS_3))
    assert found.completeness.grade == "open_model"
    assert "not checked" in found.completeness.reason
    assert found.label.value == "open_weights_permissive"


def test_what_was_seen_decides_where_anything_was_seen() -> None:
    found = grade({**said(*CLASS_3), **released("weights")})
    assert (found.completeness.grade, found.completeness.evidence) == ("parts", "A")
    assert found.classes.claimed.grade.value == "open_model"


def test_a_model_of_the_third_class_is_an_open_model_not_open_source_ai() -> None:
    assert grade(released(*CLASS_3)).label.value == "open_model"


def test_a_part_under_terms_that_are_not_open_does_not_count() -> None:
    assert grade(released(*CLASS_3), "llama-2").completeness.grade == "parts"


@pytest.mark.parametrize(
    ("licence", "label"),
    [
        ("llama-2", "open_weights_restricted"),
        ("gemma-tou", "open_weights_use_restricted"),
        ("Apache-2.0", "open_weights_permissive"),
        ("mrl-0.1", "research_only"),
        ("stability-nc-research", "research_only"),
        ("never-heard-of", "unknown_terms"),
        ("none", "unknown_terms"),
        ("MIT OR llama-2", "open_weights_permissive"),
        ("MIT AND llama-2", "open_weights_restricted"),
    ],
)
def test_the_terms_of_the_weights_bound_the_label(licence: str, label: str) -> None:
    assert grade(released("weights"), licence).label.value == label


def test_good_terms_cannot_be_bought_by_everything_else_being_there() -> None:
    assert grade(everything(), "llama-2").label.value == "open_weights_restricted"


def test_what_can_only_be_called_is_closed() -> None:
    found = grade({"weights": Component("absent", "C")}, "proprietary-api", "api_only")
    assert (found.label.value, found.usability.grade) == ("closed_api", "nothing")


def test_nothing_known_is_unknown_and_not_closed() -> None:
    found = grade({})
    assert (found.completeness.grade, found.usability.grade) == ("unknown", "unknown")


def test_a_repository_without_weights_yet_is_not_called_closed() -> None:
    assert grade({"weights": Component()}).label.value == "open_weights_permissive"


def test_each_axis_has_a_reason() -> None:
    document = grade(released("weights")).to_document()
    assert all(document[axis]["reason"].endswith(".") for axis in ("completeness", "legal", "access", "usability"))


def test_usability_is_no_part_of_the_label() -> None:
    able, unable = (
        grade(released("weights", "config", "tokenizer")),
        grade({**released("weights"), "tokenizer": Component()}),
    )
    assert (able.can["run"], unable.can["run"]) == (True, False)
    assert able.label == unable.label


def test_files_show_components() -> None:
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    found = components_of_files(["README.md", *shards, "config.json", "tokenizer.json", "train.py"])
    assert set(found) == {"model_card", "weights", "config", "tokenizer", "training_code"}
    assert found["weights"].counts


def test_a_gguf_file_holds_tokenizer_and_configuration() -> None:
    assert set(components_of_files(["m.Q4_1.gguf"])) == {"weights", "tokenizer", "config"}


def test_an_adapter_alone_is_no_model() -> None:
    assert "weights" not in components_of_files(["adapter_model.safetensors", "adapter_config.json"])


def test_a_part_that_was_released_under_closed_terms_is_not_called_missing() -> None:
    graded = grade(released("weights", "model_card"), licence="llama-2")
    assert "Missing, or not under open terms, for the next class: the trained weights" in graded.completeness.reason
