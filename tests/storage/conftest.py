"""A storage room on a database of each kind, on a disk folder of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.storage import DiskObjects, Storage, WorkPool

CACHE_BYTES = 50 << 20


@pytest.fixture
async def workers() -> AsyncIterator[WorkPool]:
    pool = WorkPool(idle_seconds=5)
    yield pool
    await pool.close()


@pytest.fixture
def storage(database: Database, clock: SetClock, workers: WorkPool, tmp_path: Path) -> Storage:
    objects = DiskObjects(tmp_path / "objects")
    return Storage(database, objects, workers, clock, folder=tmp_path / "storage", cache_bytes=CACHE_BYTES)
