"""One small world per test, on SQLite and the disk and on PostgreSQL and an S3 server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.hub.catalogue import Catalogue, packaged_catalogues
from commonweight.rights import Records, load_records
from commonweight.storage import Objects
from tests.policy.world import World, make_world


@pytest.fixture(scope="session")
def records() -> Records:
    return load_records()


@pytest.fixture(scope="session")
def catalogues() -> tuple[Catalogue, ...]:
    return packaged_catalogues()


@pytest.fixture
async def world(
    database: Database,
    objects: Objects,
    clock: SetClock,
    tmp_path: Path,
    records: Records,
    catalogues: tuple[Catalogue, ...],
) -> AsyncIterator[World]:
    made = await make_world(database, clock, tmp_path, records, catalogues, objects)
    yield made
    await made.workers.close()
