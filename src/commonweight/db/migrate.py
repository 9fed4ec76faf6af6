"""
Bring a database to the newest schema, or write the next migration from the tables.

    python -m commonweight.db.migrate new "add plans"     writes migrations/versions/NNNN_add_plans.py
    python -m commonweight.db.migrate first               writes 0001 anew (only while nothing has been released)
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from commonweight.db.database import Database, make_migration_engine

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x636F6D6D6F6E  # "common": one PostgreSQL advisory lock, so that two starting servers do not migrate at once


#: Tables in a shape of each database's own, made and kept by migrations and triggers.
UNDESCRIBED = ("listings_search",)


def is_described(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table of the database is to be compared with `tables`."""
    return kind != "table" or not (name or "").startswith(UNDESCRIBED)


async def migrate(database: Database) -> bool:
    """Apply the missing migrations, all in one transaction. True where there were any."""
    async with database.write() as connection:
        return await connection.run_sync(_upgrade)


async def at_newest(database: Database) -> bool:
    """Whether the schema is the newest this program knows."""
    async with database.read() as connection:
        current = await connection.run_sync(_current)
    return current == ScriptDirectory.from_config(_config()).get_current_head()


def _upgrade(connection: Connection) -> bool:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    before = _current(connection)
    command.upgrade(_config(connection), "head")
    return before != _current(connection)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def write_migration(message: str) -> None:
    """Write a migration that takes the newest schema to what the tables say now."""
    numbers = [int(p.name[:4]) for p in (MIGRATIONS / "versions").glob("[0-9]*.py")]
    number = f"{max(numbers, default=0) + 1:04d}"
    engine = make_migration_engine("sqlite+aiosqlite:///:memory:")

    def write(connection: Connection) -> None:
        config = _config(connection)
        if numbers:
            command.upgrade(config, "head")
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.revision(config, message, autogenerate=True, rev_id=number)

    async with engine.begin() as connection:
        await connection.run_sync(write)
    await engine.dispose()


def _main(arguments: list[str]) -> None:
    if arguments[:1] == ["first"]:
        for path in (MIGRATIONS / "versions").glob("0001_*.py"):
            path.unlink()
        asyncio.run(write_migration("the first tables"))
    elif arguments[:1] == ["new"] and len(arguments) == 2 and re.search(r"\w", arguments[1]):
        asyncio.run(write_migration(arguments[1]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    _main(sys.argv[1:])
