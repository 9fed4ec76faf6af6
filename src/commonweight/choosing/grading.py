"""How open a model is, from what lies here (evidence A) or what the catalogue claims (evidence C)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from commonweight.hub import KnownModel, Repository
from commonweight.rights import Component, LicenceClasses, Openness, components_of_files, grade_openness

#: Steps after which a model is still bound by the terms of its parent, for the legal axis: the worst of them counts.
_BINDING: Final = frozenset({"finetune", "merge", "quantise", "convert", "adapter", "prune"})
_ACCESS_OF_GATE: Final = {"": "open", "auto": "form", "manual": "manual_approval"}
_NO_LICENCE: Final = "none"


def grade_hosted(
    repository: Repository, paths: Iterable[str], lineage: Mapping[str, Any], classes: LicenceClasses
) -> Openness:
    """A repository kept here: components are the files seen in it."""
    access = "manual_approval" if repository.is_private else _ACCESS_OF_GATE.get(repository.gated, "unknown")
    return grade_openness(components_of_files(paths), _licences(lineage, classes), access, classes)


def grade_known(known: KnownModel, lineage: Mapping[str, Any], classes: LicenceClasses) -> Openness:
    """An entry of the catalogue: components are claims."""
    components = {name: Component(status, "C") for name, status in known.components.items()}
    return grade_openness(components, _licences(lineage, classes), known.access, classes)


def _licences(lineage: Mapping[str, Any], classes: LicenceClasses) -> dict[str, str]:
    """By artefact: the root's own where it names one; `*` is the least open of all that bind the weights."""
    nodes = {node["id"]: node for node in lineage["nodes"]}
    root = nodes[lineage["root"]]
    own = {name: _worst(_keys(rows), classes) for name, rows in root.get("licences", {}).items() if name != "weights"}
    binding = [key for name in _bound_to(lineage) for key in _weights_keys(nodes[name])]
    return {**own, "*": _worst(binding, classes)}


def _bound_to(lineage: Mapping[str, Any]) -> list[str]:
    """The root and every ancestor that it was made from, step by binding step."""
    found, waiting = [lineage["root"]], [lineage["root"]]
    while waiting:
        child = waiting.pop()
        for edge in lineage["edges"]:
            if edge["child"] == child and edge["relation"] in _BINDING and edge["parent"] not in found:
                found.append(edge["parent"])
                waiting.append(edge["parent"])
    return found


def _weights_keys(node: Mapping[str, Any]) -> list[str]:
    rows = node.get("licences", {}).get("weights") or node.get("licence") or []
    return _keys(rows) or [_NO_LICENCE]


def _keys(rows: Iterable[Mapping[str, str]]) -> list[str]:
    return [row["key"] for row in rows]


def _worst(keys: Iterable[str], classes: LicenceClasses) -> str:
    """The licence of the least open class; the classes stand in that order in their vocabulary."""

    def rank(key: str) -> int:
        legal, _ = classes.of(key)
        return list(type(legal)).index(legal)

    return max(keys, key=rank, default=_NO_LICENCE)  # of several alike the first, which is the nearest
