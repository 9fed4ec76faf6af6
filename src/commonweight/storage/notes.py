"""What the storage room remembers of its own work, a document under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from commonweight.clock import Clock
from commonweight.db import Connection, Database, upsert
from commonweight.db.tables.collecting import storage_notes


class Notes:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def read(self, name: str) -> Mapping[str, Any]:
        """The document, {} where there is none."""
        async with self._db.read() as connection:
            query = select(storage_notes.c.value).where(storage_notes.c.name == name)
            return await connection.scalar(query) or {}

    async def write(self, name: str, value: Mapping[str, Any]) -> None:
        async with self._db.write() as connection:
            await self.write_with(connection, name, value)

    async def write_with(self, connection: Connection, name: str, value: Mapping[str, Any]) -> None:
        """As `write`, in the caller's transaction."""
        row = {"name": name, "value": dict(value), "updated_at": self._clock.now()}
        await upsert(connection, storage_notes, row, keys=["name"])
