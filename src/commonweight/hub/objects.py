"""
Git objects: made with dulwich, byte for byte what git makes, and kept in a table by (scope, id).

Trees and commits lie in the row. A blob over INLINE_BYTES lies in storage, under a key that the row names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dulwich.objects import ObjectID, Tree
from sqlalchemy import delete, select

from commonweight.clock import Clock
from commonweight.db import Connection, Lock, insert_ignoring, share
from commonweight.db.tables import hub as tables
from commonweight.db.tables.collecting import doomed_git_objects
from commonweight.hub.pointers import MAX_POINTER_BYTES, parse_pointer
from commonweight.storage import Storage, give_up, refer

INLINE_BYTES = 64 * 1024  # larger blobs would make rows that a database moves slowly
IDS_AT_ONCE = 500  # values in one IN list
ROWS_AT_ONCE = 200  # rows in one INSERT; each may hold INLINE_BYTES

DIRECTORY = 0o040000
REGULAR = 0o100644
EXECUTABLE = 0o100755
SUBMODULE = 0o160000

TreeItems = dict[str, tuple[int, str]]
"""A folder: name -> (mode, id)."""


@dataclass(frozen=True, slots=True)
class GitObject:
    """An object on its way into the table. `data` is None for a blob that lies in storage already, under `key`."""

    id: str
    type: str
    size: int
    data: bytes | None
    parent: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """What a listing needs of a blob. `large_sha256` and `large_size` where it is an LFS pointer."""

    size: int
    large_sha256: str | None
    large_size: int | None


def object_id(kind: str, data: bytes) -> str:
    """The SHA-1 that git gives to an object (gitformat: `<type> <size>` NUL, then the bytes)."""
    digest = hashlib.sha1(f"{kind} {len(data)}\0".encode(), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def make_blob(data: bytes) -> GitObject:
    return GitObject(object_id("blob", data), "blob", len(data), data)


def make_tree(items: TreeItems) -> GitObject:
    tree = Tree()
    for name, (mode, oid) in items.items():
        tree.add(name.encode(errors="surrogateescape"), mode, ObjectID(oid.encode()))
    data = tree.as_raw_string()
    return GitObject(object_id("tree", data), "tree", len(data), data)


def parse_items(data: bytes) -> TreeItems:
    """A tree's entries. Names that are not UTF-8 (git allows them) keep their bytes as surrogates."""
    tree = Tree.from_string(data)
    assert isinstance(tree, Tree)
    return {entry.path.decode(errors="surrogateescape"): (entry.mode, entry.sha.decode()) for entry in tree.iteritems()}


async def load(connection: Connection, scope: int, ids: Collection[str], kind: str) -> dict[str, bytes]:
    """The bytes of trees, commits or small blobs; those that the scope does not hold are left out."""
    found: dict[str, bytes] = {}
    objects = tables.git_objects.c
    for batch in _batches(ids):
        query = select(objects.id, objects.data).where(objects.scope == scope, objects.id.in_(batch), objects.type == kind)
        found.update({row.id: row.data for row in await connection.execute(query) if row.data is not None})
    return found


async def blob_infos(connection: Connection, scope: int, ids: Collection[str]) -> dict[str, BlobInfo]:
    """Sizes and pointers of blobs, without their bytes."""
    found: dict[str, BlobInfo] = {}
    objects = tables.git_objects.c
    for batch in _batches(ids):
        query = select(objects.id, objects.size, objects.large_sha256, objects.large_size).where(
            objects.scope == scope, objects.id.in_(batch), objects.type == "blob"
        )
        found.update(
            {row.id: BlobInfo(row.size, row.large_sha256, row.large_size) for row in await connection.execute(query)}
        )
    return found


