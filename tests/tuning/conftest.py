"""Tunings over a database of each kind and a disk folder of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from tests.tuning.world import TuningWorld, tuning_world


@pytest.fixture
async def world(database: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[TuningWorld]:
    async with tuning_world(database, clock, tmp_path) as made:
        yield made
