"""What nothing refers to goes after the grace, and nothing else ever does."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.db.tables.collecting import stored_objects
from commonweight.hub import (
    AddFile,
    AddLarge,
    Collection,
    Contended,
    DeleteFile,
    Hub,
    LargeFileMissing,
    Repository,
    RevisionNotFound,
)
from commonweight.identity import Caller
from commonweight.storage import GRACE, BytesGone, Storage
from tests.storage.uploads import content, put, register, shard_file

DAY = timedelta(days=1)
LARGE = os.urandom(200_000)
SHA = hashlib.sha256(LARGE).hexdigest()
BLOB = os.urandom(100_000)  # over 64 KiB: lies in storage


@pytest.fixture
def collection(database: Database, storage: Storage, clock: SetClock) -> Collection:
    return Collection(database, storage.collector, clock)


async def let_pass(collection: Collection, clock: SetClock, time: timedelta = GRACE) -> None:
    """A collection that sees what nothing refers to, the time, one that takes it, and one that removes the bytes."""
    await collection.collect()
    clock.advance(time)
    await collection.collect()
    clock.advance(timedelta(hours=2))
    await collection.collect()


async def with_large_file(hub: Hub, storage: Storage, caller: Caller, repository: Repository) -> None:
    await storage.ingest(repository.scope, pieces(LARGE), SHA)
    await hub.commit(caller, repository, "main", [AddLarge("model.bin", SHA)], title="large")


async def pieces(data: bytes):  # type: ignore[no-untyped-def]
    yield data


async def read_large(hub: Hub, storage: Storage, repository: Repository) -> bytes:
    entry = await hub.entry(await hub.resolve(repository), "model.bin")
    return b"".join([piece async for piece in hub.read(repository, entry)])


async def test_what_is_referred_to_stays_however_long(hub, storage, ada, repository, collection, clock) -> None:
    await with_large_file(hub, storage, ada, repository)
    await hub.commit(ada, repository, "main", [AddFile("big.txt", BLOB)], title="blob")
    await let_pass(collection, clock, GRACE * 3)
    assert await read_large(hub, storage, repository) == LARGE
    assert await hub.read_small(await hub.resolve(repository), "big.txt") == BLOB
    explained = await collection.explain()
    assert explained.waiting == []
    assert explained.stored.unneeded.count == 0


async def test_a_deleted_repository_is_explained_and_its_bytes_go_after_the_grace_not_before(
    hub, storage, ada, repository, collection, clock, shelf
) -> None:
    await with_large_file(hub, storage, ada, repository)
    await hub.commit(ada, repository, "main", [AddFile("big.txt", BLOB)], title="blob")
    await hub.delete(ada, repository)
    seen = clock.now()
    (waiting,) = (await collection.explain()).waiting
    assert (waiting.repositories, waiting.files, waiting.bytes) == ((), 1, len(LARGE))
    assert waiting.goes_at == seen + GRACE
    await let_pass(collection, clock, GRACE - DAY)
    assert await storage.large_file(repository.scope, SHA) is not None
    await let_pass(collection, clock, 2 * DAY)
    assert await storage.large_file(repository.scope, SHA) is None
    assert shelf.lying() == []
    assert (await collection.explain()).stored.objects.count == 0


async def test_the_same_file_in_two_repositories_lives_where_it_is_still_referred_to(
    hub, storage, ada, repository, collection, clock
) -> None:
    other = await hub.create(ada, "model", None, "other")
    for one in (repository, other):
        await with_large_file(hub, storage, ada, one)
    await hub.delete(ada, repository)
    await let_pass(collection, clock)
    assert await storage.large_file(repository.scope, SHA) is None
    assert await read_large(hub, storage, other) == LARGE


async def test_squashed_history_goes_and_the_files_of_the_branch_stay(
    hub, storage, ada, repository, collection, clock, shelf
) -> None:
    await with_large_file(hub, storage, ada, repository)
    old = await hub.commit(ada, repository, "main", [AddFile("big.txt", BLOB)], title="blob")
    await hub.commit(ada, repository, "main", [DeleteFile("big.txt")], title="away")
    await hub.squash(ada, repository, "main", "one")
    assert await hub.resolve(repository, old.id)
    await let_pass(collection, clock)
    with pytest.raises(RevisionNotFound):
        await hub.resolve(repository, old.id)
    assert shelf.lying("git") == []
    assert await read_large(hub, storage, repository) == LARGE
    assert [one.title for one in await hub.history(await hub.resolve(repository))] == ["one"]


async def test_a_branch_made_on_old_history_brings_all_of_it_back(hub, storage, ada, repository, collection, clock) -> None:
    old = await hub.commit(ada, repository, "main", [AddFile("big.txt", BLOB), AddFile("a/b.txt", b"b")], title="old")
    await hub.commit(ada, repository, "main", [DeleteFile("big.txt"), DeleteFile("a/b.txt")], title="away")
    await hub.squash(ada, repository, "main", "one")
    await collection.collect()
    clock.advance(GRACE - DAY)
    await hub.branches.create(ada, await hub.resolve(repository, old.id), "rescued")
    await let_pass(collection, clock)
    revision = await hub.resolve(repository, "rescued")
    assert await hub.read_small(revision, "big.txt") == BLOB
    assert await hub.read_small(revision, "a/b.txt") == b"b"
    assert len(await hub.history(revision)) == 2


async def test_what_a_tag_with_a_message_names_stays(hub, ada, repository, collection, clock) -> None:
    old = await hub.commit(ada, repository, "main", [AddFile("a.txt", b"a")], title="old")
    await hub.branches.create_tag(ada, await hub.resolve(repository, old.id), "v1", "first")
    await hub.squash(ada, repository, "main", "one")
    await let_pass(collection, clock)
    assert await hub.read_small(await hub.resolve(repository, "v1"), "a.txt") == b"a"


async def test_an_upload_without_a_commit_waits_for_one_through_the_grace(
    hub, storage, ada, repository, collection, clock
) -> None:
    await storage.ingest(repository.scope, pieces(LARGE), SHA)
    await let_pass(collection, clock, GRACE - DAY)
    await hub.commit(ada, repository, "main", [AddLarge("model.bin", SHA)], title="late")
    await let_pass(collection, clock)
    assert await read_large(hub, storage, repository) == LARGE


async def test_a_commit_that_is_on_its_way_keeps_what_it_names(hub, storage, ada, repository, collection, clock) -> None:
    """The bytes are due; a client is told that they are here; the next collection must not take them."""
    await storage.ingest(repository.scope, pieces(LARGE), SHA)
    await collection.collect()
    clock.advance(GRACE)
    assert SHA in await storage.mention(repository.scope, [SHA])
    await collection.collect()
    await hub.commit(ada, repository, "main", [AddLarge("model.bin", SHA)], title="just in time")
    await let_pass(collection, clock)
    assert await read_large(hub, storage, repository) == LARGE


async def test_what_was_collected_cannot_be_committed_by_name(hub, storage, ada, repository, collection, clock) -> None:
    await storage.ingest(repository.scope, pieces(LARGE), SHA)
    await let_pass(collection, clock)
    assert await storage.mention(repository.scope, [SHA]) == {}
    with pytest.raises(LargeFileMissing):
        await hub.commit(ada, repository, "main", [AddLarge("model.bin", SHA)], title="too late")


async def test_a_shard_that_mentions_a_xorb_keeps_it(hub, storage, ada, repository, collection, clock) -> None:
    facts = await put(storage, repository.scope, b"one chunk " * 900)
    await collection.collect()
    clock.advance(GRACE)
    data = b"one chunk " * 900
    await register(storage, repository.scope, shard_file(data, (facts, 0, 1)))
    await collection.collect()
    held = await storage.large_file(repository.scope, hashlib.sha256(data).hexdigest())
    assert await content(storage, held) == data


async def test_a_xorb_that_is_sent_again_while_the_old_one_goes_is_written_again(
    storage, repository, collection, clock, shelf
) -> None:
    """Its row is gone and its bytes are not yet: the new ones lie under another key, which nothing removes."""
    data = b"one chunk " * 900
    await put(storage, repository.scope, data)
    await collection.collect()
    clock.advance(GRACE)
    await collection.collect()  # rows go; the bytes have another hour
    assert len(shelf.lying()) == 1
    facts = await put(storage, repository.scope, data)
    assert len(shelf.lying()) == 2
    clock.advance(timedelta(hours=2))
    await collection.collect()
    assert len(shelf.lying()) == 1
    await register(storage, repository.scope, shard_file(data, (facts, 0, 1)))
    held = await storage.large_file(repository.scope, hashlib.sha256(data).hexdigest())
    assert await content(storage, held) == data


async def test_bytes_whose_writer_died_before_the_row_go_after_a_day(storage, collection, clock, shelf) -> None:
    await storage.put_new_blob("git/1", "f" * 40, b"left behind")
    clock.advance(timedelta(hours=23))
    await collection.collect()
    assert len(shelf.lying()) == 1
    clock.advance(2 * timedelta(hours=1))
    await collection.collect()
    assert shelf.lying() == []


async def test_a_blob_that_is_committed_twice_lies_there_once(
    hub, ada, repository, collection, clock, shelf, database
) -> None:
    for path in ("a.bin", "b.bin"):
        await hub.commit(ada, repository, "main", [AddFile(path, BLOB)], title=path)
    clock.advance(2 * DAY)
    await collection.collect()
    assert len(shelf.lying()) == 1
    revision = await hub.resolve(repository)
    assert [await hub.read_small(revision, path) for path in ("a.bin", "b.bin")] == [BLOB, BLOB]
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(stored_objects)) == 1


async def test_a_commit_of_bytes_that_were_staged_and_given_up_is_refused(hub, ada, repository, collection, clock) -> None:
    staged = await hub.stage(ada, repository, "big.bin", BLOB)
    clock.advance(2 * DAY)
    await collection.collect()
    with pytest.raises(BytesGone):
        await hub.commit(ada, repository, "main", [staged], title="late")
    assert [one.title for one in await hub.history(await hub.resolve(repository))] == ["initial commit"]


async def test_a_ref_that_moves_while_it_is_walked_keeps_everything(hub, storage, ada, repository, clock, database) -> None:
    """The walk sees the refs as they were; the transaction that removes sees that they have moved, and walks again."""
    old = await hub.commit(ada, repository, "main", [AddFile("a.txt", b"precious")], title="old")
    await hub.squash(ada, repository, "main", "one")
    collection = Collection(database, storage.collector, clock)
    await collection.collect()
    clock.advance(GRACE)

    class Racing:
        """As the collector of storage; marks, and then somebody makes a branch."""

        def __getattr__(self, name: str) -> object:
            return getattr(storage.collector, name)

        async def mark_files(self, scope: int, referred: set[str]) -> None:
            await storage.collector.mark_files(scope, referred)
            if "rescued" not in {ref.name.rpartition("/")[2] for ref in await hub.refs(repository)}:
                await hub.branches.create(ada, await hub.resolve(repository, old.id), "rescued")

    await Collection(database, Racing(), clock).collect()  # type: ignore[arg-type]
    assert await hub.read_small(await hub.resolve(repository, "rescued"), "a.txt") == b"precious"


async def test_collections_without_pause_take_nothing_from_those_who_write(
    hub, storage, ada, repository, collection, clock, database
) -> None:
    """Weeks pass between any two of a writer's steps; what was committed is there, byte for byte."""
    over = asyncio.Event()

    async def collecting() -> None:
        while not over.is_set():
            clock.advance(GRACE)
            await collection.collect()

    async def writing(name: str) -> dict[str, bytes]:
        kept = {}
        for number in range(4):
            data = os.urandom(70_000) if number % 2 else LARGE  # the same large file by all: it comes and goes
            path = f"{name}-{number}"
            await _until_committed(hub, storage, ada, repository, path, data)
            kept[path] = data
            if number == 2:
                await _until_deleted(hub, ada, repository, f"{name}-0")
                del kept[f"{name}-0"]
        return kept

    background = asyncio.create_task(collecting())
    try:
        kept = {path: data for one in await asyncio.gather(writing("a"), writing("b")) for path, data in one.items()}
    finally:
        over.set()
        await background
    await let_pass(collection, clock)
    revision = await hub.resolve(repository)
    for path, data in kept.items():
        entry = await hub.entry(revision, path)
        assert b"".join([piece async for piece in hub.read(repository, entry)]) == data


