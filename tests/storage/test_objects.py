"""What every kind of object store promises."""

import obstore.store
import pytest

from commonweight.storage import DiskObjects, NotStored, StorageUnavailable
from commonweight.storage.object_store import StoreObjects, open_s3


@pytest.fixture(params=["disk", "memory", "s3"])
def objects(request, tmp_path):
    if request.param == "s3":
        return open_s3(request.getfixturevalue("s3_server").place())
    return DiskObjects(tmp_path / "objects") if request.param == "disk" else StoreObjects(obstore.store.MemoryStore())


async def test_what_was_put_is_got(objects):
    await objects.put("git/1/abc", b"0123456789")
    assert await objects.get("git/1/abc") == b"0123456789"
    assert await objects.get_range("git/1/abc", 2, 5) == b"234"
    assert await objects.get_range("git/1/abc", 5, 5) == b""
    assert await objects.get_range("git/1/abc", 8, 20) == b"89"
    assert await objects.get_range("git/1/abc", 10, 20) == b""
    assert b"".join([piece async for piece in objects.pieces("git/1/abc")]) == b"0123456789"


async def test_a_file_is_taken_over(objects, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    await objects.put_file("xorbs/ab/abc-1", path)
    assert await objects.get("xorbs/ab/abc-1") == b"content"
    assert not path.exists()


async def test_putting_again_is_harmless(objects):
    await objects.put("a/b", b"same")
    await objects.put("a/b", b"same")
    assert await objects.get("a/b") == b"same"


async def test_what_is_not_there_is_said_to_be_missing(objects):
    with pytest.raises(NotStored):
        await objects.get("a/missing")
    with pytest.raises(NotStored):
        await objects.get_range("a/missing", 0, 1)
    with pytest.raises(NotStored):
        await anext(objects.pieces("a/missing"))


async def test_what_was_deleted_is_gone_and_deleting_again_is_harmless(objects):
    await objects.put("a/b", b"x")
    await objects.delete("a/b")
    await objects.delete("a/b")
    with pytest.raises(NotStored):
        await objects.get("a/b")


@pytest.mark.parametrize("key", ["", "a", "/a/b", "a/../b", "../a/b", "a//b", "a/.b", "a/b/", "a/b\0", "a\\b/c"])
async def test_a_key_that_could_leave_its_folder_is_refused(objects, key):
    with pytest.raises(ValueError, match="not an object key"):
        await objects.put(key, b"x")


async def test_a_store_that_can_keep_objects_is_ready(objects):
    await objects.check()
    await objects.try_out()


async def test_a_folder_that_cannot_be_is_not_ready(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageUnavailable):
        await DiskObjects(tmp_path / "file" / "objects").check()


def test_only_a_disk_has_paths(tmp_path):
    assert DiskObjects(tmp_path).local_path("a/b") == tmp_path / "a" / "b"
    assert StoreObjects(obstore.store.MemoryStore()).local_path("a/b") is None
