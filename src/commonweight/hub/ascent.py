"""Everything that something stands on, followed upwards by the names that newest commits give, whatever is private."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import and_, select

from commonweight.db import Connection, Database
from commonweight.db.tables import hub as tables
from commonweight.hub.known import KnownModels
from commonweight.hub.refs import MAIN
from commonweight.hub.repositories import by_name
from commonweight.hub.values import Repository

MAX_ANCESTORS: Final = 200  # names; merges of merges of well-known models stay below fifty

_edges = tables.lineage_edges


@dataclass(frozen=True)
class Ancestors:
    """
    What is named above a repository: by names in lower case, by numbers of repositories, by ids of the catalogue. For
    comparing only: it holds what its reader may not be told.
    """

    names: set[str] = field(default_factory=set)
    repositories: set[int] = field(default_factory=set)
    known: set[str] = field(default_factory=set)

    def have_in_common(self, other: Ancestors) -> bool:
        return bool(self.names & other.names or self.repositories & other.repositories or self.known & other.known)


class Ascents:
    """Follows the graph upwards, for rooms that compare. What it gives is not for showing."""

    def __init__(self, database: Database, known: KnownModels) -> None:
        self._database = database
        self._known = known

    async def above(self, repository: Repository) -> Ancestors:
        """The models that are named above a repository's newest commit."""
        found = Ancestors()
        async with self._database.read() as connection:
            waiting = deque(await self._parents(connection, repository.id))
            own = await self._known.find(repository.full_name)
            waiting.extend(edge.parent for edge in (own.lineage if own else ()) if edge.relation != "trained_on_data")
            while waiting and len(found.names) < MAX_ANCESTORS:
                name = waiting.popleft()
                if name.lower() not in found.names:
                    found.names.add(name.lower())
                    waiting.extend(await self._above(connection, name, found))
        return found

    async def _above(self, connection: Connection, name: str, found: Ancestors) -> list[str]:
        further: list[str] = []
        known = await self._known.find(name)
        if known is not None:
            found.known.add(known.id)
            further += [edge.parent for edge in known.lineage if edge.relation != "trained_on_data"]
        namespace, slash, rest = name.partition("/")
        hosted = await by_name(connection, "model", namespace, rest) if slash and "/" not in rest else None
        if hosted is not None and hosted.id not in found.repositories:
            found.repositories.add(hosted.id)
            further += await self._parents(connection, hosted.id)
        return further

    async def _parents(self, connection: Connection, repository_id: int) -> list[str]:
        head = and_(
            tables.refs.c.repository_id == _edges.c.repository_id,
            tables.refs.c.name == MAIN,
            tables.refs.c.commit == _edges.c.commit,
        )
        query = (
            select(_edges.c.parent)
            .join(tables.refs, head)
            .where(_edges.c.repository_id == repository_id, _edges.c.parent_kind == "model")
            .order_by(_edges.c.position)
        )
        return list(await connection.scalars(query))

    async def is_above(self, ancestors: Ancestors, repository: Repository) -> bool:
        """Whether a repository is one of these ancestors, by whatever name."""
        if repository.id in ancestors.repositories or repository.full_name.lower() in ancestors.names:
            return True
        known = await self._known.find(repository.full_name)
        return known is not None and known.id in ancestors.known

    async def is_known_original(self, repository: Repository) -> bool:
        """Whether the catalogue knows a model by that name, made from no other."""
        known = await self._known.find(repository.full_name)
        return known is not None and not [one for one in known.lineage if one.relation != "trained_on_data"]
