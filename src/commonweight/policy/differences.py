"""What differs between two lineages, or two sets of facts: for whoever asks why a verdict came out otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

MAX_TOLD: Final = 5  # differences of one change; the two verdicts show the rest

#: Of a node, what a verdict can rest on.
_OF_NODE: Final = ("licence", "licences", "modality", "notices", "unread", "kind", "name")


def lineage_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """
    Steps that came or went, then nodes that say something else: `{"edge": …, "before"/"after": …}`, `{"node": …, "what": …,
    "before": …, "after": …}`. The root counts as the same node, whatever its commit.
    """
    found = [*_edges(before, after), *_nodes(before, after)]
    return found[:MAX_TOLD]


def _edges(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    old, new = _by_ends(before), _by_ends(after)
    for ends in sorted(old.keys() | new.keys()):
        if old.get(ends) != new.get(ends):
            child, parent = ends
            yield {"edge": {"child": child, "parent": parent}, "before": old.get(ends), "after": new.get(ends)}


def _by_ends(lineage: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for edge in lineage.get("edges", ()):
        said = f"{edge['relation']} ({edge.get('evidence', 'declared')})"
        found.setdefault((edge["child"], edge["parent"]), []).append(said)
    return {ends: sorted(said) for ends, said in found.items()}


def _nodes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    old = {node["id"]: node for node in before["nodes"]}
    for node in after["nodes"]:
        was = old.get(node["id"])
        if was is not None:
            yield from _in_node(node["id"], was, node)


def _in_node(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for what in _OF_NODE:
        if before.get(what) != after.get(what):
            yield {"node": name, "what": what, "before": _told(before.get(what)), "after": _told(after.get(what))}


def _told(value: Any) -> Any:
    """Licences by their keys alone."""
    if isinstance(value, list):
        return [entry["key"] if isinstance(entry, Mapping) and "key" in entry else entry for entry in value]
    return value


def fact_differences(before: Mapping[str, Any], after: Mapping[str, Any], part: str) -> dict[str, dict[str, Any]]:
    """Places that differ (`organisation.mau`), each with what was and what is; None where nothing was given."""
    names = sorted(before.keys() | after.keys())
    return {
        f"{part}.{name}": {"before": before.get(name), "after": after.get(name)}
        for name in names
        if before.get(name) != after.get(name)
    }
