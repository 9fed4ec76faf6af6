"""
Everything that stands on something: the lineage graph, followed downwards.

Upwards each commit names its parents; downwards they are found by name, over the newest commits of `main` that the caller
may see and over the catalogue of known models. What is private stays private: it is neither shown nor passed through for
those who may not see it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import and_, delete, or_, select

from commonweight.db import Connection, Database, insert_ignoring
from commonweight.db.tables import hub as tables
from commonweight.db.tables import identity as accounts
from commonweight.hub.catalogue import KnownModel
from commonweight.hub.known import KnownModels
from commonweight.hub.refs import MAIN
from commonweight.hub.repositories import carries_weights, repository_of, visible_to
from commonweight.hub.steps import Step
from commonweight.hub.values import Repository, Revision
from commonweight.identity import Caller

MAX_DESCENDANTS: Final = 500  # nodes; the most derived bases have tens of thousands, of which a page shows the nearest
MAX_STEPS_DOWN: Final = 20  # published chains reach six
MAX_STEPS_KEPT: Final = 256  # of one commit; the largest real merges name about a dozen
FURTHER: Final = 1000  # position of the first step that something else than the card names; behind all those of the card

_edges = tables.lineage_edges
_repositories = tables.repositories


@dataclass(frozen=True)
class Descendant:
    """Something in the graph: a repository kept here, or an entry of the catalogue. `depth` counts steps from the start."""

    id: str
    kind: str
    name: str
    depth: int
    repository: Repository | None = None
    commit: str = ""
    known: KnownModel | None = None


@dataclass(frozen=True)
class Descent:
    """The start and what stands on it, nearest first; `cut` where the bounds left something out."""

    root: Descendant
    nodes: tuple[Descendant, ...]
    edges: tuple[tuple[str, str, Step], ...]  # child, parent (ids of nodes), and the step between
    cut: bool


@dataclass
class _Found:
    nodes: dict[str, Descendant] = field(default_factory=dict)
    edges: dict[tuple[str, str, str], tuple[str, str, Step]] = field(default_factory=dict)
    cut: bool = False


async def keep_steps(connection: Connection, revision: Revision, steps: Sequence[Step]) -> None:
    """Write what a commit was made from; what was written before stays."""
    rows = [_row(revision, position, step) for position, step in enumerate(steps[:MAX_STEPS_KEPT])]
    if rows:
        await insert_ignoring(connection, _edges, rows)


async def keep_further_steps(connection: Connection, revision: Revision, steps: Sequence[Step]) -> None:
    """What a commit was made from beside what its card names; what was said so before is said no longer."""
    mine = and_(_edges.c.repository_id == revision.repository.id, _edges.c.commit == revision.commit)
    await connection.execute(delete(_edges).where(mine, _edges.c.position >= FURTHER))
    rows = [_row(revision, FURTHER + position, step) for position, step in enumerate(steps[:MAX_STEPS_KEPT])]
    if rows:
        await insert_ignoring(connection, _edges, rows)


def _row(revision: Revision, position: int, step: Step) -> dict[str, Any]:
    return {
        "repository_id": revision.repository.id, "commit": revision.commit, "position": position,
        "parent_kind": step.kind, "parent": step.name, "parent_lower": step.name.lower(), "relation": step.relation,
        "evidence": step.evidence, "part": step.part, "source": step.source,
    }  # fmt: skip


class Descents:
    """Follows the graph downwards."""

    def __init__(self, database: Database, known: KnownModels) -> None:
        self._database = database
        self._known = known

    async def of(self, caller: Caller, start: Revision | KnownModel) -> Descent:
        """What stands on this, as far as the caller may see it. Breadth first, so that bounds cut what is furthest."""
        root = await self._start(start)
        found = _Found({root.id: root})
        waiting = deque([root])
        async with self._database.read() as connection:
            while waiting:
                parent = waiting.popleft()
                for child, step in await self._children(connection, caller, parent):
                    self._add(found, waiting, parent, child, step)
        nodes = tuple(node for node in found.nodes.values() if node.id != root.id)
        return Descent(root, nodes, tuple(found.edges.values()), found.cut)

    def _add(self, found: _Found, waiting: deque[Descendant], parent: Descendant, child: Descendant, step: Step) -> None:
        if child.id not in found.nodes:
            if len(found.nodes) > MAX_DESCENDANTS or child.depth > MAX_STEPS_DOWN:
                found.cut = True
                return
            found.nodes[child.id] = child
            waiting.append(child)
        if child.id != parent.id:
            found.edges.setdefault((child.id, parent.id, step.relation), (child.id, parent.id, step))

    async def _start(self, start: Revision | KnownModel) -> Descendant:
        if isinstance(start, KnownModel):
            return _of_known(start, 0)
        known = await self._known.find(start.repository.full_name)
        return _of_repository(start.repository, start.commit, known, 0)

    async def _children(self, connection: Connection, caller: Caller, parent: Descendant) -> list[tuple[Descendant, Step]]:
        hosted = await self._hosted(connection, caller, parent)
        if parent.known is None:
            return hosted
        return [*hosted, *await self._in_catalogue(parent.known, parent.depth + 1)]

    async def _hosted(self, connection: Connection, caller: Caller, parent: Descendant) -> list[tuple[Descendant, Step]]:
        names = await _names(connection, parent)
        patterns = parent.known.repositories if parent.known else ()
        rows = await connection.execute(_naming(caller, parent.kind, names, patterns))
        found = []
        for row in rows:
            if row.parent_lower not in names and not await self._means(row.parent, parent):
                continue  # a pattern of another entry fits this name better
            repository = repository_of(row)
            step = Step(row.parent, row.parent_kind, row.relation, row.evidence, row.part, row.source)
            known = await self._known.find(repository.full_name)
            found.append((_of_repository(repository, row.commit, known, parent.depth + 1), step))
        return found

    async def _means(self, name: str, parent: Descendant) -> bool:
        known = await self._known.find(name)
        return known is not None and parent.known is not None and known.id == parent.known.id

    async def _in_catalogue(self, parent: KnownModel, depth: int) -> list[tuple[Descendant, Step]]:
        found = []
        for known in await self._known.list(kind=None):
            for edge in known.lineage:
                meant = await self._known.find(edge.parent)
                if meant is not None and meant.id == parent.id:
                    kind = "dataset" if edge.relation == "trained_on_data" else "model"
                    step = Step(edge.parent, kind, edge.relation, edge.evidence, edge.part, edge.source)
                    found.append((_of_known(known, depth), step))
        return found


def _of_repository(repository: Repository, commit: str, known: KnownModel | None, depth: int) -> Descendant:
    name = f"datasets/{repository.full_name}" if repository.kind == "dataset" else repository.full_name
    return Descendant(name, repository.kind, repository.name, depth, repository, commit, known)


def _of_known(known: KnownModel, depth: int) -> Descendant:
    name = f"datasets/{known.id}" if known.kind == "dataset" else known.id
    return Descendant(name, known.kind, known.name, depth, known=known)


async def _names(connection: Connection, parent: Descendant) -> frozenset[str]:
    """Every name, in lower case, by which a child may call it: its own, those that it has left, its id when known."""
    names = {parent.known.id.lower()} if parent.known else set()
    if parent.repository is not None:
        names.add(parent.repository.full_name.lower())
        old = tables.redirects.c
        query = select(old.namespace_lower, old.name_lower).where(old.repository_id == parent.repository.id)
        names |= {f"{namespace}/{name}" for namespace, name in await connection.execute(query)}
    return frozenset(names)


def _naming(caller: Caller, kind: str, names: Iterable[str], patterns: Iterable[str]) -> Any:
    """The newest commits of `main` that name a parent so, with their repositories, as far as the caller may see them."""
    by_name = _edges.c.parent_lower.in_(sorted(names))
    by_pattern = [_edges.c.parent_lower.like(_like(pattern), escape="\\") for pattern in patterns]
    head = and_(
        tables.refs.c.repository_id == _edges.c.repository_id,
        tables.refs.c.name == MAIN,
        tables.refs.c.commit == _edges.c.commit,
    )
    return (
        select(_edges, _repositories, accounts.accounts.c.name.label("namespace"), carries_weights())
        .join(_repositories, _repositories.c.id == _edges.c.repository_id)
        .join(accounts.accounts, accounts.accounts.c.id == _repositories.c.namespace_id)
        .join(tables.refs, head)
        .where(_edges.c.parent_kind == kind, visible_to(caller), or_(by_name, *by_pattern))
        .order_by(_repositories.c.id, _edges.c.position)
        .limit(MAX_DESCENDANTS + 1)
    )


def _like(pattern: str) -> str:
    """An `fnmatch` pattern of the catalogue as one of LIKE; only `*` and `?` occur in names of repositories."""
    escaped = pattern.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%").replace("?", "_")