async def _until_committed(hub, storage, caller, repository, path, data) -> None:  # type: ignore[no-untyped-def]
    while True:
        with contextlib.suppress(LargeFileMissing, BytesGone, Contended):
            if data is LARGE:
                await storage.ingest(repository.scope, pieces(data), SHA)
            change = AddLarge(path, SHA) if data is LARGE else await hub.stage(caller, repository, path, data)
            await hub.commit(caller, repository, "main", [change], title=path)
            return


async def _until_deleted(hub, caller, repository, path) -> None:  # type: ignore[no-untyped-def]
    await hub.commit(caller, repository, "main", [DeleteFile(path)], title=f"no {path}")
    with contextlib.suppress(Contended):
        await hub.squash(caller, repository, "main", "squashed")


async def test_what_a_guest_has_proposed_stays_and_what_he_only_sent_goes(
    hub, storage, ada, bob, repository, collection, clock
) -> None:
    """His own scope refers to nothing; the repository holds what a commit of his names, however the pull request ends."""
    mine = await hub.upload_scope(bob, repository)
    await storage.ingest(mine, pieces(LARGE), SHA)
    only_sent = await storage.ingest(mine, pieces(b"never committed" * 10_000))
    _, number = await hub.propose(bob, repository, "main", [AddLarge("model.bin", SHA)], "Propose")
    await hub.discussions.change_status(bob, repository, number, "closed")
    await let_pass(collection, clock, GRACE * 2)
    assert await storage.large_file(mine, only_sent.sha256) is None
    await hub.discussions.change_status(bob, repository, number, "open")
    await hub.pulls.merge(ada, repository, number)
    await let_pass(collection, clock, GRACE * 2)
    assert await read_large(hub, storage, repository) == LARGE
    with pytest.raises(LargeFileMissing):
        await hub.propose(bob, repository, "main", [AddLarge("late.bin", only_sent.sha256)], "Too late")
