"""Where commits of pull requests go: onto `refs/pr/N`, or into a pull request that is opened with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from commonweight.db import Connection
from commonweight.hub import refs
from commonweight.hub.discussions import room, store
from commonweight.hub.discussions.ancestry import merge_base
from commonweight.hub.discussions.values import COMMENT, COMMIT, MERGED, OPEN, Discussion, pull_ref
from commonweight.hub.errors import DiscussionNotFound, DiscussionState, MayNotWrite, RevisionNotFound, StaleParent
from commonweight.hub.history import History
from commonweight.hub.landing import BRANCHES, head_of
from commonweight.hub.values import Commit, Repository
from commonweight.identity import Caller

MAX_TOLD: Final = 100  # commits of one push that are told one by one


class OnPull:
    """Onto `refs/pr/N`: for the author of the pull request and who may write to the repository, until it is merged."""

    lands_unchanged = False

    def __init__(self, caller: Caller, repository: Repository, number: int) -> None:
        self._caller = caller
        self._repository = repository
        self._number = number

    async def head(self, connection: Connection) -> str:
        """Raises RevisionNotFound, MayNotWrite, DiscussionState."""
        await pull_to_push(connection, self._caller, self._repository, self._number)
        return await head_of(connection, self._repository, pull_ref(self._number))

    async def land(self, connection: Connection, head: str, made: Commit, now: datetime) -> bool:
        return await self.push(connection, head, [made], now)

    async def push(self, connection: Connection, head: str, commits: Sequence[Commit], now: datetime) -> bool:
        """
        Move `refs/pr/N` from `head` to the last of these commits, the oldest of which comes first, and tell them in the
        pull request. False where the name no longer stands at `head`.

        Raises RevisionNotFound, MayNotWrite, DiscussionState.
        """
        if not await refs.move(connection, self._repository, pull_ref(self._number), head, commits[-1].id, now):
            return False
        await self.tell(connection, commits, now)
        return True

    async def tell(self, connection: Connection, commits: Sequence[Commit], now: datetime) -> None:
        """
        Tell commits in the pull request, once its name has been moved to the last of them in this transaction.

        Raises RevisionNotFound, MayNotWrite, DiscussionState.
        """
        # The row of the name is locked by then, and a merge locks it too: what is read next is what holds.
        pull = await pull_to_push(connection, self._caller, self._repository, self._number)
        await store.change(connection, pull, now)
        for commit in commits[-MAX_TOLD:]:
            await _tell(connection, self._caller, pull, commit, now)


class Opening:
    """A pull request that is opened by its first commit. `number` is there once it has landed."""

    lands_unchanged = True

    def __init__(
        self, caller: Caller, repository: Repository, base: str, title: str, description: str, parent: str | None
    ) -> None:
        """`base` is the full name of a branch; with `parent`, a commit of its history, that is built upon."""
        self._caller = caller
        self._repository = repository
        self._base = base
        self._title = title
        self._description = description
        self._parent = parent
        self.number = 0

    async def head(self, connection: Connection) -> str:
        """Raises RevisionNotFound, StaleParent."""
        return await start_of_pull(connection, self._repository, self._base, self._parent)

    async def land(self, connection: Connection, head: str, made: Commit, now: datetime) -> bool:
        pull = await insert_pull(
            connection, self._caller, self._repository, self._title, self._description, (self._base, head, made.id), now
        )
        if made.id != head:
            await _tell(connection, self._caller, pull, made, now)
        self.number = pull.number
        return True


async def start_of_pull(connection: Connection, repository: Repository, base: str, parent: str | None) -> str:
    """The commit of a branch that a pull request begins at: its head, or `parent` in its history."""
    if not base.startswith(BRANCHES):
        raise RevisionNotFound(f"{base!r} is not a branch.", hint="A pull request goes into a branch.")
    head = await head_of(connection, repository, base)
    if parent is None or head.startswith(parent.lower()):
        return head
    try:
        start = (await refs.resolve(connection, repository, parent.lower())).commit
    except RevisionNotFound:
        raise StaleParent from None
    if await merge_base(History(connection, repository.scope), start, head) != start:
        raise StaleParent
    return start


async def insert_pull(
    connection: Connection,
    caller: Caller,
    repository: Repository,
    title: str,
    description: str,
    commits: tuple[str, str, str],
    now: datetime,
    status: str = OPEN,
) -> Discussion:
    """`commits`: the base branch, the commit that the changes are counted from, the head of the pull request."""
    base, base_commit, head = commits
    assert caller.account is not None
    pull = await room.insert(
        connection, repository, title, caller.account.id, now, is_pull_request=True, status=status, base=base,
        base_commit=base_commit,
    )  # fmt: skip
    free = await refs.create(connection, repository, pull.ref, head, head, now)
    assert free, "a number is given once"
    await store.add_event(connection, pull, COMMENT, caller.account.id, now, text=description)
    return pull


async def pull_to_push(connection: Connection, caller: Caller, repository: Repository, number: int) -> Discussion:
    """Raises RevisionNotFound, MayNotWrite, DiscussionState."""
    try:
        pull = await room.found(connection, repository, number)
    except DiscussionNotFound:
        raise refs.missing(repository, pull_ref(number)) from None
    if not pull.is_pull_request:
        raise refs.missing(repository, pull_ref(number))
    if not room.may_steer(caller, repository, pull):
        raise MayNotWrite("Only its author and those who may write to the repository may commit to a pull request.")
    if pull.status == MERGED:
        raise DiscussionState(f"Pull request {number} is merged.", hint="Open a new one.")
    await room.check_room(connection, pull)
    return pull


async def _tell(connection: Connection, caller: Caller, pull: Discussion, commit: Commit, now: datetime) -> None:
    data = {"subject": commit.title, "oid": commit.id}
    author = caller.account.id if caller.account else None
    await store.add_event(connection, pull, COMMIT, author, now, data)
