"""The room of files over a database of each kind and a disk folder of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from tests.files.world import FilesWorld, files_world


@pytest.fixture
async def world(database: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[FilesWorld]:
    async with files_world(database, clock, tmp_path) as made:
        yield made
