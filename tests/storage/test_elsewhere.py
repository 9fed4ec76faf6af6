"""Storage whose objects do not lie on a disk of this machine."""

import asyncio
import hashlib

import obstore.store
import pytest

from commonweight.storage import Storage, hash_text
from commonweight.storage.object_store import StoreObjects
from commonweight.storage.xet.xorb import build_xorb
from tests.storage.uploads import content, put, register, shard_file
from tests.storage.vectors import stream

CHUNKS = [b"first " * 3_000, stream("second", 30_000)]
DATA = b"".join(CHUNKS)


@pytest.fixture
def storage(database, clock, workers, tmp_path):
    objects = StoreObjects(obstore.store.MemoryStore())
    return Storage(database, objects, workers, clock, folder=tmp_path, cache_bytes=1 << 20)


async def test_files_are_registered_read_and_materialised(storage):
    facts = await put(storage, 1, *CHUNKS)
    await register(storage, 1, shard_file(DATA, (facts, 0, 2)), shard_file(b""))
    file = await storage.large_file(1, hashlib.sha256(DATA).hexdigest())
    assert await content(storage, file, 10, 20_000) == DATA[10:20_000]
    with await storage.materialise(file) as path:
        assert path.read_bytes() == DATA


async def test_files_are_ingested(storage):
    async def pieces():
        yield DATA

    assert await content(storage, await storage.ingest(1, pieces())) == DATA


async def test_stored_bytes_are_given_out_by_range(storage):
    facts = await put(storage, 1, *CHUNKS)
    pieces = await storage.read_xorb_range(hash_text(facts.xorb_hash), 5, 50)
    assert b"".join([piece async for piece in pieces]) == build_xorb(CHUNKS)[0][5:50]


async def test_small_objects_come_and_go(storage):
    await storage.put_blob("git/1/abc", b"blob")
    assert await storage.get_blob("git/1/abc") == b"blob"
    await storage.delete_blob("git/1/abc")


async def test_one_xorb_sent_at_once_in_two_encodings_stays_readable(storage):
    """Its name does not depend on compression, so the two bodies differ; one of them is kept, with its own offsets."""
    packed, facts = build_xorb(CHUNKS)
    plain = b"".join(
        b"\0" + len(chunk).to_bytes(3, "little") + b"\0" + len(chunk).to_bytes(3, "little") + chunk for chunk in CHUNKS
    )
    assert len(packed) < len(plain)
    name = hash_text(facts.xorb_hash)
    await asyncio.gather(*(storage.put_xorb(1, name, body) for body in (packed, plain, packed, plain)))
    await register(storage, 1, shard_file(DATA, (facts, 0, 2)))
    assert await content(storage, await storage.large_file(1, hashlib.sha256(DATA).hexdigest())) == DATA
