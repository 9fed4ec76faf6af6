"""What of this room is scrubbed: xorbs, files that lie whole, and files in chunks, by what the tables say of those."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import func, select

from commonweight.db import Connection, Database
from commonweight.db.tables.dedup import whole_files
from commonweight.db.tables.storage import large_file_holdings, large_file_xorbs, large_files, xorbs
from commonweight.storage.damages import FILE, XORB, Damage
from commonweight.storage.errors import NotStored
from commonweight.storage.objects import Objects
from commonweight.storage.pool import WorkPool
from commonweight.storage.scratch import Scratch
from commonweight.storage.scrubbing import TURN_BYTES, Turn
from commonweight.storage.values import WHOLE
from commonweight.storage.work_scrubbing import StoredFile, StoredXorb, check_files, check_xorbs

MOST = 200  # things in one turn

_xorbs, _files, _wholes = xorbs.c, large_files.c, whole_files.c


class XorbSource:
    """Every xorb: its bytes, each of its chunks, its name, and what the table says of it."""

    def __init__(self, db: Database, objects: Objects, workers: WorkPool, scratch: Scratch) -> None:
        self._db = db
        self._objects = objects
        self._workers = workers
        self._scratch = scratch

    async def turn(self, after: str) -> Turn:
        rows = await self._next(after)
        here = [row for row in rows if self._objects.local_path(row.key) is not None]
        found = await self._checked_here(here) if here else {}
        for row in rows:
            if row not in here:
                found |= await self._checked_elsewhere(row)
        damages = [Damage(XORB, name, detail) for name, detail in found.items() if await self._is_there_still(name, rows)]
        last = rows[-1].hash if rows else None
        return Turn(len(rows), sum(row.stored_bytes for row in rows), damages, last)

    async def _next(self, after: str) -> Sequence[Any]:
        """About TURN_BYTES of xorbs, at least one where there is any."""
        query = select(xorbs).where(_xorbs.hash > after).order_by(_xorbs.hash).limit(MOST)
        taken: list[Any] = []
        async with self._db.read() as connection:
            for row in await connection.execute(query):
                if taken and sum(one.stored_bytes for one in taken) + row.stored_bytes > TURN_BYTES:
                    break
                taken.append(row)
        return taken

    async def _checked_here(self, rows: Sequence[Any]) -> dict[str, str]:
        paths = [self._objects.local_path(row.key) for row in rows]
        stored = [_stored(row, path) for row, path in zip(rows, paths, strict=True) if path is not None]
        return await self._workers.run(check_xorbs, stored)

    async def _checked_elsewhere(self, row: Any) -> dict[str, str]:
        """Fetched first: the work is that of a child."""
        with self._scratch.path() as path:
            with suppress(NotStored):  # said by the child, like any file that is missing
                await asyncio.to_thread(path.write_bytes, await self._objects.get(row.key))
            return await self._workers.run(check_xorbs, [_stored(row, path)])

    async def _is_there_still(self, name: str, rows: Sequence[Any]) -> bool:
        """Whether a xorb was neither collected nor replaced while it was checked."""
        key = next(row.key for row in rows if row.hash == name)
        async with self._db.read() as connection:
            return bool(await connection.scalar(select(_xorbs.key).where(_xorbs.hash == name)) == key)


def _stored(row: Any, path: Any) -> StoredXorb:
    return StoredXorb(row.hash, path, row.digest, row.stored_bytes, row.chunks)


class WholeSource:
    """Every file that lies whole: its size, and its sha256."""

    def __init__(self, db: Database, objects: Objects) -> None:
        self._db = db
        self._objects = objects

    async def turn(self, after: str) -> Turn:
        row = await self._next(after)
        if row is None:
            return Turn(0, 0, [], None)
        problem = await self._problem(row)
        damages = [Damage(FILE, row.xet_hash, problem)] if problem and await self._is_there_still(row) else []
        return Turn(1, row.size, damages, row.xet_hash)

    async def _next(self, after: str) -> Any:
        query = select(_wholes.xet_hash, _wholes.key, _files.sha256, _files.size).where(_wholes.xet_hash > after)
        async with self._db.read() as connection:
            of_file = query.join(large_files, _files.xet_hash == _wholes.xet_hash).order_by(_wholes.xet_hash).limit(1)
            return (await connection.execute(of_file)).one_or_none()

    async def _problem(self, row: Any) -> str:
        digest, size = hashlib.sha256(), 0
        try:
            async for piece in self._objects.pieces(row.key):
                await asyncio.to_thread(digest.update, piece)
                size += len(piece)
        except NotStored:
            return "its object is missing"
        if (size, digest.hexdigest()) != (row.size, row.sha256):
            return (
                f"its object has {size} bytes and the sha256 {digest.hexdigest()}; {row.size} and {row.sha256} were stored"
            )
        return ""

    async def _is_there_still(self, row: Any) -> bool:
        async with self._db.read() as connection:
            return bool(await connection.scalar(select(_wholes.key).where(_wholes.xet_hash == row.xet_hash)) == row.key)


class FileSource:
    """Every file in chunks: that its terms make its id and its size, and that all who hold it know it by the same sha256."""

    def __init__(self, db: Database, workers: WorkPool) -> None:
        self._db = db
        self._workers = workers

    async def turn(self, after: str) -> Turn:
        query = select(_files.xet_hash).where(_files.xet_hash > after, ~_files.xet_hash.startswith(WHOLE))
        query = query.order_by(_files.xet_hash).limit(MOST)
        async with self._db.read() as connection:
            names = (await connection.scalars(query)).all()
            stored = [await _file(connection, name) for name in names]
        files = [one for one in stored if one is not None]
        found = await self._workers.run(check_files, files) if files else {}
        damages = [Damage(FILE, name, detail) for name, detail in found.items()]
        return Turn(len(names), 0, damages, names[-1] if names else None)


async def _file(connection: Connection, name: str) -> StoredFile | None:
    row = (await connection.execute(select(large_files).where(_files.xet_hash == name))).one_or_none()
    if row is None:
        return None
    uses = select(_xorbs.hash, _xorbs.chunks).join(large_file_xorbs, large_file_xorbs.c.xorb == _xorbs.hash)
    tables = {one.hash: one.chunks for one in await connection.execute(uses.where(large_file_xorbs.c.xet_hash == name))}
    held = large_file_holdings.c
    others = select(func.count()).where(held.xet_hash == name, held.sha256 != row.sha256)
    return StoredFile(name, row.size, row.terms, tables, int(await connection.scalar(others) or 0))
