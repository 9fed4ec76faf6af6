"""Bytes are stored once, by whatever way they come; those of git-lfs are in chunks a moment later."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.storage.vectors import stream
from tests.support.tools import tool
from tests.wire.git.ada import Ada, write
from tests.wire.git.git import Git
from tests.wire.hf_world import HubWorld
from tests.wire.test_guest_uploads import large, lfs_sent, proposed

WEIGHTS = stream("weights that come in three ways", 900_000)
OID = hashlib.sha256(WEIGHTS).hexdigest()
UPLOAD = """
api.create_repo(given["repo"], exist_ok=True)
api.upload_file(path_or_fileobj=given["path"], path_in_repo="by-xet.bin", repo_id=given["repo"])
"""
DOWNLOAD = """
answer["sha256"] = __import__("hashlib").sha256(Path(hf_hub_download("ada/tiny", "m.bin")).read_bytes()).hexdigest()
"""


async def stored(hub: HubWorld) -> int:
    """Bytes of objects that something refers to."""
    found = await hub.storage.collector.stored()
    return found.objects.bytes - found.going.bytes


async def entry(hub: HubWorld) -> dict[str, object]:
    _, _, body = await hub.request("GET", "/api/models/ada/tiny/tree/main")
    return next(one for one in json.loads(body) if one["path"] == "m.bin")


async def test_what_git_lfs_sent_has_a_xet_hash_when_it_was_moved_and_all_else_stays(hub: HubWorld) -> None:
    ada = Ada(hub)
    await ada.begin()
    assert await lfs_sent(hub, ada.token, WEIGHTS) == 200
    assert (await proposed(hub, ada.token, large(WEIGHTS), query=""))[0] == 200
    whole = await entry(hub)
    assert "xetHash" not in whole
    _, first, _ = await hub.request("HEAD", "/ada/tiny/resolve/main/m.bin")
    assert "x-xet-hash" not in first
    assert await ada.read("m.bin") == WEIGHTS
    assert (await hub.client(DOWNLOAD))["sha256"] == OID
    await hub.moved()
    chunked = await entry(hub)
    assert len(str(chunked.pop("xetHash"))) == 64
    assert chunked == whole
    _, then, _ = await hub.request("HEAD", "/ada/tiny/resolve/main/m.bin")
    assert len(then["x-xet-hash"]) == 64
    assert [first[name] for name in ("etag", "x-linked-etag")] == [then[name] for name in ("etag", "x-linked-etag")]
    assert await ada.read("m.bin") == WEIGHTS
    assert (await hub.client(DOWNLOAD))["sha256"] == OID
    assert any("/v2/reconstructions/" in request for request in hub.requests)


@pytest.mark.parametrize("first", ["xet", "lfs"])
async def test_the_same_bytes_by_xet_by_lfs_and_by_git_are_stored_once(hub: HubWorld, git: Git, first: str) -> None:
    tool("git-lfs")
    await git("lfs", "install", "--skip-repo")
    ada = Ada(hub)
    await ada.begin()
    path = git.folder / "w"
    path.write_bytes(WEIGHTS)

    async def by_xet(repository: str) -> None:
        await hub.client(UPLOAD, ada.token, repo=repository, path=str(path))

    async def by_git() -> None:
        tiny = await ada.cloned(git)
        await write(tiny, {"by-git.bin": WEIGHTS})
        await tiny("push")

    if first == "xet":
        await by_xet("ada/tiny")
    else:
        assert await lfs_sent(hub, ada.token, WEIGHTS) == 200
        await hub.moved()
    once = await stored(hub)
    await by_xet("ada/tiny")
    await by_git()
    await by_xet("ada/another")
    await hub.moved()
    assert await stored(hub) == once
    assert once < len(WEIGHTS) * 1.01
