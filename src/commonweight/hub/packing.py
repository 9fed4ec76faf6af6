"""
Packs for who fetches: which objects somebody lacks, and their bytes as a pack (gitformat-pack, version 2).

Objects never change, so no connection is held while a slow client takes its time. A pack has no deltas: large files are not
in git here, and what is left is small. Ids are 20 bytes here, since a large repository has a million of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import struct
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from commonweight.db import Connection, Database
from commonweight.db.tables import hub as tables
from commonweight.hub.graph import Lacking, Node
from commonweight.hub.objects import IDS_AT_ONCE, SUBMODULE, load
from commonweight.storage import NotStored, Storage

BATCH_BYTES = 4 << 20  # of objects in memory at once, for each client that fetches; one larger object comes alone
OFF_LOOP_BYTES = 64 << 10  # of trees; to look through more takes milliseconds
LEVEL = 1  # of zlib: a quarter larger than the best, in a fifth of the time
MAX_KNOWN = 4  # commits of the client with which a folder is compared; more find hardly anything
TYPES = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)  # of a tree: mode, name, id

_DIRECTORY = (b"40000", b"040000")
_SUBMODULE = b"%o" % SUBMODULE
_objects = tables.git_objects.c

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Folder:
    """A tree to send, and trees at the same place that the client has."""

    id: bytes
    known: tuple[bytes, ...] = ()


class Packer:
    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    async def objects(self, scope: int, lacking: Lacking, more: Sequence[str], counted: Progress) -> list[bytes]:
        """
        The ids of everything that a client lacks: `more` (tags, say), commits, trees, blobs. `counted` is told how many
        there are so far.
        """
        search = _Search({bytes.fromhex(one.id) for one in lacking.commits} | {bytes.fromhex(one) for one in more})
        found = [bytes.fromhex(one) for one in more] + [bytes.fromhex(one.id) for one in lacking.commits]
        level = await asyncio.to_thread(search.begin, _roots(lacking))
        while level:
            found += [one.id for one in level]
            following: list[Folder] = []
            async for folders, data in self._with_data(scope, level):
                following += await _looked(search, folders, data)
                counted(len(found) + len(search.blobs))
            level = following
        return found + search.blobs

    async def _with_data(
        self, scope: int, level: Sequence[Folder]
    ) -> AsyncIterator[tuple[list[Folder], Mapping[bytes, bytes]]]:
        """Folders with the bytes of their trees and of those that they are compared with."""
        whole = {one.id: one for one in level}
        async for ids in self._batches(scope, list(whole)):
            folders = [whole[one] for one in ids]
            known = {oid for one in folders for oid in one.known}
            async with self._database.read() as connection:
                data = await load(connection, scope, [one.hex() for one in {*ids, *known}], "tree")
            yield folders, {bytes.fromhex(oid): text for oid, text in data.items()}

    async def pack(self, scope: int, ids: Sequence[bytes]) -> AsyncIterator[bytes]:
        """The pack with these objects, in pieces. Raises NotStored where one is gone."""
        head = b"PACK" + struct.pack(">II", 2, len(ids))
        digest = hashlib.sha1(head, usedforsecurity=False)
        yield head
        async for batch in self._batches(scope, ids):
            async with self._database.read() as connection:
                rows = await _rows(connection, scope, batch)
            whole = [await self._whole(rows, one.hex()) for one in batch]
            piece = await asyncio.to_thread(_packed, whole)
            digest.update(piece)
            yield piece
        yield digest.digest()

    async def _whole(self, rows: Mapping[str, _Object], oid: str) -> tuple[str, bytes]:
        found = rows.get(oid)
        if found is None:
            raise NotStored(f"The git object {oid} was removed while it was packed.")
        return found.type, await self._storage.get_blob(str(found.key)) if found.data is None else found.data

    async def _batches(self, scope: int, ids: Sequence[bytes]) -> AsyncIterator[list[bytes]]:
        """The same ids in the same order, as many at a time as have BATCH_BYTES in all."""
        for at in range(0, len(ids), IDS_AT_ONCE):
            some = ids[at : at + IDS_AT_ONCE]
            names = [one.hex() for one in some]
            async with self._database.read() as connection:
                query = select(_objects.id, _objects.size).where(_objects.scope == scope, _objects.id.in_(names))
                sizes = {row.id: row.size for row in await connection.execute(query)}
            for batch in _split(some, sizes):
                yield batch


class _Search:
    """What was met on the way. Runs in a thread where trees are large."""

    def __init__(self, seen: set[bytes]) -> None:
        self._seen = seen
        self.blobs: list[bytes] = []

    def begin(self, roots: Iterable[Folder]) -> list[Folder]:
        return [one for one in roots if self._is_new(one.id)]

    def look(self, folders: Sequence[Folder], data: Mapping[bytes, bytes]) -> list[Folder]:
        """The folders below these; what else lies in them is among `blobs` afterwards."""
        below: list[Folder] = []
        known = {oid: _entries(data.get(oid, b"")) for oid in {oid for one in folders for oid in one.known}}
        for entries in known.values():
            self._seen.update(oid for _, oid in entries.values())
        for one in folders:
            for mode, name, oid in ENTRY.findall(data.get(one.id, b"")):
                if mode == _SUBMODULE or not self._is_new(oid):
                    continue
                if mode not in _DIRECTORY:
                    self.blobs.append(oid)
                    continue
                there = (known[other].get(name) for other in one.known)
                below.append(Folder(oid, tuple(item[1] for item in there if item and item[0] in _DIRECTORY)))
        return below

    def _is_new(self, oid: bytes) -> bool:
        if oid in self._seen:
            return False
        self._seen.add(oid)
        return True


def _roots(lacking: Lacking) -> Iterator[Folder]:
    """The root folders of all commits, each with those of the nearest commits that are there."""
    nearest: dict[str, tuple[bytes, ...]] = {}
    recent = sorted(lacking.had.values(), key=lambda one: -one.time)[:MAX_KNOWN]
    otherwise = tuple(bytes.fromhex(one.tree) for one in recent)
    for node in reversed(lacking.commits):
        nearest[node.id] = _known(node, lacking.had, nearest) or otherwise
        yield Folder(bytes.fromhex(node.tree), nearest[node.id])


def _known(node: Node, had: Mapping[str, Node], nearest: Mapping[str, tuple[bytes, ...]]) -> tuple[bytes, ...]:
    found: dict[bytes, None] = {}
    for parent in node.parents:
        trees = (bytes.fromhex(had[parent].tree),) if parent in had else nearest.get(parent, ())
        found.update(dict.fromkeys(trees))
    return tuple(found)[:MAX_KNOWN]


def _entries(data: bytes) -> dict[bytes, tuple[bytes, bytes]]:
    return {name: (mode, oid) for mode, name, oid in ENTRY.findall(data)}


def _split(ids: Sequence[bytes], sizes: Mapping[str, int]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    total = 0
    for one in ids:
        size = sizes.get(one.hex(), 0)
        if batch and total + size > BATCH_BYTES:
            yield batch
            batch, total = [], 0
        batch.append(one)
        total += size
    if batch:
        yield batch


class _Object(NamedTuple):
    type: str
    data: bytes | None
    key: str | None
    """Where the bytes lie in storage, where they are not in the row."""


async def _rows(connection: Connection, scope: int, ids: Sequence[bytes]) -> dict[str, _Object]:
    query = select(_objects.id, _objects.type, _objects.data, _objects.key).where(
        _objects.scope == scope, _objects.id.in_([one.hex() for one in ids])
    )
    return {row.id: _Object(row.type, row.data, row.key) for row in await connection.execute(query)}


async def _looked(search: _Search, folders: Sequence[Folder], data: Mapping[bytes, bytes]) -> list[Folder]:
    """A thread costs more than a few small trees do."""
    if sum(map(len, data.values())) < OFF_LOOP_BYTES:
        return search.look(folders, data)
    return await asyncio.to_thread(search.look, folders, data)


def _packed(objects: Sequence[tuple[str, bytes]]) -> bytes:
    return b"".join(
        part for kind, data in objects for part in (entry_head(TYPES[kind], len(data)), zlib.compress(data, LEVEL))
    )


def entry_head(kind: int, size: int) -> bytes:
    """Type and size of an object in a pack: four bits of the size, then seven in each further byte."""
    first, size = (kind << 4) | (size & 15), size >> 4
    out = bytearray()
    while size:
        out.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    out.append(first)
    return bytes(out)
