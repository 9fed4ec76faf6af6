"""Bytes really go: a job removes what was deleted, what has expired, and what killed processes have left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Protocol

from sqlalchemy import select, update

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.tables import files as tables
from commonweight.files import rows
from commonweight.files.blobs import Blobs
from commonweight.files.values import UploadStatus
from commonweight.jobs import Handler, come_again

COLLECT: Final = "collect_files"  # enqueued by a deletion
TEND: Final = "expire_files"  # comes again by itself
EVERY = timedelta(minutes=10)  # how much later than it expires a file's bytes may go
AT_ONCE = 200  # files or uploads per transaction


class Report(Protocol):
    async def __call__(self, fraction: float, message: str = "") -> None: ...


class Collector:
    def __init__(self, database: Database, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """Jobs of this room, by kind."""
        return {COLLECT: self.on_collect, TEND: self.on_tend}

    async def start(self) -> None:
        """Have it come again and again from now on; a second call changes nothing."""
        async with self._database.write() as connection:
            await come_again(connection, self._clock.now(), TEND, EVERY)

    async def on_collect(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `collect_files`: something was given up."""
        await self._blobs.collect()

    async def on_tend(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `expire_files`: what has expired is given up, then collected."""
        await self.start()
        while await self._expire_files():
            pass
        while await self._expire_uploads():
            pass
        await self._blobs.collect()

    async def _expire_files(self) -> bool:
        async with self._database.write() as connection:
            over = tables.files.c.expires_at <= self._clock.now()
            numbers = (await connection.scalars(select(tables.files.c.number).where(over).limit(AT_ONCE))).all()
            await rows.remove_files(connection, self._blobs, numbers)
        return len(numbers) == AT_ONCE

    async def _expire_uploads(self) -> bool:
        uploads, parts = tables.uploads.c, tables.upload_parts.c
        async with self._database.write() as connection:
            over = (uploads.status == UploadStatus.PENDING.value) & (uploads.expires_at <= self._clock.now())
            numbers = (await connection.scalars(select(uploads.number).where(over).limit(AT_ONCE))).all()
            keys = (await connection.scalars(select(parts.key).where(parts.upload.in_(numbers)))).all()
            await self._blobs.give_up(connection, keys)
            await connection.execute(tables.upload_parts.delete().where(parts.upload.in_(numbers)))
            expired = update(tables.uploads).where(uploads.number.in_(numbers))
            await connection.execute(expired.values(status=UploadStatus.EXPIRED.value))
        return len(numbers) == AT_ONCE
