"""Glances: one statement by the driver itself."""

import pytest
from sqlalchemy import bindparam, insert, select, text

from commonweight.clock import SetClock
from commonweight.db import Database, DatabaseAway, Glance
from commonweight.db.tables import identity

_accounts = identity.accounts
NAMED = Glance(
    select(_accounts.c.name, _accounts.c.is_admin, _accounts.c.created_at).where(
        _accounts.c.name_lower == bindparam("name"), _accounts.c.kind == "user"
    )
)


async def _add(database: Database, clock: SetClock, name: str) -> None:
    row = {"kind": "user", "name": name, "name_lower": name, "fullname": name, "created_at": clock.now()}
    async with database.write() as connection:
        await connection.execute(insert(_accounts).values(row))


async def test_a_glance_gives_what_the_ordinary_way_gives(database: Database, clock: SetClock) -> None:
    await _add(database, clock, "ada")
    async with database.read() as connection:
        expected = (await connection.execute(NAMED.statement, {"name": "ada"})).all()
    (row,) = await database.glance(NAMED, name="ada")
    assert tuple(expected[0]) == tuple(row)
    assert clock.now() == row.created_at


async def test_a_glance_sees_at_once_what_another_process_committed(database: Database, clock: SetClock) -> None:
    other = Database(database.url)
    assert await other.glance(NAMED, name="ada") == []
    await _add(database, clock, "ada")
    assert len(await other.glance(NAMED, name="ada")) == 1
    await other.close()


async def test_a_glance_cannot_write(tmp_path: object) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/x.sqlite3")
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE t (a)"))
    assert database._glances is not None
    with pytest.raises(Exception, match="readonly"):
        await database._glances.fetch("INSERT INTO t VALUES (1)", [])
    await database.close()


async def test_a_database_in_memory_is_glanced_at_the_ordinary_way() -> None:
    database = Database("sqlite+aiosqlite://")
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE accounts (name, is_admin, created_at, name_lower, kind)"))
    assert await database.glance(NAMED, name="ada") == []
    await database.close()


async def test_a_database_that_is_away_is_called_so() -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseAway):
        await database.glance(NAMED, name="ada")
    await database.close()
