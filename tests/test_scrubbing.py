"""Whatever is changed, cut off or lost among stored bytes is found, and nothing else is called damaged."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.db.tables.files import file_pieces
from commonweight.db.tables.hub import git_objects
from commonweight.db.tables.storage import large_file_holdings, large_files, xorbs
from commonweight.files import Blobs, Purpose, rows
from commonweight.hub import AddFile, AddLarge, Hub
from commonweight.identity import Caller as Someone
from commonweight.identity import Identity, Role, TokenInfo
from commonweight.jobs import Jobs, Runner
from commonweight.keeping import SCRUB, Keeping
from commonweight.storage import LargeFile, Storage, StoredBytesDamaged, WorkPool, hash_text
from tests.storage.uploads import content, put
from tests.storage.vectors import stream
from tests.support.shelf import Shelf

RATE = 1 << 30
CHUNKS = [stream("plain", 90_000), b"compressible " * 4000, stream("more", 50_000)]


async def untold(fraction: float, message: str) -> None:
    pass


Harm = Callable[[bytes, random.Random], bytes | None]
"""What a disk makes of the bytes of an object; None: it is gone"""


class World:
    """One of everything that is stored: xorbs with plain and with compressed chunks, git objects inside and outside rows."""

    def __init__(self, database: Database, storage: Storage, clock: SetClock, shelf: Shelf) -> None:
        self.database, self.storage, self.clock, self.shelf = database, storage, clock, shelf
        self.blobs = Blobs(database, storage, clock)
        self.keeping = Keeping(database, storage, self.blobs, clock, RATE, {})
        self.hub = Hub(database, storage, clock)

    async def fill(self) -> None:
        account = await Identity(self.database, self.clock, b"k" * 32).create_user("ada")
        caller = Someone(account, TokenInfo(1, "test", Role.WRITE), {})
        repository = await self.hub.create(caller, "model", None, "tiny")
        self.scope = repository.scope
        self.large: list[LargeFile] = []
        for number, data in enumerate(CHUNKS):
            large = await self.storage.ingest(self.scope, _pieces(data))
            self.large.append(large)
            change = AddLarge(f"{number}.bin", large.sha256)
            await self.hub.commit(caller, repository, "main", [change], title=f"large {number}")
        for number in range(3):
            data = stream(f"blob {number}", 70_000)
            await self.hub.commit(caller, repository, "main", [AddFile(f"{number}.txt", data)], title="blob")
        async with self.blobs.receive(_pieces(stream("piece", 20_000))) as received:
            kept = await self.blobs.keep(received)
        await self.a_file_of(account.id, kept)

    async def a_file_of(self, account_id: int, kept) -> None:  # type: ignore[no-untyped-def]
        async with self.database.write() as connection:
            row = {"id": "file-1", "account_id": account_id, "filename": "a", "purpose": Purpose.BATCH.value}
            await rows.insert_file(
                connection, {**row, "facts": {}, "created_at": self.clock.now(), "expires_at": None}, [kept]
            )

    def harm(self, key: str, how: Harm, chance: random.Random) -> None:
        harmed = how(self.shelf.read(key), chance)
        if harmed is None:
            self.shelf.remove(key)
        else:
            self.shelf.write(key, harmed)

    async def subject_of(self, key: str) -> tuple[str, str]:
        """What an object of the store is, as scrubbing names it."""
        async with self.database.read() as connection:
            if key.startswith("xorbs/"):
                return "xorb", str(await connection.scalar(select(xorbs.c.hash).where(xorbs.c.key == key)))
            if key.startswith("git/"):
                return (
                    "git",
                    f"{self.scope}/{await connection.scalar(select(git_objects.c.id).where(git_objects.c.key == key))}",
                )
            assert await connection.scalar(select(file_pieces.c.key).where(file_pieces.c.key == key)) == key
            return "piece", key

    async def found(self) -> set[tuple[str, str]]:
        await self.keeping.scrubber.scrub(untold)
        return {(one.damage.kind, one.damage.subject) for one in await self.storage.damages.seen()}


async def _pieces(data: bytes):  # type: ignore[no-untyped-def]
    yield data


@pytest.fixture
async def world(database: Database, shelf: Shelf, clock: SetClock, tmp_path: Path) -> AsyncIterator[World]:
    workers = WorkPool(idle_seconds=30)
    storage = Storage(database, shelf.objects, workers, clock, folder=tmp_path / "storage", cache_bytes=1 << 24)
    world = World(database, storage, clock, shelf)
    await world.fill()
    yield world
    await workers.close()


def flip(data: bytes, chance: random.Random) -> bytes:
    harmed = bytearray(data)
    harmed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(harmed)


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: -chance.randrange(1, 1000)]


def lengthen(data: bytes, chance: random.Random) -> bytes:
    return data + bytes(chance.randrange(1, 10))


def blank(data: bytes, chance: random.Random) -> bytes:
    """As after a power cut on a file system that had not written a block."""
    harmed = bytearray(data)
    at = chance.randrange(max(1, len(data) - 4096))
    harmed[at : at + 4096] = bytes(len(harmed[at : at + 4096]))
    return bytes(harmed)


def lose(data: bytes, chance: random.Random) -> None:
    return None


async def test_what_is_whole_is_not_called_damaged(world: World) -> None:
    assert await world.found() == set()
    state = await world.keeping.scrubber.state()
    assert state.last is not None
    assert state.last.things > 12
    assert state.damaged == 0


@pytest.mark.parametrize("harm", [flip, cut, lengthen, blank, lose])
async def test_every_stored_object_that_is_harmed_is_found(world: World, harm: Harm) -> None:
    chance = random.Random(harm.__name__)
    expected = {await world.subject_of(key) for key in world.shelf.lying()}
    assert len(expected) == 7
    before = {key: world.shelf.read(key) for key in world.shelf.lying()}
    for key in before:
        world.harm(key, harm, chance)
    assert await world.found() == expected
    world.clock.advance(timedelta(seconds=1))
    for key, data in before.items():  # from a backup
        world.shelf.write(key, data)
    assert await world.found() == set()


@pytest.mark.parametrize("seed", range(12))
async def test_one_flipped_bit_anywhere_in_a_xorb_is_found(world: World, seed: int) -> None:
    chance = random.Random(seed)
    key = chance.choice(world.shelf.lying("xorbs"))
    world.harm(key, flip, chance)
    assert await world.found() == {await world.subject_of(key)}


async def test_every_harmed_row_of_a_git_object_is_found(world: World) -> None:
    async with world.database.write() as connection:
        rows = (await connection.execute(select(git_objects).where(git_objects.c.data.is_not(None)))).all()
        for row in rows:
            harmed = bytes([row.data[0] ^ 1]) + row.data[1:] if row.data else b"x"
            await connection.execute(update(git_objects).where(git_objects.c.id == row.id).values(data=harmed))
    assert await world.found() == {("git", f"{row.scope}/{row.id}") for row in rows}


async def test_harmed_tables_of_chunks_terms_and_digests_are_found(world: World) -> None:
    first, second, third = sorted(world.large, key=lambda one: one.xet_hash)
    async with world.database.write() as connection:
        terms = await connection.scalar(select(large_files.c.terms).where(large_files.c.xet_hash == first.xet_hash))
        mine = large_files.c.xet_hash == first.xet_hash
        await connection.execute(update(large_files).where(mine).values(terms=terms[:33] + b"\x01" + terms[34:]))
        mine = large_files.c.xet_hash == second.xet_hash
        await connection.execute(update(large_files).where(mine).values(size=second.size + 1))
        mine = large_file_holdings.c.xet_hash == third.xet_hash
        await connection.execute(update(large_file_holdings).where(mine).values(sha256="0" * 64))
    assert await world.found() == {("file", one.xet_hash) for one in (first, second, third)}


async def test_a_damaged_xorb_is_mended_by_whoever_sends_it_again(world: World) -> None:
    facts = await put(world.storage, world.scope, CHUNKS[0])
    (key,) = [one for one in world.shelf.lying() if _name(facts) in one]
    world.harm(key, flip, random.Random(1))
    assert ("xorb", _name(facts)) in await world.found()
    await put(world.storage, world.scope, CHUNKS[0])
    assert await world.storage.damages.count() == 0
    world.clock.advance(timedelta(seconds=1))
    assert await world.found() == set()


def _name(facts) -> str:  # type: ignore[no-untyped-def]
    return hash_text(facts.xorb_hash)


async def test_who_is_concerned_is_told(world: World) -> None:
    world.harm(world.shelf.lying("xorbs")[0], flip, random.Random(1))
    await world.found()
    (damaged,) = await world.keeping.damaged()
    assert damaged.repositories == ["models/ada/tiny"]


async def test_no_harmed_chunk_goes_out_of_the_house_by_a_plain_read(world: World) -> None:
    for key in world.shelf.lying("xorbs"):
        world.harm(key, flip, random.Random(3))
    for large, data in zip(world.large, CHUNKS, strict=True):
        with pytest.raises(StoredBytesDamaged):
            assert await content(world.storage, large) == data


async def test_the_job_goes_on_where_a_killed_worker_was_and_begins_anew_after_a_week(world: World) -> None:
    world.harm(world.shelf.lying("git")[0], flip, random.Random(1))
    await world.keeping.start()
    await world.keeping.start()
    turns = 0
    while (await world.storage.damages.count()) == 0 or (await world.keeping.scrubber.state()).last is None:
        # each turn by a runner of its own, as by workers that die one after the other
        jobs = Jobs(world.database, world.clock, f"worker {turns}")
        handlers = Keeping(world.database, world.storage, world.blobs, world.clock, RATE, {}).handlers()
        assert await Runner(jobs, {SCRUB: handlers[SCRUB]}, only_these=True).run_one()
        world.clock.advance(timedelta(seconds=60))
        turns += 1
        assert turns < 30
    assert turns > 4
    state = await world.keeping.scrubber.state()
    assert state.now is None
    assert state.damaged == 1
    jobs = Jobs(world.database, world.clock, "idle")
    assert await jobs.claim(only=[SCRUB]) is None
    world.clock.advance(timedelta(seconds=7 * 24 * 3600))
    assert (await jobs.claim(only=[SCRUB])) is not None
