"""
Blobs of this room: never one without a row that refers to it, or that says it is to go.

Before a blob is written its key is noted as garbage of tomorrow; the transaction that refers to it takes the note away.
So what a killed process leaves behind is collected.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import delete, insert, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database, insert_ignoring
from commonweight.db.tables import files as tables
from commonweight.files.values import Kept, Received
from commonweight.storage import Storage, receive

GRACE = timedelta(days=1)  # between writing a blob and referring to it lie seconds
COLLECT_AT_ONCE = 200  # blobs per transaction, so that the database is not held up
PIECE_BYTES = 1 << 20  # read off the loop at a time


class BlobGone(RuntimeError):
    """A blob that was to be referred to has been collected: it was written longer ago than GRACE."""


class Blobs:
    def __init__(self, database: Database, storage: Storage, clock: Clock) -> None:
        self._database = database
        self._storage = storage
        self._clock = clock

    @asynccontextmanager
    async def receive(self, pieces: AsyncIterator[bytes], limit: int | None = None) -> AsyncIterator[Received]:
        """Bytes as they arrive, for as long as the block lasts. Raises TooManyBytes beyond `limit`, DiskFull."""
        digest = hashlib.sha256()

        async def hashed() -> AsyncIterator[bytes]:
            async for piece in pieces:
                digest.update(piece)
                yield piece

        with self._storage.scratch.path() as path:
            size = await receive(hashed(), path, limit)
            yield Received(path, size, digest.hexdigest())

    async def keep(self, received: Received) -> Kept:
        """Put received bytes where they stay, durably. They are garbage of tomorrow until `refer`."""
        key = await self._announce()
        await self._storage.put_blob_file(key, received.path)
        return Kept(key, received.bytes, received.sha256)

    async def keep_bytes(self, data: bytes) -> Kept:
        """As `keep`, of bytes in memory."""
        key = await self._announce()
        await self._storage.put_blob(key, data)
        return Kept(key, len(data), await asyncio.to_thread(_sha256, data))

    async def _announce(self) -> str:
        name = secrets.token_hex(16)
        key = f"files/{name[:2]}/{name}"
        async with self._database.write() as connection:
            row = {"key": key, "collect_after": self._clock.now() + GRACE}
            await connection.execute(insert(tables.file_garbage).values(row))
        return key

    @staticmethod
    async def refer(connection: Connection, keys: Iterable[str]) -> None:
        """In the transaction that writes rows which refer to kept blobs. Raises BlobGone."""
        for key in keys:
            done = await connection.execute(delete(tables.file_garbage).where(tables.file_garbage.c.key == key))
            if done.rowcount != 1:
                raise BlobGone(key)

    async def give_up(self, connection: Connection, keys: Iterable[str]) -> None:
        """In the transaction that removes the rows which referred to them: the bytes go with the next collection."""
        now = self._clock.now()
        await insert_ignoring(connection, tables.file_garbage, [{"key": key, "collect_after": now} for key in keys])

    async def collect(self) -> int:
        """Remove the bytes that are to go; how many blobs."""
        total = 0
        while keys := await self._due():
            for key in keys:
                await self._storage.delete_blob(key)
            async with self._database.write() as connection:
                await connection.execute(delete(tables.file_garbage).where(tables.file_garbage.c.key.in_(keys)))
            total += len(keys)
        return total

    async def _due(self) -> Sequence[str]:
        garbage = tables.file_garbage.c
        query = select(garbage.key).where(garbage.collect_after <= self._clock.now()).limit(COLLECT_AT_ONCE)
        async with self._database.read() as connection:
            return (await connection.scalars(query)).all()

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes `start` to `end` (exclusive) in pieces of at most PIECE_BYTES. Raises NotStored."""
        while start < end:
            piece = await self._storage.get_blob_range(key, start, min(end, start + PIECE_BYTES))
            if not piece:
                return
            start += len(piece)
            yield piece


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
