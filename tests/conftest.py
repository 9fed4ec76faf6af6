"""Fixtures that more than one room's tests need."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

# The official clients read these when they are imported: they keep their caches out of the user's home, and quiet.
os.environ.update(
    {
        "HF_HOME": tempfile.mkdtemp(prefix="cw-hf-"),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
)

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.db.migrate import migrate
from commonweight.storage import Objects
from tests.support.postgresql import PostgreSQL
from tests.support.s3 import S3Server
from tests.support.shelf import Shelf
from tests.support.tools import chromium_path
from tests.tuning.tiny import make_tiny_base

_numbers = itertools.count()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema; copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """A PostgreSQL server with a database `template_cw` of the newest schema."""
    with PostgreSQL() as server:
        asyncio.run(execute(server.url("postgres"), "CREATE DATABASE template_cw"))
        asyncio.run(_migrate(server.url("template_cw")))
        yield server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """An S3 server with a bucket; each test takes a prefix of its own."""
    with S3Server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database with the newest schema: once on SQLite, once on PostgreSQL."""
    return empty_database(request, tmp_path)


@pytest.fixture
def shelf(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Shelf:
    """Where bytes lie: on the disk beside SQLite, on an S3 server beside PostgreSQL; the two pairs that people run."""
    return shelf_beside(request, database_url, tmp_path)


SECOND_LONG = pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.long])


@pytest.fixture(params=["sqlite", SECOND_LONG])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Shelf]:
    """As `database_url` and `shelf`, for tests that take seconds each: the second pair is among the long tests."""
    url = empty_database(request, tmp_path)
    return url, shelf_beside(request, url, tmp_path)


@pytest.fixture
def objects(shelf: Shelf) -> Objects:
    """The same, as a `Storage` takes it."""
    return shelf.objects


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def own_database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of an empty installation: once on SQLite and the disk, once on PostgreSQL and an S3 server."""
    if request.param == "sqlite":
        return {}
    server: PostgreSQL = request.getfixturevalue("postgresql_server")
    name = f"installation_{next(_numbers)}"
    asyncio.run(execute(server.url("postgres"), f"CREATE DATABASE {name}"))
    s3: S3Server = request.getfixturevalue("s3_server")
    return {"COMMONWEIGHT_DATABASE_URL": server.url(name), **s3.environment()}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database per test, on SQLite and on PostgreSQL."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that can be tuned (tests/tuning/tiny.py), one for all workers of this session. Not to be written to."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    return make_tiny_base(shared / "tiny-base")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; skips with a reason where there is none."""
    return chromium_path()


def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of one with the newest schema: on SQLite where the parameter says so, else on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "commonweight.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite+aiosqlite:///{path}"
    server: PostgreSQL = request.getfixturevalue("postgresql_server")
    name = f"test_{next(_numbers)}"
    asyncio.run(execute(server.url("postgres"), f"CREATE DATABASE {name} TEMPLATE template_cw"))
    return server.url(name)


def shelf_beside(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Shelf:
    if database_url.startswith("sqlite"):
        return Shelf.on_disk(tmp_path / "objects")
    return Shelf.on_s3(request.getfixturevalue("s3_server").place())


async def _migrate(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


async def execute(url: str, statement: str) -> None:
    database = Database(url)
    async with database.engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text(statement))
    await database.close()
