"""All objects of an installation move from the disk to an S3 server and back."""

import asyncio

import pytest

from commonweight.errors import InvalidInput
from commonweight.storage import OtherPlace, Storage, StorageUnavailable
from commonweight.storage.object_store import PART_BYTES
from tests.storage.vectors import stream
from tests.support.shelf import Shelf

BIG = stream("big", PART_BYTES + 1000)


async def untold(fraction, message):
    pass


async def in_pieces(data):
    yield data


@pytest.fixture
def disk(tmp_path):
    return Shelf.on_disk(tmp_path / "here")


@pytest.fixture
def s3(s3_server):
    return Shelf.on_s3(s3_server.place())


@pytest.fixture
def over(database, clock, workers, tmp_path):
    return lambda objects: Storage(database, objects, workers, clock, folder=tmp_path / "storage", cache_bytes=1 << 24)


def same(one, other):
    return {key: one.read(key) for key in one.lying()} == {key: other.read(key) for key in other.lying()}


@pytest.fixture
async def filled(over, disk):
    storage = over(disk.objects)
    await storage.ingest(1, in_pieces(stream("small", 30_000)))
    await storage.put_blob("files/ab/piece", BIG)
    await storage.put_new_blob("git/1", "f" * 40, b"")
    return storage


async def test_everything_is_there_afterwards_and_the_old_store_as_it_was(filled, over, disk, s3):
    moved = await filled.mover(s3.objects).move(untold, finish=True)
    assert (moved.copied, moved.missing, moved.damaged) == (3, [], [])
    assert same(disk, s3)
    assert len(disk.lying()) == 3
    there = over(s3.objects)
    await there.try_out()
    assert await there.get_blob("files/ab/piece") == BIG
    with pytest.raises(OtherPlace):
        await filled.try_out()


async def test_it_moves_back(filled, over, disk, s3, tmp_path):
    await filled.mover(s3.objects).move(untold, finish=True)
    back = Shelf.on_disk(tmp_path / "back")
    await over(s3.objects).mover(back.objects).move(untold, finish=True)
    assert same(disk, back)
    await over(back.objects).try_out()


async def test_what_servers_store_and_delete_meanwhile_is_seen_by_the_last_pass(filled, over, s3, disk):
    await filled.mover(s3.objects).move(untold, finish=False)
    await filled.try_out()  # still served from where it was
    await filled.put_blob("files/aa/later", b"later")
    await filled.delete_blob("files/ab/piece")
    moved = await filled.mover(s3.objects).move(untold, finish=True)
    assert (moved.copied, moved.before) == (1, 2)
    assert same(disk, s3)


async def test_who_is_interrupted_goes_on_there(filled, s3, tmp_path):
    class Stopped(Exception):
        pass

    async def stop(fraction, message):
        raise Stopped

    with pytest.raises(Stopped):
        await filled.mover(s3.objects).move(stop, finish=True)
    (journal,) = (tmp_path / "storage").glob("moving-to-*")
    first, *others = journal.read_text().splitlines(keepends=True)
    journal.write_text(first + others[0][:7])  # the last line was cut by a power cut
    moved = await filled.mover(s3.objects).move(untold, finish=True)
    assert (moved.before, moved.copied) == (1, 2)
    assert not journal.exists()


async def test_what_was_damaged_or_missing_before_is_named_and_does_not_stop_the_rest(filled, disk, s3):
    (xorb,) = disk.lying("xorbs")
    disk.write(xorb, b"\1" + disk.read(xorb)[1:])
    disk.remove("files/ab/piece")
    moved = await filled.mover(s3.objects).move(untold, finish=True)
    assert (moved.damaged, moved.missing) == ([xorb], ["files/ab/piece"])
    assert s3.read(xorb) == disk.read(xorb)


async def test_a_store_that_gives_back_other_bytes_is_not_moved_to(filled, disk, tmp_path):
    class Forgetful(type(disk.objects)):
        @property
        def name(self):
            return "a bad disk"

        async def put_file(self, key, path):
            await asyncio.to_thread(path.write_bytes, b"other")
            await super().put_file(key, path)

    with pytest.raises(StorageUnavailable, match="reads differently"):
        await filled.mover(Forgetful(tmp_path / "bad")).move(untold, finish=True)
    await filled.try_out()


async def test_where_the_bytes_lie_already_nothing_is_moved(filled, disk):
    with pytest.raises(InvalidInput, match="already"):
        await filled.mover(disk.objects).move(untold, finish=True)
