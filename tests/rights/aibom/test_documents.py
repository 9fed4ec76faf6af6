"""Bills of materials in both formats: valid by what the libraries ship, complete, the same each time."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_python_model.bindings import v3_0_1

from commonweight.rights import RELATIONS, Question, load_records
from commonweight.rights.aibom import Bill, BillFile, Facts, as_cyclonedx, as_spdx, make_bill

RECORDS = load_records()
FILES = (BillFile("model.safetensors", 12, "ab" * 32), BillFile("more weights/x.gguf", 7, ""))
FACTS = Facts(
    commit="c0ffee", made=datetime(2026, 11, 1, 12, 30, 5, 7, tzinfo=UTC), publisher="ada", address="https://hub.example/ada/reader",
    task="text-generation", architecture="LlamaForCausalLM", family="llama", library="transformers", languages=("en", "es"),
    metrics=(("accuracy", "0.5", "MMLU"),), files=FILES,
)  # fmt: skip
NODES: list[dict[str, Any]] = [
    {"id": "ada/reader", "licence": "mit", "modality": ["text"], "revision": "c0ffee", "publisher": "ada"},
    {"id": "meta/base", "licence": "llama3.2", "modality": ["text"], "released": "2024-09-25", "publisher": "meta"},
    {"id": "datasets/bob/poems", "kind": "dataset", "licence": "cc-by-4.0"},
    {"id": "svc/api", "kind": "service", "licence": "proprietary-api"},
    {"id": "dan/tool", "kind": "code", "licence": "mit"},
    {"id": "eve/hidden"},
]
EDGES: list[dict[str, Any]] = [
    {"child": "ada/reader", "parent": "meta/base", "relation": "finetune"},
    {"child": "ada/reader", "parent": "datasets/bob/poems", "relation": "trained_on_data", "part": True},
    {"child": "datasets/bob/poems", "parent": "svc/api", "relation": "output_of", "evidence": "secondary"},
    {"child": "ada/reader", "parent": "dan/tool", "relation": "includes_code"},
    {"child": "ada/reader", "parent": "eve/hidden", "relation": "finetune", "evidence": "suspected"},
]


def bill(nodes: Any = NODES, edges: Any = EDGES, facts: Facts = FACTS) -> Bill:
    subject = {"root": nodes[0]["id"], "nodes": nodes, "edges": edges}
    question = Question.from_document({"use": {"acts": ["evaluate"]}, "subject": subject}, today=facts.made.date())
    return make_bill(question, RECORDS, facts, {"ada/reader": "https://hub.example/ada/reader"}, "0.1.0")


def check_cyclonedx(document: dict[str, Any]) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(json.dumps(document)) is None


def check_spdx(document: dict[str, Any]) -> Any:
    """By the bindings, which are made from the standard's SHACL model; and every reference leads somewhere."""
    found = v3_0_1.SHACLObjectSet()
    v3_0_1.JSONLDDeserializer().read(io.BytesIO(json.dumps(document).encode()), found)
    assert {one for one in found.link() if not one.startswith("https://spdx.org/rdf/")} == set()
    v3_0_1.JSONLDSerializer().write(found, io.BytesIO())
    return found


def properties(component: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in component["properties"]}


def test_both_are_valid() -> None:
    check_cyclonedx(as_cyclonedx(bill()))
    check_spdx(as_spdx(bill()))


@pytest.mark.parametrize("relation", RELATIONS)
def test_both_are_valid_for_every_relation(relation: str) -> None:
    kind = "dataset" if relation == "trained_on_data" else "model"
    nodes = [{"id": "a/b c<d>"}, {"id": "é/ü", "kind": kind, "licence": "no such licence"}]
    found = bill(nodes, [{"child": "a/b c<d>", "parent": "é/ü", "relation": relation}], Facts("c0ffee", FACTS.made))
    check_cyclonedx(as_cyclonedx(found))
    check_spdx(as_spdx(found))


@pytest.mark.parametrize("key", [terms.key for terms in RECORDS])
def test_every_recorded_licence_can_be_named(key: str) -> None:
    found = bill([{"id": "a/b", "licence": key}], [])
    check_cyclonedx(as_cyclonedx(found))
    check_spdx(as_spdx(found))


