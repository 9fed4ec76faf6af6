"""Everything is killed while a file of git-lfs is moved into chunks: it is there all the time, and is moved in the end."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator

import pytest

from tests.storage.vectors import stream
from tests.support.server import Server

pytestmark = pytest.mark.long

WEIGHTS = stream("moved and killed", 96 << 20)  # some seconds of cutting and packing
OID = hashlib.sha256(WEIGHTS).hexdigest()
KILLED_AFTER = (0.3, 1.5, 3.0)
PATIENCE_SECONDS = 180


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, own_database: dict[str, str]) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("moving") / "home", environment=own_database).start()
    yield server
    server.stop()


def send(server: Server) -> None:
    token = server.admin_token
    server.request("/api/repos/create", method="POST", token=token, body={"name": "tiny"})
    asked = {"operation": "upload", "objects": [{"oid": OID, "size": len(WEIGHTS)}]}
    _, _, answer = server.request("/operator/tiny.git/info/lfs/objects/batch", method="POST", token=token, body=asked)
    href = json.loads(answer)["objects"][0]["actions"]["upload"]["href"].removeprefix(server.address)
    assert server.request(href, method="PUT", body=WEIGHTS)[0] == 200
    value = {"path": "m.bin", "algo": "sha256", "oid": OID, "size": len(WEIGHTS)}
    lines = [{"key": "header", "value": {"summary": "x", "description": ""}}, {"key": "lfsFile", "value": value}]
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    assert server.request("/api/models/operator/tiny/commit/main", method="POST", token=token, body=body)[0] == 200


def is_moved(server: Server) -> bool:
    _, _, body = server.request("/api/models/operator/tiny/tree/main", token=server.admin_token)
    return any("xetHash" in one for one in json.loads(body))


def check_bytes(server: Server) -> None:
    status, _, body = server.request("/operator/tiny/resolve/main/m.bin", token=server.admin_token)
    assert (status, hashlib.sha256(body).hexdigest()) == (200, OID)


def test_a_file_is_moved_however_often_everything_is_killed(server: Server) -> None:
    send(server)
    moved = []
    for seconds in KILLED_AFTER:
        time.sleep(seconds)
        moved.append(is_moved(server))
        server.kill_everything()
        server.restart()
        check_bytes(server)
    assert not moved[0]
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_moved(server):
        assert time.monotonic() < until
        time.sleep(0.5)
    check_bytes(server)
