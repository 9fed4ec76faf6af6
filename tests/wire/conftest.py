"""A hub with its content store, up and running."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.storage import Storage
from tests.support.shelf import Shelf
from tests.wire.hf_world import HubWorld, running


@pytest.fixture
async def hub_world(pair: tuple[str, Shelf], tmp_path: Path) -> AsyncIterator[HubWorld]:
    database = Database(pair[0])
    storage = Storage.over(database, pair[1].objects, SystemClock(), home=tmp_path / "home", cache_bytes=1 << 28)
    async with running(HubWorld(database, storage, SystemClock())) as world:
        yield world
    await storage.close()
    await database.close()
