"""`commonweight storage` and /cw/v1/storage on a whole installation."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator

import pytest
from huggingface_hub import HfApi

from tests.support.server import Server, running

DATA = b"sixteen bytes !\n" * 20_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("storage") / "home") as server:
        yield server


def _api(server: Server) -> HfApi:
    return HfApi(server.address, token=server.admin_token)


def _seen(server: Server) -> dict:  # type: ignore[type-arg]
    status, _, body = server.request("/cw/v1/storage", token=server.admin_token)
    assert status == 200
    return json.loads(body)


def test_what_nothing_refers_to_is_explained_and_kept_for_its_grace(server: Server) -> None:
    for name in ("kept", "gone"):
        _api(server).create_repo(f"operator/{name}")
        _api(server).upload_file(path_or_fileobj=DATA, path_in_repo="model.bin", repo_id=f"operator/{name}")
    assert "Nothing waits to be removed." in server.command("storage", "explain")
    _api(server).delete_repo("operator/gone")
    told = server.command("storage", "explain")
    assert "a deleted repository" in told
    assert "1 large file (320.0 kB)" in told
    assert server.command("storage", "collect", "--yes").startswith("Removed 0 large files and 0 git objects")
    seen = _seen(server)
    assert [(one["repositories"], one["files"], one["bytes"]) for one in seen["waiting"]] == [([], 1, len(DATA))]
    assert seen["unneeded_xorbs"]["count"] == 0  # the other repository needs them
    status, _, body = server.request("/cw/v1/storage/collect", method="POST", token=server.admin_token)
    assert (status, json.loads(body)["files"]) == (200, 0)


def test_damage_is_found_and_told_everywhere(server: Server) -> None:
    api = _api(server)
    api.create_repo("operator/harmed")
    api.upload_file(path_or_fileobj=DATA[::-1], path_in_repo="model.bin", repo_id="operator/harmed")
    assert server.command("storage", "scrub").endswith(": 0 damaged.")
    assert json.loads(server.request("/readyz")[2])["storage"] == "ok"
    newest = max((server.home / "objects" / "xorbs").rglob("*-*"), key=lambda path: path.stat().st_mtime_ns)
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 4
    newest.write_bytes(data)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        server.command("storage", "scrub")
    assert caught.value.returncode == 1
    assert "Concerns models/operator/harmed." in caught.value.stdout
    assert "1 damaged." in caught.value.stdout
    status, _, body = server.request("/readyz")
    assert (status, json.loads(body)) == (200, {"database": "ok", "storage": "damaged", "damaged": 1})
    (damaged,) = _seen(server)["damaged"]
    assert damaged["repositories"] == ["models/operator/harmed"]
    assert server.request("/cw/v1/storage/scrub", method="POST", token=server.admin_token)[0] == 202


def test_after_a_restore_clients_are_given_another_address(server: Server) -> None:
    def address() -> str:
        answer = server.request("/api/models/operator/kept/xet-write-token/main", token=server.admin_token)
        return str(json.loads(answer[2])["casUrl"])

    before = address()
    assert "Clients are given a new address" in server.command("storage", "restored")
    deadline = 50
    while address() == before and deadline:
        deadline -= 1
        time.sleep(0.2)
    assert address() != before


def test_only_administrators_see_it(server: Server) -> None:
    token = server.command("token", "create", "--user", "operator", "--role", "read")
    assert server.request("/cw/v1/storage", token=token)[0] == 403
    assert server.request("/cw/v1/storage")[0] == 401
