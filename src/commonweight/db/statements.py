"""Inserts that meet an existing row, written once for both databases."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from commonweight.db.database import Connection


async def insert_ignoring(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; leave those alone whose key is there already."""
    if rows:
        await connection.execute(_insert(connection.dialect.name, table).on_conflict_do_nothing(), list(rows))


async def upsert(connection: Connection, table: Table, row: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Insert a row, or set its other columns where one with these keys is there."""
    rest = {name: value for name, value in row.items() if name not in keys}
    statement = _insert(connection.dialect.name, table).values(dict(row))
    if rest:
        statement = statement.on_conflict_do_update(index_elements=list(keys), set_=rest)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(keys))
    await connection.execute(statement)


async def upsert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> None:
    """As `upsert`, of many rows with the same columns."""
    if rows:
        rest = tuple(name for name in rows[0] if name not in keys)
        await connection.execute(_setting(connection.dialect.name, table, tuple(keys), rest), list(rows))


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
        added = sums or [name for name in rows[0] if name not in keys]
        await connection.execute(_adding(connection.dialect.name, table, tuple(keys), tuple(added)), list(rows))


# Statements with `excluded` are made once: each holds a copy of its table in a circle, which only the collector of garbage
# can free. One a second left a web process a hundredth larger.


@functools.lru_cache(maxsize=256)
def _setting(dialect: str, table: Table, keys: tuple[str, ...], rest: tuple[str, ...]) -> Any:
    statement = _insert(dialect, table)
    changes = {name: statement.excluded[name] for name in rest}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=changes)


@functools.lru_cache(maxsize=256)
def _adding(dialect: str, table: Table, keys: tuple[str, ...], added: tuple[str, ...]) -> Any:
    statement = _insert(dialect, table)
    changes = {name: table.c[name] + statement.excluded[name] for name in added}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=changes)


def _insert(dialect: str, table: Table) -> Any:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
