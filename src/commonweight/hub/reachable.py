"""What a network of repositories refers to: everything that can be reached from a branch, a tag or another ref."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from dulwich.objects import Tag
from sqlalchemy import select

from commonweight.db import Connection, Database
from commonweight.db.tables import hub as tables
from commonweight.hub.commits import parse_commit, tree_of
from commonweight.hub.objects import DIRECTORY, SUBMODULE, load, parse_items

_objects, _refs, _repositories = tables.git_objects.c, tables.refs.c, tables.repositories.c

Refs = frozenset[tuple[int, str, str]]
"""Of all repositories of a network: number, name, target."""


@dataclass
class Reached:
    """Ids as 20 bytes: a network may have millions."""

    refs: Refs
    ids: set[bytes] = field(default_factory=set)
    sha256s: set[str] = field(default_factory=set)
    """Of the large files."""
    missing: int = 0
    """Objects that are referred to and not there."""

    def add_new(self, ids: Iterable[str]) -> list[str]:
        """Those that had not been reached before."""
        new = [one for one in dict.fromkeys(ids) if bytes.fromhex(one) not in self.ids]
        self.ids.update(map(bytes.fromhex, new))
        return new


async def refs_of(connection: Connection, scope: int) -> Refs:
    query = (
        select(_refs.repository_id, _refs.name, _refs.target)
        .join(tables.repositories, _repositories.id == _refs.repository_id)
        .where(_repositories.scope == scope)
    )
    return frozenset((row.repository_id, row.name, row.target) for row in await connection.execute(query))


async def reach(database: Database, scope: int) -> Reached:
    """Walk everything from the refs of a scope, in many short transactions: nothing that is reached can go meanwhile."""
    async with database.read() as connection:
        found = Reached(await refs_of(connection, scope))
    trees = await _walk_commits(database, scope, found, [target for _, _, target in found.refs])
    await _walk_trees(database, scope, found, trees)
    async with database.read() as connection:
        pointers = select(_objects.id, _objects.large_sha256).where(
            _objects.scope == scope, _objects.large_sha256.is_not(None)
        )
        for row in await connection.execute(pointers):
            if bytes.fromhex(row.id) in found.ids:
                found.sha256s.add(row.large_sha256)
    return found


async def _walk_commits(database: Database, scope: int, found: Reached, targets: Collection[str]) -> list[str]:
    """Reach tags and commits with all their ancestors. Their trees."""
    trees: list[str] = []
    waiting = found.add_new(targets)
    while waiting:
        async with database.read() as connection:
            commits = await load(connection, scope, waiting, "commit")
            tags = await load(connection, scope, [one for one in waiting if one not in commits], "tag")
        found.missing += len(waiting) - len(commits) - len(tags)
        trees.extend(tree_of(data) for data in commits.values())
        parents = [parent for oid, data in commits.items() for parent in parse_commit(oid, data).parents]
        waiting = found.add_new([*parents, *map(_tagged, tags.values())])
    return trees


async def _walk_trees(database: Database, scope: int, found: Reached, roots: Collection[str]) -> None:
    waiting = found.add_new(roots)
    while waiting:
        async with database.read() as connection:
            folders = await load(connection, scope, waiting, "tree")
        found.missing += len(waiting) - len(folders)
        below: list[str] = []
        for data in folders.values():
            for mode, oid in parse_items(data).values():
                if mode == DIRECTORY:
                    below.append(oid)
                elif mode != SUBMODULE:
                    found.ids.add(bytes.fromhex(oid))
        waiting = found.add_new(below)


def _tagged(data: bytes) -> str:
    tag = Tag.from_string(data)
    assert isinstance(tag, Tag)
    return tag.object[1].decode()
