"""Batches over a database of each kind and a disk folder of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from tests.batches.world import BatchWorld, batch_world


@pytest.fixture
async def world(database: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[BatchWorld]:
    async with batch_world(database, clock, tmp_path) as made:
        yield made
