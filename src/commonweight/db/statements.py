"""Inserts that meet an existing row, written once for both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from commonweight.db.database import Connection


async def insert_ignoring(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; leave those alone whose key is there already."""
    if rows:
        await connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(rows))


async def upsert(connection: Connection, table: Table, row: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Insert a row, or set its other columns where one with these keys is there."""
    rest = {name: value for name, value in row.items() if name not in keys}
    statement = _insert(connection, table).values(dict(row))
    if rest:
        statement = statement.on_conflict_do_update(index_elements=list(keys), set_=rest)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(keys))
    await connection.execute(statement)


async def upsert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> None:
    """As `upsert`, of many rows with the same columns."""
    if rows:
        statement = _insert(connection, table)
        rest = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        await connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=rest), list(rows))


async def add_all(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    sums: Sequence[str] = (),
) -> None:
    """
    Insert rows with the same columns; where one with these keys is there, add to its other columns (to `sums` alone, where
    given). No two of the rows have the same keys.
    """
    if rows:
        statement = _insert(connection, table)
        added = sums or [name for name in rows[0] if name not in keys]
        changes = {name: table.c[name] + statement.excluded[name] for name in added}
        await connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=changes), list(rows))


def _insert(connection: Connection, table: Table) -> Any:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
