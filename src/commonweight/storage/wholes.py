"""Where files lie that are not in chunks yet (whole_files.py), and what they are once they have been moved."""

from __future__ import annotations

from sqlalchemy import select

from commonweight.db import Connection, Database
from commonweight.db.tables.dedup import whole_files
from commonweight.db.tables.storage import large_files
from commonweight.storage.values import WHOLE, LargeFile


class Wholes:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def key(self, name: str) -> str | None:
        """The key of the object of a file that lies whole, by `LargeFile.xet_hash`; None where it does no longer."""
        async with self._db.read() as connection:
            key: str | None = await connection.scalar(select(whole_files.c.key).where(whole_files.c.xet_hash == name))
        return key

    async def in_chunks(self, sha256: str) -> LargeFile | None:
        """A file with these bytes that is in chunks, whoever holds it. THE CALLER MUST be one who has had it whole."""
        async with self._db.read() as connection:
            return await in_chunks(connection, sha256)


async def in_chunks(connection: Connection, sha256: str) -> LargeFile | None:
    """As `Wholes.in_chunks`."""
    query = select(large_files.c.xet_hash, large_files.c.size).where(
        large_files.c.sha256 == sha256, ~large_files.c.xet_hash.startswith(WHOLE)
    )
    row = (await connection.execute(query.order_by(large_files.c.created_at.desc()).limit(1))).one_or_none()
    return LargeFile(sha256, row.size, row.xet_hash) if row else None
