"""Large files with the real git-lfs."""

from __future__ import annotations

import hashlib

import pytest

from tests.storage.vectors import stream
from tests.support.tools import tool
from tests.wire.git.ada import Ada, with_token, write
from tests.wire.git.git import Git
from tests.wire.hf_world import HubWorld

WEIGHTS = stream("weights of git-lfs", 700_000)


@pytest.fixture
async def lfs(git: Git) -> Git:
    tool("git-lfs")
    await git("lfs", "install", "--skip-repo")
    return git


async def test_large_files_go_up_and_come_down(hub: HubWorld, lfs: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(lfs)
    await write(tiny, {"model.safetensors": WEIGHTS, "notes.txt": b"notes\n"})
    await tiny("push")
    assert any(one.startswith("PUT /api/lfs/") for one in hub.requests)
    assert await ada.read("model.safetensors") == WEIGHTS
    entry = await hub.hub.entry(await hub.hub.resolve(ada.repository), "model.safetensors")
    assert entry.large is not None
    assert entry.large.sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    await lfs("clone", ada.address, "again")
    assert (lfs.folder / "again/model.safetensors").read_bytes() == WEIGHTS
    assert any("locks/verify" in one for one in hub.requests)
    assert not any("objects/verify" in one for one in hub.requests)  # the address is signed: no credentials are sent there


async def test_what_came_by_the_api_is_pulled_and_a_second_push_sends_nothing_again(hub: HubWorld, lfs: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    script = """
api.upload_file(path_or_fileobj=given["path"], path_in_repo="w.bin", repo_id="ada/tiny")
"""
    path = lfs.folder / "w"
    path.write_bytes(WEIGHTS)
    tiny = await ada.cloned(lfs)
    await hub.client(script, ada.token, path=str(path))
    await tiny("pull", "--ff-only")
    assert (tiny.folder / "w.bin").read_bytes() == WEIGHTS
    await tiny("mv", "w.bin", "moved.bin")
    await tiny("commit", "-q", "-m", "Move")
    await tiny("push")
    assert await ada.read("moved.bin") == WEIGHTS
    assert not any(one.startswith("PUT /api/lfs/") for one in hub.requests)


async def test_pointers_are_cloned_without_the_bytes_and_pulled_later(hub: HubWorld, lfs: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(lfs)
    await write(tiny, {"model.safetensors": WEIGHTS})
    await tiny("push")
    await lfs("clone", ada.address, "later", GIT_LFS_SKIP_SMUDGE="1")
    later = lfs.at("later")
    assert (later.folder / "model.safetensors").read_bytes().startswith(b"version https://git-lfs")
    await later("lfs", "pull")
    assert (later.folder / "model.safetensors").read_bytes() == WEIGHTS


async def test_large_files_of_a_private_repository_need_credentials(hub: HubWorld, lfs: Git) -> None:
    ada, bob = Ada(hub), await hub.user("bob")
    await ada.begin(visibility="private")
    tiny = await ada.cloned(lfs)
    await write(tiny, {"model.safetensors": WEIGHTS})
    await tiny("push")
    await lfs("clone", with_token(ada.address, ada.token), "again")
    assert (lfs.folder / "again/model.safetensors").read_bytes() == WEIGHTS
    body = b'{"operation": "download", "objects": []}'
    batch = "/ada/tiny.git/info/lfs/objects/batch"
    status, headers, _ = await hub.request("POST", batch, data=body)
    assert status == 401
    assert headers["lfs-authenticate"].startswith("Basic ")
    status, _, said = await hub.request("POST", batch, bob, data=body)
    assert (status, b'"message"' in said) == (404, True)


async def test_bytes_left_out_of_a_push_are_named(hub: HubWorld, lfs: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(lfs)
    await write(tiny, {"sub/model.safetensors": WEIGHTS})
    said = await tiny.refused("push", "--no-verify")  # skips the hook of git-lfs
    assert "model.safetensors (" in said
    await tiny("lfs", "push", "origin", "main")
    await tiny("push", "--no-verify")
    assert await ada.read("sub/model.safetensors") == WEIGHTS
