"""What a namespace has, as far as somebody may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from commonweight.db import Database
from commonweight.db.tables import hub as tables
from commonweight.hub import repositories
from commonweight.hub.values import Repository
from commonweight.identity import Caller
from commonweight.storage import held_bytes

_repositories = tables.repositories


@dataclass(frozen=True)
class Possession:
    """A repository and the bytes of its large files; files that two repositories share count in each."""

    repository: Repository
    bytes: int


@dataclass(frozen=True)
class Counting:
    database: Database

    async def of_kinds(self, caller: Caller, namespace_id: int) -> Mapping[str, int]:
        """How many repositories of each kind the caller may see there."""
        mine = _repositories.c.namespace_id == namespace_id, repositories.visible_to(caller)
        query = select(_repositories.c.kind, func.count()).where(*mine).group_by(_repositories.c.kind)
        async with self.database.read() as connection:
            return {kind: int(count) for kind, count in await connection.execute(query)}

    async def possessions(self, caller: Caller, namespace_id: int, limit: int, after: int = 0) -> Sequence[Possession]:
        """Repositories of every kind that the caller may see there, the newest first; `after` skips that many."""
        mine = _repositories.c.namespace_id == namespace_id, repositories.visible_to(caller)
        query = repositories.selected().where(*mine).order_by(_repositories.c.id.desc()).limit(limit).offset(after)
        async with self.database.read() as connection:
            found = [repositories.repository_of(row) for row in await connection.execute(query)]
            held = await held_bytes(connection, {one.scope for one in found}) if found else {}
        return [Possession(one, held.get(one.scope, 0)) for one in found]
