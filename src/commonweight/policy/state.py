"""
The one row that says for what the standing verdicts have been settled, and the lock of whoever changes that.

`version` counts the changes of facts, of decisions and of records. A verdict is decided outside of any transaction; it may
stand only if the version is still the one it was decided for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select, update

from commonweight.db import Connection, insert_ignoring
from commonweight.db.tables.standing import policy_state as table

_ROW: Final = 1


@dataclass(frozen=True)
class State:
    """`library` "" where nothing has been settled yet."""

    version: int
    library: str
    records: Mapping[str, str]
    day: date | None


_FRESH: Final = State(0, "", {}, None)


async def read(connection: Connection) -> State:
    row = (await connection.execute(select(table))).first()
    return State(row.version, row.library, row.records, row.day) if row else _FRESH


async def lock(connection: Connection) -> State:
    """The state, which nobody else changes until this transaction ends."""
    query = select(table).with_for_update()
    row = (await connection.execute(query)).first()
    if row is None:
        await insert_ignoring(connection, table, [{"id": _ROW, "version": 0, "library": "", "records": {}, "day": None}])
        row = (await connection.execute(query)).one()
    return State(row.version, row.library, row.records, row.day)


async def count_up(connection: Connection, state: State, **columns: Any) -> int:
    """The next version, with other columns of the row. The caller holds the lock."""
    await connection.execute(update(table).values(version=state.version + 1, **columns))
    return state.version + 1


async def note(connection: Connection, **columns: Any) -> None:
    """Other columns alone. The caller holds the lock."""
    await connection.execute(update(table).values(**columns))
