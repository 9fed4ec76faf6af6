"""Pull requests: opening, what they change, merging."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from commonweight.clock import Clock
from commonweight.db import Connection, Database, Lock, share
from commonweight.hub import refs
from commonweight.hub.commits import MAX_TITLE, make_commit, signature, tree_of
from commonweight.hub.committing import MAX_ATTEMPTS, READ_REVISION
from commonweight.hub.discussions import room, store
from commonweight.hub.discussions.ancestry import merge_base
from commonweight.hub.discussions.comparing import differences
from commonweight.hub.discussions.diffing import FileChange, Read, compare, read_differing
from commonweight.hub.discussions.merging import Joined, join_trees
from commonweight.hub.discussions.pull_landing import insert_pull, start_of_pull
from commonweight.hub.discussions.values import COMMENT, DRAFT, MERGED, OPEN, STATUS_CHANGE, Discussion, Event
from commonweight.hub.errors import Contended, DiscussionState, MergeConflicts, RevisionNotFound, StaleParent
from commonweight.hub.history import History
from commonweight.hub.landing import head_of
from commonweight.hub.objects import Blobs, GitObject, load
from commonweight.hub.objects import store as store_objects
from commonweight.hub.repositories import change
from commonweight.hub.rights import check_contributes, check_reads, check_writes
from commonweight.hub.trees import EMPTY_TREE
from commonweight.hub.values import Repository
from commonweight.identity import Caller
from commonweight.jobs import enqueue
from commonweight.storage import Storage


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    What a pull request changes. `start` is the commit that its changes are counted from, `head` its newest one.

    `conflicts` names the files that both sides have changed; `base_is_gone` where there is no branch to merge into any more.
    """

    start: str
    head: str
    conflicts: tuple[str, ...]
    base_is_gone: bool
    changes: Sequence[FileChange] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """A merge that fits two heads: `commit` is where the base goes; "" where a commit of the tree `root` is to be made."""

    pull: Discussion
    base_head: str
    head: str
    start: str
    commit: str = ""
    root: str = ""
    objects: Sequence[GitObject] = ()  # new ones
    conflicts: tuple[str, ...] = ()


