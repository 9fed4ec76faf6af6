"""Files that come whole and are moved into chunks behind their readers' backs."""

from __future__ import annotations

import hashlib
from contextlib import aclosing
from datetime import timedelta

import pytest
from sqlalchemy import select

from commonweight.db import Database
from commonweight.db.tables.collecting import stored_objects
from commonweight.storage import DigestRefused, DiskObjects, Kin, Storage, StoredBytesDamaged
from tests.storage.test_ingest import in_pieces
from tests.storage.uploads import content
from tests.storage.vectors import stream

MINE, THEIRS = 1, 2
DATA = stream("sent by lfs", 3_000_000)
SHA256 = hashlib.sha256(DATA).hexdigest()


async def nothing(connection) -> None:
    """What goes with it into the transaction."""


async def sent(storage: Storage, scope: int = MINE, data: bytes = DATA):
    return await storage.whole_files.keep(scope, in_pieces(data), hashlib.sha256(data).hexdigest(), nothing)


async def move(storage: Storage, *kin: Kin) -> bool:
    return await storage.whole_files.move(MINE, SHA256, kin or [Kin(MINE)])


async def objects(database: Database) -> dict[str, int]:
    """Kinds of objects in the store, and how many bytes of each there are."""
    sizes: dict[str, int] = {}
    async with database.read() as connection:
        for row in await connection.execute(select(stored_objects.c.key, stored_objects.c.bytes)):
            kind = row.key.partition("/")[0]
            sizes[kind] = sizes.get(kind, 0) + row.bytes
    return sizes


async def read_away(storage: Storage, clock) -> None:
    """An hour later, when nobody is reading any more what was given up."""
    clock.advance(timedelta(hours=2))
    await storage.collector.remove_bytes()


async def test_a_file_is_there_whole_at_once_and_has_no_xet_hash(storage, database):
    file = await sent(storage)
    assert (file.sha256, file.size, file.in_chunks) == (SHA256, len(DATA), False)
    assert await storage.large_file(MINE, SHA256) == file
    assert await storage.large_file(THEIRS, SHA256) is None
    assert await content(storage, file) == DATA
    assert await content(storage, file, 1_000_000, 2_500_000) == DATA[1_000_000:2_500_000]
    assert (await objects(database)) == {"whole": len(DATA)}
    with await storage.materialise(file) as path:
        assert path.read_bytes() == DATA


async def test_other_bytes_than_promised_are_refused_and_not_kept(storage, database):
    with pytest.raises(DigestRefused, match="was expected"):
        await storage.whole_files.keep(MINE, in_pieces(DATA), "ab" * 32, nothing)
    assert (await objects(database)) == {}


async def test_moved_it_has_the_same_bytes_and_a_xet_hash_and_its_object_goes(storage, clock, database):
    whole = await sent(storage)
    held = await storage.held_since(MINE, [SHA256])
    clock.advance(timedelta(minutes=1))
    assert await move(storage)
    file = await storage.large_file(MINE, SHA256)
    assert (file.sha256, file.size, file.in_chunks) == (SHA256, len(DATA), True)
    assert file.xet_hash == (await storage.ingest(THEIRS, in_pieces(DATA))).xet_hash
    assert await content(storage, file) == DATA
    assert await content(storage, whole) == DATA  # for who has found it before
    assert await storage.held_since(MINE, [SHA256]) == held
    await read_away(storage, clock)
    assert (await objects(database)).keys() == {"xorbs"}
    assert await content(storage, whole) == DATA
    assert not await move(storage)


async def test_a_reader_in_between_sees_no_gap(storage, clock, database):
    async with aclosing(storage.read(await sent(storage))) as pieces:
        read = await anext(pieces)
        await move(storage)
        await read_away(storage, clock)
        assert "whole" not in (await objects(database))
        async for piece in pieces:
            read += piece
    assert read == DATA


async def test_the_same_bytes_of_two_scopes_are_one_object_and_are_moved_at_once(storage, clock, database):
    await sent(storage)
    await sent(storage, THEIRS)
    assert (await objects(database)) == {"whole": len(DATA)}
    await move(storage)
    await read_away(storage, clock)
    for scope in (MINE, THEIRS):
        assert await content(storage, await storage.large_file(scope, SHA256)) == DATA
    stored = await objects(database)
    await sent(storage, THEIRS)
    assert (await objects(database)) == stored


