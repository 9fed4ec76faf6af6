"""What the matcher read of licence texts, as rows by git id. SQL of `vetting.texts` and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from commonweight.db import Connection, Database, upsert
from commonweight.db.tables import vetting_texts as tables
from commonweight.rights.matching import TextMatch

FAILED: Final = "failed"  # nobody could read it: `problem` says why

_readings, _readers = tables.text_readings, tables.text_readers
_ROW: Final = 1


@dataclass(frozen=True)
class Reading:
    """What a matcher of some version said of a text. `attempts` counts those that failed."""

    oid: str
    matcher: str
    match: TextMatch
    problem: str = ""
    attempts: int = 0


class KeptReadings:
    """Readings in a database, for whoever has the ids from a repository that they may read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, oids: Collection[str]) -> dict[str, Reading]:
        """By git id, those that there are."""
        if not oids:
            return {}
        async with self._database.read() as connection:
            return await readings_of(connection, oids)


async def readings_of(connection: Connection, oids: Collection[str]) -> dict[str, Reading]:
    """By git id, those that there are."""
    rows = await connection.execute(select(_readings).where(_readings.c.oid.in_(sorted(oids))))
    return {
        row.oid: Reading(row.oid, row.matcher, TextMatch.from_document(row.document), row.problem, row.attempts)
        for row in rows
    }


async def keep_reading(connection: Connection, reading: Reading, now: datetime) -> None:
    """In place of what was read of this text before."""
    row = {
        "oid": reading.oid,
        "matcher": reading.matcher,
        "state": reading.match.state,
        "document": reading.match.to_document(),
        "problem": reading.problem,
        "attempts": reading.attempts,
        "read_at": now,
    }
    await upsert(connection, _readings, row, keys=["oid"])


async def read_for(connection: Connection) -> tuple[str, str]:
    """Matcher, and digest of the records, for which all texts have been looked at; "" where none were."""
    row = (await connection.execute(select(_readers))).first()
    return (row.matcher, row.records) if row else ("", "")


async def note_read_for(connection: Connection, matcher: str, records: str) -> None:
    await upsert(connection, _readers, {"id": _ROW, "matcher": matcher, "records": records}, keys=["id"])
