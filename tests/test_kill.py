"""What was acknowledged is there after every process was killed at once."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from tests.support.server import Server

LARGE_BYTES = 3_000_000  # well over one chunk, so that it goes by Xet
SMALL = b"a small file\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, own_database: dict[str, str]) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("kill") / "home", environment=own_database).start()
    yield server
    server.stop()


def _api(server: Server) -> HfApi:
    return HfApi(endpoint=server.address, token=server.admin_token)


def test_nothing_acknowledged_is_lost_when_everything_is_killed(server: Server, tmp_path: Path) -> None:
    """Killed between the upload of the bytes and the commit, and again right after the commit."""
    _api(server).create_repo("operator/kept")
    large = os.urandom(LARGE_BYTES)  # never seen before: the client must send it
    upload = CommitOperationAdd("model.safetensors", large)
    _api(server).preupload_lfs_files("operator/kept", additions=[upload])

    server.kill_everything()
    server.restart()
    api = _api(server)
    assert api.repo_exists("operator/kept")
    # The client believes that the bytes are there and sends their name alone.
    commit = api.create_commit("operator/kept", [upload, CommitOperationAdd("notes.txt", SMALL)], commit_message="both")

    server.kill_everything()
    server.restart()
    api = _api(server)
    assert api.list_repo_commits("operator/kept")[0].commit_id == commit.oid
    folder = Path(api.snapshot_download("operator/kept", local_dir=tmp_path / "down"))
    assert (folder / "model.safetensors").read_bytes() == large
    assert (folder / "notes.txt").read_bytes() == SMALL


def test_web_processes_are_no_forks_of_the_supervisor(server: Server) -> None:
    """A fork would take along the locks that the supervisor's threads hold, and wait for them for ever."""
    supervisor = psutil.Process(server.pid)
    assert supervisor.cmdline() not in [child.cmdline() for child in supervisor.children()]


def test_killing_the_supervisor_leaves_nothing_running(server: Server) -> None:
    """The next start finds the home folder and the port free."""
    server.kill()
    server.restart()
    assert server.request("/readyz")[0] == 200


def test_a_second_start_on_the_same_home_says_where_the_first_one_runs(server: Server) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        server.command("up", "--port", "0")
    assert f"already running on {server.home} ({server.address}" in caught.value.stderr
