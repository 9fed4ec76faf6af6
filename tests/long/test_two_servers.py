"""Two servers behind nginx on PostgreSQL and an S3 server: one of them is killed while people work."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from tests.conftest import execute
from tests.storage.vectors import stream
from tests.support.nginx import Nginx, free_port
from tests.support.server import Server
from tests.support.shelf import Shelf
from tests.support.tools import tool

pytestmark = [pytest.mark.long, pytest.mark.postgresql]

SECRET = "the same on all hosts" * 2
KILLS, MOST_ROUNDS = 4, 100
FILE_BYTES = 1_500_000
TRIES = 4  # of one command: the first may meet the server that dies


class Behind(Server):
    """A server that tells clients another address than its own, which is kept here."""

    def start(self) -> Server:
        mine = self.address or f"http://127.0.0.1:{free_port()}"
        self.address = mine
        super().start()
        self.address = mine
        return self


@dataclass
class Pair:
    front: str
    servers: list[Server]
    shelf: Shelf
    token: str


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Pair]:
    tool("git-lfs")
    postgresql, s3 = request.getfixturevalue("postgresql_server"), request.getfixturevalue("s3_server")
    port, place = free_port(), s3.place()
    asyncio.run(execute(postgresql.url("postgres"), "CREATE DATABASE two_servers"))
    environment = {
        **s3.environment(place),
        "COMMONWEIGHT_DATABASE_URL": postgresql.url("two_servers"),
        "COMMONWEIGHT_SECRET_KEY": SECRET,
        "COMMONWEIGHT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "COMMONWEIGHT_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    folder = tmp_path_factory.mktemp("two")
    servers = [Behind(folder / name, environment=environment).start() for name in ("one", "two")]
    try:
        with Nginx([server.address.removeprefix("http://") for server in servers], port) as front:
            yield Pair(front.address, servers, Shelf.on_s3(place), servers[0].admin_token)
    finally:
        for server in servers:
            server.stop()


def _variables(pair: Pair, home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HF_ENDPOINT": pair.front,
        "HF_HOME": str(home),
        "HF_TOKEN": pair.token,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "HOME": str(home),
    }


def _run(pair: Pair, home: Path, *command: str) -> str:
    """What a command prints; it is tried again, as its user would do, where a server died over it."""
    home.mkdir(exist_ok=True)
    for attempt in range(TRIES):
        done = subprocess.run(command, env=_variables(pair, home), capture_output=True, text=True, timeout=180)
        if done.returncode == 0:
            return done.stdout
        time.sleep(1 + attempt)
    raise AssertionError(f"{command} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _hf(pair: Pair, home: Path, *arguments: str) -> str:
    return _run(pair, home, str(Path(sys.executable).with_name("hf")), *arguments)


def _now_and_then(deed: Callable[[], None], done: threading.Event) -> threading.Thread:
    def go_on() -> None:
        while not done.wait(1.3):
            deed()

    thread = threading.Thread(target=go_on)
    thread.start()
    return thread


def test_what_one_acknowledges_the_other_knows_at_once(pair: Pair) -> None:
    one, two = (HfApi(server.address, token=pair.token) for server in pair.servers)
    one.create_repo("operator/seen")
    one.upload_file(path_or_fileobj=stream("seen", 300_000), path_in_repo="model.bin", repo_id="operator/seen")
    assert two.list_repo_files("operator/seen") == [".gitattributes", "model.bin"]
    status, _, body = pair.servers[1].request("/operator/seen/resolve/main/model.bin", token=pair.token)
    assert (status, body) == (200, stream("seen", 300_000))


def test_nothing_is_lost_and_reading_goes_on_while_one_dies_again_and_again(pair: Pair, tmp_path: Path) -> None:
    HfApi(pair.front, token=pair.token).create_repo("operator/busy")
    done, killed = threading.Event(), []

    def kill_one() -> None:
        server = pair.servers[len(killed) % 2]
        server.kill_everything()
        killed.append(server)
        server.restart()

    killing = _now_and_then(kill_one, done)
    sent: dict[str, bytes] = {}
    try:
        for number in range(MOST_ROUNDS):
            if len(killed) >= KILLS:
                break
            name, data = f"{number}.bin", stream(f"busy {number}", FILE_BYTES)
            (tmp_path / name).write_bytes(data)
            _hf(pair, tmp_path / "h", "upload", "operator/busy", str(tmp_path / name), name)
            sent[name] = data
            back = tmp_path / f"back{number}"
            _hf(pair, tmp_path / f"h{number}", "download", "operator/busy", name, "--local-dir", str(back))
            assert (back / name).read_bytes() == data
    finally:
        done.set()
        killing.join()
    assert len(killed) >= KILLS
    _hf(pair, tmp_path / "all", "download", "operator/busy", "--local-dir", str(tmp_path / "all-back"))
    assert {name: (tmp_path / "all-back" / name).read_bytes() for name in sent} == sent


def test_git_clones_and_pushes_through_both(pair: Pair, tmp_path: Path) -> None:
    HfApi(pair.front, token=pair.token).create_repo("operator/cloned")
    address = pair.front.replace("http://", f"http://operator:{pair.token}@") + "/operator/cloned"
    home, work = tmp_path / "home", tmp_path / "work"
    _run(pair, home, "git", "lfs", "install")
    _run(pair, home, "git", "clone", address, str(work))
    _run(pair, home, "git", "-C", str(work), "config", "user.email", "a@example.org")
    _run(pair, home, "git", "-C", str(work), "config", "user.name", "Ada")
    _run(pair, home, "git", "-C", str(work), "lfs", "track", "*.bin")
    for number in range(4):
        (work / f"{number}.bin").write_bytes(stream(f"git {number}", 400_000))
        (work / f"{number}.txt").write_text(f"text {number}\n")
        _run(pair, home, "git", "-C", str(work), "add", "-A")
        _run(pair, home, "git", "-C", str(work), "commit", "-m", f"number {number}")
        if number == 2:
            pair.servers[0].kill_everything()
        _run(pair, home, "git", "-C", str(work), "push", "origin", "HEAD:main")
    _run(pair, home, "git", "clone", address, str(tmp_path / "again"))
    pair.servers[0].restart()
    for number in range(4):
        assert (tmp_path / "again" / f"{number}.bin").read_bytes() == stream(f"git {number}", 400_000)


def test_nothing_that_was_stored_lies_on_the_disk_of_a_server(pair: Pair) -> None:
    assert pair.shelf.lying("xorbs")
    for server in pair.servers:
        assert not (server.home / "objects").exists()
