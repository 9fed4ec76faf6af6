"""Finding revisions and entries; what a commit says about itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.errors import InvalidInput, RangeRefused
from commonweight.hub import (
    AddFile,
    AddLarge,
    BaseModel,
    DeleteFile,
    EntryNotFound,
    Hub,
    InvalidRef,
    RefExists,
    Repository,
    RepositoryExists,
    RepositoryNotFound,
    RevisionNotFound,
)
from commonweight.hub.facts import FactsReader
from commonweight.hub.reading import Reader
from commonweight.hub.remembered import FactsMemory, GitMemory, Memory
from commonweight.identity import ANONYMOUS, Caller, Identity, MemberRole, Role
from commonweight.storage import Storage
from tests.hub.conftest import writer
from tests.hub.test_commits import one_piece


async def test_a_revision_is_found_by_every_name_it_has(hub: Hub, ada: Caller, repository: Repository) -> None:
    commit = await hub.commit(ada, repository, "main", [AddFile("x", b"1")], "Add")
    head = await hub.resolve(repository)
    await hub.branches.create(ada, head, "dev/one")
    await hub.branches.create_tag(ada, head, "v1", "First")
    names = ["main", "dev/one", "v1", "refs/heads/main", "refs/tags/v1", commit.id, commit.id[:7], commit.id.upper()]
    assert {(await hub.resolve(repository, name)).commit for name in names} == {commit.id}
    for name in ("none", commit.id[:6], "f" * 40, "refs/heads/none", "", "main~1"):
        with pytest.raises(RevisionNotFound):
            await hub.resolve(repository, name)


async def test_branches_and_tags_are_made_once_and_main_stays(hub: Hub, ada: Caller, repository: Repository) -> None:
    head = await hub.resolve(repository)
    await hub.branches.create(ada, head, "dev")
    await hub.branches.create_tag(ada, head, "dev")  # a tag may be called like a branch
    with pytest.raises(RefExists, match="Reference refs/heads/dev already exists"):
        await hub.branches.create(ada, head, "dev")
    with pytest.raises(InvalidInput, match="Cannot delete refs/heads/main"):
        await hub.branches.delete(ada, repository, "main")
    with pytest.raises(InvalidInput, match="Invalid rev id"):
        await hub.branches.delete(ada, repository, "none")
    for name in ("a..b", "a b", "-x", "a/", "a" * 300, "f" * 40, "x.lock", "@{0}", ""):
        with pytest.raises(InvalidRef):
            await hub.branches.create(ada, head, name)
    await hub.branches.delete(ada, repository, "dev")
    await hub.branches.delete_tag(ada, repository, "dev")
    assert [one.name for one in await hub.refs(repository)] == ["refs/heads/main"]


async def test_history_is_newest_first_and_goes_on_where_it_stopped(
    hub: Hub, ada: Caller, repository: Repository, clock: SetClock
) -> None:
    for n in range(5):
        clock.advance(timedelta(seconds=1))
        await hub.commit(ada, repository, "main", [AddFile("x", b"%d" % n)], f"Change {n}")
    head = await hub.resolve(repository)
    first = await hub.history(head, 2)
    rest = await hub.history(head, 10, after=first[-1].id)
    assert [one.title for one in [*first, *rest]] == [*(f"Change {n}" for n in (4, 3, 2, 1, 0)), "initial commit"]


async def test_pages_of_a_tree_make_up_the_whole(hub: Hub, ada: Caller, repository: Repository) -> None:
    """A folder and names that begin like it are ordered as texts: "a", "a-b", "a.b", "a/b"."""
    names = ["a/b", "a/c/d/e/f", "a-b", "a.b/c", "a0/b", "b", "z/y/x", *(f"many/{n:02}/x" for n in range(20))]
    await hub.commit(ada, repository, "main", [AddFile(name, b"1") for name in names], "Add")
    head = await hub.resolve(repository)
    folders = {"/".join(name.split("/")[:depth]) for name in names for depth in range(1, name.count("/") + 1)}
    whole = [one.path for one in await hub.tree(head, recursive=True)]
    assert whole == sorted([".gitattributes", *names, *folders])
    for size in (1, 2, 7, 100):
        pages: list[str] = []
        while page := await hub.tree(head, recursive=True, after=pages[-1] if pages else "", limit=size):
            pages += [one.path for one in page]
        assert pages == whole
    assert [one.path for one in await hub.tree(head, "a", recursive=True, after="a/c", limit=2)] == ["a/c/d", "a/c/d/e"]
    assert [one.path for one in await hub.tree(head, "a", after="a/b")] == ["a/c"]


async def test_a_listing_holds_no_connection_while_storage_asks_for_one(
    hub: Hub, ada: Caller, repository: Repository, database: Database, storage: Storage
) -> None:
    """Many at once would each hold one and wait for another, until none is left."""
    held: list[int] = []

    class Watched:
        async def large_files(self, scope: object, wanted: object) -> dict[str, object]:
            pool = database.engine.pool
            held.append(pool.checkedout())  # type: ignore[attr-defined]
            return {}

    large = await storage.ingest(repository.scope, one_piece(b"weights" * 5_000))
    await hub.commit(ada, repository, "main", [AddLarge("large.bin", large.sha256)], "Add")
    reader, head = Reader(database, cast(Storage, Watched()), GitMemory(database, Memory())), await hub.resolve(repository)
    await reader.tree(head, "", True, "", None)
    await reader.entries(head, ["large.bin"])
    assert held == [0, 0]


async def test_the_last_commit_of_a_path_is_the_one_that_changed_it(hub: Hub, ada: Caller, repository: Repository) -> None:
    await hub.commit(ada, repository, "main", [AddFile("a", b"1"), AddFile("d/b", b"1")], "One")
    await hub.commit(ada, repository, "main", [AddFile("d/c", b"1")], "Two")
    await hub.commit(ada, repository, "main", [AddFile("a", b"2")], "Three")
    paths = ["a", "d", "d/b", "d/c", ".gitattributes", "none"]
    last = await hub.last_commits(await hub.resolve(repository), paths)
    titles = {path: commit.title for path, commit in last.items()}
    assert titles == {"a": "Three", "d": "Two", "d/b": "One", "d/c": "Two", ".gitattributes": "initial commit"}


async def test_a_tree_is_listed_by_path_a_file_gives_itself(hub: Hub, ada: Caller, repository: Repository) -> None:
    files = [AddFile(path, b"1") for path in ("d/e/f", "d/a", "d.txt")]
    await hub.commit(ada, repository, "main", files, "Add")
    head = await hub.resolve(repository)

    async def listed(path: str = "", recursive: bool = False) -> list[str]:
        return [one.path for one in await hub.tree(head, path, recursive)]

    assert await listed() == [".gitattributes", "d", "d.txt"]
    assert await listed("d") == ["d/a", "d/e"]
    assert await listed("d", True) == ["d/a", "d/e", "d/e/f"]
    assert await listed("d/a") == ["d/a"]
    with pytest.raises(EntryNotFound):
        await listed("none/x")


async def test_a_range_behind_the_end_is_refused(hub: Hub, ada: Caller, repository: Repository) -> None:
    await hub.commit(ada, repository, "main", [AddFile("x", b"123"), AddFile("empty", b"")], "Add")
    head = await hub.resolve(repository)
    with pytest.raises(RangeRefused):
        [one async for one in hub.read(repository, await hub.entry(head, "x"), 3)]
    assert [one async for one in hub.read(repository, await hub.entry(head, "empty"))] == []


CARD = b"""---
license: other
license_name: my-licence
base_model: [org/parent]
datasets: [org/data]
tags: [tiny]
pipeline_tag: text-generation
---
"""


async def test_facts_are_what_card_and_files_say(hub: Hub, ada: Caller, repository: Repository) -> None:
    files = [AddFile("README.md", CARD), AddFile("LICENSE", b"text"), AddFile("q4.gguf", b"GGUF")]
    await hub.commit(ada, repository, "main", files, "Add")
    head = await hub.resolve(repository)
    facts = await hub.facts(head)
    assert (facts.licence, facts.licence_name, facts.pipeline_tag) == ("other", "my-licence", "text-generation")
    assert facts.base_models == (BaseModel("org/parent", "quantized", declared=False),)
    assert (facts.datasets, facts.tags) == (("org/data",), ("tiny",))
    assert [one.path for one in facts.licence_files] == ["LICENSE"]
    assert (facts.has_gguf, facts.has_safetensors, facts.files) == (True, False, 4)
    assert await hub.facts(head) == facts  # now from the table
    (here,) = await hub.heads([repository])
    assert here.facts == facts


async def test_a_repository_that_goes_while_it_is_read_is_left_out(
    hub: Hub, ada: Caller, repository: Repository, database: Database, storage: Storage, clock: SetClock
) -> None:
    gone, stays = await hub.resolve(repository), await hub.resolve(await hub.create(ada, "model", None, "stays"))
    await hub.delete(ada, repository)
    reader = FactsReader(database, Reader(database, storage, GitMemory(database, Memory())), clock, FactsMemory(Memory()))
    assert list(await reader.of_all([gone, stays])) == [stays.repository.id]
    assert await reader.facts_unless_deleted(gone) is None
    with pytest.raises(RevisionNotFound):
        await reader.facts_unless_deleted(replace(stays, commit="f" * 40))


async def test_a_broken_card_is_an_error_in_the_facts_alone(hub: Hub, ada: Caller, repository: Repository) -> None:
    commit = await hub.commit(ada, repository, "main", [AddFile("README.md", b"---\na: [\n---\n")], "Add")
    await hub.on_read_revision({"repository_id": repository.id, "commit": commit.id})
    facts = await hub.facts(await hub.resolve(repository))
    assert facts.card_error.startswith("Line 3")
    assert facts.licences == ()


async def test_reading_a_deleted_repository_is_no_error(hub: Hub, ada: Caller, repository: Repository) -> None:
    head = await hub.resolve(repository)
    await hub.delete(ada, repository)
    await hub.on_read_revision({"repository_id": repository.id, "commit": head.commit})
    with pytest.raises(RepositoryNotFound):
        await hub.find(ada, "model", "ada", "tiny")


async def test_names_are_found_whatever_their_capitals(hub: Hub, ada: Caller, repository: Repository) -> None:
    found = await hub.find(ANONYMOUS, "model", "ADA", "TiNy")
    assert found == repository
    with pytest.raises(RepositoryExists) as caught:
        await hub.create(ada, "model", None, "Tiny")
    assert caught.value.repository == repository
    assert (await hub.create(ada, "dataset", None, "tiny")).scope != repository.scope


async def test_a_moved_repository_is_found_under_both_names_until_the_old_is_taken(
    hub: Hub, ada: Caller, repository: Repository
) -> None:
    moved = await hub.move(ada, repository, "ada", "small")
    old = await hub.find(ada, "model", "ada", "tiny")
    assert (old.id, old.moved, moved.moved) == (repository.id, True, False)
    new = await hub.create(ada, "model", None, "tiny")
    assert (await hub.find(ada, "model", "ada", "tiny")).id == new.id
    with pytest.raises(RepositoryExists):
        await hub.move(ada, moved, "ada", "tiny")


async def test_lists_show_what_the_caller_may_see(hub: Hub, identity: Identity, ada: Caller, bob: Caller) -> None:
    lab = await identity.create_organisation("lab", default_visibility="private")
    assert ada.account is not None
    await identity.set_member(lab, ada.account, Role.WRITE)
    member = Caller(ada.account, ada.token, {lab.id: (lab, MemberRole.WRITE)})
    await hub.create(ada, "model", None, "open-one")
    await hub.create(ada, "model", None, "closed", "private")
    await hub.create(member, "model", "lab", "inner")

    async def listed(caller: Caller, **query: str) -> set[str]:
        return {one.full_name for one in await hub.list(caller, "model", **query)}

    assert await listed(bob) == await listed(ANONYMOUS) == {"ada/open-one"}
    assert await listed(member) == {"ada/open-one", "ada/closed", "lab/inner"}
    assert await listed(member, search="lab inn") == {"lab/inner"}
    assert await listed(member, search="_%") == set()
    assert await listed(member, author="LAB") == {"lab/inner"}


async def test_a_network_is_readable_for_those_who_may_read_all_of_it(
    hub: Hub, identity: Identity, ada: Caller, bob: Caller
) -> None:
    lab = await identity.create_organisation("lab")
    admin = writer(await identity.create_user("root"))
    assert ada.account is not None
    assert bob.account is not None
    await identity.set_member(lab, ada.account, Role.READ)
    member = Caller(ada.account, ada.token, {lab.id: (lab, MemberRole.WRITE)})
    private = await hub.create(member, "model", "lab", "inner", "private")
    public = await hub.create(ada, "model", None, "open")
    callers = (member, bob, ANONYMOUS)
    assert [await hub.may_read_scope(one, private.scope) for one in callers] == [True, False, False]
    assert await hub.may_read_scope(ANONYMOUS, public.scope)
    assert not await hub.may_read_scope(member, 999)
    assert not await hub.may_read_scope(admin, private.scope)
    assert await hub.may_read_scope(member, private.scope)
    await hub.update(ada, public, gated="manual")
    assert [await hub.may_read_scope(one, public.scope) for one in callers] == [True, False, False]
    for repository in (private, public):
        await hub.delete(member, repository)
    # clients refer to what they uploaded before; nobody else comes to see it by the deletion
    assert [await hub.may_read_scope(one, private.scope) for one in callers] == [True, False, False]
    assert [await hub.may_read_scope(one, public.scope) for one in callers] == [True, False, False]


async def test_what_was_deleted_is_still_there_in_older_commits(hub: Hub, ada: Caller, repository: Repository) -> None:
    old = await hub.commit(ada, repository, "main", [AddFile("x", b"1")], "Add")
    await hub.commit(ada, repository, "main", [DeleteFile("x")], "Delete")
    with pytest.raises(EntryNotFound):
        await hub.entry(await hub.resolve(repository), "x")
    assert await hub.read_small(await hub.resolve(repository, old.id), "x") == b"1"