def test_the_same_bill_gives_the_same_document() -> None:
    for write in (as_cyclonedx, as_spdx):
        assert json.dumps(write(bill())) == json.dumps(write(bill(NODES[:1] + NODES[:0:-1], EDGES[::-1])))


def test_serial_and_time_come_from_the_content() -> None:
    document = as_cyclonedx(bill())
    assert document["metadata"]["timestamp"] == "2026-11-01T12:30:05+00:00"
    other = as_cyclonedx(bill(edges=EDGES[:1]))
    assert document["serialNumber"] != other["serialNumber"]


def test_declared_and_effective_licences_stand_side_by_side() -> None:
    root = as_cyclonedx(bill())["metadata"]["component"]
    said = {
        (one["license"]["acknowledgement"], one["license"].get("id") or one["license"]["name"]) for one in root["licenses"]
    }
    assert said == {
        ("declared", "MIT"), ("concluded", "MIT"), ("concluded", "Llama 3.2 Community License Agreement"),
    }  # fmt: skip
    assert properties(root)["commonweight:licence:effective"] == "LicenseRef-commonweight-llama-3.2 AND MIT"


def test_what_is_not_known_stays_without_assertion() -> None:
    nodes = [{"id": "a/b", "licence": "mit"}, {"id": "c/d"}]
    found = bill(nodes, [{"child": "a/b", "parent": "c/d", "relation": "finetune"}])
    root = properties(as_cyclonedx(found)["metadata"]["component"])
    assert root["commonweight:licence:effective"] == "NOASSERTION"
    assert root["commonweight:licence:effective-at-least"] == "MIT"
    concluded = [one for one in as_spdx(found)["@graph"] if one.get("relationshipType") == "hasConcludedLicense"]
    assert all("NoAssertion" in one["to"][0] for one in concluded)


def test_a_choice_is_an_expression() -> None:
    root = as_cyclonedx(bill([{"id": "a/b", "licence": "MIT OR Apache-2.0"}], []))["metadata"]["component"]
    (licence,) = root["licenses"]
    assert sorted(licence["expression"].split(" OR ")) == ["Apache-2.0", "MIT"]
    assert " OR " in properties(root)["commonweight:licence:effective"]


def test_suspicions_are_left_out() -> None:
    for write in (as_cyclonedx, as_spdx):
        assert "eve/hidden" not in json.dumps(write(bill()))


def test_cyclonedx_has_model_card_hashes_pedigree_and_dependencies() -> None:
    document = as_cyclonedx(bill())
    root = document["metadata"]["component"]
    assert root["type"] == "machine-learning-model"
    assert root["modelCard"]["modelParameters"] == {
        "task": "text-generation", "architectureFamily": "llama", "modelArchitecture": "LlamaForCausalLM",
        "datasets": [{"ref": "dataset:datasets/bob/poems"}],
    }  # fmt: skip
    assert root["modelCard"]["quantitativeAnalysis"]["performanceMetrics"] == [
        {"type": "accuracy", "value": "0.5", "slice": "MMLU"}
    ]
    hashed = {file["name"]: [one["content"] for one in file.get("hashes", [])] for file in root["components"]}
    assert hashed == {"model.safetensors": ["ab" * 32], "more weights/x.gguf": []}
    assert [one["name"] for one in root["pedigree"]["ancestors"]] == ["base"]
    edges = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
    assert edges[root["bom-ref"]] == ["code:dan/tool", "dataset:datasets/bob/poems", "model:meta/base"]
    assert root["purl"].startswith("pkg:huggingface/ada/reader@c0ffee?repository_url=https")


def test_spdx_has_profiles_packages_and_relations() -> None:
    graph = as_spdx(bill())["@graph"]
    kinds = {one["type"] for one in graph}
    assert {"ai_AIPackage", "dataset_DatasetPackage", "software_File", "software_Sbom", "SpdxDocument"} <= kinds
    relations = {one["relationshipType"] for one in graph if one["type"] == "Relationship"}
    assert {"trainedOn", "descendantOf", "generates", "contains", "hasDeclaredLicense", "hasConcludedLicense"} <= relations
    (document,) = [one for one in graph if one["type"] == "SpdxDocument"]
    assert {"core", "ai", "dataset", "simpleLicensing"} <= set(document["profileConformance"])
    (root,) = [one for one in graph if one.get("name") == "ada/reader"]
    assert root["ai_typeOfModel"] == ["llama", "LlamaForCausalLM"]
