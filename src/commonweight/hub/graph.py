"""
Commits as a graph: which of them somebody lacks who has some others.

As in git, an answer may hold more than is needed where clocks were wrong, never less.
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from commonweight.db import Database
from commonweight.hub.history import load_along

CHAIN = 500  # commits that one query brings; a clone of a long history needs all of them

_PARENT = re.compile(rb"parent ([0-9a-f]{40})\n")
_TIME = re.compile(rb"^committer [^\n]*> (\d+) [+-]\d+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Node:
    """A commit without its words."""

    id: str
    tree: str
    parents: tuple[str, ...]
    time: int  # of the committer, Unix seconds


@dataclass(frozen=True, slots=True)
class Lacking:
    """
    Commits that are lacking, children first as far as clocks allow, and what is there already. `rooted`: one of them has
    no parents, so that a better common ancestor may still come up.
    """

    commits: Sequence[Node]
    had: Mapping[str, Node]
    rooted: bool


@dataclass(frozen=True, slots=True)
class Deepen:
    """How much of a history is asked for: what `git clone --depth`, `--shallow-since` and `--shallow-exclude` say."""

    depth: int = 0
    relative: bool = False  # counted from where the client's history ends
    since: int = 0
    exclude: tuple[str, ...] = ()  # commits

    def __bool__(self) -> bool:
        return bool(self.depth or self.since or self.exclude)


def read_node(oid: str, data: bytes) -> Node:
    """From the bytes of a commit."""
    head = data.partition(b"\n\n")[0] + b"\n"
    parents, at = [], len(b"tree \n") + 40
    while found := _PARENT.match(head, at):
        parents.append(found[1].decode())
        at = found.end()
    time = _TIME.search(head)
    return Node(oid, head[5:45].decode(), tuple(parents), int(time[1]) if time else 0)


class Graph:
    """The commits of one scope, loaded along first parents and kept without their words."""

    def __init__(self, database: Database, scope: int) -> None:
        self._database = database
        self._scope = scope
        self._nodes: dict[str, Node] = {}

    async def node(self, oid: str) -> Node | None:
        """None where the scope has no such commit."""
        if oid not in self._nodes:
            async with self._database.read() as connection:
                found = await load_along(connection, self._scope, oid, CHAIN)
            self._nodes.update({one: read_node(one, data) for one, data in found.items() if one not in self._nodes})
        return self._nodes.get(oid)

    async def lacking(self, wants: Iterable[str], haves: Iterable[str]) -> Lacking:
        """What is reachable from `wants` and not from `haves`; as little of the history is looked at as will do."""
        walk = _Walk()
        for oid in haves:
            walk.meet(await self.node(oid), had=True)
        for oid in wants:
            walk.meet(await self.node(oid), had=False)
        while walk.open:
            node, had = walk.next()
            for parent in node.parents:
                walk.meet(await self.node(parent), had=had)
        commits = [one for one in walk.order if one.id not in walk.had]
        return Lacking(commits, walk.had, any(not one.parents for one in commits))

    async def ancestors(self, starts: Iterable[str], ends: Collection[str] = ()) -> dict[str, Node]:
        """Everything reachable, not beyond the commits `ends`."""
        found: dict[str, Node] = {}
        waiting = list(starts)
        while waiting:
            node = await self.node(oid) if (oid := waiting.pop()) not in found else None
            if node is not None:
                found[oid] = node
                waiting += [] if oid in ends else node.parents
        return found

    async def cut(self, wants: Collection[str], ends: Collection[str], deepen: Deepen) -> set[str]:
        """Where a history ends that is as deep as asked for: commits of which the parents stay away."""
        if deepen.depth:
            starts = [one for one in ends if one in await self.ancestors(wants)] if deepen.relative else wants
            return await self._at_depth(starts or wants, deepen.depth + (1 if deepen.relative and starts else 0))
        without = await self.ancestors(deepen.exclude)
        everything = await self.ancestors(wants)
        here = {oid for oid, node in everything.items() if oid not in without and node.time >= deepen.since}
        ends_here = {oid for oid in here if any(parent not in here for parent in everything[oid].parents)}
        return ends_here | (everything.keys() & set(wants)) - here  # who asks for a commit gets at least that

    async def _at_depth(self, starts: Iterable[str], depth: int) -> set[str]:
        level, seen = set(starts), set[str]()
        for _ in range(depth - 1):
            seen |= level
            nodes = [node for oid in level if (node := await self.node(oid))]
            level = {parent for node in nodes for parent in node.parents} - seen
            if not level:
                return set()
        ends = [node for oid in level if (node := await self.node(oid))]
        return {node.id for node in ends if node.parents}


@dataclass
class _Walk:
    """Newest first, with marks that are passed on to parents (git's limit_list)."""

    heap: list[tuple[int, int, Node]] = field(default_factory=list)
    open: set[str] = field(default_factory=set)  # in the heap, and not known to be there already
    seen: set[str] = field(default_factory=set)
    had: dict[str, Node] = field(default_factory=dict)
    order: list[Node] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def meet(self, node: Node | None, *, had: bool) -> None:
        if node is None or node.id in self.had or (not had and node.id in self.seen):
            return
        self.seen.add(node.id)
        if had:
            self.had[node.id] = node
            self.open.discard(node.id)
        else:
            self.open.add(node.id)
        heapq.heappush(self.heap, (-node.time, next(self.numbers), node))

    def next(self) -> tuple[Node, bool]:
        node = heapq.heappop(self.heap)[2]
        had = node.id in self.had
        if not had and node.id in self.open:
            self.open.discard(node.id)
            self.order.append(node)
        return node, had
