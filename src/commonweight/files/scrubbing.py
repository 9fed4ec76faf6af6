"""What of this room is scrubbed: the pieces of files and of uploads, by their sha256."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, union

from commonweight.db import Database
from commonweight.db.tables import files as tables
from commonweight.files.blobs import Blobs
from commonweight.storage import Damage, NotStored, Turn

KIND = "piece"
MOST = 50  # pieces in one turn; most have some megabytes

_pieces, _parts = tables.file_pieces.c, tables.upload_parts.c


class PieceSource:
    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    async def turn(self, after: str) -> Turn:
        rows = await self._rows(after)
        damages: list[Damage] = []
        for row in rows:
            wrong = await self._wrong_with(row)
            if wrong and any(again.key == row.key for again in await self._rows(after)):  # else it was deleted meanwhile
                damages.append(Damage(KIND, row.key, wrong))
        return Turn(len(rows), sum(row.bytes for row in rows), damages, rows[-1].key if rows else None)

    async def _rows(self, after: str) -> Sequence[Any]:
        pieces = select(_pieces.key, _pieces.bytes, _pieces.sha256).where(_pieces.key > after)
        parts = select(_parts.key, _parts.bytes, _parts.sha256).where(_parts.key > after)
        both = union(pieces, parts).subquery()
        async with self._database.read() as connection:
            return (await connection.execute(select(both).order_by(both.c.key).limit(MOST))).all()

    async def _wrong_with(self, row: Any) -> str:
        digest, size = hashlib.sha256(), 0
        try:
            async for data in self._blobs.read(row.key, 0, row.bytes + 1):
                await asyncio.to_thread(digest.update, data)
                size += len(data)
        except NotStored:
            return "Its bytes are not there."
        except OSError as error:
            return f"Its bytes cannot be read: {error.strerror}."
        if size != row.bytes or digest.hexdigest() != row.sha256:
            return "Its bytes are not those that were stored."
        return ""
