"""A hub on SQLite and the disk and on PostgreSQL and an S3 server, with two people and an organisation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.hub import Hub, Repository
from commonweight.identity import Account, Caller, Identity, Role, TokenInfo
from commonweight.storage import Objects, Storage, WorkPool


@pytest.fixture
async def storage(database: Database, objects: Objects, clock: SetClock, tmp_path: Path) -> AsyncIterator[Storage]:
    workers = WorkPool(idle_seconds=5)
    yield Storage(database, objects, workers, clock, folder=tmp_path / "storage", cache_bytes=1 << 24)
    await workers.close()


@pytest.fixture
def hub(database: Database, storage: Storage, clock: SetClock) -> Hub:
    return Hub(database, storage, clock)


@pytest.fixture
def identity(database: Database, clock: SetClock) -> Identity:
    return Identity(database, clock, b"k" * 32)


@pytest.fixture
async def ada(identity: Identity) -> Caller:
    return writer(await identity.create_user("ada"))


@pytest.fixture
async def bob(identity: Identity) -> Caller:
    return writer(await identity.create_user("bob"))


@pytest.fixture
async def repository(hub: Hub, ada: Caller) -> Repository:
    return await hub.create(ada, "model", None, "tiny")


def writer(account: Account, role: Role = Role.WRITE) -> Caller:
    return Caller(account, TokenInfo(1, "test", role), {})
