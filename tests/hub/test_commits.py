"""Commits: one transaction, true git ids, all or nothing."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from sqlalchemy import select

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.db.tables import hub as hub_tables
from commonweight.db.tables import jobs as jobs_tables
from commonweight.hub import (
    AddFile,
    AddLarge,
    DeleteFile,
    DeleteFolder,
    EntryNotFound,
    Hub,
    InvalidPath,
    LargeFileMissing,
    MayNotWrite,
    Repository,
    RepositoryNotFound,
    RevisionNotFound,
    StaleParent,
)
from commonweight.identity import ANONYMOUS, Caller
from commonweight.storage import Storage


async def paths(hub: Hub, repository: Repository, revision: str = "main") -> list[str]:
    entries = await hub.tree(await hub.resolve(repository, revision), recursive=True)
    return [one.path for one in entries if one.is_file]


async def content(hub: Hub, repository: Repository, path: str) -> bytes:
    return await hub.read_small(await hub.resolve(repository), path)


async def test_a_new_repository_has_one_commit_with_gitattributes(hub: Hub, repository: Repository) -> None:
    revision = await hub.resolve(repository)
    commits = await hub.history(revision)
    assert [one.title for one in commits] == ["initial commit"]
    assert commits[0].author == "ada"
    assert await paths(hub, repository) == [".gitattributes"]


async def test_head_is_what_a_clone_begins_with(hub: Hub, ada: Caller, repository: Repository) -> None:
    await hub.commit(ada, repository, "main", [AddFile("small.txt", b"hello\n")], "Add")
    assert await hub.resolve(repository, "HEAD") == await hub.resolve(repository, "main")


async def test_a_new_space_has_a_card_with_its_sdk(hub: Hub, ada: Caller) -> None:
    space = await hub.create(ada, "space", None, "demo", sdk="gradio")
    assert (await hub.facts(await hub.resolve(space))).card == {"title": "demo", "sdk": "gradio"}


async def test_files_come_back_byte_for_byte_under_true_git_ids(hub: Hub, ada: Caller, repository: Repository) -> None:
    big = bytes(range(256)) * 1000  # over the size that stays in the row
    await hub.commit(ada, repository, "main", [AddFile("a/b/big.dat", big), AddFile("small.txt", b"hello\n")], "Add")
    revision = await hub.resolve(repository)
    small = await hub.entry(revision, "small.txt")
    assert small.oid == "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object of "hello\n"
    entry = await hub.entry(revision, "a/b/big.dat")
    assert (entry.oid, entry.size) == (hashlib.sha1(b"blob 256000\0" + big).hexdigest(), 256000)
    assert await content(hub, repository, "a/b/big.dat") == big
    piece = [one async for one in hub.read(repository, entry, 1000, 2000)]
    assert b"".join(piece) == big[1000:2000]


async def test_later_changes_of_one_commit_win(hub: Hub, ada: Caller, repository: Repository) -> None:
    await hub.commit(ada, repository, "main", [AddFile("a.txt", b"1"), AddFile("d/x", b"1"), AddFile("d/y", b"1")], "Add")
    changes = [DeleteFile("a.txt"), AddFile("a.txt", b"2"), DeleteFolder("d/"), AddFile("d/z", b"3")]
    await hub.commit(ada, repository, "main", changes, "Change")
    assert await paths(hub, repository) == [".gitattributes", "a.txt", "d/z"]
    assert await content(hub, repository, "a.txt") == b"2"


async def test_a_folder_that_becomes_empty_is_gone(hub: Hub, ada: Caller, repository: Repository) -> None:
    await hub.commit(ada, repository, "main", [AddFile("a/b/c", b"1"), AddFile("keep", b"1")], "Add")
    await hub.commit(ada, repository, "main", [DeleteFile("a/b/c")], "Delete")
    entries = await hub.tree(await hub.resolve(repository), recursive=True)
    assert [one.path for one in entries] == [".gitattributes", "keep"]


async def test_deleting_what_is_not_there_changes_nothing(hub: Hub, ada: Caller, repository: Repository) -> None:
    with pytest.raises(EntryNotFound, match="A file with this name doesn't exist"):
        await hub.commit(ada, repository, "main", [AddFile("x", b"1"), DeleteFile("nothing")], "No")
    assert await paths(hub, repository) == [".gitattributes"]


async def test_a_commit_that_changes_nothing_returns_the_head(hub: Hub, ada: Caller, repository: Repository) -> None:
    first = await hub.commit(ada, repository, "main", [AddFile("x", b"1")], "Add")
    again = await hub.commit(ada, repository, "main", [AddFile("x", b"1")], "Add again")
    assert again == first


CLIMBING = ["../x", "a/../x", "/x", "a//b", ".git/config", "..\\b", "", "a/./b", "x\0y", "d/.GIT/x", "a\\.git\\b"]


@pytest.mark.parametrize("path", CLIMBING)
async def test_a_path_that_climbs_out_is_refused(hub: Hub, ada: Caller, repository: Repository, path: str) -> None:
    with pytest.raises(InvalidPath):
        await hub.commit(ada, repository, "main", [AddFile(path, b"1")], "No")


async def test_a_backslash_is_a_letter_of_a_name(hub: Hub, ada: Caller, repository: Repository) -> None:
    name = "d/a\\..\\b"
    await hub.commit(ada, repository, "main", [AddFile(name, b"1")], "Add")
    assert name in await paths(hub, repository)


async def test_a_file_and_a_folder_cannot_share_a_name(hub: Hub, ada: Caller, repository: Repository) -> None:
    await hub.commit(ada, repository, "main", [AddFile("a", b"1"), AddFile("d/x", b"1")], "Add")
    with pytest.raises(InvalidPath, match="is a file"):
        await hub.commit(ada, repository, "main", [AddFile("a/b", b"1")], "No")
    with pytest.raises(InvalidPath, match="is a folder"):
        await hub.commit(ada, repository, "main", [AddFile("d", b"1")], "No")


async def test_a_stale_parent_is_refused_in_the_fixed_words(hub: Hub, ada: Caller, repository: Repository) -> None:
    old = (await hub.resolve(repository)).commit
    await hub.commit(ada, repository, "main", [AddFile("x", b"1")], "Add", parent=old)
    with pytest.raises(
        StaleParent, match=r"^The branch was updated since you opened this page\. Please refresh and try again\.$"
    ):
        await hub.commit(ada, repository, "main", [AddFile("y", b"1")], "Add", parent=old[:8])


async def test_two_commits_at_once_both_land(hub: Hub, ada: Caller, repository: Repository) -> None:
    commits = (hub.commit(ada, repository, "main", [AddFile(f"f{n}", b"1")], f"Add {n}") for n in range(6))
    await asyncio.gather(*commits)
    assert await paths(hub, repository) == [".gitattributes", *(f"f{n}" for n in range(6))]
    assert len(await hub.history(await hub.resolve(repository))) == 7


async def test_of_two_commits_on_one_stated_parent_one_wins(hub: Hub, ada: Caller, repository: Repository) -> None:
    head = (await hub.resolve(repository)).commit
    commits = (hub.commit(ada, repository, "main", [AddFile(f"f{n}", b"1")], "Add", parent=head) for n in range(4))
    results = await asyncio.gather(*commits, return_exceptions=True)
    assert sum(isinstance(one, StaleParent) for one in results) == 3
    assert len(await hub.history(await hub.resolve(repository))) == 2


async def test_a_commit_writes_its_job_in_the_same_transaction(
    database: Database, hub: Hub, ada: Caller, repository: Repository
) -> None:
    commit = await hub.commit(ada, repository, "main", [AddFile("x", b"1")], "Add")
    async with database.read() as connection:
        payloads = (await connection.scalars(select(jobs_tables.jobs.c.payload))).all()
    assert {"repository_id": repository.id, "commit": commit.id} in payloads


async def test_a_large_file_is_a_pointer_in_git(hub: Hub, storage: Storage, ada: Caller, repository: Repository) -> None:
    data = b"weights" * 50_000
    large = await storage.ingest(repository.scope, one_piece(data))
    await hub.commit(ada, repository, "main", [AddLarge("m.safetensors", large.sha256)], "Add")
    entry = await hub.entry(await hub.resolve(repository), "m.safetensors")
    assert entry.large is not None
    assert (entry.size, entry.large.sha256, entry.large.xet_hash) == (len(data), large.sha256, large.xet_hash)
    pointer = await hub.read_blob(repository, entry)
    assert pointer == f"version https://git-lfs.github.com/spec/v1\noid sha256:{large.sha256}\nsize {len(data)}\n".encode()
    assert entry.large.pointer_size == len(pointer)
    assert b"".join([piece async for piece in hub.read(repository, entry)]) == data


async def test_a_large_file_of_another_repository_cannot_be_named(
    hub: Hub, storage: Storage, ada: Caller, bob: Caller, repository: Repository
) -> None:
    large = await storage.ingest(repository.scope, one_piece(b"secret" * 1000))
    other = await hub.create(bob, "model", None, "thief")
    with pytest.raises(LargeFileMissing):
        await hub.commit(bob, other, "main", [AddLarge("stolen.bin", large.sha256, large.size)], "Steal")
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{large.sha256}\nsize {large.size}\n".encode()
    with pytest.raises(LargeFileMissing):
        await hub.commit(bob, other, "main", [AddFile("stolen.bin", text)], "Steal")


async def test_a_large_file_that_no_rule_covers_gets_one(
    hub: Hub, storage: Storage, ada: Caller, repository: Repository
) -> None:
    large = await storage.ingest(repository.scope, one_piece(b"odd" * 1000))
    changes = [AddLarge("odd name.xyz", large.sha256), AddLarge("usual.bin", large.sha256)]
    await hub.commit(ada, repository, "main", changes, "Add")
    lines = (await content(hub, repository, ".gitattributes")).decode().splitlines()
    assert lines[-1] == "odd[[:space:]]name.xyz filter=lfs diff=lfs merge=lfs -text"
    assert not any("usual" in line for line in lines)


async def test_a_squashed_branch_has_one_commit_and_the_same_files(hub: Hub, ada: Caller, repository: Repository) -> None:
    await hub.commit(ada, repository, "main", [AddFile("x", b"1")], "One")
    await hub.commit(ada, repository, "main", [AddFile("x", b"2")], "Two")
    squashed = await hub.squash(ada, repository, "main", "All of it")
    assert [one.id for one in await hub.history(await hub.resolve(repository))] == [squashed.id]
    assert (squashed.title, await content(hub, repository, "x")) == ("All of it", b"2")


async def test_only_writers_commit_and_only_readers_see(hub: Hub, ada: Caller, bob: Caller) -> None:
    public = await hub.create(ada, "model", None, "open")
    private = await hub.create(ada, "model", None, "closed", "private")
    with pytest.raises(MayNotWrite):
        await hub.commit(bob, public, "main", [AddFile("x", b"1")], "No")
    for caller in (bob, ANONYMOUS):
        with pytest.raises(RepositoryNotFound):
            await hub.commit(caller, private, "main", [AddFile("x", b"1")], "No")
        with pytest.raises(RepositoryNotFound):
            await hub.find(caller, "model", "ada", "closed")


async def test_a_branch_that_is_not_there_cannot_be_committed_to(hub: Hub, ada: Caller, repository: Repository) -> None:
    head = (await hub.resolve(repository)).commit
    for ref in ("nope", head, "refs/tags/v1"):
        with pytest.raises(RevisionNotFound):
            await hub.commit(ada, repository, ref, [AddFile("x", b"1")], "No")


async def test_the_number_of_a_deleted_repository_never_comes_again(
    database: Database, hub: Hub, ada: Caller, clock: SetClock
) -> None:
    gone = await hub.create(ada, "model", None, "gone")
    await hub.delete(ada, gone)
    new = await hub.create(ada, "model", None, "new")
    assert new.scope > gone.scope
    async with database.read() as connection:
        objects = hub_tables.git_objects.c
        left = (await connection.scalars(select(objects.id).where(objects.scope == gone.scope))).all()
    assert left == []


async def one_piece(data: bytes):  # type: ignore[no-untyped-def]
    yield data
