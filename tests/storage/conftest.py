"""A storage room on SQLite and the disk, and on PostgreSQL and an S3 server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.storage import Objects, Storage, WorkPool

CACHE_BYTES = 50 << 20


@pytest.fixture
async def workers() -> AsyncIterator[WorkPool]:
    pool = WorkPool(idle_seconds=5)
    yield pool
    await pool.close()


@pytest.fixture
def storage(database: Database, objects: Objects, clock: SetClock, workers: WorkPool, tmp_path: Path) -> Storage:
    return Storage(database, objects, workers, clock, folder=tmp_path / "storage", cache_bytes=CACHE_BYTES)
