"""A hub with git beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.storage import Objects, Storage
from tests.support.tools import tool
from tests.wire.git.git import Git
from tests.wire.hf_world import HubWorld, running


@pytest.fixture
async def hub(database: Database, objects: Objects, tmp_path: Path) -> AsyncIterator[HubWorld]:
    """A hub that git can reach, once on SQLite and the disk and once on PostgreSQL and an S3 server."""
    storage = Storage.over(database, objects, SystemClock(), home=tmp_path / "home", cache_bytes=1 << 28)
    async with running(HubWorld(database, storage, SystemClock())) as world:
        yield world
    await storage.close()


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """git as it comes: by protocol 2 where it reads. Pushes speak protocol 0."""
    tool("git")
    return Git(tmp_path / "work")
