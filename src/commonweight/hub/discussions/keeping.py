"""What a push by git may do below `refs/pr/`, and what follows from it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

from commonweight.db import Connection, Database
from commonweight.errors import CommonweightError
from commonweight.hub.committing import READ_REVISION
from commonweight.hub.discussions.pull_landing import MAX_TOLD, OnPull
from commonweight.hub.discussions.values import pull_number
from commonweight.hub.history import History
from commonweight.hub.values import Commit, Repository
from commonweight.identity import Caller
from commonweight.jobs import enqueue

MAX_WALKED: Final = 1_000  # commits on either side; what lies behind is not told again


class Update(Protocol):
    """What a client wants of one name, which it believes to stand at `old`."""

    @property
    def name(self) -> str: ...
    @property
    def old(self) -> str: ...
    @property
    def new(self) -> str: ...
    @property
    def is_new(self) -> bool: ...
    @property
    def deletes(self) -> bool: ...


class PullKeeper:
    """Looks after the names of pull requests."""

    prefix = "refs/pr/"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def why_not(self, caller: Caller, repository: Repository, update: Update) -> str:
        """Why an update may not be, in a few words; nothing where it may."""
        number = pull_number(update.name)
        if number is None or update.is_new:
            return "there is no such pull request; open one first"
        if update.deletes:
            return "a pull request keeps its name; close it instead"
        try:
            async with self._database.read() as connection:
                await OnPull(caller, repository, number).head(connection)
        except CommonweightError as error:
            return error.detail
        return ""

    async def moved(
        self, connection: Connection, caller: Caller, repository: Repository, update: Update, now: datetime
    ) -> None:
        """
        The name stands where the update wants it, in this transaction, and what was pushed is stored in it.

        Raises MayNotWrite, DiscussionState: then the transaction must not stand.
        """
        number = pull_number(update.name)
        assert number is not None
        commits = await _new_commits(connection, repository, update)
        await OnPull(caller, repository, number).tell(connection, commits, now)
        await enqueue(connection, now, READ_REVISION, {"repository_id": repository.id, "commit": update.new})


async def _new_commits(connection: Connection, repository: Repository, update: Update) -> list[Commit]:
    """Those that the name had not before, the oldest first."""
    history = History(connection, repository.scope)
    before: set[str] = set()
    async for commit in history.walk(update.old):
        before.add(commit.id)
        if len(before) >= MAX_WALKED:
            break
    found: list[Commit] = []
    walked = 0
    async for commit in history.walk(update.new):
        walked += 1
        if commit.id not in before:
            found.append(commit)
        if walked >= MAX_WALKED or len(found) >= MAX_TOLD:
            break
    return found[::-1]
