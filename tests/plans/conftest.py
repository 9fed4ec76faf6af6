"""One small world per test, on SQLite and on PostgreSQL."""

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from tests.plans.world import World, make_world


@pytest.fixture
async def world(database: Database, clock: SetClock) -> World:
    return await make_world(database, clock)
