"""An installation knows where its bytes lie."""

import obstore.store
import pytest

from commonweight.storage import DiskObjects, OtherPlace, S3Place, Storage
from commonweight.storage.object_store import StoreObjects


@pytest.fixture
def over(database, clock, workers, tmp_path):
    return lambda objects: Storage(database, objects, workers, clock, folder=tmp_path / "storage", cache_bytes=0)


@pytest.fixture
def disk(over, tmp_path):
    return over(DiskObjects(tmp_path / "objects"))


@pytest.fixture
def elsewhere(over):
    return over(StoreObjects(obstore.store.MemoryStore(), S3Place("models", "team")))


async def test_a_server_starts_where_it_started_before(disk):
    await disk.try_out()
    await disk.try_out()


async def test_settings_that_name_another_place_are_refused(disk, elsewhere):
    await elsewhere.try_out()
    with pytest.raises(OtherPlace, match="lie in s3://models/team; the settings name the home folder"):
        await disk.try_out()


async def test_bytes_that_were_stored_before_places_were_noted_lie_in_the_home_folder(disk, elsewhere):
    await disk.put_blob("a/b", b"x")
    with pytest.raises(OtherPlace, match="lie in the home folder"):
        await elsewhere.try_out()
