"""Many files: a clone streams, takes little memory, and others are answered meanwhile."""

from __future__ import annotations

import asyncio
import time

import psutil

from commonweight.hub import Wish
from tests.wire.git.ada import Ada, write
from tests.wire.git.git import Git
from tests.wire.hf_world import HubWorld

FILES = 10_000


async def longest_wait(hub: HubWorld, until: asyncio.Task[str]) -> float:
    """Seconds of the slowest of many small requests beside a deed."""
    longest = 0.0
    while not until.done():
        began = time.perf_counter()
        assert (await hub.request("GET", "/api/models/ada/tiny"))[0] == 200
        longest = max(longest, time.perf_counter() - began)
        await asyncio.sleep(0.02)
    await until
    return longest


async def test_ten_thousand_files_are_pushed_and_cloned_while_others_are_answered(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(git)
    files = {f"part-{number // 100:03}/{number}.txt": b"file %d\n" % number * 20 for number in range(FILES)}
    head = await write(tiny, files)
    pushed = await longest_wait(hub, asyncio.ensure_future(tiny("push")))
    cloned = await longest_wait(hub, asyncio.ensure_future(git("clone", ada.address, "again")))
    assert await git.at("again")("rev-parse", "HEAD") == head
    assert len(list((git.folder / "again").rglob("*.txt"))) == FILES
    assert max(pushed, cloned) < 10.0  # busy machines are slow; a loop that is held would be silent for all of the push


async def test_a_pack_takes_memory_for_a_few_megabytes_of_objects_and_no_more(hub: HubWorld, git: Git) -> None:
    """Sixty megabytes go out, and a client that does not read makes nobody gather them."""
    ada = Ada(hub)
    await ada.begin()
    for number in range(30):
        await ada.commit({f"{number}-{part}.txt": bytes([number, part]) * (1 << 19) for part in range(2)})
    fetching, repository = hub.hub.fetching, ada.repository
    parcel = await fetching.prepare(repository, Wish([(await hub.hub.resolve(repository)).commit]))
    ids = await fetching.objects(repository, parcel, lambda _: None)
    process = psutil.Process()
    before, most, sent = process.memory_info().rss, 0, 0
    async for piece in fetching.pack(repository, ids):
        sent += len(piece)
        most = max(most, process.memory_info().rss - before)
    assert len(ids) == 30 * 4 + 3
    assert sent > 0
    assert most < 48 << 20
