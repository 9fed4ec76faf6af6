"""Pushes that are killed with everything else: all of a push is there, or nothing of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import Server
from tests.wire.git.ada import with_token, write
from tests.wire.git.git import Git, GitFailed

pytestmark = pytest.mark.long

RUNS = 12
FILES = 2000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, own_database: dict[str, str]) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("git-kill") / "home", environment=own_database).start()
    yield server
    server.stop()


def files(number: int) -> dict[str, bytes]:
    return {f"{number}/{one}.txt": b"%d %d\n" % (number, one) * 50 for one in range(FILES)}


async def test_a_killed_push_leaves_all_or_nothing(server: Server, tmp_path: Path) -> None:
    chance, git = random.Random(11), Git(tmp_path / "work")
    server.request("/api/repos/create", method="POST", token=server.admin_token, body={"name": "kill"})
    address = with_token(f"{server.address}/operator/kill", server.admin_token)
    await git("clone", address, "kill")
    kill, landed = git.at("kill"), 0
    before = await write(kill, files(0))
    began = time.monotonic()
    await kill("push")
    took = time.monotonic() - began
    for number in range(1, RUNS + 1):
        head = await write(kill, files(number))
        pushing = asyncio.ensure_future(kill("push"))
        await asyncio.sleep(took * chance.uniform(0.2, 2.5))  # a server that has just started is slower
        await asyncio.to_thread(server.kill_everything)
        try:
            await pushing
            acknowledged = True
        except GitFailed:
            acknowledged = False
        await asyncio.to_thread(server.restart)
        await git("clone", "-q", address, f"again-{number}")
        again = git.at(f"again-{number}")
        there = await again("rev-parse", "HEAD")
        assert there in ([head] if acknowledged else [before, head])
        assert "missing" not in await again("fsck", "--full")
        landed += there == head
        await kill("fetch", "-q")
        if there != head:
            await kill("push")
        before = head
    assert 0 < landed < RUNS, (
        f"{landed} of {RUNS} pushes landed ({took:.1f} s): the kills came all too late or all too early"
    )
