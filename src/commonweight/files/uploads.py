"""The room's object for uploads: files that come in parts."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from sqlalchemy import func, insert, select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import files as tables
from commonweight.files import rows
from commonweight.files.blobs import Blobs
from commonweight.files.checking import Checks
from commonweight.files.collecting import COLLECT
from commonweight.files.errors import UploadClosed, UploadMissing, UploadRefused
from commonweight.files.files import Files
from commonweight.files.values import (
    MAX_PART_BYTES,
    MAX_UPLOAD_BYTES,
    UPLOAD_LIFE,
    Kept,
    NewFile,
    Part,
    Received,
    Upload,
    UploadStatus,
    new_id,
)
from commonweight.jobs import enqueue

MAX_PARTS = 10_000  # far more than 8 GB in the parts that clients cut; each is a row


class Uploads:
    """Parts are on disk when they are acknowledged; the file exists from `complete` on, without being copied."""

    def __init__(self, database: Database, blobs: Blobs, checks: Checks, files: Files, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._checks = checks
        self._files = files
        self._clock = clock

    async def create(self, account_id: int, new: NewFile, size: int, mime_type: str = "") -> Upload:
        """Announce a file. Raises FileRefused or FileTooLarge."""
        self._checks.announced(new, size, MAX_UPLOAD_BYTES)
        async with self._database.write() as connection:
            return await self._insert(connection, account_id, new_id("upload_"), new, size)

    async def _insert(self, connection: Connection, account_id: int, upload_id: str, new: NewFile, size: int) -> Upload:
        now = self._clock.now()
        row = {
            "id": upload_id,
            "account_id": account_id,
            "filename": new.filename,
            "purpose": new.purpose.value,
            "bytes": size,
            "status": UploadStatus.PENDING.value,
            "created_at": now,
            "expires_at": now + UPLOAD_LIFE,
            "file_seconds": new.seconds,
        }
        written = await connection.execute(insert(tables.uploads).values(row).returning(*tables.uploads.c))
        return rows.upload_of(written.one(), now)

    async def restore(self, account_id: int, upload_id: str, new: NewFile, size: int, parts: Mapping[str, bytes]) -> None:
        """For test installations: a pending upload with an id of its own and these parts, by id, made anew."""
        kept = {part_id: await self._blobs.keep_bytes(data) for part_id, data in parts.items()}
        async with self._database.write() as connection:
            await self._remove(connection, upload_id)
            upload = await self._insert(connection, account_id, upload_id, new, size)
            await self._blobs.refer(connection, [piece.key for piece in kept.values()])
            for part_id, piece in kept.items():
                await self._insert_part(connection, upload, part_id, piece)

    async def _remove(self, connection: Connection, upload_id: str) -> None:
        uploads, parts = tables.uploads.c, tables.upload_parts.c
        of_upload = parts.upload.in_(select(uploads.number).where(uploads.id == upload_id))
        await self._blobs.give_up(connection, (await connection.scalars(select(parts.key).where(of_upload))).all())
        await connection.execute(tables.upload_parts.delete().where(of_upload))
        await connection.execute(tables.uploads.delete().where(uploads.id == upload_id))

    def receive(self, pieces: AsyncIterator[bytes]) -> AbstractAsyncContextManager[Received]:
        """Take the bytes of a part in, for as long as the block lasts. Raises TooManyBytes, DiskFull."""
        return self._blobs.receive(pieces, MAX_PART_BYTES)

    async def pending(self, account_id: int, upload_id: str) -> Upload:
        """An upload that can still grow. Raises UploadMissing, UploadClosed."""
        async with self._database.read() as connection:
            return await self._pending(connection, account_id, upload_id)

    async def _pending(self, connection: Connection, account_id: int, upload_id: str) -> Upload:
        upload = await self._find(connection, account_id, upload_id)
        if upload.status is not UploadStatus.PENDING:
            raise UploadClosed(upload.id, upload.status.value)
        return upload

    async def _hold(self, connection: Connection, account_id: int, upload_id: str) -> Upload:
        """As `_pending`; what else is done to the upload waits until the caller's transaction has ended."""
        upload = await self._pending(connection, account_id, upload_id)
        mine = (tables.uploads.c.number == upload.number) & (tables.uploads.c.status == UploadStatus.PENDING.value)
        held = await connection.execute(update(tables.uploads).where(mine).values(status=UploadStatus.PENDING.value))
        if held.rowcount != 1:
            raise UploadClosed(upload.id, "closed")
        return upload

    async def _find(self, connection: Connection, account_id: int, upload_id: str) -> Upload:
        uploads = tables.uploads.c
        query = select(tables.uploads).where(uploads.id == upload_id, uploads.account_id == account_id)
        row = (await connection.execute(query)).first()
        if row is None:
            raise UploadMissing(upload_id)
        return rows.upload_of(row, self._clock.now())

    async def add_part(self, account_id: int, upload_id: str, received: Received) -> Part:
        """Keep a part. Parts may come in any order and at once. Raises UploadMissing, UploadClosed, UploadRefused."""
        if not received.bytes:
            raise UploadRefused("The part is empty.")
        await self.pending(account_id, upload_id)
        kept = await self._blobs.keep(received)
        async with self._database.write() as connection:
            upload = await self._hold(connection, account_id, upload_id)
            await self._check_room(connection, upload, received.bytes)
            await self._blobs.refer(connection, [kept.key])
            return await self._insert_part(connection, upload, new_id("part_"), kept)

    async def _insert_part(self, connection: Connection, upload: Upload, part_id: str, kept: Kept) -> Part:
        now = self._clock.now()
        row = {"id": part_id, "upload": upload.number, "created_at": now}
        row |= {"key": kept.key, "bytes": kept.bytes, "sha256": kept.sha256}
        await connection.execute(insert(tables.upload_parts).values(row))
        return Part(part_id, upload.id, now)

    async def _check_room(self, connection: Connection, upload: Upload, more: int) -> None:
        """A part that was sent twice does no harm, so twice what was announced is the bound of what lies here."""
        parts = tables.upload_parts.c
        query = select(func.count(), func.coalesce(func.sum(parts.bytes), 0)).where(parts.upload == upload.number)
        count, held = (await connection.execute(query)).one()
        if more > upload.bytes or held + more > 2 * upload.bytes or count >= MAX_PARTS:
            message = f"The parts of {upload.id} have {held + more} bytes together; {upload.bytes} were announced."
            raise UploadRefused(message)

    async def complete(self, account_id: int, upload_id: str, part_ids: Sequence[str], md5: str | None = None) -> Upload:
        """
        Make the file of these parts, in this order; parts that are not named are dropped. A repetition gives the same file.

        Raises UploadMissing, UploadClosed, UploadRefused, FileRefused.
        """
        async with self._database.read() as connection:
            upload = await self._find(connection, account_id, upload_id)
            if upload.status is UploadStatus.COMPLETED and list(upload.part_ids or ()) == list(part_ids):
                return await self._with_file(upload)
            upload = await self._pending(connection, account_id, upload_id)
            named = _in_order(await self._parts(connection, upload), part_ids, upload)
        facts = await self._check(upload, named, md5)
        async with self._database.write() as connection:
            return await self._finish(connection, upload, part_ids, facts)

    async def _check(self, upload: Upload, named: Sequence[Kept], md5: str | None) -> Mapping[str, Any]:
        total = sum(piece.bytes for piece in named)
        if total != upload.bytes:
            raise UploadRefused(f"The parts have {total} bytes together; {upload.bytes} were announced.")
        if md5 is not None and (found := await self._md5(named)) != md5.lower():
            raise UploadRefused(f"The parts have the md5 {found}; {md5[:64]} was expected.", hint="Check their order.")
        return await self._checks.lines(upload.purpose, self._bytes_of(named))

    async def _finish(
        self, connection: Connection, upload: Upload, part_ids: Sequence[str], facts: Mapping[str, Any]
    ) -> Upload:
        """The file takes over the blobs of the named parts; those of the others go."""
        await self._hold(connection, upload.account_id, upload.id)
        parts = await self._parts(connection, upload)
        named = _in_order(parts, part_ids, upload)
        await self._blobs.give_up(connection, [piece.key for piece in parts.values()])
        await connection.execute(tables.upload_parts.delete().where(tables.upload_parts.c.upload == upload.number))
        new = NewFile(upload.filename, upload.purpose, upload.seconds)
        file = await self._files.add(connection, upload.account_id, named, new, facts)
        values = {"status": UploadStatus.COMPLETED.value, "file_id": file.id, "part_ids": list(part_ids)}
        await connection.execute(update(tables.uploads).where(tables.uploads.c.number == upload.number).values(**values))
        await enqueue(connection, self._clock.now(), COLLECT, {})
        return replace(upload, status=UploadStatus.COMPLETED, file_id=file.id, file=file)

    async def cancel(self, account_id: int, upload_id: str) -> Upload:
        """Give the parts up. Cancelling twice does no harm. Raises UploadMissing, UploadClosed."""
        async with self._database.write() as connection:
            upload = await self._find(connection, account_id, upload_id)
            if upload.status is UploadStatus.CANCELLED:
                return upload
            await self._hold(connection, account_id, upload_id)
            parts = await self._parts(connection, upload)
            await self._blobs.give_up(connection, [piece.key for piece in parts.values()])
            await connection.execute(tables.upload_parts.delete().where(tables.upload_parts.c.upload == upload.number))
            mine = tables.uploads.c.number == upload.number
            await connection.execute(update(tables.uploads).where(mine).values(status=UploadStatus.CANCELLED.value))
            await enqueue(connection, self._clock.now(), COLLECT, {})
        return replace(upload, status=UploadStatus.CANCELLED)

    async def _with_file(self, upload: Upload) -> Upload:
        return replace(upload, file=await self._files.get(upload.account_id, upload.file_id or ""))

    async def _parts(self, connection: Connection, upload: Upload) -> dict[str, Kept]:
        parts = tables.upload_parts.c
        found = await connection.execute(select(tables.upload_parts).where(parts.upload == upload.number))
        return {row.id: Kept(row.key, row.bytes, row.sha256) for row in found}

    async def _bytes_of(self, pieces: Sequence[Kept]) -> AsyncIterator[bytes]:
        for piece in pieces:
            async for data in self._blobs.read(piece.key, 0, piece.bytes):
                yield data

    async def _md5(self, pieces: Sequence[Kept]) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        async for data in self._bytes_of(pieces):
            await asyncio.to_thread(digest.update, data)
        return digest.hexdigest()


def _in_order(parts: Mapping[str, Kept], part_ids: Sequence[str], upload: Upload) -> list[Kept]:
    """Raises UploadRefused for ids that are not of this upload, or that come twice."""
    missing = [part_id for part_id in part_ids if part_id not in parts]
    if missing:
        raise UploadRefused(f"{missing[0][:80]!r} is no part of {upload.id}.")
    if (upload.bytes and not part_ids) or len(set(part_ids)) != len(part_ids):
        raise UploadRefused("'part_ids' must name each part of the file once, in order.")
    return [parts[part_id] for part_id in part_ids]
