import pytest

from commonweight.errors import InvalidInput
from commonweight.storage.cache import FileCache
from commonweight.storage.snapshots import Snapshots
from tests.storage.test_cache import Writer


@pytest.fixture
def writer():
    return Writer()


@pytest.fixture
def snapshots(tmp_path, writer):
    return Snapshots(tmp_path / "snapshots", FileCache(tmp_path / "cache", 250, writer.write))


def left(tmp_path):
    return [path.name for path in (tmp_path / "snapshots").iterdir()]


async def test_a_snapshot_holds_its_files_by_their_paths_and_is_gone_afterwards(snapshots, writer, tmp_path):
    large = writer.file("a")
    async with snapshots.lay_out({"model.safetensors": large, "1_Pooling/config.json": b"{}"}) as folder:
        assert (folder / "model.safetensors").read_bytes() == writer.contents[large.sha256]
        assert (folder / "1_Pooling" / "config.json").read_bytes() == b"{}"
    assert left(tmp_path) == []


async def test_its_large_files_stay_while_it_is_used(snapshots, writer, tmp_path):
    first, second = writer.file("a", 200), writer.file("b", 100)
    async with snapshots.lay_out({"model.safetensors": first}) as folder:
        with pytest.raises(Exception, match="does not fit"):
            async with snapshots.lay_out({"model.safetensors": second}):
                pass
        assert (folder / "model.safetensors").exists()
    async with snapshots.lay_out({"model.safetensors": second}) as folder:
        assert (folder / "model.safetensors").exists()
    assert left(tmp_path) == []


async def test_a_sweep_removes_what_a_dead_process_left_and_nothing_in_use(snapshots, tmp_path):
    dead = tmp_path / "snapshots" / "dead"
    async with snapshots.lay_out({"config.json": b"{}"}) as folder:
        dead.mkdir()
        dead.with_suffix(".lock").touch()
        snapshots.sweep()
        assert not dead.exists()
        assert (folder / "config.json").exists()


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", ""])
async def test_a_path_that_leads_out_is_refused(snapshots, path):
    with pytest.raises(InvalidInput):
        async with snapshots.lay_out({path: b""}):
            pass
