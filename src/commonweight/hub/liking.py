"""Likes of repositories: of people, one each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database, insert_ignoring
from commonweight.db.tables import hub as hub_tables
from commonweight.db.tables import identity as accounts_tables
from commonweight.db.tables import likes as tables
from commonweight.hub import repositories
from commonweight.hub.rights import check_contributes, check_reads
from commonweight.hub.values import Repository
from commonweight.identity import Account, Caller

_likes = tables.likes
_accounts = accounts_tables.accounts
_repositories = hub_tables.repositories


@dataclass(frozen=True, slots=True)
class Liker:
    user: str
    fullname: str
    liked_at: datetime


@dataclass(frozen=True, slots=True)
class Liked:
    repository: Repository
    liked_at: datetime


class Likes:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def like(self, caller: Caller, repository: Repository) -> None:
        """Nothing for who does already. Raises MayNotWrite, RepositoryNotFound."""
        account = check_contributes(caller, repository)
        row = {"repository_id": repository.id, "account_id": account.id, "liked_at": self._clock.now()}
        async with self._database.write() as connection:
            await insert_ignoring(connection, _likes, [row])
            await _count(connection, repository)

    async def unlike(self, caller: Caller, repository: Repository) -> None:
        """Nothing for who does not. Raises MayNotWrite, RepositoryNotFound."""
        account = check_contributes(caller, repository)
        async with self._database.write() as connection:
            await connection.execute(delete(_likes).where(_mine(repository, account.id)))
            await _count(connection, repository)

    async def likes(self, caller: Caller, repository: Repository) -> bool:
        """Whether the caller does."""
        if caller.account is None:
            return False
        async with self._database.read() as connection:
            query = select(_likes.c.liked_at).where(_mine(repository, caller.account.id))
            return await connection.scalar(query) is not None

    async def likers(self, caller: Caller, repository: Repository, after: int = 0, limit: int = 100) -> Sequence[Liker]:
        """The newest first, without the first `after`. Raises RepositoryNotFound."""
        check_reads(caller, repository)
        query = select(_accounts.c.name, _accounts.c.fullname, _likes.c.liked_at)
        query = query.join(_accounts, _accounts.c.id == _likes.c.account_id).where(_likes.c.repository_id == repository.id)
        ordered = query.order_by(_likes.c.liked_at.desc(), _likes.c.account_id).limit(limit).offset(after)
        async with self._database.read() as connection:
            return [Liker(row.name, row.fullname, row.liked_at) for row in await connection.execute(ordered)]

    async def liked_by(self, caller: Caller, account: Account, after: int = 0, limit: int = 100) -> Sequence[Liked]:
        """What somebody likes, as far as the caller may see it, the newest first, without the first `after`."""
        query = repositories.selected().add_columns(_likes.c.liked_at)
        query = query.join(_likes, _likes.c.repository_id == _repositories.c.id)
        query = query.where(_likes.c.account_id == account.id, repositories.visible_to(caller))
        ordered = query.order_by(_likes.c.liked_at.desc(), _repositories.c.id.desc()).limit(limit).offset(after)
        async with self._database.read() as connection:
            rows = await connection.execute(ordered)
            return [Liked(repositories.repository_of(row), row.liked_at) for row in rows]


def _mine(repository: Repository, account_id: int) -> ColumnElement[bool]:
    return and_(_likes.c.repository_id == repository.id, _likes.c.account_id == account_id)


async def _count(connection: Connection, repository: Repository) -> None:
    """Anew each time: a sum that is counted up and down drifts."""
    counted = select(func.count()).select_from(_likes).where(_likes.c.repository_id == repository.id).scalar_subquery()
    await connection.execute(update(_repositories).where(_repositories.c.id == repository.id).values(likes=counted))
