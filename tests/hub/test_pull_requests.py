"""Pull requests: commits at `refs/pr/N`, what they change, and merging, also against others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import delete, select

from commonweight.db import Database
from commonweight.db.tables import hub as hub_tables
from commonweight.db.tables import jobs as jobs_tables
from commonweight.hub import (
    AddFile,
    AddLarge,
    Change,
    Commit,
    DeleteFile,
    DeleteFolder,
    Discussion,
    DiscussionState,
    EntryNotFound,
    Hub,
    LargeFileMissing,
    MayNotWrite,
    MergeConflicts,
    Repository,
    RevisionNotFound,
    StaleParent,
    diff_text,
    pointer_text,
    refs,
)
from commonweight.hub.discussions import PullKeeper
from commonweight.identity import Caller, Identity, Role, TokenInfo
from commonweight.storage import Storage


@pytest.fixture
async def repository(hub: Hub, ada: Caller) -> Repository:
    """Ada's, with two files."""
    made = await hub.create(ada, "model", None, "tiny")
    await hub.commit(ada, made, "main", [AddFile("a.txt", b"one\ntwo\n"), AddFile("d/b.txt", b"b\n")], "Begin")
    return made


@pytest.fixture
async def carl(identity: Identity) -> Caller:
    return Caller(await identity.create_user("carl"), TokenInfo(3, "t", Role.WRITE), {})


async def proposed(hub: Hub, caller: Caller, repository: Repository, *changes: Change, **more: str) -> Discussion:
    _, number = await hub.propose(caller, repository, "main", changes, "Propose", **more)
    return await hub.discussions.find(caller, repository, number)


async def files(hub: Hub, repository: Repository, revision: str = "main") -> dict[str, str]:
    found = await hub.resolve(repository, revision)
    entries = [one for one in await hub.tree(found, recursive=True) if one.is_file and one.path != ".gitattributes"]
    return {one.path: (await hub.read_small(found, one.path)).decode() for one in entries}


async def titles(hub: Hub, repository: Repository, revision: str = "main") -> list[str]:
    return [one.title for one in await hub.history(await hub.resolve(repository, revision))]


async def commit(hub: Hub, caller: Caller, repository: Repository, ref: str, **contents: str) -> Commit:
    changes = [AddFile(name.replace("_", "."), text.encode()) for name, text in contents.items()]
    return await hub.commit(caller, repository, ref, changes, f"Change {', '.join(contents)}")


# Opening and committing


async def test_a_draft_stands_at_the_head_of_its_base(hub: Hub, bob: Caller, repository: Repository) -> None:
    pull = await hub.pulls.open(bob, repository, "Mine", "Because")
    assert (pull.status, pull.ref, pull.base) == ("draft", "refs/pr/1", "refs/heads/main")
    assert (await hub.resolve(repository, "refs/pr/1")).commit == (await hub.resolve(repository)).commit


async def test_a_reader_proposes_a_commit_and_the_base_stays(hub: Hub, bob: Caller, repository: Repository) -> None:
    before = (await hub.resolve(repository)).commit
    pull = await proposed(hub, bob, repository, AddFile("new.txt", b"new"), description="Because")
    assert (pull.status, pull.title, pull.author, pull.base_commit) == ("open", "Propose", "bob", before)
    assert (await hub.resolve(repository)).commit == before
    assert set(await files(hub, repository, pull.ref)) == {"a.txt", "d/b.txt", "new.txt"}
    events = await hub.discussions.events(pull)
    assert [one.type for one in events] == ["comment", "commit"]
    assert events[1].data == {"subject": "Propose", "oid": (await hub.resolve(repository, pull.ref)).commit}


async def test_what_fails_opens_nothing(hub: Hub, bob: Caller, repository: Repository) -> None:
    head = (await hub.resolve(repository)).commit
    for base, changes in (
        ("none", [AddFile("x", b"1")]),
        (head, [AddFile("x", b"1")]),
        ("refs/pr/1", [AddFile("x", b"1")]),
        ("main", [DeleteFile("nothing")]),
        ("main", [AddLarge("x", "0" * 64)]),
    ):
        with pytest.raises((RevisionNotFound, LargeFileMissing, EntryNotFound)):
            await hub.propose(bob, repository, base, changes, "No")
    assert await hub.discussions.count_open(repository) == 0
    assert (await proposed(hub, bob, repository, AddFile("x", b"1"))).number == 1


