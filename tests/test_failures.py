"""Each failure has a clear answer, in the shape that its client understands: the real clients against a whole server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError, RemoteEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError
from openai.types.chat import ChatCompletionMessageParam

from tests.support.server import Server, running

STARTER = "commonweight/SmolLM2-135M-Instruct-GGUF"
HOUSE = "operator/house"
SECRET = "operator/secret"  # the name of a private repository, not a password
BAD_PATHS = ("%FF.txt", "a/%2e%2e/b", "a%00b")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, own_database: dict[str, str]) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("failures") / "home", starter=True, environment=own_database) as server:
        api = HfApi(server.address, token=server.admin_token)
        api.create_repo(HOUSE)
        api.create_repo(SECRET, private=True)
        api.upload_file(path_or_fileobj=b"hush", path_in_repo="a.txt", repo_id=SECRET)
        yield server


@pytest.fixture
def api(server: Server) -> HfApi:
    return HfApi(server.address, token=server.admin_token)


def _openai(server: Server, key: str | None = None) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.address}/v1", api_key=key or server.admin_token, max_retries=0)


def _asked(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


def _hf(server: Server, token: str, folder: Path, *arguments: str) -> str:
    """What `hf …` says when it fails."""
    variables = {"HF_ENDPOINT": server.address, "HF_TOKEN": token, "HF_HOME": str(folder), "NO_COLOR": "1"}
    environment = {**os.environ, **variables, "HF_HUB_DISABLE_UPDATE_CHECK": "1"}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("hf")), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    return " ".join((done.stdout + done.stderr).split())


def test_a_wrong_token_is_told_so_by_every_client(server: Server, tmp_path: Path) -> None:
    with pytest.raises(HfHubHTTPError) as hub:
        HfApi(server.address, token="hf_wrong").model_info(STARTER)
    assert hub.value.response.status_code == 401
    assert "Invalid credentials" in str(hub.value)
    assert "Invalid user token" in _hf(server, "hf_wrong", tmp_path, "auth", "whoami")
    with pytest.raises(openai.AuthenticationError, match="Invalid credentials"):
        _openai(server, "hf_wrong").models.list()
    status, headers, body = server.request("/cw/v1/market", token="hf_wrong")
    assert (status, headers["content-type"]) == (401, "application/problem+json")
    assert json.loads(body)["title"] == "invalid credentials"


def test_a_missing_repository_revision_and_file_are_three_errors(api: HfApi, tmp_path: Path) -> None:
    with pytest.raises(RepositoryNotFoundError):
        api.hf_hub_download("operator/nothing", "a.txt", local_dir=tmp_path)
    with pytest.raises(RevisionNotFoundError, match="no revision 'nope'"):
        api.hf_hub_download(HOUSE, ".gitattributes", revision="nope", local_dir=tmp_path)
    with pytest.raises(RemoteEntryNotFoundError, match=r"no 'nope\.txt'"):
        api.hf_hub_download(HOUSE, "nope.txt", local_dir=tmp_path)


def test_the_command_names_what_is_missing(server: Server, tmp_path: Path) -> None:
    token = server.admin_token
    assert "Model 'operator/nothing' not found" in _hf(server, token, tmp_path, "download", "operator/nothing")
    assert "Revision not found" in _hf(server, token, tmp_path, "download", HOUSE, "--revision", "nope")
    assert "File not found" in _hf(server, token, tmp_path, "download", HOUSE, "nope.txt")


def test_a_private_repository_is_as_missing_as_one_that_never_was(server: Server) -> None:
    """Nothing but the name that was asked for differs, on any wire."""
    addresses = ("/api/models/{}", "/{}/resolve/main/a.txt", "/{}", "/{}/rights", "/cw/v1/models/{}/rights")
    for address in addresses:
        for accept in ("*/*", "text/html"):
            there, gone = (_told(server, address.format(name), name, accept) for name in (SECRET, "operator/nosuch"))
            assert there == gone, (address, accept)


def _told(server: Server, path: str, name: str, accept: str) -> tuple[int, dict[str, str], str]:
    status, headers, body = server.request(path, headers={"Accept": accept})
    request_id = headers.pop("x-request-id")
    kept = {key: value.replace(name, "…") for key, value in headers.items() if key not in ("date", "content-length")}
    text = body.decode().replace(request_id, "…").replace(name, "…").replace(name.replace("/", "%2F"), "…")
    return status, kept, text


def test_a_path_that_climbs_out_is_refused_with_the_reason(server: Server) -> None:
    header = {"key": "header", "value": {"summary": "climb"}}
    for path in ("../../etc/passwd", "/etc/passwd", "a/../../b", ".git/config"):
        file = {"key": "file", "value": {"path": path, "content": "x", "encoding": "utf-8"}}
        status, headers, body = server.request(
            f"/api/models/{HOUSE}/commit/main",
            method="POST",
            token=server.admin_token,
            body=f"{json.dumps(header)}\n{json.dumps(file)}".encode(),
            headers={"Content-Type": "application/x-ndjson"},
        )
        assert (status, headers["x-error-code"]) == (422, "InvalidPath")
        assert "is not possible" in json.loads(body)["error"]


def test_bad_bytes_in_a_path_are_told_in_the_shape_of_each_wire(server: Server) -> None:
    for bad in BAD_PATHS:
        for path in (f"/api/models/{HOUSE}/tree/main/{bad}", f"/{HOUSE}/resolve/main/{bad}"):
            status, headers, body = server.request(path, token=server.admin_token)
            assert (status, headers["x-error-code"]) == (400, "InvalidInput"), path
            assert json.loads(body)["error"]
        status, _, body = server.request(f"/v1/models/{bad}", token=server.admin_token)
        assert (status, json.loads(body)["error"]["type"]) == (400, "invalid_request_error")
        status, headers, _ = server.request(f"/cw/v1/models/ada/{bad}/rights")
        assert (status, headers["content-type"]) == (400, "application/problem+json")
        status, headers, _ = server.request(f"/ada/tiny/blob/main/{bad}", headers={"Accept": "text/html"})
        assert (status, headers["content-type"]) == (400, "text/html; charset=utf-8")


def test_a_corrupt_xorb_or_shard_is_refused_and_nothing_is_kept(server: Server) -> None:
    _, _, body = server.request(f"/api/models/{HOUSE}/xet-write-token/main", token=server.admin_token)
    token, store = json.loads(body)["accessToken"], json.loads(body)["casUrl"].removeprefix(server.address)
    for path in (f"{store}/v1/xorbs/default/{'ab' * 32}", f"{store}/v1/shards", f"{store}/shards"):
        status, _, body = server.request(path, method="POST", token=token, body=os.urandom(5000))
        assert status == 400, path
        assert json.loads(body)["error"]
    status, _, _ = server.request(f"{store}/v1/xorbs/default/{'ab' * 32}", method="HEAD", token=token)
    assert status == 404


def test_a_stale_parent_is_refused_and_nothing_changes(api: HfApi) -> None:
    before = api.model_info(HOUSE).sha
    newer = api.upload_file(path_or_fileobj=os.urandom(4), path_in_repo="b.bin", repo_id=HOUSE).oid
    late = CommitOperationAdd("late.txt", b"late")
    with pytest.raises(HfHubHTTPError, match="was updated since you opened") as caught:
        api.create_commit(HOUSE, [late], commit_message="late", parent_commit=before)
    assert caught.value.response.status_code == 412
    assert api.model_info(HOUSE).sha == newer


def test_a_broken_card_is_told_before_the_commit_and_harms_nobody_after(server: Server, api: HfApi) -> None:
    broken = b"---\nlicense: [\n---\n# Broken\n"
    with pytest.raises(ValueError, match="Line 3"):
        api.upload_file(path_or_fileobj=broken, path_in_repo="README.md", repo_id=HOUSE)
    heavy = b"---\nlicense: " + b"x" * 100_000 + b"\nsize: 0x" + b"f" * 100_000 + b"\n---\n" + b"<div>" * 50_000
    for card in (broken, heavy):
        api.create_repo("operator/broken", exist_ok=True)
        _commit_unseen(server, "operator/broken", card)
        assert api.model_info("operator/broken").card_data is None
        for page in ("/", "/operator/broken", "/operator/broken/rights"):
            status, _, body = server.request(page, headers={"Accept": "text/html"})
            assert (status, b"operator/broken" in body) == (200, True), page


def _commit_unseen(server: Server, repository: str, card: bytes) -> None:
    """As a client would that does not ask whether the card is right."""
    file = {"key": "file", "value": {"path": "README.md", "content": card.decode(), "encoding": "utf-8"}}
    lines = [json.dumps({"key": "header", "value": {"summary": "card"}}), json.dumps(file)]
    path, body = f"/api/models/{repository}/commit/main", "\n".join(lines).encode()
    assert server.request(path, method="POST", token=server.admin_token, body=body)[0] == 200


def test_an_unknown_model_is_named_with_where_to_look(server: Server) -> None:
    client = _openai(server)
    for model in ("gpt-5", "operator/nothing", f"{STARTER}@nope"):
        with pytest.raises(openai.NotFoundError, match="GET /v1/models") as caught:
            client.chat.completions.create(model=model, messages=_asked("hello"))
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError, match="Candidates: SmolLM2"):
        client.chat.completions.create(model=f"{STARTER}:nope.gguf", messages=_asked("hello"))


@pytest.mark.parametrize("stream", [False, True])
def test_a_prompt_that_is_too_long_is_told_with_both_numbers(server: Server, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError, match=r"maximum context length is \d+ tokens.*resulted in \d+") as caught:
        _openai(server).chat.completions.create(model=STARTER, messages=_asked("river " * 20_000), stream=stream)
    assert caught.value.code == "context_length_exceeded"


def test_a_nul_in_any_text_is_no_fault_of_the_server(server: Server) -> None:
    for path in ("/api/models?search=%00", "/api/models?author=%00", "/?q=%00", f"/{STARTER}/rights?revision=%00"):
        assert server.request(path)[0] in (200, 400, 404), path
    model = {"model": "a\0/b"}
    bodies = (
        ("/api/repos/create", {"name": "a", "organization": "a\0"}),
        ("/cw/v1/verdicts", model),
        ("/v1/completions", model),
    )
    for path, body in bodies:
        assert server.request(path, method="POST", token=server.admin_token, body=body)[0] in (400, 404), path
