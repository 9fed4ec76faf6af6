"""A database that is cut off, starting or locked is told as such, in one error that quotes no statement."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from commonweight.db import Database, DatabaseAway
from commonweight.errors import Unavailable

SECRET = "xyzzy-4711"


async def look(database: Database) -> None:
    async with database.read() as connection:
        await connection.execute(text("SELECT :secret"), {"secret": SECRET})


def check(error: DatabaseAway) -> None:
    assert isinstance(error, Unavailable)
    assert isinstance(error, SQLAlchemyError)
    assert error.headers["retry-after"]
    assert SECRET not in error.sentence
    assert error.__cause__ is None


@asynccontextmanager
async def listening(answer: Callable[[asyncio.StreamWriter], None]) -> AsyncIterator[str]:
    """The address of something that speaks the beginning of PostgreSQL's protocol."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while size := await reader.read(4):
            asked = await reader.readexactly(int.from_bytes(size) - 4)
            if asked == (80877103).to_bytes(4):  # SSLRequest: not here
                writer.write(b"N")
            else:
                answer(writer)
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"postgresql+asyncpg://cw@127.0.0.1:{port}/cw"
    server.close()


def refuses(state: bytes) -> Callable[[asyncio.StreamWriter], None]:
    body = b"SFATAL\0VFATAL\0C" + state + b"\0Mnot now\0\0"
    return lambda writer: writer.write(b"E" + (len(body) + 4).to_bytes(4) + body)


@pytest.mark.parametrize("state", [b"57P03", b"53300", b"57P01"])
async def test_a_postgresql_that_starts_is_full_or_ends_is_away(state: bytes) -> None:
    async with listening(refuses(state)) as url:
        database = Database(url)
        with pytest.raises(DatabaseAway) as caught:
            await look(database)
        check(caught.value)
        await database.close()


async def test_a_wrong_password_is_no_database_that_is_away() -> None:
    async with listening(refuses(b"28P01")) as url:
        database = Database(url)
        with pytest.raises(Exception, match="not now") as caught:
            await look(database)
        assert not isinstance(caught.value, DatabaseAway)
        await database.close()


async def test_one_that_hangs_up_and_one_that_nobody_runs_are_away() -> None:
    async with listening(lambda writer: None) as url:
        database = Database(url)
        with pytest.raises(DatabaseAway):
            await look(database)
        await database.close()
    database = Database(url)
    with pytest.raises(DatabaseAway):
        await look(database)
    await database.close()


@pytest.mark.postgresql
async def test_a_connection_that_is_cut_in_a_transaction_is_away(database: Database) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no connections to cut")
    with pytest.raises(DatabaseAway) as caught:
        async with database.write() as connection:
            own = await connection.scalar(text("SELECT pg_backend_pid()"))
            async with database.read() as other:
                await other.execute(text(f"SELECT pg_terminate_backend({own})"))
            await connection.execute(text("SELECT :secret"), {"secret": SECRET})
    check(caught.value)
    await look(database)


async def test_a_locked_sqlite_is_away_and_a_defect_is_a_defect(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    database, holder = Database(f"sqlite+aiosqlite:///{path}", busy_seconds=0.05), sqlite3.connect(path)
    holder.execute("CREATE TABLE a (b)")
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseAway) as caught:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO a VALUES (:secret)"), {"secret": SECRET})
    check(caught.value)
    holder.rollback()
    holder.close()
    with pytest.raises((OperationalError, ProgrammingError), match="no such table") as defect:
        async with database.read() as connection:
            await connection.execute(text("SELECT * FROM nothing_of_that_name"))
    assert not isinstance(defect.value, DatabaseAway)
    await database.close()


async def test_an_error_of_the_block_itself_passes(database: Database) -> None:
    for error in (OSError("disk"), RuntimeError("defect")):
        with pytest.raises(type(error)) as caught:
            async with database.write():
                raise error
        assert caught.value is error