async def test_its_author_and_writers_commit_to_it_and_nobody_else(
    hub: Hub, ada: Caller, bob: Caller, carl: Caller, repository: Repository
) -> None:
    pull = await proposed(hub, bob, repository, AddFile("x", b"1"))
    await commit(hub, bob, repository, pull.ref, x="2")
    await commit(hub, ada, repository, pull.ref, y="1")
    for deed in (commit(hub, carl, repository, pull.ref, z="1"), hub.squash(carl, repository, pull.ref, "No")):
        with pytest.raises(MayNotWrite):
            await deed
    with pytest.raises(MayNotWrite):
        await commit(hub, bob, repository, "main", z="1")
    with pytest.raises(RevisionNotFound):
        await commit(hub, bob, repository, "refs/pr/7", z="1")
    assert [one.type for one in await hub.discussions.events(pull)] == ["comment", "commit", "commit", "commit"]


async def test_it_can_begin_at_an_older_commit_of_its_base(
    hub: Hub, ada: Caller, bob: Caller, repository: Repository
) -> None:
    old = (await hub.resolve(repository)).commit
    await commit(hub, ada, repository, "main", later="1")
    pull = await proposed(hub, bob, repository, AddFile("x", b"1"), parent=old[:12])
    assert set(await files(hub, repository, pull.ref)) == {"a.txt", "d/b.txt", "x"}
    other = await commit(hub, bob, repository, pull.ref, y="1")
    for parent in (other.id, "0" * 40):  # not in the history of main
        with pytest.raises(StaleParent):
            await proposed(hub, bob, repository, AddFile("z", b"1"), parent=parent)


# Bytes of guests


async def test_a_guest_names_what_he_has_sent_himself(
    hub: Hub, storage: Storage, ada: Caller, bob: Caller, carl: Caller, repository: Repository
) -> None:
    scope = await hub.upload_scope(bob, repository)
    assert (await hub.upload_scope(ada, repository), await hub.upload_scope(bob, repository)) == (repository.scope, scope)
    large = await storage.ingest(scope, once(b"weights" * 9000))
    assert await storage.large_file(repository.scope, large.sha256) is None
    with pytest.raises(LargeFileMissing):  # of another guest
        await proposed(hub, carl, repository, AddLarge("m.bin", large.sha256))
    pull = await proposed(hub, bob, repository, AddLarge("m.bin", large.sha256))
    entry = await hub.entry(await hub.resolve(repository, pull.ref), "m.bin")
    assert b"".join([piece async for piece in hub.read(repository, entry)]) == b"weights" * 9000
    await hub.pulls.merge(ada, repository, pull.number)
    assert (await hub.entry(await hub.resolve(repository), "m.bin")).large is not None


async def test_a_guest_names_files_that_stand_there_and_none_that_are_gone(
    hub: Hub, storage: Storage, ada: Caller, bob: Caller, repository: Repository
) -> None:
    here = await storage.ingest(repository.scope, once(b"here" * 9000))
    gone = await storage.ingest(repository.scope, once(b"gone" * 9000))
    changes = [AddLarge("here.bin", here.sha256), AddLarge("gone.bin", gone.sha256)]
    await hub.commit(ada, repository, "main", changes, "Add both")
    await hub.commit(ada, repository, "main", [DeleteFile("gone.bin")], "It was a secret")
    pull = await proposed(hub, bob, repository, AddLarge("copy.bin", here.sha256))
    for stolen in (AddLarge("back.bin", gone.sha256), AddFile("back.bin", pointer_text(gone.sha256, gone.size))):
        with pytest.raises(LargeFileMissing):
            await hub.commit(bob, repository, pull.ref, [stolen], "Steal")
        with pytest.raises(LargeFileMissing):
            await proposed(hub, bob, repository, stolen)


