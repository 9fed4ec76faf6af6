"""
SQLite by aiosqlite, with one trip to its thread for each statement.

aiosqlite goes there for a cursor, to execute, for the rows and to close it, and as often for BEGIN. A trip is two switches
between threads, and half of what a small look into the database costs: a web process makes some twenty a second.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import aiosqlite

CHUNK: Final = 64  # as aiosqlite's own; for its own cursors, which nobody asks for here


class _Answer(NamedTuple):
    """What a statement left behind, as a cursor tells it."""

    rows: list[Any]
    description: Any
    rowcount: int
    lastrowid: int | None


class OneTripConnection(aiosqlite.Connection):
    """As aiosqlite's; its cursors are `OneTripCursor`s."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=CHUNK)
        self._thread.daemon = True  # as SQLAlchemy has it: a program may end without closing it
        self._begins = False  # a transaction for reading, not begun yet

    def cursor(self) -> OneTripCursor:  # type: ignore[override]
        return OneTripCursor(self)

    def begin_with_next(self) -> None:
        """A transaction for reading: BEGIN alone takes no lock and sees nothing, so it goes with the first statement."""
        self._begins = True

    async def ask(self, execute: Callable[[sqlite3.Cursor], object]) -> _Answer:
        """Raises what SQLite raises."""
        begins, self._begins = self._begins, False
        answer: _Answer = await self._execute(_asked, self._conn, execute, begins)  # type: ignore[no-untyped-call]
        return answer

    async def commit(self) -> None:
        if not self._forgets_begin():
            await super().commit()

    async def rollback(self) -> None:
        if not self._forgets_begin():
            await super().rollback()

    def _forgets_begin(self) -> bool:
        """Whether the transaction has had no statement: then there is none."""
        begins, self._begins = self._begins, False
        return begins


class OneTripCursor:
    """What SQLAlchemy asks of a cursor: it has all rows when it has executed, and is closed by then."""

    arraysize = 1
    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []

    async def __aenter__(self) -> OneTripCursor:
        return self

    async def execute(self, operation: str, parameters: Any = ()) -> None:
        """Raises what SQLite raises."""
        self._keep(await self._connection.ask(lambda cursor: cursor.execute(operation, parameters)))

    async def executemany(self, operation: str, parameters: Iterable[Any]) -> None:
        """Raises what SQLite raises."""
        self._keep(await self._connection.ask(lambda cursor: cursor.executemany(operation, parameters)))

    def _keep(self, answer: _Answer) -> None:
        self._rows, self.description, self.rowcount, self.lastrowid = answer

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        """It is."""


def connect(database: str, **options: Any) -> OneTripConnection:
    """As `aiosqlite.connect`: a connection once it is awaited."""
    return OneTripConnection(lambda: sqlite3.connect(database, **options))


def _asked(connection: sqlite3.Connection, execute: Callable[[sqlite3.Cursor], object], begins: bool) -> _Answer:
    """In the thread of the connection."""
    cursor = connection.cursor()
    try:
        if begins:
            cursor.execute("BEGIN")
        execute(cursor)
        rows = cursor.fetchall() if cursor.description else []
        return _Answer(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()
