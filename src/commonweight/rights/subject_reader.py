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
_NODE: Final = frozenset({
    "id", "kind", "name", "licence", "licences", "released", "modality", "made_by", "notices", "parameters", "publisher",
    "revision",
})  # fmt: skip
_EDGE: Final = frozenset({"child", "parent", "relation", "evidence", "by", "part", "source"})
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def read_subject(entry: Reader, recall: Callable[[object, Any, Callable[[], Any]], Any]) -> Subject:
    """
    Raises QuestionError for unknown ends, doubled ids, cycles and lineages beyond the bounds. `recall` may remember nodes:
    most lineages end in the same few hundred bases.
    """
    entry.fields(("root", "nodes", "edges"))
    nodes: dict[str, Node] = {}
    for item in entry.at("nodes").each():
        node: Node = recall("node", item.value, partial(_node, item))
        if node.id in nodes:
            raise item.at("id").refuse("an id that no other node has")
        nodes[node.id] = node
    if not 1 <= len(nodes) <= MAX_NODES:
        raise QuestionError(entry.at("nodes").path, f"{len(nodes)} nodes", f"1 to {MAX_NODES}")
    root = next(iter(nodes)) if entry.at("root").missing and len(nodes) == 1 else entry.at("root").word(nodes)
    edges = {_edge(item, nodes) for item in entry.at("edges").each()}
    ordered = tuple(sorted(edges, key=_place))
    _refuse_cycles(entry.at("edges"), nodes, ordered)
    return Subject(root, dict(sorted(nodes.items())), ordered)


def _node(entry: Reader) -> Node:
    entry.fields(_NODE)
    node_id = entry.at("id").text()
    for label in ("parameters", "publisher", "revision"):  # shown by others, without effect here
        entry.optional(label, Reader.text)
    licences = _licences(entry)
    return Node(
        id=node_id,
        kind=entry.optional("kind", lambda item: item.word(NODE_KINDS)) or "model",
        name=entry.optional("name", Reader.text) or node_id.rsplit("/", 1)[-1],
        licences={artefact: ways[0] for artefact, ways in licences.items()},
        released=entry.optional("released", Reader.day),
        modality=entry.optional("modality", lambda item: frozenset(item.words(MODALITIES))),
        made_by_asker=entry.optional("made_by", _is_asker),
        notices=entry.optional("notices", _notices) or {},
        choices={artefact: ways for artefact, ways in licences.items() if len(ways) > 1},
    )


def _is_asker(entry: Reader) -> bool:
    return entry.word(("asker", "other")) == "asker"


def _notices(entry: Reader) -> dict[str, bool]:
    return {name: flag.flag() for name, flag in entry.fields(NOTICES).items()}


_Ways = tuple[tuple[Declared, ...], ...]


def _licences(entry: Reader) -> dict[str, _Ways]:
    """
    Licences by artefact, each as the ways to choose among them; `licence` alone speaks for every artefact and is kept
    under `*`.
    """
    found: dict[str, _Ways] = {}
    if entry.has("licence"):
        found["*"] = _declared_list(entry.at("licence"))
    for artefact, item in entry.at("licences").items() if entry.has("licences") else ():
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
    return (edge.child, edge.parent, edge.relation, edge.evidence, edge.source, f"{edge.by_asker} {edge.part}")


def _edge(entry: Reader, nodes: dict[str, Node]) -> Edge:
    entry.fields(_EDGE)
    by = entry.optional("by", _is_asker)
    child = entry.at("child").word(nodes)
    return Edge(
        child=child,
        parent=entry.at("parent").word(nodes),
        relation=entry.at("relation").word(RELATIONS),
        evidence=entry.optional("evidence", lambda item: item.word(EDGE_EVIDENCE)) or "declared",
        by_asker=nodes[child].made_by_asker if by is None else by,
        part=entry.optional("part", Reader.flag) or False,
        source=entry.optional("source", Reader.text) or "",
    )


def _refuse_cycles(entry: Reader, nodes: dict[str, Node], edges: tuple[Edge, ...]) -> None:
    """Walk from the oldest ancestors down: what is never reached stands on a cycle."""
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


def canonical_subject(subject: dict[str, Any]) -> dict[str, Any]:
    """The same document with nodes and edges in one order, so that the order given does not change the digest."""
    subject = dict(subject)
    for name, keys in (("nodes", ("id",)), ("edges", ("child", "parent", "relation"))):
        rows = subject.get(name)
        if isinstance(rows, list):
            subject[name] = sorted(rows, key=lambda row: tuple(str(row.get(key)) for key in keys))
    return subject