async def store(connection: Connection, scope: int, objects: Sequence[GitObject]) -> None:
    """
    Write rows in the caller's transaction, in the order of their ids so that two writers cannot wait for each other. What
    is there already is wanted again: collection leaves it alone.

    Raises BytesGone where a blob was put into storage days ago and nothing has referred to it since.
    """
    await share(connection, Lock.COLLECTION)
    ordered = sorted(objects, key=lambda one: one.id)
    for at in range(0, len(ordered), ROWS_AT_ONCE):
        some = ordered[at : at + ROWS_AT_ONCE]
        await insert_ignoring(connection, tables.git_objects, [_row(scope, one) for one in some])
        await _spare(connection, scope, [one.id for one in some])
        await _refer(connection, scope, {one.id: one.key for one in some if one.key})


async def mention(connection: Connection, scope: int, ids: Collection[str]) -> dict[str, str]:
    """
    The kinds (blob, tree, commit, tag) of those of these objects that the scope holds, for whoever is about to refer to
    them: collection leaves them alone.
    """
    found: dict[str, str] = {}
    await share(connection, Lock.COLLECTION)
    objects = tables.git_objects.c
    for batch in _batches(ids):
        query = select(objects.id, objects.type).where(objects.scope == scope, objects.id.in_(batch))
        found.update({row.id: row.type for row in await connection.execute(query)})
        await _spare(connection, scope, batch)
    return found


async def _spare(connection: Connection, scope: int, ids: Sequence[str]) -> None:
    doomed = doomed_git_objects.c
    await connection.execute(delete(doomed_git_objects).where(doomed.scope == scope, doomed.id.in_(ids)))


async def _refer(connection: Connection, scope: int, keys: Mapping[str, str]) -> None:
    """Claim the keys that rows name now. Others are of blobs that were there, and are removed tomorrow."""
    if keys:
        objects = tables.git_objects.c
        query = select(objects.key).where(objects.scope == scope, objects.id.in_(keys), objects.key.in_(keys.values()))
        await refer(connection, (await connection.scalars(query)).all())


async def give_up_all(connection: Connection, scope: int, clock: Clock) -> None:
    """Remove all objects of a scope; the bytes that lie in storage go a little later."""
    await share(connection, Lock.COLLECTION)
    objects = tables.git_objects
    keys = select(objects.c.key).where(objects.c.scope == scope, objects.c.key.is_not(None))
    await give_up(connection, keys, clock)
    await connection.execute(delete(objects).where(objects.c.scope == scope))


class Blobs:
    """Bytes of blobs, wherever they lie."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def keep(self, scope: int, blob: GitObject, least: int = INLINE_BYTES) -> GitObject:
        """The blob, ready for `store`: durable in storage first where it is over `least` bytes."""
        if blob.data is None or blob.size <= least:
            return blob
        key = await self._storage.put_new_blob(f"git/{scope}", blob.id, blob.data)
        return GitObject(blob.id, "blob", blob.size, None, key=key)

    async def read(self, connection: Connection, scope: int, oid: str) -> bytes | None:
        """All bytes of a blob; None where the scope does not hold it."""
        objects = tables.git_objects.c
        query = select(objects.data, objects.key).where(objects.scope == scope, objects.id == oid, objects.type == "blob")
        row = (await connection.execute(query)).first()
        if row is None:
            return None
        return await self._storage.get_blob(row.key) if row.data is None else bytes(row.data)


def _row(scope: int, one: GitObject) -> Mapping[str, Any]:
    pointer = parse_pointer(one.data) if one.type == "blob" and one.data and one.size <= MAX_POINTER_BYTES else None
    return {
        "scope": scope,
        "id": one.id,
        "type": one.type,
        "size": one.size,
        "data": one.data,
        "key": one.key,
        "parent": one.parent,
        "large_sha256": pointer.sha256 if pointer else None,
        "large_size": pointer.size if pointer else None,
    }


def _batches(ids: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(set(ids))
    for at in range(0, len(ordered), IDS_AT_ONCE):
        yield ordered[at : at + IDS_AT_ONCE]
