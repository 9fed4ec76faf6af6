"""
Glances: one statement that only reads, for paths that are asked a thousand times a second.

A look through SQLAlchemy costs half a millisecond of processor time, nearly all of it bookkeeping around the statement. A
glance is compiled once and handed to the driver as it is. It is its own transaction, so it sees what was committed when it
began, by whichever process.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import Select
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine

BUSY_SECONDS: Final = 1.0  # readers wait for nobody with a write-ahead log, but for moments after a crash
POSTGRESQL_CONNECTIONS: Final = 4  # of a process, beside those of the engine; a glance takes a fraction of a millisecond
CONNECT_S: Final = 10

#: What says that the short way is closed just now; the ordinary one waits, and tells its errors.
CLOSED: Final = (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

Row = Any
_Processor = Callable[[Any], Any]


class Glance:
    """A statement and, by dialect, what was compiled of it. Made once, at the head of a module."""

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement
        names = [column.key or "" for column in statement.selected_columns]
        self._named: Any = collections.namedtuple("Glanced", names, rename=True)  # type: ignore[misc]
        self._compiled: dict[str, Compiled] = {}

    def compiled(self, dialect: Dialect) -> Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _compile(self.statement, dialect)
        return found

    def rows(self, compiled: Compiled, raw: Sequence[Sequence[Any]]) -> list[Row]:
        """Rows with names, as the ordinary way gives them."""
        reads = compiled.reads
        return [
            self._named(*[value if read is None else read(value) for value, read in zip(one, reads, strict=True)])
            for one in raw
        ]


@dataclass(frozen=True)
class Compiled:
    """`places`: the names of parameters, in the order in which the driver wants them, with what turns each into its form."""

    sql: str
    places: tuple[tuple[str, _Processor | None], ...]
    fixed: Mapping[str, Any]
    reads: tuple[_Processor | None, ...]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """Raises KeyError for a parameter that was not given."""
        values = ((given[name] if name in given else self.fixed[name], write) for name, write in self.places)
        return [value if write is None else write(value) for value, write in values]


def _compile(statement: Select[Any], dialect: Dialect) -> Compiled:
    made = statement.compile(dialect=dialect)
    writes: Mapping[str, Any] = made._bind_processors
    fixed = {name: value for name, value in made.params.items() if value is not None}
    places = tuple((name, writes.get(name)) for name in made.positiontup or ())
    reads = tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in statement.selected_columns)
    return Compiled(str(made), places, fixed, reads)


class Glances(Protocol):
    """How a database is glanced at."""

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Raises one of CLOSED."""
        ...

    async def close(self) -> None: ...


class SqliteGlances:
    """A connection of its own in a thread of its own: one trip for each glance, and no wait for the disk in the loop."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="glances")
        self._connection: sqlite3.Connection | None = None

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._fetch, sql, arguments)

    def _fetch(self, sql: str, arguments: Sequence[Any]) -> list[Any]:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection.execute(sql, arguments).fetchall()

    def _connect(self) -> sqlite3.Connection:
        made = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        made.execute("PRAGMA query_only=ON")
        return made

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PostgresqlGlances:
    """A few connections of asyncpg's own pool, which keeps statements prepared and replaces connections that broke."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pool: Any | None = None
        self._opening = asyncio.Lock()

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        async with self._connection() as connection:
            found: list[Sequence[Any]] = await connection.fetch(sql, *arguments)
            return found

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        if self._pool is None:
            async with self._opening:
                self._pool = self._pool or await self._open()
        async with self._pool.acquire() as connection:
            yield connection

    async def _open(self) -> Any:
        _, options = self._engine.dialect.create_connect_args(self._engine.url)
        options.pop("prepared_statement_cache_size", None)
        return await asyncpg.create_pool(
            min_size=0, max_size=POSTGRESQL_CONNECTIONS, timeout=CONNECT_S, command_timeout=CONNECT_S, **options
        )

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
