"""Processes are killed at random while a client commits; whatever was acknowledged is there afterwards, byte for byte."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from tests.support.server import Server

pytestmark = pytest.mark.long

ROUNDS = 8
FILE_BYTES = 2_000_000
REPOSITORY = "operator/kept"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, own_database: dict[str, str]) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("kill-runs") / "home", environment=own_database).start()
    yield server
    server.stop()


class Committer(threading.Thread):
    """Commits one new file after the other and remembers those that were acknowledged."""

    def __init__(self, server: Server, name: str) -> None:
        super().__init__(daemon=True)
        self._api = HfApi(server.address, token=server.admin_token)
        self._name = name
        self._over = threading.Event()
        self.acknowledged: dict[str, bytes] = {}

    def run(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            path, data = f"{self._name}/{number}.bin", os.urandom(FILE_BYTES)
            try:
                self._api.create_commit(REPOSITORY, [CommitOperationAdd(path, data)], commit_message=path)
            except Exception:  # the server was killed under it: then nothing was acknowledged
                time.sleep(0.2)
            else:
                self.acknowledged[path] = data

    def finish(self) -> dict[str, bytes]:
        self._over.set()
        self.join(120)
        return self.acknowledged


def _kill_one(server: Server, chance: random.Random) -> str:
    """Kill a child of the supervisor, or everything. What was killed."""
    victim = chance.choice([*psutil.Process(server.pid).children(recursive=True), None])
    if victim is None:
        server.kill_everything()
        return "everything"
    with contextlib.suppress(psutil.NoSuchProcess):
        victim.kill()
    return "one process"


def test_what_was_acknowledged_survives_kills_at_random_moments(server: Server, tmp_path: Path) -> None:
    chance = random.Random(20261123)
    HfApi(server.address, token=server.admin_token).create_repo(REPOSITORY)
    kept: dict[str, bytes] = {}
    for number in range(ROUNDS):
        committer = Committer(server, f"round-{number}")
        committer.start()
        time.sleep(chance.uniform(0.5, 4))
        killed = _kill_one(server, chance)
        time.sleep(2)
        kept |= committer.finish()
        if killed == "everything":
            server.restart()
    api = HfApi(server.address, token=server.admin_token)
    _wait_until_answering(server)
    folder = Path(api.snapshot_download(REPOSITORY, local_dir=tmp_path / "down"))
    assert kept
    assert [path for path, data in kept.items() if (folder / path).read_bytes() != data] == []


def _wait_until_answering(server: Server) -> None:
    for _ in range(100):
        try:
            if server.request("/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not come back")
