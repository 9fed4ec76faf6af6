"""Connections and transactions."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool, StaticPool

from commonweight.db import sqlite
from commonweight.db.away import DatabaseAway, told_away
from commonweight.db.glancing import CLOSED, Glance, Glances, PostgresqlGlances, Row, SqliteGlances
from commonweight.errors import InvalidInput

log = logging.getLogger(__name__)

Connection = AsyncConnection

SQLITE_BUSY_SECONDS = 30  # a writer waits this long for another; the longest transaction of ours takes well under one second
CONNECT_S = 10  # to PostgreSQL, which answers at once or not at all
READ_ONLY = "commonweight_read_only"
NUL_IN_TEXT = ("22021", "22P05")  # PostgreSQL, appendix A: character_not_in_repertoire, untranslatable_character


class Database:
    """
    One database. Every change happens in `write()`: one transaction, committed when the block ends, undone when it raises.

    SQLite transactions take the write lock at once (BEGIN IMMEDIATE), so that what a transaction has read still holds
    when it writes. On PostgreSQL the default isolation applies: compare-and-set goes through the row count of an UPDATE.
    """

    def __init__(self, url: str, busy_seconds: float = SQLITE_BUSY_SECONDS) -> None:
        """`busy_seconds`: how long a writer waits for another one on SQLite."""
        self.url = url
        self.engine = _make_engine(url, busy_seconds)
        self._glances = _make_glances(self.engine)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Connection]:
        """Raises DatabaseAway where the database does not answer."""
        async with told_away(), self._connected() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """One consistent look; changes made here are thrown away. Raises DatabaseAway."""
        async with told_away(), self._connected() as connection:
            yield await connection.execution_options(**{READ_ONLY: True})

    async def glance(self, glance: Glance, **parameters: Any) -> list[Row]:
        """
        The rows of one statement, outside any transaction: for hot paths alone. Raises DatabaseAway.

        Where the short way is closed the ordinary one is taken, which waits for its turn and tells what is wrong.
        """
        if self._glances is not None:
            compiled = glance.compiled(self.engine.dialect)
            try:
                return glance.rows(compiled, await self._glances.fetch(compiled.sql, compiled.arguments(parameters)))
            except CLOSED as error:
                log.warning("a glance at the database failed, and is asked again: %s", error)
        async with self.read() as connection:
            return list((await connection.execute(glance.statement, parameters)).all())

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self.engine.connect())
            except OSError as error:  # nobody listens, or nobody answers
                log.warning("the database cannot be reached: %s", error)
                raise DatabaseAway from None
            yield connection

    async def overwrite_deleted(self) -> None:
        """
        SQLite: bring the write-ahead log into the file and empty it, so that what was deleted is in neither any more.

        Readers may hold it back; then the next call, or SQLite's own checkpoint, does it. PostgreSQL has its vacuum.
        """
        if self.dialect != "sqlite":
            return
        async with self.engine.connect() as connection:
            raw = await connection.get_raw_connection()  # outside a transaction: inside one it is refused
            assert raw.driver_connection is not None
            await raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        if self._glances is not None:
            await self._glances.close()
        await self.engine.dispose()


def _make_glances(engine: AsyncEngine) -> Glances | None:
    """None for a database in memory, which one connection alone can see."""
    if engine.dialect.name != "sqlite":
        return PostgresqlGlances(engine)
    path = engine.url.database
    return None if path in (None, "", ":memory:") else SqliteGlances(path)


def _make_engine(url: str, busy_seconds: float) -> AsyncEngine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_async_engine(url, pool_pre_ping=True, connect_args={"timeout": CONNECT_S})
        event.listen(engine.sync_engine, "handle_error", _refuse_nul)
        return engine
    in_memory = parsed.database in (None, "", ":memory:")
    options: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {}
    arguments = {"timeout": busy_seconds, "async_creator_fn": sqlite.connect}
    engine = create_async_engine(url, connect_args=arguments, **options)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _refuse_nul(context: ExceptionContext) -> None:
    """PostgreSQL keeps no NUL in a text, whichever field it came in; SQLite does. Raises InvalidInput."""
    if getattr(context.original_exception, "sqlstate", "") in NUL_IN_TEXT:
        raise InvalidInput("A text contains a NUL character.", hint="Send it without.")


def make_migration_engine(url: str) -> AsyncEngine:
    """An engine without a pool, for one migration run."""
    return create_async_engine(url, poolclass=NullPool)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; see SQLAlchemy, "pysqlite: serializable isolation"
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # what was acknowledged survives a power cut, not only a killed process
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    if connection.get_execution_options().get(READ_ONLY, False):
        connection.connection.driver_connection.begin_with_next()
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
