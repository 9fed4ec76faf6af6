"""A full store: what does not fit is refused with a sentence, and nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.files import Blobs
from commonweight.hub import AddFile, AddLarge, Collection, Hub
from commonweight.identity import Caller, Identity, Role, TokenInfo
from commonweight.storage import GRACE, DiskFull, Objects, Storage, WorkPool
from tests.support.shelf import Shelf

LIMIT = 1_000_000


@pytest.fixture
async def storage(database: Database, objects: Objects, clock: SetClock, tmp_path: Path) -> AsyncIterator[Storage]:
    workers = WorkPool(idle_seconds=30)
    yield Storage(database, objects, workers, clock, folder=tmp_path / "storage", cache_bytes=1 << 24, limit_bytes=LIMIT)
    await workers.close()


@pytest.fixture
async def ada(database: Database, clock: SetClock) -> Caller:
    account = await Identity(database, clock, b"k" * 32).create_user("ada")
    return Caller(account, TokenInfo(1, "test", Role.WRITE), {})


async def pieces(data: bytes):  # type: ignore[no-untyped-def]
    yield data


async def test_what_does_not_fit_is_refused_and_all_that_was_acknowledged_stays(
    database: Database, storage: Storage, clock: SetClock, ada: Caller
) -> None:
    hub = Hub(database, storage, clock)
    repository = await hub.create(ada, "model", None, "tiny")
    kept: dict[str, bytes] = {}
    refused = 0
    for number in range(12):
        data = os.urandom(150_000)
        try:
            if number % 2:
                large = await storage.ingest(repository.scope, pieces(data))
                await hub.commit(ada, repository, "main", [AddLarge(str(number), large.sha256)], title="large")
            else:
                await hub.commit(ada, repository, "main", [AddFile(str(number), data)], title="blob")
        except DiskFull:
            refused += 1
        else:
            kept[str(number)] = data
    assert len(kept) == 6
    assert refused == 6
    with pytest.raises(DiskFull):
        await storage.ingest(repository.scope, pieces(os.urandom(150_000)))
    revision = await hub.resolve(repository)
    for path, data in kept.items():
        entry = await hub.entry(revision, path)
        assert b"".join([piece async for piece in hub.read(repository, entry)]) == data
    assert {one.path for one in await hub.tree(revision)} == {*kept, ".gitattributes"}
    await hub.commit(
        ada, repository, "main", [AddFile("note.txt", b"still writing")], title="small files need no room there"
    )


async def test_a_file_that_is_there_already_needs_no_room(storage: Storage) -> None:
    data = os.urandom(600_000)
    await storage.ingest(1, pieces(data))
    await storage.ingest(2, pieces(data))
    with pytest.raises(DiskFull):
        await storage.ingest(1, pieces(os.urandom(600_000)))


async def test_many_at_once_do_not_go_beyond_the_limit(storage: Storage, shelf: Shelf) -> None:
    async def one(number: int) -> bool:
        try:
            await storage.put_new_blob("git/1", f"{number:040x}", os.urandom(90_000))
        except DiskFull:
            return False
        return True

    assert sum(await asyncio.gather(*map(one, range(20)))) == LIMIT // 90_000
    assert shelf.total_bytes() <= LIMIT


async def test_there_is_room_again_after_a_collection(
    database: Database, storage: Storage, clock: SetClock, ada: Caller
) -> None:
    hub, collection = Hub(database, storage, clock), Collection(database, storage.collector, clock)
    repository = await hub.create(ada, "model", None, "tiny")
    data = os.urandom(600_000)
    sha256 = hashlib.sha256(data).hexdigest()
    await storage.ingest(repository.scope, pieces(data), sha256)
    await hub.commit(ada, repository, "main", [AddLarge("a.bin", sha256)], title="large")
    await hub.delete(ada, repository)
    await collection.collect()
    clock.advance(GRACE)
    await collection.collect()
    clock.advance(timedelta(hours=2))
    await collection.collect()
    await storage.ingest(2, pieces(os.urandom(900_000)))


async def test_files_of_accounts_count_and_are_refused_alike(database: Database, storage: Storage, clock: SetClock) -> None:
    blobs = Blobs(database, storage, clock)
    await blobs.keep_bytes(os.urandom(700_000))
    with pytest.raises(DiskFull):
        await blobs.keep_bytes(os.urandom(700_000))
    clock.advance(timedelta(days=2))
    await blobs.collect()
    await blobs.keep_bytes(os.urandom(700_000))


async def test_readiness_says_so(storage: Storage) -> None:
    await storage.check()
    await storage.put_new_blob("git/1", "0" * 40, bytes(LIMIT))
    with pytest.raises(DiskFull, match="1000000 of 1000000 bytes"):
        await storage.check()