async def test_what_a_guest_sent_is_for_him_alone_until_it_is_committed(
    hub: Hub, ada: Caller, bob: Caller, carl: Caller, repository: Repository
) -> None:
    scope = await hub.upload_scope(bob, repository)
    assert [await hub.may_read_scope(one, scope) for one in (bob, ada, carl)] == [True, False, False]
    await hub.delete(ada, repository)  # clients remember for weeks what they have sent
    assert await hub.may_read_scope(bob, scope)
    again = await hub.create(ada, "model", None, "tiny")
    assert await hub.upload_scope(bob, again) != scope


# Merging


async def test_a_merge_goes_forward_where_nothing_came_in_between(
    hub: Hub, ada: Caller, bob: Caller, repository: Repository
) -> None:
    pull = await proposed(hub, bob, repository, AddFile("new.txt", b"new"))
    head = (await hub.resolve(repository, pull.ref)).commit
    event = await hub.pulls.merge(ada, repository, pull.number, "Thanks")
    merged = await hub.discussions.find(ada, repository, pull.number)
    assert (merged.status, merged.merge_commit, event.data) == ("merged", head, {"status": "merged"})
    assert (await hub.resolve(repository)).commit == head
    assert [one.type for one in await hub.discussions.events(pull)][-2:] == ["comment", "status-change"]


async def test_a_merge_with_a_base_that_moved_joins_both_sides(
    hub: Hub, ada: Caller, bob: Caller, repository: Repository
) -> None:
    pull = await proposed(hub, bob, repository, AddFile("new.txt", b"new"), AddFile("same.txt", b"s"), DeleteFile("d/b.txt"))
    changes = [AddFile("a.txt", b"ONE\n"), AddFile("same.txt", b"s"), AddFile("d/c.txt", b"c")]
    base = await hub.commit(ada, repository, "main", changes, "Meanwhile")
    await hub.pulls.merge(ada, repository, pull.number)
    assert await files(hub, repository) == {"a.txt": "ONE\n", "d/c.txt": "c", "new.txt": "new", "same.txt": "s"}
    made = (await hub.history(await hub.resolve(repository)))[0]
    assert (made.title, made.parents) == (
        "Merge pull request 1: Propose",
        (base.id, (await hub.resolve(repository, pull.ref)).commit),
    )
    assert sorted(await titles(hub, repository)) == ["Begin", "Meanwhile", made.title, "Propose", "initial commit"]


async def test_what_both_sides_changed_is_named_file_by_file(
    hub: Hub, ada: Caller, bob: Caller, repository: Repository
) -> None:
    pull = await proposed(
        hub, bob, repository, AddFile("a.txt", b"bob\n"), DeleteFile("d/b.txt"), AddFile("fine", b"1"), AddFile("e/f", b"1")
    )
    changes = [AddFile("a.txt", b"ada\n"), AddFile("d/b.txt", b"changed\n"), AddFile("e", b"a file where a folder comes")]
    head = (await hub.commit(ada, repository, "main", changes, "Meanwhile")).id
    compared = await hub.pulls.compare(bob, repository, pull)
    assert compared.conflicts == ("a.txt", "d/b.txt", "e/f")
    with pytest.raises(MergeConflicts, match=r"'a\.txt', 'd/b\.txt', 'e/f'") as caught:
        await hub.pulls.merge(ada, repository, pull.number)
    assert caught.value.paths == compared.conflicts
    assert (await hub.resolve(repository)).commit == head
    back = [AddFile("a.txt", b"ada\n"), AddFile("d/b.txt", b"changed\n"), DeleteFile("e/f")]
    await hub.commit(bob, repository, pull.ref, back, "Give way")
    await hub.pulls.merge(ada, repository, pull.number)
    assert (await files(hub, repository))["fine"] == "1"