class PullRequests:
    def __init__(self, database: Database, storage: Storage, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._blobs = Blobs(storage)

    async def open(
        self, caller: Caller, repository: Repository, title: str, description: str, base: str = refs.MAIN
    ) -> Discussion:
        """
        A draft at the head of a branch, to which commits can be made at `refs/pr/N`.

        Raises MayNotWrite, RevisionNotFound, InvalidInput, TooMuch.
        """
        check_contributes(caller, repository)
        title, text, now = room.check_title(title), room.check_text(description, least=0), self._clock.now()
        async with self._database.write() as connection:
            await share(connection, Lock.COLLECTION)
            head = await start_of_pull(connection, repository, base, None)
            pull = await insert_pull(connection, caller, repository, title, text, (base, head, head), now, DRAFT)
            return await room.found(connection, repository, pull.number)

    async def compare(
        self, caller: Caller, repository: Repository, pull: Discussion, *, with_lines: bool = True
    ) -> Comparison:
        """What it changes, and what stands in the way of merging it. Raises RepositoryNotFound, TooMuch."""
        check_reads(caller, repository)
        async with self._database.read() as connection:
            found, read = await self._comparison(connection, repository, pull, with_lines=with_lines)
        return replace(found, changes=await asyncio.to_thread(compare, read)) if read else found

    async def _comparison(
        self, connection: Connection, repository: Repository, pull: Discussion, *, with_lines: bool
    ) -> tuple[Comparison, Sequence[Read]]:
        head = await head_of(connection, repository, pull.ref)
        base_head = await refs.commit_of(connection, repository, pull.base)
        start, conflicts = pull.base_commit, tuple[str, ...]()
        if pull.status != MERGED and base_head is not None:
            plan = await self._plan(connection, repository, pull, base_head, head)
            start, conflicts = plan.start, plan.conflicts
        found = Comparison(start, head, conflicts, base_is_gone=base_head is None)
        if not with_lines:
            return found, ()
        before, after = [await _root(connection, repository, one) for one in (start, head)]
        differing = await differences(connection, repository.scope, before, after)
        return found, await read_differing(connection, repository.scope, self._blobs, differing)

    async def merge(
        self, caller: Caller, repository: Repository, number: int, comment: str = "", seen: str | None = None
    ) -> Event:
        """
        Bring it into its base, for who may write: the base goes to its newest commit where nothing came in between, else to
        a commit of both sides. With `seen`, that must be its newest commit. Gives the change of its status.

        Raises MayNotWrite, DiscussionNotFound, DiscussionState, MergeConflicts, RevisionNotFound, StaleParent, Contended.
        """
        check_writes(caller, repository)
        said = room.check_text(comment, least=0)
        head = seen
        for attempt in range(MAX_ATTEMPTS):
            async with self._database.read() as connection:
                plan = await self._plan_to_land(connection, caller, repository, number)
            head = head or plan.head
            if plan.head != head:  # whoever merges has not seen what came since
                raise StaleParent
            done = await self._land(caller, repository, plan, said)
            if done is not None:
                return done
            await asyncio.sleep(random.uniform(0, 0.01 * (attempt + 1)))  # noqa: S311  spreads writers, guards nothing
        raise Contended("Too many commits to the base at once.", hint="Try again.")

    async def _plan_to_land(self, connection: Connection, caller: Caller, repository: Repository, number: int) -> _Plan:
        pull = await room.found(connection, repository, number)
        check_mergeable(pull)
        await room.check_room(connection, pull)
        base_head = await refs.commit_of(connection, repository, pull.base)
        if base_head is None:
            raise RevisionNotFound(f"The branch {pull.base!r} that it was to go into is gone.", hint="Make it again.")
        head = await head_of(connection, repository, pull.ref)
        plan = await self._plan(connection, repository, pull, base_head, head)
        if plan.conflicts:
            raise MergeConflicts(plan.conflicts)
        return plan if plan.commit else self._with_commit(caller, repository, plan)

    async def _plan(
        self, connection: Connection, repository: Repository, pull: Discussion, base_head: str, head: str
    ) -> _Plan:
        common = await merge_base(History(connection, repository.scope), base_head, head)
        start = common or pull.base_commit  # a squashed one has no history; it was made from there all the same
        if common == base_head:
            return _Plan(pull, base_head, head, start, commit=head)
        if common == head:  # nothing in it that the base does not have
            return _Plan(pull, base_head, head, start, commit=base_head)
        joined = await self._joined(connection, repository, start, base_head, head)
        return _Plan(pull, base_head, head, start, "", joined.root, joined.objects, joined.conflicts)

    async def _joined(self, connection: Connection, repository: Repository, start: str, base_head: str, head: str) -> Joined:
        roots = [await _root(connection, repository, one) for one in (start, base_head, head)]
        return await join_trees(connection, repository.scope, self._blobs, *roots)

    def _with_commit(self, caller: Caller, repository: Repository, plan: _Plan) -> _Plan:
        title = f"Merge pull request {plan.pull.number}: {plan.pull.title}"[:MAX_TITLE]
        parents = [plan.base_head, plan.head]
        made = make_commit(plan.root, parents, signature(caller), self._clock.now(), title, "")
        return replace(plan, commit=made.id, objects=[*plan.objects, made])

    async def _land(self, caller: Caller, repository: Repository, plan: _Plan, said: str) -> Event | None:
        """In one transaction, the base, the status and what is told. None where the base or the head has moved."""
        now = self._clock.now()
        async with self._database.write() as connection:
            if not await self._move(connection, repository, plan, now):
                return None
            done = await store.change(
                connection, plan.pull, now, (OPEN,), status=MERGED, merge_commit=plan.commit, base_commit=plan.start
            )
            if not done:
                raise DiscussionState("It was closed or merged meanwhile.", hint="Look at it again.")
            await store_objects(connection, repository.scope, plan.objects)
            await change(connection, repository, updated_at=now)
            await enqueue(connection, now, READ_REVISION, {"repository_id": repository.id, "commit": plan.commit})
            return await _told(connection, caller, plan.pull, said, now)

    async def _move(self, connection: Connection, repository: Repository, plan: _Plan, now: datetime) -> bool:
        """
        The base, to where the plan has it. Its own name stays where it stands, and is locked by that: no commit comes to it
        until the transaction ends.
        """
        if not await refs.move(connection, repository, plan.pull.ref, plan.head, plan.head, now):
            return False
        return await refs.move(connection, repository, plan.pull.base, plan.base_head, plan.commit, now)


def check_mergeable(pull: Discussion) -> None:
    """Raises DiscussionState."""
    if not pull.is_pull_request:
        raise DiscussionState(f"Discussion {pull.number} is no pull request.", hint="There is nothing to merge.")
    if pull.status == DRAFT:
        raise DiscussionState(f"Pull request {pull.number} is a draft.", hint="Open it first.")
    if pull.status != OPEN:
        raise DiscussionState(f"Pull request {pull.number} is {pull.status}.", hint="Only an open one can be merged.")


async def _root(connection: Connection, repository: Repository, commit: str) -> str:
    """
    The root folder of a commit; an empty one where the commit is gone: after both sides were squashed, nothing remembers
    where they began. Then everything counts as new.
    """
    found = await load(connection, repository.scope, [commit], "commit")
    return tree_of(found[commit]) if commit in found else EMPTY_TREE


async def _told(connection: Connection, caller: Caller, pull: Discussion, said: str, now: datetime) -> Event:
    author = caller.account.id if caller.account else None
    if said:
        await store.add_event(connection, pull, COMMENT, author, now, text=said)
    event_id = await store.add_event(connection, pull, STATUS_CHANGE, author, now, {"status": MERGED})
    return await room.event(connection, pull, event_id)
