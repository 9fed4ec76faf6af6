"""The room's object for files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import files as tables
from commonweight.files import rows
from commonweight.files.blobs import PIECE_BYTES, Blobs
from commonweight.files.checking import Checks
from commonweight.files.collecting import COLLECT
from commonweight.files.errors import FileMissing
from commonweight.files.values import MAX_FILE_BYTES, MAX_LISTED, File, Kept, NewFile, Page, Received, new_id
from commonweight.jobs import enqueue


class Files:
    """
    A client's files. Each belongs to an account: its tokens see it, to all others it looks missing.

    What is acknowledged is on disk. An expired file is missing from that moment on; its bytes go with the next collection.
    """

    def __init__(self, database: Database, blobs: Blobs, checks: Checks, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._checks = checks
        self._clock = clock

    def receive(self, pieces: AsyncIterator[bytes]) -> AbstractAsyncContextManager[Received]:
        """Take bytes in, for as long as the block lasts. Raises TooManyBytes, DiskFull."""
        return self._blobs.receive(pieces, MAX_FILE_BYTES)

    async def create(self, account_id: int, received: Received, new: NewFile) -> File:
        """Check what has arrived and keep it. Raises FileRefused, which names the lines, or FileTooLarge."""
        self._checks.announced(new, received.bytes)
        facts = await self._checks.lines(new.purpose, _in_pieces(received))
        kept = await self._blobs.keep(received)
        async with self._database.write() as connection:
            return await self.add(connection, account_id, [kept], new, facts)

    async def add(
        self,
        connection: Connection,
        account_id: int,
        kept: list[Kept],
        new: NewFile,
        facts: Mapping[str, Any] | None = None,
        file_id: str | None = None,
    ) -> File:
        """In the caller's transaction: a file of blobs that were kept just now. It exists exactly if the change does."""
        now = self._clock.now()
        await self._blobs.refer(connection, [piece.key for piece in kept])
        row: dict[str, Any] = {
            "id": file_id or new_id("file-"),
            "account_id": account_id,
            "filename": new.filename,
            "purpose": new.purpose.value,
            "facts": dict(facts or {}),
            "created_at": now,
            "expires_at": new.expires_at(now),
        }
        return await rows.insert_file(connection, row, kept)

    async def restore(self, account_id: int, file_id: str, new: NewFile, data: bytes) -> File:
        """For test installations: a file with an id of its own, made anew where it is missing. Raises as `create`."""
        with suppress(FileMissing):
            return await self.get(account_id, file_id)

        async def whole() -> AsyncIterator[bytes]:
            yield data

        async with self.receive(whole()) as received:
            self._checks.announced(new, received.bytes)
            facts = await self._checks.lines(new.purpose, _in_pieces(received))
            kept = await self._blobs.keep(received)
        async with self._database.write() as connection:
            return await self.add(connection, account_id, [kept], new, facts, file_id)

    async def get(self, account_id: int, file_id: str) -> File:
        """Raises FileMissing."""
        async with self._database.read() as connection:
            return await self._find(connection, account_id, file_id)

    async def _find(self, connection: Connection, account_id: int, file_id: str) -> File:
        query = select(tables.files).where(tables.files.c.id == file_id, *_visible(account_id, self._clock.now()))
        row = (await connection.execute(query)).first()
        if row is None:
            raise FileMissing(file_id)
        return rows.file_of(row)

    async def list(
        self,
        account_id: int,
        *,
        purpose: str | None = None,
        after: str | None = None,
        limit: int = MAX_LISTED,
        oldest_first: bool = False,
    ) -> Page:
        """
        Files of a purpose, after the one named `after`, newest first unless told otherwise. A purpose or a file that nobody
        knows gives an empty page.
        """
        number = tables.files.c.number
        query = select(tables.files).where(*_visible(account_id, self._clock.now()))
        query = query.order_by(number.asc() if oldest_first else number.desc()).limit(limit + 1)
        if purpose is not None:
            query = query.where(tables.files.c.purpose == purpose)
        async with self._database.read() as connection:
            if after is not None:
                mine = tables.files.c.account_id == account_id
                last = await connection.scalar(select(number).where(tables.files.c.id == after, mine))
                if last is None:
                    return Page((), False)
                query = query.where(number > last if oldest_first else number < last)
            found = [rows.file_of(row) for row in await connection.execute(query)]
        return Page(found[:limit], len(found) > limit)

    async def delete(self, account_id: int, file_id: str) -> None:
        """Missing from now on; a job removes the bytes at once. Raises FileMissing."""
        async with self._database.write() as connection:
            file = await self._find(connection, account_id, file_id)
            await rows.remove_files(connection, self._blobs, [file.number])
            await enqueue(connection, self._clock.now(), COLLECT, {})

    async def read(self, file: File, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes `start` to `end` (exclusive) in pieces of at most 1 MiB. Raises FileMissing where it has gone meanwhile."""
        async with self._database.read() as connection:
            pieces = await rows.pieces_of(connection, file.number)
        if file.bytes and not pieces:
            raise FileMissing(file.id)
        at, end = 0, file.bytes if end is None else min(end, file.bytes)
        for piece in pieces:
            first, last = max(start - at, 0), min(end - at, piece.bytes)
            async for data in self._blobs.read(piece.key, first, last):
                yield data
            at += piece.bytes

    async def lines(self, file: File) -> AsyncIterator[tuple[int, bytes]]:
        """The lines of a file that was checked by line, with their numbers, from 1; blank ones are left out."""
        number, rest = 0, b""
        async for piece in self.read(file):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                number += 1
                if line.strip():
                    yield number, line
        if rest.strip():
            yield number + 1, rest


def _visible(account_id: int, now: datetime) -> tuple[Any, ...]:
    files = tables.files.c
    return files.account_id == account_id, or_(files.expires_at.is_(None), files.expires_at > now)


async def _in_pieces(received: Received) -> AsyncIterator[bytes]:
    with received.path.open("rb") as file:
        while data := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield data
