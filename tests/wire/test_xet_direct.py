"""The official client fetches bytes from the S3 server itself, by the addresses that a reconstruction gives."""

import hashlib
from contextlib import asynccontextmanager

import aiohttp
import pytest

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.storage import Storage, hash_text
from commonweight.storage.object_store import open_s3
from commonweight.storage.xet.xorb import build_xorb
from tests.storage.uploads import put, register, shard_file
from tests.storage.vectors import stream
from tests.wire.xet_world import XetWorld, official_client, serving

NOISE = stream("weights", 3_000_000)
CHUNKS = [stream("first", 30_000), stream("secret", 30_000), stream("third", 30_000)]


@asynccontextmanager
async def world_over(objects, sqlite_template, tmp_path):
    path = tmp_path / "commonweight.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite+aiosqlite:///{path}")
    storage = Storage.over(database, objects, SystemClock(), home=tmp_path / "home", cache_bytes=1 << 30)
    yield XetWorld(storage, SystemClock())
    await storage.close()
    await database.close()


@pytest.fixture
async def world(s3_server, sqlite_template, tmp_path):
    async with world_over(open_s3(s3_server.place()), sqlite_template, tmp_path) as world:
        yield world


async def sent_and_fetched(world, tmp_path):
    """A file is sent, and fetched whole and in part by a client that knows nothing of it."""
    (tmp_path / "file").write_bytes(NOISE)
    async with serving(world) as endpoint:
        ((name, size),) = await official_client(tmp_path / "c", endpoint, world.token(), "upload", [str(tmp_path / "file")])
        world.body_bytes = 0
        token = world.token(write=False)
        await official_client(tmp_path / "d", endpoint, token, "download", [[str(tmp_path / "back"), name, size]])
        (part,) = await official_client(tmp_path / "e", endpoint, token, "parts", name, size, [[2_000_000, 2_000_100]])
    assert (tmp_path / "back").read_bytes() == NOISE
    assert bytes.fromhex(part) == NOISE[2_000_000:2_000_100]


@pytest.mark.parametrize("version", ["1", "2"])
async def test_bytes_do_not_go_through_the_server(world, tmp_path, version):
    world.refuse = ("/xet/v2/reconstructions",) if version == "1" else ()
    await sent_and_fetched(world, tmp_path)
    assert world.asked(f"GET /xet/v{version}/reconstructions")
    assert not world.asked("GET /xet/v1/blobs")
    assert world.body_bytes < 20_000


async def test_bytes_go_through_the_server_where_the_setting_says_so(s3_server, sqlite_template, tmp_path):
    async with world_over(open_s3(s3_server.place(), direct=False), sqlite_template, tmp_path) as world:
        await sent_and_fetched(world, tmp_path)
        assert world.asked("GET /xet/v1/blobs")
        assert world.body_bytes > len(NOISE)


@pytest.mark.parametrize("version", ["1", "2"])
async def test_an_address_opens_the_chunks_of_its_file_and_not_those_beside_them(world, version):
    """The xorb holds a chunk between them that is of another file."""
    facts = await put(world.storage, 1, *CHUNKS)
    packed = build_xorb(CHUNKS)[0]
    await register(world.storage, 1, shard_file(CHUNKS[0], (facts, 0, 1)), shard_file(CHUNKS[1], (facts, 1, 2)))
    name = await file_of(world, CHUNKS[0])
    async with serving(world) as endpoint, aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {world.token(write=False)}"}
        async with session.get(f"{endpoint}/v{version}/reconstructions/{name}", headers=headers) as answer:
            found = await answer.json()
        if version == "1":
            (entry,) = found["fetch_info"][hash_text(facts.xorb_hash)]
            url, span = entry["url"], entry["url_range"]
        else:
            (entry,) = found["xorbs"][hash_text(facts.xorb_hash)]
            url, span = entry["url"], entry["ranges"][0]["bytes"]
        assert endpoint not in url
        assert await fetched(session, url, span["start"], span["end"]) == (206, packed[: span["end"] + 1])
        assert (await fetched(session, url, span["start"], span["end"] + 1))[0] == 403
        assert (await fetched(session, url, span["end"] + 1, len(packed) - 1))[0] == 403
        async with session.get(url) as whole:
            assert whole.status == 403


async def file_of(world, data):
    return (await world.storage.large_file(1, hashlib.sha256(data).hexdigest())).xet_hash


async def fetched(session, url, first, last):
    async with session.get(url, headers={"Range": f"bytes={first}-{last}"}) as answer:
        return answer.status, await answer.read()
