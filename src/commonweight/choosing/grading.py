"""How open a model is, put together from what was seen, what is claimed, and its lineage. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from commonweight.hub import KnownModel, Repository
from commonweight.rights import Access, Component, Seen, claimed, gated_access

#: Steps after which a model is still bound by the terms of its parent, for the legal axis: the worst of them counts.
BINDING: Final = frozenset({"finetune", "merge", "quantise", "convert", "adapter", "prune"})
#: Steps through which a parent's components say something of the child's.
MADE_FROM: Final = frozenset({"finetune", "merge", "quantise", "convert", "prune", "distil_logits"})
NO_LICENCE: Final = "none"
EVALUATION_DATA: Final = "evaluation_data"

Lineage = Mapping[str, Any]


def access_to(repository: Repository, card: Mapping[str, Any]) -> Access:
    """By its gate, and what its card says that the gate asks."""
    fields = card.get("extra_gated_fields")
    asked = fields if isinstance(fields, dict | list) else ()
    prompt = " ".join(str(card.get(name, "")) for name in ("extra_gated_prompt", "extra_gated_description"))
    access = gated_access(repository.gated, map(str, asked), prompt, private=repository.is_private)
    return replace(access, countries=True) if card.get("extra_gated_eu_disallowed") is True else access


def claims_of(known: KnownModel) -> dict[str, Component]:
    """What the catalogue says of an entry's components: claims, all of them."""
    return {name: claimed(word) for name, word in known.components.items()}


def nodes_of(lineage: Lineage) -> dict[str, Mapping[str, Any]]:
    return {node["id"]: node for node in lineage["nodes"]}


def parents_of(lineage: Lineage, child: str, relations: Iterable[str]) -> list[tuple[str, str]]:
    """Parent and relation of each step from a node by one of these relations that is relied on."""
    wanted = set(relations)
    return [
        (edge["parent"], edge["relation"])
        for edge in lineage["edges"]
        if edge["child"] == child and edge["relation"] in wanted and edge.get("evidence") != "suspected"
    ]


def licences_of(lineage: Lineage) -> dict[str, tuple[str, ...]]:
    """
    By artefact: the root's own. Of the weights, every licence that binds them, the nearest first: a child's licence takes
    nothing of its parent's away.
    """
    nodes = nodes_of(lineage)
    root = nodes[lineage["root"]]
    own = own_licences(root)
    bound = (key for name in _bound_to(lineage) for key in _weights_keys(nodes[name]))
    return {**own, "weights": tuple(dict.fromkeys(bound))}


def own_licences(node: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What a node itself is under, by artefact; `*` for all that has no licence of its own."""
    found = {name: _keys(rows) for name, rows in node.get("licences", {}).items()}
    return {**found, "*": _keys(node.get("licence") or [])}


def _bound_to(lineage: Lineage) -> list[str]:
    """The root and every ancestor that it was made from, step by binding step."""
    found, waiting = [lineage["root"]], [lineage["root"]]
    while waiting:
        for parent, _relation in parents_of(lineage, waiting.pop(), BINDING):
            if parent not in found:
                found.append(parent)
                waiting.append(parent)
    return found


def _weights_keys(node: Mapping[str, Any]) -> tuple[str, ...]:
    rows = node.get("licences", {}).get("weights") or node.get("licence") or []
    return _keys(rows) or (NO_LICENCE,)


def _keys(rows: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(row["key"] for row in rows)


def data_licences(lineage: Lineage, child: str) -> tuple[str, ...]:
    """Licences of every data set that a node was trained on; `none` for one of which none is known."""
    nodes = nodes_of(lineage)
    sets = [nodes[parent] for parent, _relation in parents_of(lineage, child, ("trained_on_data",))]
    keys = [key for node in sets for key in (own_licences(node)["*"] or (NO_LICENCE,))]
    return tuple(dict.fromkeys(keys))


def with_data_terms(seen: Seen, lineage: Lineage, child: str) -> Seen:
    """Training data that is only claimed stands under the licences of the data sets named."""
    data, under = seen.components.get("data"), data_licences(lineage, child)
    if data is None or data.status != "claimed" or not under:
        return seen
    return replace(seen, components={**seen.components, "data": replace(data, under=under)})
