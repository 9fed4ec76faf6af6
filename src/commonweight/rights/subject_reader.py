"""The subject of a question: nodes and edges, checked to be a lineage (known ends, no cycle)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import product
from math import prod
from typing import Any, Final

from commonweight.rights.choices import MAX_WAYS
from commonweight.rights.documents import digest, plain_of
from commonweight.rights.errors import QuestionError
from commonweight.rights.question import Declared, Edge, Node, Subject
from commonweight.rights.reader import Reader
from commonweight.rights.spdx import alternatives_of
from commonweight.rights.vocabulary import ARTEFACTS, EDGE_EVIDENCE, NODE_KINDS, RELATIONS

MODALITIES: Final = ("text", "image", "audio", "video", "3d", "other")
NOTICES: Final = ("agreement", "notice", "badge")
DECLARED_BY: Final = ("tag", "file", "card", "header", "maker", "secondary")
MAX_KEY: Final = 200  # characters of a licence key; SPDX and hub keys have some forty, and longer ones are read with care
MAX_NODES: Final = 5_000  # merges of merges have some hundred ancestors
MAX_DEPTH: Final = 200  # steps from the subject to its oldest ancestor
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def read_subject(entry: Reader, recall: Callable[[str, Any, Callable[[], Any]], Any]) -> tuple[Subject, dict[str, Any]]:
    """
    The subject, and its document with nodes and edges in one order, so that the order given does not change its digest.

    Raises QuestionError for unknown ends, doubled ids, cycles and lineages beyond the bounds. `recall` may remember nodes
    and edges: most lineages end in the same few hundred bases.
    """
    entry.fields(("root", "nodes", "edges"))
    nodes: dict[str, Node] = {}
    plain_nodes: list[Any] = []
    for item in entry.at("nodes").each():
        node, plain = recall("node", item.value, partial(_node, item))
        if node.id in nodes:
            raise item.at("id").refuse("an id that no other node has")
        nodes[node.id] = node
        plain_nodes.append(plain)
    if not 1 <= len(nodes) <= MAX_NODES:
        raise QuestionError(entry.at("nodes").path, f"{len(nodes)} nodes", f"1 to {MAX_NODES}")
    root = next(iter(nodes)) if entry.at("root").missing and len(nodes) == 1 else entry.at("root").word(nodes)
    edges: set[Edge] = set()
    plain_edges: list[Any] = []
    for item in entry.at("edges").each():
        edge, plain = recall("edge", item.value, partial(_edge, item))
        edges.add(_between(edge, item, nodes))
        plain_edges.append(plain)
    ordered = tuple(sorted(edges, key=_place))
    _refuse_cycles(entry.at("edges"), nodes, ordered)
    plain = _canonical(entry.value, plain_nodes, plain_edges)
    return Subject(root, dict(sorted(nodes.items())), ordered, digest(plain)), plain


def _canonical(document: dict[str, Any], nodes: list[Any], edges: list[Any]) -> dict[str, Any]:
    given = {key: value for key, value in document.items() if value is not None}
    if "nodes" in given:
        given["nodes"] = sorted(nodes, key=_by_id)
    if "edges" in given:
        given["edges"] = sorted(edges, key=_by_ends)
    return given


def _by_id(row: dict[str, Any]) -> str:
    return str(row["id"])


def _by_ends(row: dict[str, Any]) -> tuple[str, str, str]:
    return (row["child"], row["parent"], row["relation"])


def _node(entry: Reader) -> tuple[Node, Any]:
    """The node, and its row in plain form."""
    given = entry.given(_NODE)
    node_id = given["id"] if "id" in given else entry.at("id").text()
    licences = _licences(given)
    node = Node(
        id=node_id,
        kind=given.get("kind", "model"),
        name=given.get("name") or node_id.rsplit("/", 1)[-1],
        licences={artefact: ways[0] for artefact, ways in licences.items()},
        released=given.get("released"),
        modality=given.get("modality"),
        made_by_asker=given.get("made_by"),
        notices=given.get("notices", {}),
        unread=given.get("unread", ()),
        choices={artefact: ways for artefact, ways in licences.items() if len(ways) > 1},
    )
    return node, plain_of(entry.value)


def _is_asker(entry: Reader) -> bool:
    return entry.word(("asker", "other")) == "asker"


def _notices(entry: Reader) -> dict[str, bool]:
    return {name: flag.flag() for name, flag in entry.fields(NOTICES).items()}


_Ways = tuple[tuple[Declared, ...], ...]


def _licences(given: dict[str, Any]) -> dict[str, _Ways]:
    """
    Licences by artefact, each as the ways to choose among them; `licence` alone speaks for every artefact and is kept
    under `*`.
    """
    found: dict[str, _Ways] = {"*": given["licence"]} if "licence" in given else {}
    return found | given["licences"] if "licences" in given else found


def _by_artefact(entry: Reader) -> dict[str, _Ways]:
    found: dict[str, _Ways] = {}
    for artefact, item in entry.items():
        Reader(artefact, item.path, QuestionError).word(ARTEFACTS)
        found[artefact] = _declared_list(item)
    return found


def _declared_list(entry: Reader) -> _Ways:
    """A list applies together, so each way takes one of each."""
    given = entry.value
    if type(given) is str and given and " " not in given and len(given) <= MAX_KEY:
        return ((Declared(given, "tag", None, None),),)
    items = list(entry.each()) if isinstance(entry.value, list) else [entry]
    each = [_declared(item) for item in items]
    if all(len(ways) == 1 for ways in each):
        return (tuple(dict.fromkeys(licence for ways in each for licence in ways[0])),)
    if prod(len(ways) for ways in each) > MAX_WAYS:
        raise entry.refuse(f"licences that leave at most {MAX_WAYS} ways to choose", "Name the licence that was chosen.")
    return tuple(tuple(dict.fromkeys(licence for way in ways for licence in way)) for ways in product(*each))


def _declared(entry: Reader) -> _Ways:
    if isinstance(entry.value, str):
        return _named(entry.text(), "tag", None, None)
    entry.fields(("key", "by", "text_date", "text_digest"))
    digest = entry.at("text_digest")
    if not digest.missing and not _DIGEST.fullmatch(digest.text()):
        raise digest.refuse("sha256: and 64 hexadecimal digits")
    by = "tag" if entry.at("by").missing else entry.at("by").word(DECLARED_BY)
    text_digest = None if digest.missing else digest.text()
    return _named(entry.at("key").text(), by, _text_date(entry.at("text_date")), text_digest)


def _named(text: str, by: str, text_date: date | None, text_digest: str | None) -> _Ways:
    return tuple(
        tuple(Declared(name.key, by, text_date, text_digest, name.exception) for name in way)
        for way in alternatives_of(text)
    )


def _text_date(entry: Reader) -> date | None:
    return entry.day_or_none()


def _place(edge: Edge) -> tuple[str, ...]:
    """One order for all edges, whatever the order given."""
    return (edge.child, edge.parent, edge.relation, edge.evidence, edge.source, f"{edge.by_asker} {edge.part} {edge.alike}")


def _edge(entry: Reader) -> tuple[Edge, Any]:
    """The edge with ends that may not exist, and its row in plain form."""
    given = entry.given(_EDGE)
    edge = Edge(
        child=entry.value.get("child"),
        parent=entry.value.get("parent"),
        relation=given["relation"] if "relation" in given else entry.at("relation").word(RELATIONS),
        evidence=given.get("evidence", "declared"),
        by_asker=given.get("by"),
        part=given.get("part", False),
        source=given.get("source", ""),
        alike=given.get("alike"),
    )
    return edge, plain_of(entry.value)


def _between(edge: Edge, entry: Reader, nodes: dict[str, Node]) -> Edge:
    """The edge between nodes that exist. Who made the child took the step, where nothing else is said."""
    child, parent = edge.child, edge.parent
    if not (type(child) is type(parent) is str and child in nodes and parent in nodes):
        entry.at("child").word(nodes)
        entry.at("parent").word(nodes)
    made_by_asker = nodes[child].made_by_asker
    return edge if edge.by_asker is not None or made_by_asker is None else edge._replace(by_asker=made_by_asker)


def _refuse_cycles(entry: Reader, nodes: dict[str, Node], edges: tuple[Edge, ...]) -> None:
    """Walk from the oldest ancestors down: what is never reached stands on a cycle."""
    if len(nodes) <= MAX_DEPTH:
        given = {node: number for number, node in enumerate(nodes)}
        if all(given[edge.child] < given[edge.parent] for edge in edges):
            return  # listed with every child before its parents, as most are
    waiting = dict.fromkeys(nodes, 0)
    children: dict[str, list[str]] = {}
    for edge in edges:
        waiting[edge.child] += 1
        children.setdefault(edge.parent, []).append(edge.child)
    ready = [node for node, count in waiting.items() if count == 0]
    depth = dict.fromkeys(ready, 0)
    while ready:
        node = ready.pop()
        for child in children.get(node, ()):
            depth[child] = max(depth.get(child, 0), depth[node] + 1)
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
    stuck = sorted(node for node, count in waiting.items() if count)
    if stuck:
        raise QuestionError(entry.path, f"a cycle through {', '.join(stuck[:5])}", "a lineage without cycles")
    if max(depth.values()) > MAX_DEPTH:
        raise QuestionError(entry.path, f"a chain of {max(depth.values())} steps", f"at most {MAX_DEPTH}")


#: By what each field is read. Some are shown by others and without effect here.
_NODE: Final[dict[str, Callable[[Reader], Any]]] = {
    "id": Reader.text,
    "kind": lambda entry: entry.word(NODE_KINDS),
    "name": Reader.text,
    "licence": _declared_list,
    "licences": _by_artefact,
    "released": Reader.day,
    "modality": lambda entry: frozenset(entry.words(MODALITIES)),
    "made_by": _is_asker,
    "notices": _notices,
    "unread": Reader.texts,
    **dict.fromkeys(("parameters", "publisher", "revision"), Reader.text),
}
_EDGE: Final[dict[str, Callable[[Reader], Any]]] = {
    **dict.fromkeys(("child", "parent"), lambda entry: entry.value),  # looked up among the nodes later
    "relation": lambda entry: entry.word(RELATIONS),
    "evidence": lambda entry: entry.word(EDGE_EVIDENCE),
    "by": _is_asker,
    "part": Reader.flag,
    "source": Reader.text,
    "alike": Reader.flag,
}
