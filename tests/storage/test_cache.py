import asyncio
import hashlib
import os
import subprocess
import sys

import pytest

from commonweight.storage import CacheFull, StoredBytesDamaged
from commonweight.storage.cache import FileCache
from commonweight.storage.values import LargeFile
from tests.storage.vectors import stream


class Writer:
    """Writes what it is told to, and counts."""

    def __init__(self):
        self.contents = {}
        self.calls = 0

    def file(self, label, size=100):
        data = stream(label, size)
        digest = hashlib.sha256(data).hexdigest()
        self.contents[digest] = data
        return LargeFile(digest, size, "0" * 64)

    async def write(self, file, path):
        self.calls += 1
        await asyncio.sleep(0.01)
        path.write_bytes(self.contents[file.sha256])
        return hashlib.sha256(self.contents[file.sha256]).hexdigest()


@pytest.fixture
def writer():
    return Writer()


@pytest.fixture
def cache(tmp_path, writer):
    return FileCache(tmp_path / "cache", 250, writer.write)


def names(tmp_path):
    return {path.name for path in (tmp_path / "cache").iterdir() if path.suffix != ".lock"}


async def test_callers_that_come_at_once_share_one_writing(cache, writer):
    file = writer.file("a")
    leases = await asyncio.gather(*(cache.lease(file) for _ in range(5)))
    assert {lease.path for lease in leases} == {leases[0].path}
    assert leases[0].path.read_bytes() == writer.contents[file.sha256]
    assert writer.calls == 1


async def test_the_file_used_longest_ago_makes_room(cache, writer, tmp_path):
    first, second, third = writer.file("a"), writer.file("b"), writer.file("c")
    for age, file in ((200, first), (300, second)):
        with await cache.lease(file) as path:
            lock = path.with_suffix(".lock")
        os.utime(lock, (lock.stat().st_mtime - age,) * 2)
    with await cache.lease(third):
        assert names(tmp_path) == {first.sha256, third.sha256}


async def test_a_file_in_use_is_not_removed(cache, writer):
    with await cache.lease(writer.file("a")) as first, await cache.lease(writer.file("b")) as second:
        with pytest.raises(CacheFull, match="in use"):
            await cache.lease(writer.file("c"))
        assert first.exists()
        assert second.exists()


async def test_a_file_in_use_by_another_process_is_not_removed(cache, writer):
    with await cache.lease(writer.file("a")) as path:
        lock = path.with_suffix(".lock")
    script = f"import fcntl; f = open({str(lock)!r}); fcntl.flock(f, fcntl.LOCK_SH); print('held', flush=True); input()"
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with await cache.lease(writer.file("b")):
            with pytest.raises(CacheFull):
                await cache.lease(writer.file("c"))
            other.communicate("\n")
            with await cache.lease(writer.file("c")):
                assert not path.exists()


async def test_a_file_larger_than_the_cache_is_refused_before_it_is_written(cache, writer):
    with pytest.raises(CacheFull, match="251 bytes does not fit"):
        await cache.lease(writer.file("large", 251))
    assert writer.calls == 0


async def test_bytes_that_have_changed_are_not_handed_out(cache, writer, tmp_path):
    file = writer.file("a")
    writer.contents[file.sha256] = b"other bytes"
    with pytest.raises(StoredBytesDamaged):
        await cache.lease(file)
    assert names(tmp_path) == set()


async def test_a_stored_file_lies_at_a_path(storage):
    async def pieces():
        yield stream("whole", 300_000)

    file = await storage.ingest(1, pieces())
    with await storage.materialise(file) as path:
        assert path.read_bytes() == stream("whole", 300_000)
