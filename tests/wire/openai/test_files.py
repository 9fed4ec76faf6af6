"""Files and uploads by the official client, against a whole installation."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI

from tests.files.world import batch_line, jsonl
from tests.support.server import Server

FORM, PART = "multipart/form-data; boundary=x", b"--x\r\ncontent-disposition: form-data; "
BATCH = jsonl([batch_line("a"), batch_line("b")])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("files") / "home").start()
    yield server
    server.stop()


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.address}/v1", api_key=server.admin_token, max_retries=0) as made:
        yield made


def test_a_file_goes_up_and_comes_back(client: OpenAI) -> None:
    made = client.files.create(file=("requests.jsonl", BATCH), purpose="batch")
    assert made.id.startswith("file-")
    assert (made.bytes, made.filename, made.purpose) == (len(BATCH), "requests.jsonl", "batch")
    assert made.expires_at == made.created_at + 30 * 24 * 3600
    assert client.files.wait_for_processing(made.id).status == "processed"
    assert client.files.retrieve(made.id) == made
    assert client.files.content(made.id).read() == BATCH


def test_a_large_file_streams_through_and_a_range_of_it_too(client: OpenAI, server: Server) -> None:
    data = os.urandom(5_000_000)
    made = client.files.create(
        file=io.BytesIO(data), purpose="user_data", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert made.expires_at == made.created_at + 3600
    assert client.files.content(made.id).read() == data
    headers = {"Range": "bytes=1048570-2097160"}
    status, sent, body = server.request(f"/v1/files/{made.id}/content", token=server.admin_token, headers=headers)
    assert (status, body) == (206, data[1048570:2097161])
    assert sent["content-range"] == f"bytes 1048570-2097160/{len(data)}"
    assert sent["x-content-type-options"] == "nosniff"


def test_lists_are_walked_to_their_end(client: OpenAI) -> None:
    made = {client.files.create(file=b"x", purpose="evals").id for _ in range(5)}
    page = client.files.list(purpose="evals", limit=2)
    assert {file.id for file in page} == made
    assert client.files.list(after="after").data == []


def test_a_deleted_file_is_missing(client: OpenAI) -> None:
    made = client.files.create(file=b"x", purpose="user_data")
    assert client.files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError) as caught:
        client.files.retrieve(made.id)
    assert caught.value.code == "file_not_found"


def test_another_account_sees_nothing_of_it(client: OpenAI, server: Server) -> None:
    made = client.files.create(file=b"hush", purpose="user_data")
    seed = server.home.parent / "seed.yaml"
    seed.write_text("users: [{name: eve}]")
    seeding = Server(server.home, environment={"COMMONWEIGHT_DEVELOPMENT": "1"})
    seeding.command("seed", str(seed))
    key = server.command("token", "create", "--user", "eve", "--role", "write")
    with OpenAI(base_url=f"{server.address}/v1", api_key=key, max_retries=0) as eve:
        assert eve.files.list().data == []
        for deed in (eve.files.retrieve, eve.files.content, eve.files.delete):
            with pytest.raises(openai.NotFoundError):
                deed(made.id)


def test_what_is_wrong_with_a_batch_file_is_said_at_once_by_line(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match=r"Line 2: 'custom_id'"):
        client.files.create(file=("b.jsonl", jsonl([batch_line("a"), batch_line("a")])), purpose="batch")


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("application/json", b"{}", "multipart/form-data"),
        ("multipart/form-data; boundary=x", b"nonsense", "multipart"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nevals',
            "ends before",
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nevals\r\n--x--\r\n',
            "Missing required parameter: 'file'",
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nb\r\n--x--\r\n',
            "Missing required parameter: 'purpose'",
        ),
    ],
)
def test_a_form_that_cannot_be_read_says_why(server: Server, content_type: str, body: bytes, message: str) -> None:
    headers = {"Content-Type": content_type}
    status, _, answer = server.request("/v1/files", method="POST", token=server.admin_token, body=body, headers=headers)
    assert status == 400
    assert message in answer.decode()


def test_a_large_file_goes_up_in_parts(client: OpenAI, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    path = tmp_path / "large.bin"
    path.write_bytes(data)
    done = client.uploads.upload_file_chunked(
        file=path,
        mime_type="application/octet-stream",
        purpose="user_data",
        part_size=1_000_000,
        md5=hashlib.md5(data).hexdigest(),
    )
    assert done.status == "completed"
    assert done.file is not None
    assert client.files.content(done.file.id).read() == data


def test_an_upload_that_was_cancelled_takes_no_more(client: OpenAI) -> None:
    upload = client.uploads.create(bytes=10, filename="a", mime_type="text/plain", purpose="user_data")
    assert client.uploads.cancel(upload.id).status == "cancelled"
    with pytest.raises(openai.ConflictError):
        client.uploads.parts.create(upload.id, data=b"x")


def test_nothing_acknowledged_is_lost_when_everything_is_killed(server: Server) -> None:
    """Killed between two parts, and right after the file was complete."""
    halves = [os.urandom(700_000) for _ in range(2)]
    with OpenAI(base_url=f"{server.address}/v1", api_key=server.admin_token, max_retries=5) as client:
        upload = client.uploads.create(bytes=1_400_000, filename="a", mime_type="x/y", purpose="user_data")
        first = client.uploads.parts.create(upload.id, data=halves[0]).id
        server.kill_everything()
        server.restart()
        second = client.uploads.parts.create(upload.id, data=halves[1]).id
        done = client.uploads.complete(upload.id, part_ids=[first, second])
        server.kill_everything()
        server.restart()
        assert client.uploads.complete(upload.id, part_ids=[first, second]) == done
        assert done.file is not None
        assert client.files.content(done.file.id).read() == b"".join(halves)
