"""Small questions and records for the tests of this room."""

from __future__ import annotations

from datetime import date
from typing import Any

from commonweight.rights import Question, Records, Terms, read_record

TODAY = date(2026, 11, 23)

TOY = """
format: commonweight.terms/1
key: toy-1
title: Toy License
family: toy
version: "1"
effective: 2024-01-01
licensor: Toy Inc.
ids: {hf: [toy]}
source: {repository: toy/toy, path: LICENSE, commit: abc, read: 2026-01-01}
text: {digests: [], copyable: false}
openness: use_restricted
review: {status: draft, by: Tests, date: 2026-01-01}
covers: {artefacts: [weights, data], clause: "1", evidence: text}
grants:
  use: {value: "yes", clause: "1", evidence: text, reason: May be used.}
  modify: {value: "yes", clause: "1", evidence: text, reason: May be changed.}
  distribute: {value: "yes", clause: "1", evidence: text, reason: May be passed on.}
  host: {value: "yes", clause: "1", evidence: text, reason: May be hosted.}
  commercial: {value: "yes", clause: "1", evidence: text, reason: May be sold.}
  outputs: {value: silent, clause: "1", evidence: text, reason: Nothing is said.}
reach:
  finetune: {mode: full, clause: "1", evidence: text}
  merge: {mode: full, clause: "1", evidence: text}
  quantise: {mode: full, clause: "1", evidence: text}
  convert: {mode: full, clause: "1", evidence: text}
  adapter: {mode: silent, treat_as: full, clause: "1", evidence: text, note: Whether an adapter is covered is open.}
  prune: {mode: full, clause: "1", evidence: text}
  distil_logits: {mode: none, clause: "1", evidence: text}
  trained_on_outputs: {mode: none, clause: "1", evidence: text}
  trained_on_data: {mode: none, clause: "1", evidence: text}
  includes_code: {mode: full, clause: "1", evidence: text}
  output_of: {mode: none, clause: "1", evidence: text}
propagates: {mode: terms_remain, clause: "1", evidence: text, note: the terms stay}
outputs: {owner: silent, training: silent, clause: "1", evidence: text, note: Nothing is said.}
"""


def toy(extra: str = "", key: str = "toy-1") -> Terms:
    """The toy record with more sections after it."""
    return read_record(TOY.replace("toy-1", key) + extra, "toy.yaml")


def toy_records(extra: str = "") -> Records:
    return Records([toy(extra)])


def question(acts: list[str] | None = None, **parts: Any) -> Question:
    """A question about one model under the toy terms, unless `subject` says otherwise."""
    document: dict[str, Any] = {
        "organisation": parts.pop("organisation", {}),
        "use": {"acts": acts or ["use_internally"], **parts.pop("use", {})},
        "subject": parts.pop("subject", {"nodes": [{"id": "a/model", "licence": "toy"}]}),
        **parts,
    }
    return Question.from_document(document, today=TODAY)


def chain(*relations: str, licences: tuple[str, ...] = (), evidence: str = "declared") -> dict[str, Any]:
    """A subject `n0` made from `n1` made from `n2`..., by the relations given; licences from the subject upwards."""
    nodes = [{"id": f"n{index}", "modality": ["text"]} for index in range(len(relations) + 1)]
    for node, licence in zip(nodes, licences, strict=False):
        node["licence"] = licence
    edges = [
        {"child": f"n{index}", "parent": f"n{index + 1}", "relation": relation, "evidence": evidence}
        for index, relation in enumerate(relations)
    ]
    return {"root": "n0", "nodes": nodes, "edges": edges}
