"""Signed addresses on an S3 server."""

from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from commonweight.storage import S3Place
from commonweight.storage.object_store import open_s3
from commonweight.storage.s3_signing import S3Signer


def test_the_example_of_the_documentation_is_signed_as_there():
    """Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters", with the bucket in the path."""
    place = S3Place(
        "",
        endpoint="https://examplebucket.s3.amazonaws.com",
        key_id="AKIAIOSFODNN7EXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    )
    signer = S3Signer(place, lambda: datetime(2013, 5, 24, tzinfo=UTC))
    address = signer.address("GET", "/test.txt", {}, 86400)
    assert address.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


async def status(address, span):
    headers = {"Range": span} if span else {}
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
        return answer.status, await answer.read()


@pytest.fixture
async def place(s3_server):
    place = s3_server.place()
    await open_s3(place).put("xorbs/ab/abc-1", b"0123456789")
    return place


async def test_a_signed_address_opens_the_bytes_that_it_was_signed_for(place):
    assert await status(S3Signer(place)("xorbs/ab/abc-1", 2, 5, 60), "bytes=2-4") == (206, b"234")


@pytest.mark.parametrize("span", [None, "bytes=2-5", "bytes=1-4", "bytes=2-3", "bytes=2-", "bytes=2-4,6-7"])
async def test_a_signed_address_opens_no_other_bytes(place, span):
    assert (await status(S3Signer(place)("xorbs/ab/abc-1", 2, 5, 60), span))[0] == 403


async def test_a_signed_address_ends(place):
    before = datetime.now(UTC) - timedelta(seconds=61)
    assert (await status(S3Signer(place, lambda: before)("xorbs/ab/abc-1", 2, 5, 60), "bytes=2-4"))[0] == 403


def test_clients_are_given_the_address_that_is_theirs():
    place = S3Place("models", "a b", "http://s3.internal:9000", "https://s3.example.org/store", key_id="k", secret_key="s")
    assert S3Signer(place)("x/y", 0, 1, 60).startswith("https://s3.example.org/store/models/a%20b/x/y?X-Amz-Algorithm=")


def test_a_session_token_is_signed_along():
    place = S3Place("models", key_id="k", secret_key="s", session_token="a/b")
    assert "&X-Amz-Security-Token=a%2Fb&" in S3Signer(place)("x/y", 0, 1, 60)
