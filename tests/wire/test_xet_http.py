"""Single requests to the content store."""

import dataclasses
import hashlib
from datetime import timedelta
from urllib.parse import urlsplit

import httpx2 as httpx
import orjson
import pytest

from commonweight.storage import Storage, hash_text
from commonweight.storage.xet.shard import build_shard
from commonweight.storage.xet.xorb import build_xorb
from tests.storage.uploads import put, register, shard_file
from tests.storage.vectors import stream
from tests.wire.xet_world import XetWorld

CHUNKS = [stream("one", 20_000), b"two " * 8_000, stream("three", 9_000)]
DATA = b"".join(CHUNKS)
HASH = "0123456789abcdef" * 4


@pytest.fixture
async def world(database, shelf, clock, tmp_path):
    """Whose addresses are its own: those of an S3 server are tested with it (tests/storage/test_s3_signing.py)."""
    storage = Storage.over(database, shelf.through_us, clock, home=tmp_path / "home", cache_bytes=1 << 20)
    yield XetWorld(storage, clock)
    await storage.close()


@pytest.fixture
async def client(world):
    transport = httpx.ASGITransport(app=world, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


def bearer(world, **options):
    return {"authorization": f"Bearer {world.token(**options)}"}


async def stored_file(world, scope=1):
    facts = await put(world.storage, scope, *CHUNKS)
    file = shard_file(DATA, (facts, 0, 3))
    await register(world.storage, scope, file)
    return hash_text(file.file_hash)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/xet/v1/xorb-grants/default/{HASH}"),
        ("POST", f"/xet/v1/xorb-commits/default/{HASH}/grant/1"),
        ("PUT", f"/xet/v1/xorbs/default/{HASH}"),
        ("GET", "/xet/v2/shards"),
        ("POST", f"/xet/v2/reconstructions/{HASH}"),
        ("GET", f"/xet/v2/file-chunk-hashes/{HASH}"),
        ("GET", "/xet/"),
        ("GET", "/xet/anything/at/all"),
        ("DELETE", f"/xet/v1/blobs/{HASH}"),
    ],
)
async def test_what_the_store_does_not_offer_is_exactly_404(client, method, path):
    answer = await client.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["error"]


async def test_a_chunk_query_needs_a_token_and_misses(world, client):
    for path in (f"/xet/v1/chunks/default/{HASH}", f"/xet/chunks/default-merkledb/{HASH}", f"/xet/chunk/x/{HASH}"):
        assert (await client.get(path)).status_code == 401
        assert (await client.get(path, headers=bearer(world, write=False))).status_code == 404


@pytest.mark.parametrize("path", ["/xet/v1/xorbs", "/xet/xorbs", "/xet/xorb"])
async def test_a_xorb_is_taken_once_and_again(world, client, path):
    body, facts = build_xorb(CHUNKS)
    for expected in (True, False):
        answer = await client.post(f"{path}/default/{hash_text(facts.xorb_hash)}", content=body, headers=bearer(world))
        assert (answer.status_code, answer.json()) == (200, {"was_inserted": expected})


@pytest.mark.parametrize(
    ("name", "body", "status", "reason"),
    [
        (HASH, build_xorb(CHUNKS)[0], 400, "it was sent as"),
        (HASH, build_xorb(CHUNKS)[0][:-1], 400, "cut short"),
        (HASH, b"", 400, "holds no chunk"),
        (HASH, b"no xorb at all", 400, "version"),
        ("short", b"", 400, "is not a hash"),
    ],
)
async def test_a_wrong_xorb_is_refused_with_its_reason(world, client, tmp_path, name, body, status, reason):
    answer = await client.post(f"/xet/v1/xorbs/default/{name}", content=body, headers=bearer(world))
    assert answer.status_code == status
    assert reason in answer.json()["error"]
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []


