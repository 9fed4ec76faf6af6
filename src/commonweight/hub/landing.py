"""Where a commit goes: from which head it starts, and what else changes in the transaction that moves a name to it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from commonweight.db import Connection
from commonweight.hub import refs
from commonweight.hub.repositories import change
from commonweight.hub.values import Commit, Repository

BRANCHES = "refs/heads/"


class Landing(Protocol):
    #: Whether something is to be done also where a commit changes nothing; then it lands at its head.
    lands_unchanged: bool

    async def head(self, connection: Connection, /) -> str:
        """The commit to build upon. Raises RevisionNotFound, and what forbids the commit."""
        ...

    async def land(self, connection: Connection, head: str, made: Commit, now: datetime, /) -> bool:
        """False where somebody else was faster, so that the commit must be made again on another head."""
        ...


class OnBranch:
    """Onto a branch, or another name that is moved like one."""

    lands_unchanged = False

    def __init__(self, repository: Repository, ref: str) -> None:
        self._repository = repository
        self._ref = ref

    async def head(self, connection: Connection) -> str:
        """Raises RevisionNotFound."""
        return await head_of(connection, self._repository, self._ref)

    async def land(self, connection: Connection, head: str, made: Commit, now: datetime) -> bool:
        if not await refs.move(connection, self._repository, self._ref, head, made.id, now):
            return False
        await change(connection, self._repository, updated_at=now)
        return True


async def head_of(connection: Connection, repository: Repository, ref: str) -> str:
    """Raises RevisionNotFound."""
    head = await refs.commit_of(connection, repository, ref)
    if head is None:
        raise refs.missing(repository, ref.removeprefix(BRANCHES))
    return head
