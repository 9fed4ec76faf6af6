"""Large files in parts: what is acknowledged is kept, in the order that completes it."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest

from commonweight.files import (
    FileRefused,
    FileTooLarge,
    NewFile,
    Purpose,
    Upload,
    UploadClosed,
    UploadMissing,
    UploadRefused,
    UploadStatus,
)
from tests.files.world import FilesWorld, batch_line, jsonl

ONE, TWO = b"the first half, ", b"and the second"


async def begin(world: FilesWorld, size: int = len(ONE + TWO), purpose: Purpose = Purpose.USER_DATA) -> Upload:
    return await world.uploads.create(world.ada, NewFile("a.jsonl", purpose), size)


async def test_parts_are_put_together_in_the_order_that_completes_them(world: FilesWorld) -> None:
    upload = await begin(world)
    second, first = await asyncio.gather(world.put_part(upload.id, TWO), world.put_part(upload.id, ONE))
    md5 = hashlib.md5(ONE + TWO).hexdigest()
    done = await world.uploads.complete(world.ada, upload.id, [first.id, second.id], md5)
    assert done.status is UploadStatus.COMPLETED
    assert done.file is not None
    assert await world.bytes_of(done.file) == ONE + TWO
    assert await world.bytes_of(done.file, 10, 20) == (ONE + TWO)[10:20]


async def test_a_repeated_complete_gives_the_same_file(world: FilesWorld) -> None:
    """A client whose answer was lost asks again."""
    upload = await begin(world)
    parts = [(await world.put_part(upload.id, data)).id for data in (ONE, TWO)]
    once, again = [await world.uploads.complete(world.ada, upload.id, parts) for _ in range(2)]
    assert once.file is not None
    assert once.file == again.file


async def test_what_does_not_make_up_the_file_is_refused_and_can_be_mended(world: FilesWorld) -> None:
    upload = await begin(world)
    one, two = await world.put_part(upload.id, ONE), await world.put_part(upload.id, TWO)
    for part_ids, md5, reason in (
        ([one.id], None, "16 bytes together; 30 were announced"),
        ([one.id, "part_other"], None, "is no part of"),
        ([one.id, one.id], None, "once, in order"),
        ([two.id, one.id], hashlib.md5(ONE + TWO).hexdigest(), "was expected"),
    ):
        with pytest.raises(UploadRefused, match=reason):
            await world.uploads.complete(world.ada, upload.id, part_ids, md5)
    assert (await world.uploads.complete(world.ada, upload.id, [one.id, two.id])).file is not None


async def test_a_part_that_was_sent_twice_is_dropped_at_the_end(world: FilesWorld) -> None:
    upload = await begin(world)
    parts = [await world.put_part(upload.id, data) for data in (ONE, TWO, TWO)]
    await world.uploads.complete(world.ada, upload.id, [parts[0].id, parts[2].id])
    await world.run_jobs()
    assert world.in_store() == 2


async def test_a_cancelled_upload_takes_no_parts_and_leaves_no_bytes(world: FilesWorld) -> None:
    upload = await begin(world)
    part = await world.put_part(upload.id, ONE)
    assert (await world.uploads.cancel(world.ada, upload.id)).status is UploadStatus.CANCELLED
    assert (await world.uploads.cancel(world.ada, upload.id)).status is UploadStatus.CANCELLED
    with pytest.raises(UploadClosed):
        await world.put_part(upload.id, TWO)
    with pytest.raises(UploadClosed):
        await world.uploads.complete(world.ada, upload.id, [part.id])
    await world.run_jobs()
    assert world.in_store() == 0


async def test_an_upload_is_over_after_an_hour(world: FilesWorld) -> None:
    upload = await begin(world)
    await world.put_part(upload.id, ONE)
    await world.collector.start()
    world.clock.advance(timedelta(hours=1))
    with pytest.raises(UploadClosed, match="expired"):
        await world.put_part(upload.id, TWO)
    world.clock.advance(timedelta(minutes=10))
    await world.run_jobs()
    assert world.in_store() == 0


async def test_what_others_upload_looks_missing(world: FilesWorld) -> None:
    upload = await begin(world)
    with pytest.raises(UploadMissing):
        await world.uploads.cancel(world.bob, upload.id)
    with pytest.raises(UploadMissing):
        await world.uploads.complete(world.bob, upload.id, ["part"])


async def test_an_upload_holds_no_more_than_it_announced(world: FilesWorld) -> None:
    with pytest.raises(FileTooLarge):
        await begin(world, (8 << 30) + 1)
    upload = await begin(world, 10)
    with pytest.raises(UploadRefused, match="10 were announced"):
        await world.put_part(upload.id, b"x" * 11)
    for _ in range(2):
        await world.put_part(upload.id, b"x" * 10)
    with pytest.raises(UploadRefused):
        await world.put_part(upload.id, b"x")
    await world.uploads.cancel(world.ada, upload.id)


async def test_lines_are_checked_when_an_upload_is_complete(world: FilesWorld) -> None:
    data = jsonl([batch_line("a"), batch_line("a")])
    upload = await begin(world, len(data), Purpose.BATCH)
    parts = [(await world.put_part(upload.id, half)).id for half in (data[:50], data[50:])]
    with pytest.raises(FileRefused, match="Line 2"):
        await world.uploads.complete(world.ada, upload.id, parts)