async def test_rules_for_large_files_of_both_sides_are_joined(
    hub: Hub, storage: Storage, ada: Caller, bob: Caller, repository: Repository
) -> None:
    theirs = await storage.ingest(await hub.upload_scope(bob, repository), once(b"bob" * 9000))
    pull = await proposed(hub, bob, repository, AddLarge("bob.odd", theirs.sha256))
    ours = await storage.ingest(repository.scope, once(b"ada" * 9000))
    await hub.commit(ada, repository, "main", [AddLarge("ada.odd", ours.sha256)], "Meanwhile")
    await hub.pulls.merge(ada, repository, pull.number)
    rules = (await hub.read_small(await hub.resolve(repository), ".gitattributes")).decode()
    assert [line.split()[0] for line in rules.splitlines()[-2:]] == ["ada.odd", "bob.odd"]


async def test_a_folder_gives_way_to_a_file_of_its_name(hub: Hub, ada: Caller, bob: Caller, repository: Repository) -> None:
    await hub.commit(ada, repository, "main", [AddFile("p/q/r", b"deep")], "Deep")
    pull = await proposed(hub, bob, repository, DeleteFolder("p"), AddFile("p", b"flat"))
    await commit(hub, ada, repository, "main", other="1")
    await hub.pulls.merge(ada, repository, pull.number)
    assert (await files(hub, repository))["p"] == "flat"


async def test_a_merge_runs_what_a_commit_to_the_base_runs(
    hub: Hub, database: Database, ada: Caller, bob: Caller, repository: Repository
) -> None:
    pull = await proposed(hub, bob, repository, AddFile("README.md", b"---\nlicense: mit\n---\n"))
    await commit(hub, ada, repository, "main", other="1")
    await hub.pulls.merge(ada, repository, pull.number)
    merged = (await hub.discussions.find(ada, repository, pull.number)).merge_commit
    async with database.read() as connection:
        jobs = jobs_tables.jobs.c
        read = (await connection.scalars(select(jobs.payload).where(jobs.kind == "read_revision"))).all()
    assert {"repository_id": repository.id, "commit": merged} in read
    assert (await hub.facts(await hub.resolve(repository))).licence == "mit"


async def test_only_writers_merge_and_only_what_is_open(hub: Hub, ada: Caller, bob: Caller, repository: Repository) -> None:
    draft = await hub.pulls.open(bob, repository, "Draft", "")
    pull = await proposed(hub, bob, repository, AddFile("x", b"1"))
    talk = await hub.discussions.open(bob, repository, "Talk", "")
    with pytest.raises(MayNotWrite):
        await hub.pulls.merge(bob, repository, pull.number)
    await hub.discussions.change_status(bob, repository, pull.number, "closed")
    for number, word in ((draft.number, "is a draft"), (pull.number, "is closed"), (talk.number, "no pull request")):
        with pytest.raises(DiscussionState, match=word):
            await hub.pulls.merge(ada, repository, number)
    await hub.discussions.change_status(bob, repository, pull.number, "open")
    await hub.pulls.merge(ada, repository, pull.number)
    with pytest.raises(DiscussionState, match="is merged"):
        await hub.pulls.merge(ada, repository, pull.number)
    with pytest.raises(DiscussionState, match="is merged"):
        await commit(hub, bob, repository, pull.ref, y="1")
    with pytest.raises(DiscussionState, match="is merged"):
        await hub.discussions.change_status(ada, repository, pull.number, "closed")


async def test_one_without_changes_is_merged_as_such(hub: Hub, ada: Caller, repository: Repository) -> None:
    pull = await hub.pulls.open(ada, repository, "Empty", "")
    await hub.discussions.change_status(ada, repository, pull.number, "open")
    later = await commit(hub, ada, repository, "main", x="1")
    await hub.pulls.merge(ada, repository, pull.number)
    assert (
        (await hub.discussions.find(ada, repository, 1)).merge_commit == later.id == (await hub.resolve(repository)).commit
    )


async def test_one_whose_base_is_gone_says_so(hub: Hub, ada: Caller, repository: Repository) -> None:
    await hub.branches.create(ada, await hub.resolve(repository), "dev")
    _, number = await hub.propose(ada, repository, "dev", [AddFile("x", b"1")], "To dev")
    await hub.branches.delete(ada, repository, "dev")
    pull = await hub.discussions.find(ada, repository, number)
    compared = await hub.pulls.compare(ada, repository, pull)
    assert (compared.base_is_gone, [one.path for one in compared.changes]) == (True, ["x"])
    with pytest.raises(RevisionNotFound, match="is gone"):
        await hub.pulls.merge(ada, repository, number)


