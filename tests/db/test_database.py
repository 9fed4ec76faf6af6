"""Transactions, and a schema that equals its migrations."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from commonweight.clock import SetClock
from commonweight.db import Database, upsert
from commonweight.db.migrate import at_newest, is_described, migrate
from commonweight.db.tables import identity, metadata


def _account(clock: SetClock, name: str, **columns: object) -> dict[str, object]:
    row = {"kind": "user", "name": name, "name_lower": name, "fullname": name, "created_at": clock.now()}
    return {**row, **columns}


async def test_the_migrations_make_what_the_tables_say(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"include_name": is_described}), metadata))

    async with database.write() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    assert not await migrate(database)
    assert await at_newest(database)


async def test_a_transaction_that_raises_leaves_nothing(database: Database, clock: SetClock) -> None:
    with pytest.raises(RuntimeError):
        async with database.write() as connection:
            await connection.execute(insert(identity.accounts).values(_account(clock, "ada")))
            raise RuntimeError
    async with database.read() as connection:
        assert (await connection.execute(select(identity.accounts))).all() == []


async def test_moments_come_back_aware(database: Database, clock: SetClock) -> None:
    async with database.write() as connection:
        await connection.execute(insert(identity.accounts).values(_account(clock, "ada")))
    async with database.read() as connection:
        assert await connection.scalar(select(identity.accounts.c.created_at)) == clock.now()


async def test_writers_at_once_lose_no_update(database: Database, clock: SetClock) -> None:
    async with database.write() as connection:
        await connection.execute(insert(identity.accounts).values(_account(clock, "ada", fullname="0")))

    fullname = identity.accounts.c.fullname

    async def add_one() -> None:
        for _ in range(100):
            async with database.write() as connection:
                old = await connection.scalar(select(fullname))
                change = update(identity.accounts).where(fullname == old).values(fullname=str(int(old) + 1))
                if (await connection.execute(change)).rowcount:
                    return
        raise AssertionError("never came through")

    await asyncio.gather(*(add_one() for _ in range(8)))
    async with database.read() as connection:
        assert await connection.scalar(select(identity.accounts.c.fullname)) == "8"


async def test_an_upsert_sets_what_is_there(database: Database) -> None:
    row = {"organisation_id": 1, "account_id": 2, "role": "read"}
    async with database.write() as connection:
        if database.dialect == "sqlite":
            await connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        else:
            await connection.exec_driver_sql("ALTER TABLE memberships DISABLE TRIGGER ALL")
        await upsert(connection, identity.memberships, row, keys=["organisation_id", "account_id"])
        await upsert(connection, identity.memberships, {**row, "role": "write"}, keys=["organisation_id", "account_id"])
        assert (await connection.scalars(select(identity.memberships.c.role))).all() == ["write"]
        await connection.execute(identity.memberships.delete())


async def test_a_look_sees_one_moment_from_its_first_statement_on(database: Database, clock: SetClock) -> None:
    async with database.read() as looking:
        assert await looking.scalar(select(identity.accounts.c.name)) is None
        async with database.write() as connection:
            await connection.execute(insert(identity.accounts).values(_account(clock, "ada")))
        seen = await looking.scalar(select(identity.accounts.c.name))
        assert seen is None if database.dialect == "sqlite" else True  # PostgreSQL's default isolation is by statement


async def test_what_a_look_changes_is_thrown_away(database: Database, clock: SetClock) -> None:
    async with database.read() as connection:
        await connection.execute(insert(identity.accounts).values(_account(clock, "ada")))
    async with database.read() as connection:
        pass  # one that asks nothing leaves the connection as it was
    async with database.write() as connection:
        assert await connection.scalar(select(identity.accounts.c.name)) is None


async def test_a_statement_that_fails_is_told_and_the_next_transaction_goes_on(database: Database, clock: SetClock) -> None:
    async with database.read() as connection:
        with pytest.raises(DBAPIError):
            await connection.execute(text("select * from no_such_table"))
    async with database.write() as connection:
        await connection.execute(insert(identity.accounts).values(_account(clock, "ada")))
    async with database.read() as connection:
        assert await connection.scalar(select(identity.accounts.c.name)) == "ada"


async def test_a_look_that_is_given_up_leaves_its_connection_usable(database: Database, clock: SetClock) -> None:
    async def look() -> None:
        async with database.read() as connection:
            await connection.scalar(select(identity.accounts.c.name))

    for turns in range(12):
        looking = asyncio.create_task(look())
        for _ in range(turns):
            await asyncio.sleep(0)
        looking.cancel()
        await asyncio.wait({looking})
    async with database.write() as connection:
        await connection.execute(insert(identity.accounts).values(_account(clock, "ada")))
    async with database.read() as connection:
        assert await connection.scalar(select(identity.accounts.c.name)) == "ada"