async def test_an_oversized_body_is_refused_by_its_declared_length_and_by_its_real_one(world, client):
    async def endless():
        while True:
            yield bytes(8 << 20)

    path = f"/xet/v1/xorbs/default/{HASH}"
    declared = {**bearer(world), "content-length": str(70 << 20)}
    assert (await client.post(path, content=b"", headers=declared)).status_code == 413
    assert (await client.post(path, content=endless(), headers=bearer(world))).status_code == 413


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/xet/v1/xorbs/default/{HASH}"),
        ("POST", "/xet/v1/shards"),
        ("POST", "/xet/v2/shards"),
        ("GET", f"/xet/v1/reconstructions/{HASH}"),
        ("GET", f"/xet/v2/reconstructions/{HASH}"),
    ],
)
async def test_every_deed_needs_a_token_of_ours(world, client, method, path):
    good = world.token()
    for wrong in (None, "", "Bearer", f"Basic {good}", "Bearer x.y", f"Bearer {good}x", f"Bearer {good[:-2]}", "Bearer é"):
        headers = {} if wrong is None else {"authorization": wrong.encode()}
        assert (await client.request(method, path, headers=headers)).status_code == 401


async def test_a_token_is_honoured_a_little_longer_and_then_no_more(world, client, clock):
    headers = bearer(world)
    clock.advance(timedelta(minutes=30, seconds=50))
    assert (await client.get(f"/xet/v1/chunks/default/{HASH}", headers=headers)).status_code == 404
    clock.advance(timedelta(seconds=20))
    assert (await client.get(f"/xet/v1/chunks/default/{HASH}", headers=headers)).status_code == 401


@pytest.mark.parametrize("path", ["/xet/v1/shards", "/xet/shards", f"/xet/shard/default/{HASH}"])
async def test_a_shard_is_registered_by_the_first_version_of_the_route(world, client, path):
    facts = await put(world.storage, 1, *CHUNKS)
    shard = build_shard([shard_file(DATA, (facts, 0, 3))], ())
    for expected in (1, 0):
        answer = await client.post(path, content=shard, headers=bearer(world))
        assert (answer.status_code, answer.json()) == (200, {"result": expected})


async def test_a_shard_is_registered_with_progress_by_the_second(world, client):
    facts = await put(world.storage, 1, *CHUNKS)
    shard = build_shard([shard_file(DATA, (facts, 0, 3))], ())
    answer = await client.post("/xet/v2/shards", content=shard, headers=bearer(world))
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    assert [line["type"] for line in lines] == ["validating", "validating", "committing", "result"]
    assert lines[-1]["result"] == 1


async def test_a_refused_shard_is_told_in_words(world, client, tmp_path):
    facts = await put(world.storage, 1, *CHUNKS)
    wrong = dataclasses.replace(shard_file(DATA, (facts, 0, 3)), sha256="ab" * 32)
    answer = await client.post("/xet/v2/shards", content=build_shard([wrong], ()), headers=bearer(world))
    line = orjson.loads(answer.content.splitlines()[-1])
    assert (line["type"], line["retryable"]) == ("error", False)
    assert "its bytes have" in line["message"]
    plain = await client.post("/xet/v1/shards", content=build_shard([wrong], ()), headers=bearer(world))
    assert (plain.status_code, "its bytes have" in plain.json()["error"]) == (400, True)
    assert list((tmp_path / "home" / "storage" / "incoming").iterdir()) == []


async def test_both_shapes_of_a_reconstruction_lead_to_the_bytes(world, client):
    name = await stored_file(world)
    first = (await client.get(f"/xet/v1/reconstructions/{name}", headers=bearer(world, write=False))).json()
    second = (await client.get(f"/xet/v2/reconstructions/{name}", headers=bearer(world, write=False))).json()
    assert first["terms"] == second["terms"]
    assert first["offset_into_first_range"] == 0
    (term,) = first["terms"]
    assert term == {"hash": term["hash"], "unpacked_length": len(DATA), "range": {"start": 0, "end": 3}}
    (old,), (new,) = first["fetch_info"][term["hash"]], second["xorbs"][term["hash"]]
    assert new["ranges"] == [{"chunks": old["range"], "bytes": old["url_range"]}]
    span = f"bytes={old['url_range']['start']}-{old['url_range']['end']}"
    answer = await client.get(new["url"], headers={"range": span})
    assert (answer.status_code, answer.content) == (206, build_xorb(CHUNKS)[0])


async def test_a_part_of_a_file_is_reconstructed_from_its_chunks_alone(world, client):
    name = await stored_file(world)
    headers = {**bearer(world), "range": "bytes=20010-20019"}
    found = (await client.get(f"/xet/v1/reconstructions/{name}", headers=headers)).json()
    assert found["offset_into_first_range"] == 10
    assert [term["range"] for term in found["terms"]] == [{"start": 1, "end": 2}]