async def test_a_squashed_one_is_still_merged_from_where_it_was_made(
    hub: Hub, ada: Caller, bob: Caller, repository: Repository
) -> None:
    pull = await proposed(hub, bob, repository, AddFile("new.txt", b"1"))
    await commit(hub, bob, repository, pull.ref, new_txt="2")
    await commit(hub, ada, repository, "main", other="1")
    await hub.squash(bob, repository, pull.ref, "All of it")
    assert await titles(hub, repository, pull.ref) == ["All of it"]
    assert [one.path for one in (await hub.pulls.compare(bob, repository, pull)).changes] == ["new.txt"]
    await hub.pulls.merge(ada, repository, pull.number)
    assert await files(hub, repository) == {"a.txt": "one\ntwo\n", "d/b.txt": "b\n", "new.txt": "2", "other": "1"}


async def test_where_nothing_remembers_the_beginning_everything_counts_as_new(
    hub: Hub, database: Database, ada: Caller, bob: Caller, repository: Repository
) -> None:
    """Both sides were squashed, and collection has removed what neither has any more."""
    pull = await proposed(hub, bob, repository, AddFile("new.txt", b"1"), AddFile("a.txt", b"bob\n"))
    for ref in (pull.ref, "main"):
        await hub.squash(ada, repository, ref, "All of it")
    async with database.write() as connection:
        objects = hub_tables.git_objects
        await connection.execute(delete(objects).where(objects.c.id == pull.base_commit))
    compared = await hub.pulls.compare(bob, repository, pull)
    assert compared.conflicts == ("a.txt",)
    assert [one.path for one in compared.changes] == [".gitattributes", "a.txt", "d/b.txt", "new.txt"]


# Races


async def test_a_merge_and_commits_to_the_base_at_once_all_land(
    hub: Hub, ada: Caller, bob: Caller, repository: Repository
) -> None:
    pull = await proposed(hub, bob, repository, AddFile("new.txt", b"new"))
    commits = [commit(hub, ada, repository, "main", **{f"f{n}": "1"}) for n in range(4)]
    await asyncio.gather(hub.pulls.merge(ada, repository, pull.number), *commits)
    assert set(await files(hub, repository)) == {"a.txt", "d/b.txt", "new.txt", "f0", "f1", "f2", "f3"}
    merged = await hub.discussions.find(ada, repository, pull.number)
    assert merged.merge_commit in {one.id for one in await hub.history(await hub.resolve(repository))}


async def test_of_a_merge_and_a_commit_to_it_at_once_one_wins(
    hub: Hub, ada: Caller, bob: Caller, repository: Repository
) -> None:
    for n in range(4):
        pull = await proposed(hub, bob, repository, AddFile(f"new{n}", b"1"))
        results = await asyncio.gather(
            hub.pulls.merge(ada, repository, pull.number),
            commit(hub, bob, repository, pull.ref, **{f"late{n}": "1"}),
            return_exceptions=True,
        )
        lost = [one for one in results if isinstance(one, Exception)]
        status = (await hub.discussions.find(ada, repository, pull.number)).status
        has_late = f"late{n}" in await files(hub, repository)
        if status == "merged":  # then what was merged is what stands at refs/pr/N
            assert has_late == (f"late{n}" in await files(hub, repository, pull.ref))
            assert all(isinstance(one, DiscussionState) for one in lost)
        else:
            assert (len(lost), has_late) == (1, False)
            assert isinstance(lost[0], StaleParent)


async def test_of_two_merges_at_once_one_wins(hub: Hub, ada: Caller, bob: Caller, repository: Repository) -> None:
    pull = await proposed(hub, bob, repository, AddFile("new.txt", b"new"))
    merges = (hub.pulls.merge(ada, repository, pull.number) for _ in range(3))
    results = await asyncio.gather(*merges, return_exceptions=True)
    assert sum(isinstance(one, DiscussionState) for one in results) == 2
    assert [one.type for one in await hub.discussions.events(pull)].count("status-change") == 1


