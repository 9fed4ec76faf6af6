"""The hot path of reads: one glance for all that can change, and memory for what cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import event

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.hub import AddFile, Hub, Repository, RepositoryNotFound, Revision, RevisionNotFound
from commonweight.hub.remembered import Memory
from commonweight.identity import ANONYMOUS, Caller
from commonweight.storage import Storage


@pytest.fixture
async def elsewhere(database: Database, storage: Storage, clock: SetClock) -> AsyncIterator[Hub]:
    """The same hub in another process: it remembers for itself."""
    other = Database(database.url)
    yield Hub(other, storage, clock)
    await other.close()


async def read(hub: Hub, revision: str = "main", caller: Caller = ANONYMOUS) -> Revision:
    found = await hub.find_revision(caller, "model", "ADA", "Tiny", revision)
    assert isinstance(found, Revision)
    await hub.facts(found)
    await hub.tree(found, recursive=True)
    return found


async def test_the_glance_finds_what_the_long_way_finds(hub: Hub, ada: Caller, repository: Repository) -> None:
    commit = await hub.commit(ada, repository, "main", [AddFile("a.txt", b"a")], "One")
    await hub.branches.create_tag(ada, await hub.resolve(repository), "v1")
    for text in ("main", "v1", "refs/heads/main", "refs/tags/v1", commit.id, commit.id.upper(), commit.id[:8]):
        assert await hub.resolve(await hub.find(ada, "model", "ada", "tiny"), text) == await read(hub, text), text
    for text in ("no", "refs/heads/no", "f" * 40, "", "refs/"):
        with pytest.raises(RevisionNotFound):
            await read(hub, text)


async def test_a_commit_by_another_process_is_there_at_once(
    hub: Hub, elsewhere: Hub, ada: Caller, repository: Repository
) -> None:
    before = await read(elsewhere)
    commit = await hub.commit(ada, repository, "main", [AddFile("a.txt", b"a")], "One")
    after = await read(elsewhere)
    assert (before.commit != commit.id, after.commit) == (True, commit.id)
    assert (await elsewhere.entry(after, "a.txt")).size == 1


async def test_what_another_process_closes_is_closed_at_once(
    hub: Hub, elsewhere: Hub, ada: Caller, repository: Repository
) -> None:
    await read(elsewhere)
    await hub.update(ada, repository, visibility="private")
    with pytest.raises(RepositoryNotFound):
        await read(elsewhere)
    assert (await read(elsewhere, caller=ada)).repository.is_private


async def test_what_another_process_gates_is_gated_at_once(
    hub: Hub, elsewhere: Hub, ada: Caller, repository: Repository
) -> None:
    assert (await read(elsewhere)).repository.gated == ""
    await hub.update(ada, repository, gated="manual")
    assert (await read(elsewhere)).repository.gated == "manual"


async def test_what_another_process_deletes_is_gone_at_once(
    hub: Hub, elsewhere: Hub, ada: Caller, repository: Repository
) -> None:
    commit = (await read(elsewhere)).commit
    await hub.delete(ada, repository)
    for text in ("main", commit):
        with pytest.raises(RepositoryNotFound):
            await read(elsewhere, text)


async def test_a_new_repository_of_an_old_name_shows_nothing_of_the_old_one(
    hub: Hub, elsewhere: Hub, ada: Caller, repository: Repository
) -> None:
    commit = await hub.commit(ada, repository, "main", [AddFile("secret.txt", b"s")], "One")
    await read(elsewhere, commit.id)
    await hub.delete(ada, repository)
    await hub.create(ada, "model", None, "tiny")
    with pytest.raises(RevisionNotFound):
        await read(elsewhere, commit.id)
    assert "secret.txt" not in [one.path for one in await elsewhere.tree(await read(elsewhere))]


async def test_what_has_moved_is_told_under_its_former_name(hub: Hub, ada: Caller, repository: Repository) -> None:
    await hub.move(ada, repository, "ada", "small")
    found = await hub.find_revision(ada, "model", "ada", "tiny")
    assert isinstance(found, Repository)
    assert (found.moved, found.full_name) == (True, "ada/small")


async def test_what_was_read_before_takes_one_glance_and_no_other_statement(
    hub: Hub, database: Database, ada: Caller, repository: Repository
) -> None:
    await hub.commit(ada, repository, "main", [AddFile("a/b.txt", b"a")], "One")
    await read(hub)
    said: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    await read(hub)
    assert said == []


def test_memory_stays_within_its_bytes() -> None:
    memory = Memory(limit=8_000)
    for number in range(100):
        memory.put(number, number, 100)
    memory.put("giant", "giant", 4_000)
    assert (memory.bytes, memory.get(0), memory.get(99), memory.get("giant")) == (8_000, None, 99, None)


def test_memory_keeps_what_was_used_last() -> None:
    memory = Memory(limit=800)
    for number in range(8):
        memory.put(number, number, 100)
    assert memory.get(0) == 0
    memory.put("new", 8, 100)
    assert (memory.get(0), memory.get(1)) == (0, None)
