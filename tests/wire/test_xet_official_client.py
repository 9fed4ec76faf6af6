"""The official client against a real server, at all defaults."""

import hashlib
from pathlib import Path

import pytest

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.storage import Storage
from tests.storage.vectors import stream
from tests.wire.xet_world import ClientFailed, XetWorld, official_client, serving

QUICK_RETRIES = {"HF_XET_CLIENT_RETRY_BASE_DELAY": "10ms", "HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": "1"}
FLOATS = b"".join(number.to_bytes(4, "little") for number in range(1 << 19))
NOISE = stream("weights", 3_000_000)
TEXT = b"a small text\n" * 40


@pytest.fixture
async def world(pair, tmp_path):
    database = Database(pair[0])
    storage = Storage.over(database, pair[1].objects, SystemClock(), home=tmp_path / "home", cache_bytes=1 << 30)
    yield XetWorld(storage, SystemClock())
    await storage.close()
    await database.close()


def written(folder, **contents):
    folder.mkdir(exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in contents]


@pytest.mark.parametrize("version", ["1", "2"])
async def test_files_come_back_byte_for_byte(world, tmp_path, version):
    contents = {"floats": FLOATS, "noise": NOISE, "text": TEXT}
    world.refuse = ("/xet/v2/reconstructions",) if version == "1" else ()
    async with serving(world) as endpoint:
        sent = await official_client(tmp_path / "c1", endpoint, world.token(), "upload", written(tmp_path / "a", **contents))
        (tmp_path / "b").mkdir()
        wanted = [[str(tmp_path / "b" / name), *one] for name, one in zip(contents, sent, strict=True)]
        await official_client(tmp_path / "c2", endpoint, world.token(write=False), "download", wanted)
    for name, data in contents.items():
        assert (tmp_path / "b" / name).read_bytes() == data
    assert world.asked(f"GET /xet/v{version}/reconstructions")
    assert world.asked("POST /xet/v2/shards")
    assert world.asked("POST /xet/v1/xorb-grants")


async def test_what_was_uploaded_is_known_by_its_sha256(world, tmp_path):
    async with serving(world) as endpoint:
        ((name, size),) = await official_client(
            tmp_path / "c", endpoint, world.token(), "upload", written(tmp_path / "a", noise=NOISE)
        )
    file = await world.storage.large_file(1, hashlib.sha256(NOISE).hexdigest())
    assert (file.xet_hash, file.size) == (name, size)
    assert b"".join([piece async for piece in world.storage.read(file)]) == NOISE


async def test_a_changed_file_sends_only_what_has_changed_and_comes_back_whole_and_in_parts(world, pair, tmp_path):
    changed = NOISE[:1_500_000] + b"edited" + NOISE[1_500_000:]
    spans = [[0, 5], [1_499_990, 1_500_020], [2_999_000, None]]
    async with serving(world) as endpoint:
        token = world.token()
        for name, data in (("before", NOISE), ("after", changed)):
            paths = written(tmp_path / "a", **{name: data})
            ((name, size),) = await official_client(tmp_path / "c", endpoint, token, "upload", paths)
        await official_client(tmp_path / "d", endpoint, token, "download", [[str(tmp_path / "back"), name, size]])
        parts = await official_client(tmp_path / "e", endpoint, token, "parts", name, size, spans)
    assert pair[1].total_bytes() < len(NOISE) + 500_000
    assert (tmp_path / "back").read_bytes() == changed
    assert [bytes.fromhex(part) for part in parts] == [changed[start:end] for start, end in spans]


async def test_a_file_that_was_ingested_here_is_downloaded_like_any_other(world, tmp_path):
    (path,) = written(tmp_path / "a", file=FLOATS + NOISE)
    file = await world.storage.ingest(1, Path(path))
    (tmp_path / "b").mkdir()
    async with serving(world) as endpoint:
        wanted = [[str(tmp_path / "b" / "file"), file.xet_hash, file.size]]
        await official_client(tmp_path / "c", endpoint, world.token(write=False), "download", wanted)
    assert (tmp_path / "b" / "file").read_bytes() == FLOATS + NOISE


async def test_what_another_repository_holds_cannot_be_downloaded_by_its_name(world, tmp_path):
    async with serving(world) as endpoint:
        sent = await official_client(tmp_path / "c", endpoint, world.token(1), "upload", written(tmp_path / "a", text=TEXT))
        wanted = [[str(tmp_path / "stolen"), *sent[0]]]
        with pytest.raises(ClientFailed, match="404"):
            await official_client(tmp_path / "d", endpoint, world.token(2, write=False), "download", wanted, **QUICK_RETRIES)


@pytest.mark.parametrize("may_read", [True, False])
async def test_a_client_that_remembers_another_repository_may_refer_to_it_if_it_may_read_it(world, tmp_path, may_read):
    """The client does not send again what it sent elsewhere. One chunk to a xorb: its name alone would prove nothing."""
    world.readable = {(7, 1)} if may_read else set()
    (path,) = written(tmp_path / "a", text=TEXT)
    async with serving(world) as endpoint:
        await official_client(tmp_path / "c", endpoint, world.token(1), "upload", [path])
        again = official_client(tmp_path / "c", endpoint, world.token(2), "upload", [path], **QUICK_RETRIES)
        if may_read:
            await again
        else:
            with pytest.raises(ClientFailed, match="not stored for this repository"):
                await again
    held = await world.storage.large_file(2, hashlib.sha256(TEXT).hexdigest())
    assert (held is not None) == may_read


async def test_a_token_for_reading_does_not_write(world, tmp_path):
    async with serving(world) as endpoint:
        with pytest.raises(ClientFailed, match="403"):
            await official_client(
                tmp_path / "c",
                endpoint,
                world.token(write=False),
                "upload",
                written(tmp_path / "a", text=TEXT),
                **QUICK_RETRIES,
            )
