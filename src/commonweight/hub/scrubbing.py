"""What of this room is scrubbed: every git object, by its id."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, or_, select

from commonweight.db import Database
from commonweight.db.tables import hub as tables
from commonweight.hub.objects import object_id
from commonweight.hub.pointers import parse_pointer
from commonweight.storage import Damage, NotStored, Storage, Turn

KIND = "git"
MOST = 500  # objects in one turn; their rows have up to 64 KiB each, blobs in storage some megabytes

_objects = tables.git_objects.c


class GitSource:
    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    async def turn(self, after: str) -> Turn:
        rows = await self._next(after)
        damages: list[Damage] = []
        for row in rows:
            wrong = await self._wrong_with(row)
            if wrong and await self._is_there_still(row):
                damages.append(Damage(KIND, f"{row.scope}/{row.id}", wrong))
        last = f"{rows[-1].scope}/{rows[-1].id}" if rows else None
        return Turn(len(rows), sum(row.size for row in rows), damages, last)

    async def _next(self, after: str) -> Sequence[Any]:
        scope, _, oid = after.partition("/")
        query = select(tables.git_objects).order_by(_objects.scope, _objects.id).limit(MOST)
        if after:
            behind = and_(_objects.scope == int(scope), _objects.id > oid)
            query = query.where(or_(behind, _objects.scope > int(scope)))
        async with self._database.read() as connection:
            return (await connection.execute(query)).all()

    async def _wrong_with(self, row: Any) -> str:
        try:
            data = row.data if row.data is not None else await self._storage.get_blob(row.key)
        except NotStored:
            return "Its bytes are not there."
        except OSError as error:
            return f"Its bytes cannot be read: {error.strerror}."
        if len(data) != row.size or await asyncio.to_thread(object_id, row.type, data) != row.id:
            return f"Its bytes make another {row.type}."
        pointer = parse_pointer(data) if row.type == "blob" and row.data is not None else None
        if pointer is not None and (pointer.sha256, pointer.size) != (row.large_sha256, row.large_size):
            return "The database names another large file than it does."
        return ""

    async def _is_there_still(self, row: Any) -> bool:
        """Whether it was not collected while it was checked."""
        query = select(_objects.id).where(_objects.scope == row.scope, _objects.id == row.id)
        async with self._database.read() as connection:
            return await connection.scalar(query) is not None
