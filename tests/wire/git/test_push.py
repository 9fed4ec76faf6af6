"""Writing with the real git."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from commonweight.db.tables.jobs import jobs
from commonweight.identity import Role
from tests.support.tools import tool
from tests.wire.git.ada import Ada, with_token, write
from tests.wire.git.git import Git
from tests.wire.hf_world import HubWorld


async def test_a_push_is_there_for_everybody_at_once(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(git)
    files = {"README.md": b"---\nlicense: mit\n---\n", "sub/notes.txt": b"notes\n", "long.txt": b"words " * 30_000}
    head = await write(tiny, files, "By git")
    await tiny("push")
    assert (await ada.refs())["refs/heads/main"] == head
    status, _, body = await hub.request("GET", "/api/models/ada/tiny", ada.token)
    assert (status, head.encode() in body, b"license:mit" in body) == (200, True, True)
    assert [await ada.read(path) for path in files] == list(files.values())
    revision = await hub.hub.resolve(ada.repository)
    assert [one.title for one in await hub.hub.history(revision)] == ["By git", "initial commit"]
    async with hub.database.read() as connection:
        rows = await connection.execute(select(jobs.c.payload).where(jobs.c.kind == "read_revision"))
        assert {"repository_id": ada.repository.id, "commit": head} in [row.payload for row in rows]
    later = await ada.commit({"sub/notes.txt": b"by the API\n"})
    await tiny("pull", "--ff-only")
    assert await tiny("rev-parse", "HEAD") == later
    await git("clone", ada.address, "again")
    assert await git.at("again")("rev-parse", "HEAD") == later


async def test_a_history_of_many_commits_comes_with_its_deltas(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(git)
    text = [b"line %d of a text that changes a little\n" % number for number in range(3000)]
    for number in range(12):
        text[number * 200] = b"changed in round %d\n" % number
        head = await write(tiny, {"text.txt": b"".join(text), f"sub/{number}.txt": b"%d\n" % number})
    await tiny("repack", "-adf", "--depth=10")  # so that what is sent is mostly deltas
    await tiny("push")
    await git("clone", ada.address, "again")
    again = git.at("again")
    assert await again("rev-parse", "HEAD") == head
    assert await again("rev-list", "--count", "HEAD") == "13"
    assert "missing" not in await again("fsck", "--full", "--strict")


async def test_branches_and_tags_come_and_go(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(git)
    await tiny("checkout", "-q", "-b", "dev/one")
    head = await write(tiny, {"n.txt": b"1\n"})
    await tiny("tag", "-a", "v1", "-m", "The first")
    await tiny("tag", "light")
    await tiny("push", "origin", "dev/one", "v1", "light")
    tag = await tiny("rev-parse", "v1")
    refs = await ada.refs()
    assert (refs["refs/heads/dev/one"], refs["refs/tags/v1"], refs["refs/tags/light"]) == (head, tag, head)
    assert (await hub.hub.resolve(ada.repository, "v1")).commit == head
    await tiny("push", "origin", ":dev/one", ":v1", ":light")
    assert list(await ada.refs()) == ["refs/heads/main"]


async def test_a_rewritten_history_needs_force(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(git)
    await write(tiny, {"n.txt": b"1\n"})
    await tiny("push")
    await tiny("commit", "-q", "--amend", "-m", "Better")
    assert "rejected" in await tiny.refused("push")
    await tiny("push", "--force")
    assert (await ada.refs())["refs/heads/main"] == await tiny("rev-parse", "HEAD")


async def test_what_was_built_on_an_older_state_is_told_to_fetch_first(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(git)
    await ada.commit({"api.txt": b"1\n"})
    await write(tiny, {"n.txt": b"1\n"})
    assert "fetch first" in await tiny.refused("push")
    await tiny("pull", "--rebase")
    await tiny("push")


async def test_of_two_pushes_at_once_one_wins(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    await ada.cloned(git)
    others = []
    for name in ("one", "two", "three"):
        await git("clone", with_token(ada.address, ada.token), name)
        await write(git.at(name), {f"{name}.txt": b"1\n"})
        others.append(git.at(name))
    ended = await asyncio.gather(*(one("push") for one in others), return_exceptions=True)
    failed = [str(one) for one in ended if isinstance(one, Exception)]
    assert len(failed) == 2
    assert all("fetch first" in one or "rejected" in one for one in failed)
    await git("clone", ada.address, "again")
    assert await git.at("again")("rev-list", "--count", "HEAD") == "2"


async def test_all_names_of_an_atomic_push_move_or_none(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(git)
    await write(tiny, {"n.txt": b"1\n"})
    said = await tiny.refused("push", "--atomic", "origin", "HEAD:refs/heads/new", "HEAD:refs/other/x")
    assert "only branches and tags can be pushed" in said
    assert list(await ada.refs()) == ["refs/heads/main"]
    said = await tiny.refused("push", "origin", "HEAD:refs/heads/new", "HEAD:refs/other/x")
    assert "only branches and tags can be pushed" in said
    assert list(await ada.refs()) == ["refs/heads/main", "refs/heads/new"]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (":main", "main cannot be deleted"),
        ("HEAD:refs/pr/1", "there is no such pull request"),
        ("HEAD:refs/convert/parquet", "only branches and tags can be pushed"),
        ("HEAD:refs/heads/main/below", "git cannot keep both names"),
    ],
)
async def test_some_names_cannot_be_pushed(hub: HubWorld, git: Git, what: str, why: str) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(git)
    before = await ada.refs()
    assert why in await tiny.refused("push", "origin", what)
    assert await ada.refs() == before


async def test_who_may_only_read_cannot_push(hub: HubWorld, git: Git) -> None:
    ada, bob = Ada(hub), await hub.user("bob")
    await ada.begin()
    tiny = await ada.cloned(git)
    await write(tiny, {"n.txt": b"1\n"})
    reader = await hub.identity.create_token(await hub.identity.account("ada"), "r", Role.READ)
    said = await tiny.refused("push", with_token(ada.address, reader), "main")
    assert "403" in said
    assert "a token with the role write" in said
    assert "you may not write to this repository" in await tiny.refused("push", with_token(ada.address, bob), "main")
    assert "could not read Username" in await tiny.refused("push", ada.address, "main", GIT_ASKPASS="")
    assert "Authentication failed" in await tiny.refused("push", with_token(ada.address, "hf_no"), "main")


async def test_a_file_too_large_for_git_is_named(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(git)
    await write(tiny, {"data/weights.txt": b"0123456789abcdef" * (700 << 10)})
    said = await tiny.refused("push")
    assert "weights.txt (10.9 MB)" in said
    assert "git-lfs" in said
    assert (await ada.refs())["refs/heads/main"] != await tiny("rev-parse", "HEAD")


async def test_a_pointer_to_bytes_that_are_not_here_is_refused(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    tiny = await ada.cloned(git)
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"7" * 64 + b"\nsize 12\n"
    await tiny("config", "filter.lfs.process", "")
    await tiny("config", "filter.lfs.clean", "cat")
    await write(tiny, {"weights.bin": pointer})
    said = await tiny.refused("push", GIT_LFS_SKIP_PUSH="1")
    assert "weights.bin (777777777777)" in said


async def test_a_push_to_a_private_repository_of_others_finds_nothing(hub: HubWorld, git: Git) -> None:
    ada, bob = Ada(hub), await hub.user("bob")
    await ada.begin(visibility="private")
    tiny = await ada.cloned(git)
    assert "not found" in await tiny.refused("push", with_token(ada.address, bob), "main")


async def test_a_guest_pushes_to_his_pull_request_and_nowhere_else(hub: HubWorld, git: Git) -> None:
    """With a large file of his own; one that somebody else has deleted is not his to name."""
    tool("git-lfs")
    ada, bob = Ada(hub), await hub.user("bob")
    await ada.begin()
    await git("lfs", "install", "--skip-repo")
    body = {"title": "Weights", "pullRequest": True}
    status, _, said = await hub.request("POST", "/api/models/ada/tiny/discussions", bob, json=body)
    assert status in (200, 201), said
    await git("clone", with_token(ada.address, bob), "tiny")
    tiny = git.at("tiny")
    await tiny("fetch", "origin", "refs/pr/1:pr")
    await tiny("checkout", "-q", "pr")
    head = await write(tiny, {"model.safetensors": b"weights of a guest" * 1000}, "Proposed by git")
    await tiny("push", "origin", "pr:refs/pr/1")
    assert (await ada.refs())["refs/pr/1"] == head
    assert await ada.read("model.safetensors", "refs%2Fpr%2F1") == b"weights of a guest" * 1000
    _, _, told = await hub.request("GET", "/api/models/ada/tiny/discussions/1", bob)
    assert b"Proposed by git" in told
    assert "may not write" in await tiny.refused("push", "origin", "pr:refs/heads/main")
    stored = await hub.storage.ingest(ada.repository.scope, git.folder / "tiny/.git/config")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{stored.sha256}\nsize {stored.size}\n"
    await tiny("lfs", "uninstall")
    await write(tiny, {"stolen.safetensors": pointer.encode()})
    assert "stolen.safetensors (" in await tiny.refused("push", "--no-verify", "origin", "pr:refs/pr/1")
    assert (await ada.refs())["refs/pr/1"] == head