async def test_who_merges_what_he_has_not_seen_is_told(hub: Hub, ada: Caller, bob: Caller, repository: Repository) -> None:
    pull = await proposed(hub, bob, repository, AddFile("x", b"1"))
    seen = (await hub.resolve(repository, pull.ref)).commit
    await commit(hub, bob, repository, pull.ref, evil="1")
    with pytest.raises(StaleParent):
        await hub.pulls.merge(ada, repository, pull.number, seen=seen)
    assert (await hub.discussions.find(ada, repository, pull.number)).status == "open"


@dataclass
class Update:
    """As git over HTTP hands one in."""

    name: str
    old: str
    new: str
    is_new: bool = False
    deletes: bool = False


async def test_a_push_by_git_is_told_commit_by_commit(
    hub: Hub, database: Database, ada: Caller, bob: Caller, carl: Caller, repository: Repository
) -> None:
    keeper = PullKeeper(database)
    pull = await proposed(hub, bob, repository, AddFile("x", b"1"))
    head = (await hub.resolve(repository, pull.ref)).commit
    await hub.branches.create(ada, await hub.resolve(repository, pull.ref), "pushed")
    pushed = [await commit(hub, ada, repository, "pushed", x=str(n)) for n in range(2)]
    update = Update(pull.ref, head, pushed[-1].id)
    assert await keeper.why_not(bob, repository, update) == ""
    async with database.write() as connection:
        assert await refs.move(connection, repository, pull.ref, head, update.new, pull.created_at)
        await keeper.moved(connection, bob, repository, update, pull.created_at)
    told = [one.data["oid"] for one in await hub.discussions.events(pull) if one.type == "commit"]
    assert told == [head, *(one.id for one in pushed)]
    assert "may commit" in await keeper.why_not(carl, repository, update)
    with pytest.raises(MayNotWrite):
        async with database.write() as connection:
            await keeper.moved(connection, carl, repository, update, pull.created_at)


async def test_a_push_by_git_makes_and_takes_away_no_pull_request(
    hub: Hub, database: Database, ada: Caller, repository: Repository
) -> None:
    keeper, head = PullKeeper(database), (await hub.resolve(repository)).commit
    pull = await proposed(hub, ada, repository, AddFile("x", b"1"))
    await hub.discussions.open(ada, repository, "Talk", "")
    refused = [
        (Update("refs/pr/7", "0" * 40, head, is_new=True), "no such pull request"),
        (Update("refs/pr/7", head, head), "no revision"),
        (Update("refs/pr/2", head, head), "no revision"),
        (Update("refs/pr/x", head, head), "no such pull request"),
        (Update(pull.ref, head, "0" * 40, deletes=True), "keeps its name"),
    ]
    for update, words in refused:
        assert words in await keeper.why_not(ada, repository, update)
    await hub.pulls.merge(ada, repository, pull.number)
    assert "is merged" in await keeper.why_not(ada, repository, Update(pull.ref, head, head))


# What it changes


async def test_what_it_changes_is_counted_from_where_it_left_the_base(
    hub: Hub, ada: Caller, bob: Caller, repository: Repository
) -> None:
    pull = await proposed(hub, bob, repository, AddFile("a.txt", b"one\n2\n"), DeleteFile("d/b.txt"), AddFile("n", b"new"))
    await commit(hub, ada, repository, "main", other="1")
    before = diff_text((await hub.pulls.compare(bob, repository, pull)).changes)
    assert "other" not in before
    assert "-two\n+2\n" in before
    assert "deleted file mode 100644" in before
    assert before.endswith("@@ -0,0 +1 @@\n+new\n\\ No newline at end of file\n")
    await hub.pulls.merge(ada, repository, pull.number)
    merged = await hub.discussions.find(ada, repository, pull.number)
    assert diff_text((await hub.pulls.compare(bob, repository, merged)).changes) == before


async def once(data: bytes) -> AsyncIterator[bytes]:
    yield data