async def test_behind_the_end_of_a_file_is_416(world, client):
    name = await stored_file(world)
    for path in (f"/xet/v1/reconstructions/{name}", f"/xet/v2/reconstructions/{name}", f"/xet/reconstruction/{name}"):
        answer = await client.get(path, headers={**bearer(world), "range": f"bytes={len(DATA)}-{len(DATA) + 9}"})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize(
    "span", ["bytes=-5", "bytes=5-2", "bytes=0-1,3-4", "chunks=0-1", "bytes=a-b", "bytes=0-" + "9" * 30]
)
async def test_a_range_that_no_client_sends_is_refused(world, client, span):
    name = await stored_file(world)
    answer = await client.get(f"/xet/v1/reconstructions/{name}", headers={**bearer(world), "range": span})
    assert answer.status_code == 400


async def test_a_file_of_another_scope_is_not_there(world, client):
    name = await stored_file(world, scope=2)
    assert (await client.get(f"/xet/v1/reconstructions/{name}", headers=bearer(world, scope=1))).status_code == 404
    assert (await client.get(f"/xet/v2/reconstructions/{HASH}", headers=bearer(world, scope=1))).status_code == 404


async def address_of(world, client, span="bytes=0-9"):
    name = await stored_file(world)
    found = await client.get(f"/xet/v1/reconstructions/{name}", headers={**bearer(world), "range": span})
    ((entry,),) = found.json()["fetch_info"].values()
    return entry["url"], entry["url_range"]


async def test_a_token_reads_nothing_once_its_repository_is_closed_to_its_holder(world, client):
    name, token = await stored_file(world), bearer(world)
    assert (await client.get(f"/xet/v1/reconstructions/{name}", headers=token)).status_code == 200
    world.closed.add(1)
    for version in ("v1", "v2"):
        assert (await client.get(f"/xet/{version}/reconstructions/{name}", headers=token)).status_code == 404


async def test_an_address_is_good_for_its_bytes_and_no_others(world, client):
    url, span = await address_of(world, client)
    size = span["end"] - span["start"] + 1
    assert len((await client.get(url)).content) == size
    part = await client.get(url, headers={"range": "bytes=4-7"})
    assert (part.status_code, len(part.content), part.headers["content-range"]) == (206, 4, "bytes 4-7/*")
    for beyond in (f"bytes=0-{size}", f"bytes={size}-{size + 5}"):
        assert (await client.get(url, headers={"range": beyond})).status_code == 403


async def test_a_changed_address_is_refused(world, client):
    url, _ = await address_of(world, client)
    parts = urlsplit(url)
    query = dict(pair.split("=") for pair in parts.query.split("&"))
    for name, value in (("range", "0-99999"), ("exp", "99999999999"), ("sig", "0" * 64), ("sig", ""), ("sig", "é")):
        assert (await client.get(parts.path, params={**query, name: value})).status_code == 403
    assert (await client.get(f"/xet/v1/blobs/{HASH}", params=query)).status_code == 403
    assert (await client.get(parts.path)).status_code == 403


async def test_an_address_ends(world, client, clock):
    url, _ = await address_of(world, client)
    clock.advance(timedelta(minutes=61))
    assert (await client.get(url)).status_code == 403


async def test_telemetry_is_taken_at_the_root_of_the_host(client):
    assert (await client.post("/v1/telemetry", content=b'{"event": "xet_upload_summary"}')).status_code == 200
    assert (await client.post("/v1/telemetry", content=bytes(100_000))).status_code == 413


async def test_the_sha256_of_nothing_is_registered_without_terms(world, client):
    answer = await client.post("/xet/v1/shards", content=build_shard([shard_file(b"")], ()), headers=bearer(world))
    assert answer.json() == {"result": 1}
    assert (await world.storage.large_file(1, hashlib.sha256(b"").hexdigest())).size == 0


async def test_the_size_of_a_xorb_is_told_to_the_scope_that_holds_it(world, client):
    body, facts = build_xorb(CHUNKS)
    path = f"/xet/v1/xorbs/default/{hash_text(facts.xorb_hash)}"
    await client.post(path, content=body, headers=bearer(world))
    answer = await client.head(path, headers=bearer(world, write=False))
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(body)))
    assert (await client.head(path, headers=bearer(world, scope=2))).status_code == 404
    assert (await client.head(path)).status_code == 401
