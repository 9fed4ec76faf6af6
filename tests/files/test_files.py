"""Files belong to an account, are on disk once acknowledged, and their bytes go when they do."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.files import FileMissing, FileRefused, FileTooLarge, NewFile, Purpose, Received
from commonweight.storage import TooManyBytes
from tests.files.world import FilesWorld, batch_line, in_pieces, jsonl

BATCH = jsonl([batch_line("a"), batch_line("b")])


async def test_a_file_is_read_back_whole_and_in_ranges(world: FilesWorld) -> None:
    data = os.urandom(3_000_000)
    file = await world.put(data)
    assert (await world.files.get(world.ada, file.id)).bytes == len(data)
    assert await world.bytes_of(file) == data
    assert await world.bytes_of(file, 999_990, 2_000_010) == data[999_990:2_000_010]


async def test_what_others_own_looks_missing(world: FilesWorld) -> None:
    file = await world.put(b"hush")
    with pytest.raises(FileMissing):
        await world.files.get(world.bob, file.id)
    with pytest.raises(FileMissing):
        await world.files.delete(world.bob, file.id)
    assert not (await world.files.list(world.bob)).files
    assert (await world.files.list(world.bob, after=file.id)).has_more is False
    assert await world.bytes_of(file) == b"hush"


async def test_the_bytes_of_a_deleted_file_really_go(world: FilesWorld) -> None:
    file = await world.put(b"a secret")
    assert world.in_store() == 1
    await world.files.delete(world.ada, file.id)
    with pytest.raises(FileMissing):
        await world.files.get(world.ada, file.id)
    await world.run_jobs()
    assert world.in_store() == 0


async def test_a_batch_file_expires_after_thirty_days_and_others_never(world: FilesWorld) -> None:
    batch, other = await world.put(BATCH, Purpose.BATCH), await world.put(b"x")
    assert batch.expires_at == world.clock.now() + timedelta(days=30)
    assert other.expires_at is None
    await world.collector.start()
    world.clock.advance(timedelta(days=30))
    with pytest.raises(FileMissing):
        await world.files.get(world.ada, batch.id)
    world.clock.advance(timedelta(minutes=10))
    await world.run_jobs()
    assert world.in_store() == 1
    assert [file.id for file in (await world.files.list(world.ada)).files] == [other.id]


async def test_a_file_is_kept_for_as_long_as_its_owner_says(world: FilesWorld) -> None:
    file = await world.put(b"x", seconds=3600)
    assert file.expires_at == world.clock.now() + timedelta(hours=1)
    with pytest.raises(FileRefused, match="3600 to 2592000"):
        await world.put(b"x", seconds=10)


async def test_lists_go_on_after_a_file_in_either_order(world: FilesWorld) -> None:
    ids = [(await world.put(b"x")).id for _ in range(5)]
    first = await world.files.list(world.ada, limit=2)
    assert ([file.id for file in first.files], first.has_more) == ([ids[4], ids[3]], True)
    last = await world.files.list(world.ada, after=ids[1], limit=2)
    assert ([file.id for file in last.files], last.has_more) == ([ids[0]], False)
    upwards = await world.files.list(world.ada, after=ids[3], oldest_first=True)
    assert [file.id for file in upwards.files] == [ids[4]]
    assert (await world.files.list(world.ada, after="after")).files == ()


async def test_lists_are_narrowed_by_purpose(world: FilesWorld) -> None:
    await world.put(b"x")
    batch = await world.put(BATCH, Purpose.BATCH)
    assert [file.id for file in (await world.files.list(world.ada, purpose=Purpose.BATCH)).files] == [batch.id]


async def test_a_batch_file_is_refused_with_the_lines_that_are_wrong(world: FilesWorld) -> None:
    lines = [batch_line("a"), batch_line("a"), {**batch_line("c"), "method": "GET"}]
    with pytest.raises(FileRefused, match=r"Line 2: 'custom_id': 'a' stands in line 1 already\. Line 3: 'method'"):
        await world.put(jsonl(lines), Purpose.BATCH)
    assert world.in_store() == 0


async def test_what_is_in_a_batch_file_is_known_from_its_upload_on(world: FilesWorld) -> None:
    file = await world.put(BATCH, Purpose.BATCH)
    assert file.facts == {"lines": 2, "url": "/v1/chat/completions", "model": "tiny"}


async def test_batch_files_must_be_named_jsonl_and_made_files_are_not_uploaded(world: FilesWorld) -> None:
    with pytest.raises(FileRefused, match=r"does not end in '\.jsonl'"):
        await world.put(BATCH, Purpose.BATCH, name="lines.txt")
    with pytest.raises(FileRefused, match="made by the server"):
        await world.put(b"x", Purpose.BATCH_OUTPUT)


async def test_a_batch_file_has_a_bound_of_its_own(world: FilesWorld, tmp_path: Path) -> None:
    path = tmp_path / "claimed"
    path.write_bytes(b"")
    with pytest.raises(FileTooLarge, match="at most 209715200"):
        await world.files.create(world.ada, Received(path, (200 << 20) + 1, ""), NewFile("a.jsonl", Purpose.BATCH))


async def test_more_bytes_than_accepted_are_cut_off_while_they_come(world: FilesWorld) -> None:
    with pytest.raises(TooManyBytes):
        async with world.blobs.receive(in_pieces(b"x" * 5000), limit=4000):
            pass
    assert list((world.home / "storage" / "incoming").iterdir()) == []


async def test_a_blob_that_nobody_took_over_is_collected_the_next_day(world: FilesWorld) -> None:
    """As when a process is killed between writing the bytes and the row."""
    async with world.blobs.receive(in_pieces(b"orphan")) as received:
        await world.blobs.keep(received)
    kept = await world.put(b"kept")
    assert await world.blobs.collect() == 0
    world.clock.advance(timedelta(days=1))
    assert await world.blobs.collect() == 1
    assert await world.bytes_of(kept) == b"kept"


async def test_looking_for_what_expires_comes_again_by_itself(
    world: FilesWorld, database: Database, clock: SetClock
) -> None:
    await world.collector.start()
    for _ in range(3):
        await world.put(b"x", seconds=3600)
        clock.advance(timedelta(hours=2))
        await world.run_jobs()
        assert world.in_store() == 0
