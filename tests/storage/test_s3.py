"""Objects on a real S3 server: what is told when something is wrong with it, and what lies there."""

import asyncio
import re

import pytest

from commonweight.errors import InvalidInput
from commonweight.foundations import objects_of
from commonweight.settings import Settings
from commonweight.storage import DiskFull, DiskObjects, NotStored, S3Place, Storage, StorageUnavailable, hash_text
from commonweight.storage.object_store import PART_BYTES, open_s3
from commonweight.storage.xet.xorb import build_xorb
from tests.storage.s3_answers import answering
from tests.storage.vectors import stream


async def test_a_server_that_keeps_and_gives_back_is_good(s3_server):
    await open_s3(s3_server.place()).try_out()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"key_id": "nobody"}, "does not know the access key.*COMMONWEIGHT_STORAGE_KEY_ID"),
        ({"secret_key": "guessed"}, "finds the signature wrong.*secret key does not fit"),
        ({"bucket": "not-there"}, "s3://not-there.*has no such bucket.*Make it"),
        ({"endpoint": "http://127.0.0.1:9"}, "does not answer.*COMMONWEIGHT_STORAGE_ENDPOINT"),
    ],
)
async def test_what_is_wrong_is_said_with_the_remedy(s3_server, wrong, said):
    with pytest.raises(StorageUnavailable) as refused:
        await open_s3(s3_server.place(**wrong)).try_out()
    assert re.search(said, refused.value.sentence)


@pytest.mark.parametrize(
    ("status", "code", "kind", "said"),
    [
        (403, "RequestTimeTooSkewed", StorageUnavailable, "clock"),
        (403, "AccessDenied", StorageUnavailable, "s3:PutObject"),
        (400, "AuthorizationHeaderMalformed", StorageUnavailable, "COMMONWEIGHT_STORAGE_REGION"),
        (507, "InsufficientStorage", DiskFull, "no room"),
        (403, "QuotaExceeded", DiskFull, "no room"),
        (404, "NoSuchBucket", StorageUnavailable, "no such bucket"),
        (404, "NoSuchKey", NotStored, "no object"),
    ],
)
async def test_an_answer_becomes_the_error_that_it_means(status, code, kind, said):
    async with answering(status, code) as (endpoint, _):
        objects = open_s3(S3Place("models", endpoint=endpoint, key_id="k", secret_key="s"))
        with pytest.raises(kind) as refused:
            await objects.get("a/b")
    assert said in refused.value.sentence


async def test_what_the_server_has_not_acknowledged_is_refused():
    async with answering(500, "InternalError") as (endpoint, _):
        objects = open_s3(S3Place("models", endpoint=endpoint, key_id="k", secret_key="s"))
        with pytest.raises(StorageUnavailable):
            await objects.put("a/b", b"bytes")


async def test_a_xorb_is_acknowledged_when_the_server_has_and_not_before(database, clock, workers, tmp_path):
    body, facts = build_xorb([stream("chunk", 20_000)])
    async with answering(200, "") as (endpoint, go_on):
        go_on.clear()
        objects = open_s3(S3Place("models", endpoint=endpoint, key_id="k", secret_key="s"))
        storage = Storage(database, objects, workers, clock, folder=tmp_path, cache_bytes=0)
        sending = asyncio.create_task(storage.put_xorb(1, hash_text(facts.xorb_hash), body))
        assert not (await asyncio.wait({sending}, timeout=1))[0]
        assert await storage.xorb_bytes(1, hash_text(facts.xorb_hash)) is None
        go_on.set()
        assert await sending
    assert await storage.xorb_bytes(1, hash_text(facts.xorb_hash)) == len(body)


async def test_a_xorb_that_the_server_refuses_is_not_there(database, clock, workers, tmp_path):
    body, facts = build_xorb([stream("chunk", 20_000)])
    async with answering(507, "InsufficientStorage") as (endpoint, _):
        objects = open_s3(S3Place("models", endpoint=endpoint, key_id="k", secret_key="s"))
        storage = Storage(database, objects, workers, clock, folder=tmp_path, cache_bytes=0)
        with pytest.raises(DiskFull):
            await storage.put_xorb(1, hash_text(facts.xorb_hash), body)
    assert await storage.xorb_bytes(1, hash_text(facts.xorb_hash)) is None


async def test_a_large_file_goes_in_parts_and_comes_back(s3_server, tmp_path):
    data = stream("large", PART_BYTES + 100)
    (tmp_path / "file").write_bytes(data)
    objects = open_s3(s3_server.place())
    await objects.put_file("xorbs/ab/abc-1", tmp_path / "file")
    assert await objects.get_range("xorbs/ab/abc-1", PART_BYTES - 5, PART_BYTES + 5) == data[PART_BYTES - 5 : PART_BYTES + 5]
    assert b"".join([piece async for piece in objects.pieces("xorbs/ab/abc-1")]) == data
    assert not (tmp_path / "file").exists()


async def test_an_object_is_never_written_over_by_another_installation(s3_server):
    place = s3_server.place()
    await open_s3(place).put("a/b", b"ours")
    with pytest.raises(StorageUnavailable, match="Another object"):
        await open_s3(place).put("a/b", b"theirs")
    assert await open_s3(place).get("a/b") == b"ours"


async def test_a_full_server_refuses_and_is_read_on(s3_server):
    """A quota of the bucket, as its operator sets it."""
    place = s3_server.place(bucket="small-bucket")
    assert s3_server.send("PUT", "/small-bucket") == 200
    objects = open_s3(place)
    await objects.put("a/b", stream("x", 3 << 20))
    s3_server.shell("s3.bucket.quota -name=small-bucket -op=set -sizeMB=1")
    for _ in range(30):  # until its parts have told one another how much there is: some seconds
        if "read only" in s3_server.shell("s3.bucket.quota.enforce -apply"):
            break
        await asyncio.sleep(0.5)
    with pytest.raises(StorageUnavailable):
        await objects.put("a/c", b"more")
    assert await objects.get_range("a/b", 0, 9) == stream("x", 9)
    await objects.delete("a/b")


def test_settings_say_where_bytes_lie(tmp_path):
    assert isinstance(objects_of(Settings(home=tmp_path)), DiskObjects)
    settings = Settings.from_environment(
        {"COMMONWEIGHT_STORAGE": "s3://models/team", "AWS_ENDPOINT_URL": "http://s3:9000", "AWS_ACCESS_KEY_ID": "k"}
        | {"AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1"},
        home=tmp_path,
    )
    objects = objects_of(settings)
    assert objects.name == "s3://models/team"
    address = objects.signer("x/y", 0, 1, 60)
    assert address.startswith("http://s3:9000/models/team/x/y?")
    assert "%2Feu-west-1%2Fs3%2F" in address


@pytest.mark.parametrize("text", ["/models", "s3:/models", "s3://M", "s3://models/../other", "s3://", "https://models"])
def test_a_place_that_is_none_is_refused(text):
    with pytest.raises(InvalidInput, match="COMMONWEIGHT_STORAGE"):
        S3Place.parse(text)


def test_half_a_key_is_refused():
    with pytest.raises(InvalidInput, match="COMMONWEIGHT_STORAGE_SECRET_KEY is not"):
        S3Place.parse("s3://models", key_id="k")
