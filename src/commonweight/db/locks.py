"""
Locks on an idea rather than on rows, held until the transaction ends: any number may share one, or one may have it alone.

PostgreSQL has them (advisory locks). On SQLite there is one writer at a time, so every transaction that writes has all.
"""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import text

from commonweight.db.database import Connection

FIRST = 0x6377_0000  # "cw": apart from whatever else takes advisory locks in this database


class Lock(IntEnum):
    COLLECTION = FIRST + 1  # shared by whoever comes to need stored bytes, alone for whoever removes what nobody needs
    QUOTA = FIRST + 2  # alone for whoever asks whether there is room, so that two cannot have the same room


async def share(connection: Connection, lock: Lock) -> None:
    """Wait until nobody has it alone. Before anything that is done under it."""
    await _take(connection, "pg_advisory_xact_lock_shared", lock)


async def have_alone(connection: Connection, lock: Lock) -> None:
    """Wait until nobody else has it."""
    await _take(connection, "pg_advisory_xact_lock", lock)


async def _take(connection: Connection, function: str, lock: Lock) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"SELECT {function}(:lock)"), {"lock": int(lock)})
