"""The room of files on SQLite and the disk, and on PostgreSQL and an S3 server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from tests.files.world import FilesWorld, files_world
from tests.support.shelf import Shelf


@pytest.fixture
async def world(database: Database, shelf: Shelf, clock: SetClock, tmp_path: Path) -> AsyncIterator[FilesWorld]:
    async with files_world(database, clock, tmp_path, shelf) as made:
        yield made
