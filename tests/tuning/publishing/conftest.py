"""A real hub and a real policy, with a Llama, an Apache model, one without derivatives, and data under CC-BY-NC."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.rights import load_records
from tests.policy.world import make_world
from tests.tuning.publishing.world import Bench, make_bench


@pytest.fixture
async def bench(database: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[Bench]:
    world = await make_world(database, clock, tmp_path, load_records(), ())
    yield await make_bench(world)
    await world.workers.close()
