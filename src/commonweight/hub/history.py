"""Walking through commits, newest first."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Collection

from sqlalchemy import literal, select

from commonweight.db import Connection
from commonweight.db.tables import hub as tables
from commonweight.hub.commits import parse_commit, tree_of
from commonweight.hub.objects import TreeItems
from commonweight.hub.trees import load_folders
from commonweight.hub.values import Commit

COMMITS_AT_ONCE = 64  # one query brings this many first parents
MAX_WALK = 500  # commits looked through for the last change of files; a page can live without the rest

_objects = tables.git_objects


class History:
    """Commits of one scope, loaded along first parents and kept while the walk lasts."""

    def __init__(self, connection: Connection, scope: int) -> None:
        self._connection = connection
        self._scope = scope
        self._data: dict[str, bytes] = {}

    async def commit(self, oid: str) -> Commit | None:
        if oid not in self._data:
            await self._load_along(oid)
        data = self._data.get(oid)
        return parse_commit(oid, data) if data is not None else None

    def tree(self, oid: str) -> str:
        """The root tree of a commit that has been loaded."""
        return tree_of(self._data[oid])

    async def walk(self, start: str) -> AsyncIterator[Commit]:
        """Every ancestor once, newest first; a child always before its parents where clocks allow."""
        seen, order = {start}, 0
        first = await self.commit(start)
        heap = [(-first.date.timestamp(), order, first)] if first else []
        while heap:
            current = heapq.heappop(heap)[2]
            yield current
            for parent in current.parents:
                found = await self.commit(parent) if parent not in seen else None
                seen.add(parent)
                if found is not None:
                    order += 1
                    heapq.heappush(heap, (-found.date.timestamp(), order, found))

    async def _load_along(self, oid: str) -> None:
        self._data.update(await load_along(self._connection, self._scope, oid, COMMITS_AT_ONCE))


async def load_along(connection: Connection, scope: int, oid: str, depth: int) -> dict[str, bytes]:
    """A commit and up to `depth` of its first parents, in one query."""
    chain = (
        select(_objects.c.id, _objects.c.parent, literal(1).label("depth"))
        .where(_objects.c.scope == scope, _objects.c.id == oid)
        .cte("chain", recursive=True)
    )
    chain = chain.union_all(
        select(_objects.c.id, _objects.c.parent, chain.c.depth + 1).where(
            _objects.c.scope == scope, _objects.c.id == chain.c.parent, chain.c.depth < depth
        )
    )
    query = select(_objects.c.id, _objects.c.data).where(
        _objects.c.scope == scope, _objects.c.type == "commit", _objects.c.id.in_(select(chain.c.id))
    )
    return {row.id: row.data for row in await connection.execute(query)}


async def last_changes(
    history: History, connection: Connection, scope: int, start: str, paths: Collection[str]
) -> dict[str, Commit]:
    """The newest commit that changed each path, along first parents; paths not settled within MAX_WALK are left out."""
    found: dict[str, Commit] = {}
    known: dict[str, TreeItems] = {}
    wanted, current, walked = set(paths), await history.commit(start), 0
    here = await _ids(history, connection, scope, current, wanted, known)
    while current is not None and wanted and walked < MAX_WALK:
        parent = await history.commit(current.parents[0]) if current.parents else None
        before = await _ids(history, connection, scope, parent, wanted, known)
        settled = {path for path in wanted if here.get(path) != before.get(path)}
        found.update(dict.fromkeys(settled, current))
        wanted -= settled
        current, here, walked = parent, before, walked + 1
    return found


async def _ids(
    history: History,
    connection: Connection,
    scope: int,
    commit: Commit | None,
    paths: Collection[str],
    known: dict[str, TreeItems],
) -> dict[str, tuple[int, str]]:
    """What stands at each path in a commit."""
    if commit is None:
        return {}
    wanted = {path.rpartition("/")[0] for path in paths}
    folders = await load_folders(connection, scope, history.tree(commit.id), wanted, known)
    found = ((path, folders.get(path.rpartition("/")[0], {}).get(path.rpartition("/")[2])) for path in paths)
    return {path: item for path, item in found if item is not None}
