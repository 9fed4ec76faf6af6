import asyncio
import hashlib

import hf_xet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonweight.storage import DigestRefused, PastTheEnd, StoredBytesDamaged
from tests.storage.uploads import content
from tests.storage.vectors import stream

SCOPE = 1
DATA = stream("ingested", 2_500_000) + b"compressible text " * 60_000


async def in_pieces(data, size=100_000):
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def test_an_ingested_file_is_named_as_the_official_client_names_it(storage, tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(DATA)
    file = await storage.ingest(SCOPE, path)
    assert (file.size, file.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert file.xet_hash == hf_xet.hash_files([str(path)])[0].hash
    assert path.read_bytes() == DATA
    assert await content(storage, file) == DATA


async def test_a_file_larger_than_a_xorb_is_spread_over_several(storage, tmp_path):
    path = tmp_path / "large.bin"
    with path.open("wb") as out:
        for number in range(560):  # no chunk like another
            out.write(number.to_bytes(4, "little") * (1 << 15))
    file = await storage.ingest(SCOPE, path)
    assert len((await storage.reconstruction(SCOPE, file.xet_hash)).fetch) == 2
    assert file.xet_hash == hf_xet.hash_files([str(path)])[0].hash
    digest = hashlib.sha256()
    async for piece in storage.read(file):
        digest.update(piece)
    assert digest.hexdigest() == file.sha256


async def test_pieces_are_taken_as_well_as_a_path(storage):
    file = await storage.ingest(SCOPE, in_pieces(DATA), hashlib.sha256(DATA).hexdigest())
    assert await content(storage, file) == DATA
    assert await storage.ingest(SCOPE, in_pieces(DATA)) == file


async def test_other_bytes_than_promised_are_refused_and_not_kept(storage, tmp_path):
    with pytest.raises(DigestRefused, match="was expected"):
        await storage.ingest(SCOPE, in_pieces(DATA), "ab" * 32)
    assert await storage.large_file(SCOPE, hashlib.sha256(DATA).hexdigest()) is None
    assert list((tmp_path / "storage" / "incoming").iterdir()) == []


async def test_a_file_without_bytes_is_ingested(storage):
    file = await storage.ingest(SCOPE, in_pieces(b""))
    assert (file.size, await content(storage, file)) == (0, b"")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_part_of_a_file_can_be_read(storage, data):
    file = await storage.ingest(SCOPE, in_pieces(DATA))
    start = data.draw(st.integers(0, len(DATA)))
    end = data.draw(st.integers(start, len(DATA) + 5))
    assert await content(storage, file, start, end) == DATA[start:end]


async def test_reading_from_behind_the_end_is_refused(storage):
    file = await storage.ingest(SCOPE, in_pieces(b"short"))
    with pytest.raises(PastTheEnd):
        await content(storage, file, 6)


async def test_a_damaged_object_is_reported_and_not_served(storage, shelf):
    file = await storage.ingest(SCOPE, in_pieces(b"compressible text " * 10_000))
    (key,) = shelf.lying()
    shelf.write(key, b"\1" + shelf.read(key)[1:])
    with pytest.raises(StoredBytesDamaged):
        await content(storage, file)


async def test_files_ingested_at_once_are_all_there(storage):
    parts = [stream(f"part{number}", 50_000) for number in range(8)]
    files = await asyncio.gather(*(storage.ingest(SCOPE, in_pieces(part)) for part in [*parts, parts[0]]))
    assert [await content(storage, file) for file in files] == [*parts, parts[0]]


async def test_a_file_is_adopted_from_a_scope_that_holds_it(storage):
    file = await storage.ingest(SCOPE, in_pieces(b"shared"))
    assert await storage.adopt(SCOPE, 2, file.sha256) == file
    assert await storage.large_file(2, file.sha256) == file
    assert await storage.adopt(3, 4, file.sha256) is None
