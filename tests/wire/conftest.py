"""A hub with its content store, up and running."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.storage import Storage
from tests.conftest import SECOND_LONG, empty_database, shelf_beside
from tests.support.nginx import Nginx
from tests.support.shelf import Shelf
from tests.wire.hf_world import HubWorld, running

BEHIND_NGINX = "two servers on postgresql behind nginx"


class Installation(NamedTuple):
    database_url: str
    shelf: Shelf
    behind_nginx: bool


@pytest.fixture(params=["sqlite", SECOND_LONG, pytest.param(BEHIND_NGINX, marks=[pytest.mark.postgresql, pytest.mark.long])])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    """SQLite and the disk; and, among the long tests, PostgreSQL and an S3 server with one hub or two behind nginx."""
    url = empty_database(request, tmp_path)
    return Installation(url, shelf_beside(request, url, tmp_path), request.param == BEHIND_NGINX)


@pytest.fixture
async def hub_world(installation: Installation, tmp_path: Path) -> AsyncIterator[HubWorld]:
    async with AsyncExitStack() as ending:

        async def hub(home: Path) -> HubWorld:
            database = Database(installation.database_url)
            ending.push_async_callback(database.close)
            storage = Storage.over(database, installation.shelf.objects, SystemClock(), home=home, cache_bytes=1 << 28)
            ending.push_async_callback(storage.close)
            return await ending.enter_async_context(running(HubWorld(database, storage, SystemClock())))

        world = await hub(tmp_path / "home")
        if installation.behind_nginx:
            other = await hub(tmp_path / "other-home")
            other.requests = world.requests
            servers = [one.address.removeprefix("http://") for one in (world, other)]
            world.address = ending.enter_context(Nginx(servers)).address
        yield world
