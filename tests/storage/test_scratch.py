import os
from pathlib import Path

import pytest

from commonweight.storage import DiskFull, Scratch, TooManyBytes, receive
from commonweight.storage.scratch import STALE_SECONDS


async def pieces(*given):
    for piece in given:
        yield piece


async def test_pieces_become_a_file(tmp_path):
    assert await receive(pieces(b"one ", b"", b"two"), tmp_path / "file") == 7
    assert (tmp_path / "file").read_bytes() == b"one two"


async def test_more_than_the_limit_is_refused(tmp_path):
    assert await receive(pieces(b"123"), tmp_path / "file", 3) == 3
    with pytest.raises(TooManyBytes, match="more than 2 bytes"):
        await receive(pieces(b"12", b"3"), tmp_path / "file", 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which only Linux has")
async def test_a_full_disk_is_said_to_be_one():
    with pytest.raises(DiskFull):
        await receive(pieces(bytes(2 << 20)), Path("/dev/full"))


def test_a_name_is_free_again_at_the_end(tmp_path):
    scratch = Scratch(tmp_path / "incoming")
    with scratch.path() as path:
        path.write_bytes(b"x")
    with scratch.path():
        pass
    assert list((tmp_path / "incoming").iterdir()) == []


def test_only_what_is_old_is_swept(tmp_path):
    scratch = Scratch(tmp_path)
    scratch.sweep()
    for name, age in (("old", STALE_SECONDS + 60), ("new", 0)):
        path = tmp_path / name
        path.write_bytes(b"x")
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    scratch.sweep()
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
