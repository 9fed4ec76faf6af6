"""
The subject of a verdict: a model with everything that it was made from, as far as it can be followed.

Parents that a card names are looked for in this hub and in the catalogue of known models; where both have something by
that name, what both say counts. A parent that neither has stays in the lineage as a node without a licence, which makes
answers `unknown` and never milder. Bounds and cycles are cut the same way.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from commonweight.errors import NotFound
from commonweight.hub import (
    Hub,
    InvalidPath,
    InvalidRef,
    KnownModel,
    KnownModels,
    Repository,
    Revision,
    RevisionFacts,
    Step,
    steps_of,
)
from commonweight.identity import ANONYMOUS, Account, Caller
from commonweight.policy.declared import hosted_node, joined, known_node, stated_node
from commonweight.policy.values import Subject
from commonweight.rights import Records
from commonweight.vetting import LicenceTexts, Said

MAX_NODES: Final = 200  # merges of merges of well-known models stay below fifty
MAX_DEPTH: Final = 20  # steps from the subject; published chains reach six
MAX_PARENTS: Final = 64  # per node; the hub reads at most as many base models from one card
BEYOND: Final = "(further ancestors)"  # stands for what the bounds cut off; it has no licence, so nothing gets milder


class Headers(Protocol):
    """What the headers of weights say beside a card: `vetting.Weights`, or a stand-in."""

    async def said(self, revision: Revision, facts: RevisionFacts) -> Said: ...


@dataclass(frozen=True)
class _Found:
    """A node with its parents. `id` is what it is called in the subject."""

    id: str
    node: dict[str, Any]
    parents: tuple[Step, ...]


@dataclass
class _Graph:
    """Nodes and edges in the making; refuses an edge that would close a cycle."""

    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    edges: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    parents: dict[str, set[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)  # as children name their parents

    def add_edge(self, child: str, parent: str, step: Step) -> None:
        if child == parent or self._stands_on(parent, child):
            return
        self.parents.setdefault(child, set()).add(parent)
        document: dict[str, Any] = {"child": child, "parent": parent, "relation": step.relation, "evidence": step.evidence}
        document |= {"part": True} if step.part else {}
        document |= {"source": step.source} if step.source else {}
        self.edges.setdefault((child, parent, step.relation), document)

    def _stands_on(self, start: str, sought: str) -> bool:
        waiting, seen = [start], set[str]()
        while waiting:
            node = waiting.pop()
            if node == sought:
                return True
            if node not in seen:
                seen.add(node)
                waiting.extend(self.parents.get(node, ()))
        return False

    def document(self, root: str) -> dict[str, Any]:
        nodes = [self.nodes[name] for name in sorted(self.nodes)]
        return {"root": root, "nodes": nodes, "edges": [self.edges[key] for key in sorted(self.edges)]}


class Subjects:
    """Builds subjects from the hub and the catalogue."""

    def __init__(
        self, hub: Hub, known: KnownModels, records: Records, texts: LicenceTexts, headers: Headers | None = None
    ) -> None:
        self._hub = hub
        self._known = known
        self._records = records
        self._texts = texts
        self._headers = headers

    async def of_revision(self, revision: Revision) -> Subject:
        """A repository at a commit, with its lineage."""
        repository = revision.repository
        reader = _as_namespace(repository) if repository.is_private else ANONYMOUS
        root = await self._here(revision, await self._known.find(repository.full_name))
        graph = await self._followed(root, reader)
        return Subject(
            key=subject_key(revision),
            title=repository.full_name,
            document=graph.document(root.id),
            repository_id=repository.id,
            namespace_id=repository.namespace_id,
            private=repository.is_private,
            names=frozenset(graph.names),
        )

    async def of(self, model: Revision | KnownModel) -> Subject:
        """What a verdict on it is about: the model and its lineage, as a question takes it."""
        return await (self.of_known(model) if isinstance(model, KnownModel) else self.of_revision(model))

    async def of_known(self, known: KnownModel) -> Subject:
        """An entry of the catalogue, with its lineage."""
        root = _as_known(known)
        graph = await self._followed(root, ANONYMOUS)
        return Subject(known_key(known), known.name, graph.document(root.id), names=frozenset(graph.names))

    async def _followed(self, root: _Found, reader: Caller) -> _Graph:
        """Breadth first, so that what the bounds cut off is what is furthest away."""
        graph, waiting = _Graph(), deque([(root, 0)])
        graph.nodes[root.id] = root.node
        while waiting:
            child, depth = waiting.popleft()
            for step in child.parents[:MAX_PARENTS]:
                if depth >= MAX_DEPTH or len(graph.nodes) >= MAX_NODES:
                    _cut(graph, child.id, step)
                    continue
                parent = await self._find(step, reader)
                graph.names.add(_node_id(step.kind, step.name))
                if parent.id not in graph.nodes:
                    graph.nodes[parent.id] = parent.node
                    waiting.append((parent, depth + 1))
                graph.add_edge(child.id, parent.id, step)
            for step in child.parents[MAX_PARENTS:]:
                _cut(graph, child.id, step)
        return graph

    async def _find(self, step: Step, reader: Caller) -> _Found:
        if step.licence:
            node_id = _node_id(step.kind, step.name)
            return _Found(node_id, stated_node(step, node_id, self._records), ())
        known = await self._known.find(step.name)
        hosted = await self._find_hosted(step, reader)
        if known is None and hosted is None:
            node_id = _node_id(step.kind, step.name)
            return _Found(node_id, {"id": node_id, "kind": step.kind, "name": step.name.rpartition("/")[2]}, ())
        if hosted is not None:
            return await self._here(hosted, known)
        assert known is not None
        return _as_known(known)

    async def _find_hosted(self, step: Step, reader: Caller) -> Revision | None:
        """The parent in this hub, as far as every reader of the subject may know of it."""
        namespace, _, name = step.name.partition("/")
        if not name or "/" in name:
            return None
        try:
            repository = await self._hub.find(reader, step.kind, namespace, name)
            return await self._hub.resolve(repository, "main")
        except (NotFound, InvalidPath, InvalidRef):
            return None

    async def _here(self, revision: Revision, known: KnownModel | None) -> _Found:
        """What lies here; with what is known of that name, if anything is."""
        facts = await self._hub.facts(revision)
        said = await self._headers.said(revision, facts) if self._headers else Said()
        node_id = _node_id(revision.repository.kind, revision.repository.full_name)
        node = await hosted_node(revision, facts, self._texts, self._records, node_id, said.licences)
        steps = (*steps_of(facts), *said.steps)
        if known is None:
            return _Found(node_id, node, steps)
        return _Found(node_id, joined(node, known_node(known, node_id)), (*steps, *_known_parents(known)))


def subject_key(revision: Revision) -> str:
    """`models/ns/name@commit`: under which a verdict stands."""
    return f"{revision.repository.kind}s/{revision.repository.full_name}@{revision.commit}"


def known_key(known: KnownModel) -> str:
    return f"known/{known.id}"


def _as_known(known: KnownModel) -> _Found:
    node_id = _node_id(known.kind, known.id)
    return _Found(node_id, known_node(known, node_id), _known_parents(known))


def _as_namespace(repository: Repository) -> Caller:
    """Whoever reads a private repository reads its namespace: that much, and no more, is followed."""
    return Caller(Account(repository.namespace_id, "organisation", repository.namespace, repository.namespace))


def _node_id(kind: str, name: str) -> str:
    return f"datasets/{name}" if kind == "dataset" else name


def _known_parents(known: KnownModel) -> tuple[Step, ...]:
    return tuple(
        Step(edge.parent, _kind_of(edge.relation), edge.relation, edge.evidence, edge.part, edge.source)
        for edge in known.lineage
    )


def _kind_of(relation: str) -> str:
    return "dataset" if relation == "trained_on_data" else "model"


def _cut(graph: _Graph, child: str, step: Step) -> None:
    graph.nodes.setdefault(BEYOND, {"id": BEYOND, "kind": "model", "name": BEYOND})
    graph.add_edge(child, BEYOND, step)
