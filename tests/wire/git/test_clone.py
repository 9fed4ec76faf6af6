"""Reading with the real git."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.errors import NotAllowed
from commonweight.hub import AddLarge, Revision
from commonweight.identity import Caller
from commonweight.storage import Storage
from tests.support.tools import tool
from tests.wire.git.ada import Ada, with_token
from tests.wire.git.git import Git
from tests.wire.hf_world import HubWorld, running

FILES = {"README.md": b"# Tiny\n", "sub/dir/notes.txt": b"notes\n", "vocabulary.txt": b"word\n" * 40_000}


@pytest.fixture(params=[0, 2])
def git(tmp_path: Path, request: pytest.FixtureRequest) -> Git:
    """git by protocol 0 and by protocol 2."""
    tool("git")
    return Git(tmp_path / "work", request.param)


async def test_a_clone_has_the_history_the_files_and_the_ids_of_the_api(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    first = await ada.commit(dict(FILES))
    second = await ada.commit({"README.md": b"# Tiny, again\n", "sub/dir/notes.txt": None})
    await hub.hub.branches.create_tag(ada.caller, await hub.hub.resolve(ada.repository, first), "v1", "The first")
    await hub.hub.branches.create(ada.caller, await hub.hub.resolve(ada.repository, first), "dev/old")
    await git("clone", ada.address + ".git", "tiny")
    tiny = git.at("tiny")
    assert await tiny("rev-parse", "HEAD") == second
    assert (await tiny("rev-parse", "v1^{commit}", "origin/dev/old")).split() == [first, first]
    assert await tiny("cat-file", "-t", "v1") == "tag"
    assert (await tiny("log", "--format=%s")).splitlines() == ["Change", "Change", "initial commit"]
    assert (tiny.folder / "vocabulary.txt").read_bytes() == FILES["vocabulary.txt"]
    assert not (tiny.folder / "sub").exists()
    assert "missing" not in await tiny("fsck", "--full", "--strict")


async def test_a_fetch_brings_what_was_committed_since_and_no_more(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    await ada.commit({f"many/{number}.txt": b"%d\n" % number for number in range(500)} | FILES)
    await git("clone", ada.address, "tiny")
    tiny = git.at("tiny")
    for number in range(3):
        newest = await ada.commit({"many/7.txt": b"changed %d\n" % number})
    said = await tiny("fetch", "--progress")
    assert "Counting objects: 12, done." in said  # three commits, each with two folders and a file
    assert await tiny("rev-parse", "origin/main") == newest
    await tiny("pull", "--ff-only")
    assert (tiny.folder / "many/7.txt").read_bytes() == b"changed 2\n"
    assert "missing" not in await tiny("fsck", "--full", "--strict")


async def test_a_fetch_after_a_rewritten_history_brings_the_new_one(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    await ada.commit(dict(FILES))
    await git("clone", ada.address, "tiny")
    squashed = await hub.hub.squash(ada.caller, ada.repository, "main", "All")
    tiny = git.at("tiny")
    await tiny("fetch")
    assert await tiny("rev-parse", "origin/main") == squashed.id
    assert await tiny("rev-list", "--count", "origin/main") == "1"


async def test_a_shallow_clone_can_be_deepened(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    ids = [await ada.commit({"n.txt": b"%d\n" % number, f"sub/{number}": b"x"}) for number in range(6)]
    await git("clone", "--depth", "2", ada.address, "tiny")
    tiny = git.at("tiny")
    assert (await tiny("log", "--format=%H")).split() == [ids[5], ids[4]]
    ids.append(await ada.commit({"n.txt": b"new\n"}))
    await tiny("fetch", "--depth", "1")
    assert (await tiny("log", "--format=%H", "origin/main")).split() == [ids[6]]
    await tiny("fetch", "--deepen", "3")
    assert await tiny("rev-list", "--count", "origin/main") == "6"  # three more than each end there was, of HEAD too
    await tiny("fetch", "--unshallow")
    assert await tiny("rev-list", "--count", "origin/main") == "8"
    assert "missing" not in await tiny("fsck", "--full", "--strict")


async def test_a_history_can_be_cut_by_date_and_by_name(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    first = await ada.commit({"n.txt": b"1\n"})
    await hub.hub.branches.create_tag(ada.caller, await hub.hub.resolve(ada.repository, first), "v1")
    second = await ada.commit({"n.txt": b"2\n"})
    await git("clone", "--shallow-exclude=v1", ada.address, "tiny")
    assert (await git.at("tiny")("log", "--format=%H")).split() == [second]
    await git("clone", "--shallow-since=2000-01-01", ada.address, "all")
    assert await git.at("all")("rev-list", "--count", "HEAD") == "3"


async def test_one_commit_can_be_fetched_by_its_id_and_others_are_no_refs(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    first = await ada.commit({"n.txt": b"1\n"})
    await ada.commit({"n.txt": b"2\n"})
    await git("init", "tiny")
    tiny = git.at("tiny")
    await tiny("fetch", ada.address, first)
    assert await tiny("rev-parse", "FETCH_HEAD") == first
    assert "not our ref" in await tiny.refused("fetch", ada.address, "1" * 40)


async def test_datasets_and_spaces_are_cloned_below_their_names(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin("dataset")
    head = await ada.commit({"data.csv": b"a,b\n"})
    await git("clone", f"{hub.address}/datasets/ada/tiny", "tiny")
    assert await git.at("tiny")("rev-parse", "HEAD") == head
    assert "not found" in await git.refused("clone", with_token(f"{hub.address}/spaces/ada/tiny", ada.token), "no")


async def test_a_renamed_repository_is_found_under_its_old_name(hub: HubWorld, git: Git) -> None:
    ada = Ada(hub)
    await ada.begin()
    head = await ada.commit({"n.txt": b"1\n"})
    await hub.hub.move(ada.caller, ada.repository, "ada", "small")
    await git("clone", ada.address + ".git", "tiny")
    assert await git.at("tiny")("rev-parse", "HEAD") == head


async def test_a_private_repository_asks_for_credentials_and_looks_missing_to_others(hub: HubWorld, git: Git) -> None:
    ada, bob = Ada(hub), await hub.user("bob")
    await ada.begin(visibility="private")
    for there in (ada.address, f"{hub.address}/ada/none"):
        assert "could not read Username" in await git.refused("clone", there, "no", GIT_ASKPASS="")
        assert "not found" in await git.refused("clone", with_token(there, bob), "no")
    assert "Authentication failed" in await git.refused("clone", with_token(ada.address, "hf_wrong"), "no")
    await git("clone", with_token(ada.address, ada.token), "tiny")
    status, headers, _ = await hub.request("GET", "/ada/tiny/info/refs?service=git-upload-pack")
    assert (status, headers["www-authenticate"].split()[0]) == (401, "Basic")
    same = await hub.request("GET", "/ada/none/info/refs?service=git-upload-pack")
    assert same[0] == 401


async def test_a_gated_repository_is_cloned_by_its_owners(hub: HubWorld, git: Git) -> None:
    ada, bob = Ada(hub), await hub.user("bob")
    await ada.begin()
    await hub.hub.update(ada.caller, ada.repository, gated="manual")
    assert "restricted" in await git.refused("clone", with_token(ada.address, bob), "no")
    await git("clone", with_token(ada.address, ada.token), "tiny")


async def test_large_files_are_pointers_in_git(hub: HubWorld, git: Git, tmp_path: Path) -> None:
    ada = Ada(hub)
    await ada.begin()
    (tmp_path / "weights").write_bytes(data := b"weights" * 1000)
    large = await hub.storage.ingest(ada.repository.scope, tmp_path / "weights")
    await hub.hub.commit(ada.caller, ada.repository, "main", [AddLarge("w.bin", large.sha256)], "Add", "")
    await git("clone", ada.address, "tiny")
    assert hashlib.sha256(data).hexdigest() in (git.folder / "tiny/w.bin").read_text()


class Kept:
    """A policy that keeps some commits."""

    def __init__(self) -> None:
        self.commits: set[str] = set()

    async def check_download(self, caller: Caller, revision: Revision, path: str = "", /) -> None:
        if revision.commit in self.commits:
            raise NotAllowed("The licence does not allow this use here.")


async def test_a_branch_whose_files_the_policy_keeps_does_not_go_out(database: Database, git: Git, tmp_path: Path) -> None:
    storage, kept = Storage.on_disk(database, SystemClock(), home=tmp_path / "home", cache_bytes=1 << 28), Kept()
    async with running(HubWorld(database, storage, SystemClock(), downloads=kept)) as hub:
        ada = Ada(hub)
        await ada.begin()
        await hub.hub.branches.create(ada.caller, await hub.hub.resolve(ada.repository), "bad")
        kept.commits.add(await ada.commit({"bad.txt": b"1\n"}, "bad"))
        said = await git.refused("clone", with_token(ada.address, ada.token), "all")
        assert "The licence does not allow this use here." in said
        await git("clone", "--single-branch", "--no-tags", with_token(ada.address, ada.token), "main")
        kept.commits.add((await ada.refs())["refs/heads/main"])
        assert "The licence does not" in await git.refused(
            "clone", "--single-branch", with_token(ada.address, ada.token), "no"
        )
    await storage.close()
