"""Transactions, and a schema that equals its migrations."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, update

from commonweight.clock import SetClock
from commonweight.db import Database, upsert
from commonweight.db.migrate import at_newest, migrate
from commonweight.db.tables import identity, metadata


def _account(clock: SetClock, name: str, **columns: object) -> dict[str, object]:
    row = {"kind": "user", "name": name, "name_lower": name, "fullname": name, "created_at": clock.now()}
    return {**row, **columns}


async def test_the_migrations_make_what_the_tables_say(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

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