async def test_who_has_found_it_whole_may_give_it_to_a_scope_when_it_has_been_moved(storage, database):
    whole = await sent(storage)
    await move(storage)
    async with database.write() as connection:
        assert await storage.adopt_all(connection, THEIRS, [whole])
    assert (await storage.large_file(THEIRS, SHA256)).in_chunks


async def test_what_other_files_have_already_is_not_stored_again(storage, clock, database):
    await storage.ingest(MINE, in_pieces(DATA[:2_000_000] + b"another end" * 9000))
    before = (await objects(database))["xorbs"]
    await sent(storage)
    await move(storage)
    await read_away(storage, clock)
    assert (await objects(database))["xorbs"] - before < 1_200_000
    assert await content(storage, await storage.large_file(MINE, SHA256)) == DATA


async def test_what_a_file_repeats_is_stored_once(storage, database):
    part = stream("again and again", 400_000)
    file = await storage.ingest(MINE, in_pieces(part * 6))
    assert (await objects(database))["xorbs"] < 1_000_000
    assert await content(storage, file) == part * 6


async def test_chunks_of_others_are_shared_only_where_they_were_given_to_be(storage, database):
    await storage.ingest(THEIRS, in_pieces(b"x" * 50_000 + DATA))
    before = (await objects(database))["xorbs"]
    await sent(storage)
    await move(storage)
    assert (await objects(database))["xorbs"] > before + 2_900_000


class BreakingOff(DiskObjects):
    """A disk that takes so many more files, and then the process dies."""

    left = 1000

    async def put_file(self, key, path):
        if not self.left:
            raise ConnectionAbortedError
        self.left -= 1
        await super().put_file(key, path)


class Damaging(DiskObjects):
    """A disk that keeps a xorb other than it came, where it is told to."""

    damages = True

    async def put_file(self, key, path):
        await super().put_file(key, path)
        if self.damages and key.startswith("xorbs/"):
            kept = self.local_path(key)
            kept.write_bytes(kept.read_bytes()[:-1] + b"?")


def over(database, objects, workers, clock, tmp_path) -> Storage:
    return Storage(database, objects, workers, clock, folder=tmp_path / "storage", cache_bytes=1 << 28)


async def test_a_move_that_is_broken_off_leaves_the_file_whole_and_is_done_again(database, workers, clock, tmp_path):
    disk = BreakingOff(tmp_path / "objects")
    storage = over(database, disk, workers, clock, tmp_path)
    large = stream("more than one xorb", 70_000_000)
    digest = hashlib.sha256(large).hexdigest()
    file = await sent(storage, data=large)
    for xorbs in (0, 1):
        disk.left = xorbs
        with pytest.raises(ConnectionAbortedError):
            await storage.whole_files.move(MINE, digest, [Kin(MINE)])
        assert await storage.large_file(MINE, digest) == file
        assert await content(storage, file, 69_000_000) == large[69_000_000:]
    disk.left = 1  # the first xorb is there from the time before
    assert await storage.whole_files.move(MINE, digest, [Kin(MINE)])
    assert await content(storage, await storage.large_file(MINE, digest)) == large


async def test_chunks_that_do_not_read_back_leave_the_file_whole(database, workers, clock, tmp_path):
    storage = over(database, Damaging(tmp_path / "objects"), workers, clock, tmp_path)
    file = await sent(storage)
    with pytest.raises(StoredBytesDamaged):
        await move(storage)
    assert await storage.large_file(MINE, SHA256) == file
    assert await content(storage, file) == DATA


async def test_a_whole_file_that_nothing_refers_to_goes(storage, database, clock):
    await sent(storage)
    await storage.collector.mark_files(MINE, [])
    clock.advance(timedelta(days=22))
    async with database.write() as connection:
        await storage.collector.drop_files(connection, MINE)
    await read_away(storage, clock)
    assert (await objects(database)) == {}
    assert not await move(storage)
