"""The question about a folder of model files: what its card and its licence texts say, and what is known of its parents."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from commonweight.cli.folders import licences_in, release_in
from commonweight.hub import KnownModel
from commonweight.hub.catalogue import packaged_catalogues
from commonweight.rights import Records

MAX_NODES: Final = 200  # as policy follows lineages; merges of merges of known models stay below fifty
RELATIONS: Final = {
    "finetune": "finetune", "adapter": "adapter", "merge": "merge", "quantized": "quantise", "quantised": "quantise",
    "convert": "convert", "converted": "convert", "prune": "prune", "pruned": "prune", "distill": "distil_logits",
}  # fmt: skip


def subject_of_folder(folder: Path, records: Records) -> dict[str, Any]:
    """`subject` of a question: the folder as the asker's own, its parents as the packaged catalogue has them."""
    release = release_in(folder)
    licences = licences_in(folder, release, records)
    root = folder.resolve().name
    node: dict[str, Any] = {"id": root, "name": root, "made_by": "asker"}
    if "*" in licences:
        node["licence"] = [{"key": key, "by": "card"} for key in licences["*"]]
    others = {artefact: list(keys) for artefact, keys in licences.items() if artefact != "*"}
    node |= {"licences": others} if others else {}
    nodes, edges = {root: node}, []
    waiting = [(root, name, relation, "declared") for name, relation in _parents(release.card)]
    for child, name, relation, evidence in waiting:  # grows while it is walked
        known = _known(name)
        parent = known.id if known else name
        if parent not in nodes and len(nodes) < MAX_NODES:
            nodes[parent] = _node(parent, known)
            waiting += [(parent, edge.parent, edge.relation, edge.evidence) for edge in (known.lineage if known else ())]
        if parent in nodes and child != parent:
            edges.append({"child": child, "parent": parent, "relation": relation, "evidence": evidence})
    return {"root": root, "nodes": list(nodes.values()), "edges": edges}


def _parents(card: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = card.get("base_model")
    names = [str(name) for name in (found if isinstance(found, list) else [found] if found else [])]
    word = str(card.get("base_model_relation") or ("merge" if len(names) > 1 else "finetune"))
    yield from ((name, RELATIONS.get(word.lower(), "finetune")) for name in names)


def _known(name: str) -> KnownModel | None:
    """By id, else by the patterns of an entry's repositories, the longest first."""
    models = [model for catalogue in packaged_catalogues() for model in catalogue.models]
    wanted = name.lower()
    exact = next((model for model in models if model.id.lower() == wanted), None)
    patterns = sorted(((pattern.lower(), model) for model in models for pattern in model.repositories), key=_longest)
    return exact or next((model for pattern, model in patterns if fnmatch.fnmatchcase(wanted, pattern)), None)


def _longest(pair: tuple[str, KnownModel]) -> tuple[int, str]:
    return (-len(pair[0]), pair[0])


def _node(name: str, known: KnownModel | None) -> dict[str, Any]:
    """A parent that nobody knows stands there without a licence, which makes an answer unknown and never milder."""
    if known is None:
        return {"id": name, "name": name.rpartition("/")[2]}
    by = "maker" if known.evidence in ("text", "registry") else "secondary"
    licences = {artefact: {"key": key, "by": by} for artefact, key in known.artefact_licences.items()}
    return {
        "id": name,
        "kind": known.kind,
        "name": known.name,
        "licence": {"key": known.licence, "by": by},
        **({"licences": licences} if licences else {}),
        **({"modality": list(known.modality)} if known.modality else {}),
    }
