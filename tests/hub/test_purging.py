"""Large files of a history are listed, and taken out of every commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonweight.hub import AddFile, AddLarge, DeleteFile, Hub, MayNotWrite, Repository
from commonweight.identity import ANONYMOUS, Caller
from commonweight.storage import Storage


@pytest.fixture
async def history(hub: Hub, ada: Caller, repository: Repository, storage: Storage, tmp_path: Path) -> list[str]:
    """Four commits on main, a branch and tags; the SHA-256 of the first and the second large file."""
    sha256s = []
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(name.encode() * 1000)
        sha256s.append((await storage.ingest(repository.scope, tmp_path / name)).sha256)
    one, two = sha256s
    await hub.commit(ada, repository, "main", [AddLarge("sub/one.bin", one), AddFile("notes.txt", b"1\n")], "First")
    await hub.branches.create_tag(ada, await hub.resolve(repository), "v1", "As it was")
    await hub.commit(ada, repository, "main", [AddLarge("two.bin", two), AddFile("notes.txt", b"2\n")], "Second")
    await hub.branches.create(ada, await hub.resolve(repository), "dev")
    await hub.commit(ada, repository, "main", [DeleteFile("sub/one.bin")], "Third")
    return sha256s


async def test_each_large_file_is_listed_once_with_where_it_stands(
    hub: Hub, ada: Caller, repository: Repository, history: list[str]
) -> None:
    found = {one.path: one for one in await hub.large_files.list(ada, repository)}
    assert {path: (one.sha256, one.ref, one.size) for path, one in found.items()} == {
        "sub/one.bin": (history[0], "dev", 3000),
        "two.bin": (history[1], "main", 3000),
    }


async def test_what_is_taken_out_is_in_no_commit_of_any_name(
    hub: Hub, ada: Caller, repository: Repository, history: list[str]
) -> None:
    (unwanted,) = [one.oid for one in await hub.large_files.list(ada, repository) if one.path == "sub/one.bin"]
    assert await hub.large_files.purge(ada, repository, [unwanted]) == 3
    assert [one.path for one in await hub.large_files.list(ada, repository)] == ["two.bin"]
    for name, titles in (("main", 4), ("dev", 3), ("v1", 2)):
        revision = await hub.resolve(repository, name)
        commits = await hub.history(revision)
        assert [one.title for one in commits] == ["Third", "Second", "First", "initial commit"][-titles:]
        assert await hub.read_small(revision, "notes.txt") == (b"1\n" if name == "v1" else b"2\n")
        for commit in commits:
            entries = await hub.tree(await hub.resolve(repository, commit.id), recursive=True)
            assert not any(one.path.startswith("sub") for one in entries)


async def test_what_stands_before_is_left_as_it_is(
    hub: Hub, ada: Caller, repository: Repository, history: list[str]
) -> None:
    before = await hub.history(await hub.resolve(repository))
    (unwanted,) = [one.oid for one in await hub.large_files.list(ada, repository) if one.path == "two.bin"]
    await hub.large_files.purge(ada, repository, [unwanted])
    after = await hub.history(await hub.resolve(repository))
    assert [one.id for one in after[-2:]] == [one.id for one in before[-2:]]
    assert [one.id for one in after[:2]] != [one.id for one in before[:2]]
    assert (await hub.resolve(repository, "v1")).commit == before[-2].id


async def test_of_what_is_not_there_nothing_moves(hub: Hub, ada: Caller, repository: Repository, history: list[str]) -> None:
    head = await hub.resolve(repository)
    assert await hub.large_files.purge(ada, repository, ["0" * 40]) == 0
    assert await hub.resolve(repository) == head


async def test_others_neither_list_nor_purge(hub: Hub, repository: Repository, history: list[str]) -> None:
    with pytest.raises(MayNotWrite):
        await hub.large_files.list(ANONYMOUS, repository)
    with pytest.raises(MayNotWrite):
        await hub.large_files.purge(ANONYMOUS, repository, ["0" * 40])
