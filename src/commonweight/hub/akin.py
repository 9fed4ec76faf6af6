"""
Which files an upload is likely to share chunks with: what the repository holds already, what its card says it was made
from, and what its namespace published last. The uploader learns of none of it unless he may read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from sqlalchemy import ColumnElement, func, select

from commonweight.db import Connection, Database
from commonweight.db.tables import discussions as guests_tables
from commonweight.db.tables import hub as tables
from commonweight.hub import repositories
from commonweight.hub.errors import RevisionNotFound
from commonweight.hub.guests import GUEST_SCOPES
from commonweight.hub.refs import MAIN
from commonweight.hub.values import Entry, Repository, Revision, RevisionFacts
from commonweight.identity import ANONYMOUS, Caller
from commonweight.storage import Kin

MAX_PARENTS: Final = 4  # what a card names as its bases; merges name more, of which the first weigh most
MAX_SIBLINGS: Final = 8  # the newest repositories of a namespace: a model is most like the one that was made before it
MAX_NAMESAKES: Final = 4  # repositories of the same name elsewhere: somebody else's copy, mostly
MAX_ENTRIES: Final = 5000  # of one repository that are looked at; a checkpoint has some hundreds

_of = tables.repositories.c


class Files(Protocol):
    """What is asked of the hub."""

    async def may_read_scope(self, caller: Caller, scope: int) -> bool: ...

    async def may_write_scope(self, caller: Caller, scope: int) -> bool: ...

    async def resolve(self, repository: Repository, revision: str = "main") -> Revision: ...

    async def facts(self, revision: Revision) -> RevisionFacts: ...

    async def tree(
        self, revision: Revision, path: str = "", recursive: bool = False, after: str = "", limit: int | None = None
    ) -> Sequence[Entry]: ...


class Akin:
    def __init__(self, database: Database, hub: Files) -> None:
        self._database = database
        self._hub = hub

    async def of(self, caller: Caller, scope: int) -> list[Kin]:
        """
        For an upload into a scope, the likeliest first. All that its repository's writers brought; of everything else what
        stands on `main`, and only where the caller may read it.
        """
        if not await self._hub.may_write_scope(caller, scope):
            return []
        return await self._beside(caller, scope)

    async def beside(self, scope: int) -> list[Kin]:
        """For bytes that are here: the scope's own files, and what everybody may read of those that it is akin to."""
        return await self._beside(ANONYMOUS, scope)

    async def _beside(self, caller: Caller, scope: int) -> list[Kin]:
        async with self._database.read() as connection:
            repository = await _repository(connection, scope)
        if repository is None:
            return [Kin(scope)]
        bases = await self._bases(repository)
        async with self._database.read() as connection:
            near = await _near(connection, caller, repository, bases)
        may = [one for one in near if one.scope != scope and await self._hub.may_read_scope(caller, one.scope)]
        sure = {repository.full_name.lower(), *(name.lower() for name in bases)}
        guessed = [one.full_name.lower() not in sure for one in may]
        return [Kin(scope), *await self._shown(may, guessed)]

    async def holding(self, caller: Caller, scopes: Sequence[int]) -> list[Kin]:
        """
        Of these scopes those that the caller may read, with what stands on `main` there.

        A scope that is closed to the caller takes the same number of queries as one that never was.
        """
        async with self._database.read() as connection:
            found = [await _repository(connection, scope) for scope in scopes]
        may = [await self._hub.may_read_scope(caller, scope) for scope in scopes]
        shown = [one for one, open_to in zip(found, may, strict=True) if one is not None and open_to]
        return await self._shown(shown, [False] * len(shown))

    async def _shown(self, found: Sequence[Repository], guessed: Sequence[bool]) -> list[Kin]:
        kin = [Kin(one.scope, await self._on_main(one), guess) for one, guess in zip(found, guessed, strict=True)]
        return [one for one in kin if one.sha256s]

    async def _on_main(self, repository: Repository) -> frozenset[str]:
        try:
            revision = await self._hub.resolve(repository, MAIN)
        except RevisionNotFound:
            return frozenset()
        entries = await self._hub.tree(revision, recursive=True, limit=MAX_ENTRIES)
        return frozenset(entry.large.sha256 for entry in entries if entry.large is not None)

    async def _bases(self, repository: Repository) -> list[str]:
        """What the card says it was made from."""
        try:
            facts = await self._hub.facts(await self._hub.resolve(repository, MAIN))
        except RevisionNotFound:
            return []
        return [one.id for one in facts.base_models[:MAX_PARENTS]]


async def _near(connection: Connection, caller: Caller, repository: Repository, bases: Sequence[str]) -> list[Repository]:
    """The repository itself (a guest's scope is another), its bases, its siblings, the uploader's own, its namesakes."""
    parents = [await _by_full_name(connection, name) for name in bases]
    namespaces = [repository.namespace_id, *([caller.account.id] if caller.account else [])]
    siblings = [await _newest(connection, repository, _of.namespace_id == one, MAX_SIBLINGS) for one in namespaces]
    namesakes = await _newest(connection, repository, _of.name_lower == repository.name.lower(), MAX_NAMESAKES)
    every = [repository, *parents, *(one for some in siblings for one in some), *namesakes]
    return list({one.id: one for one in every if one is not None}.values())


async def _repository(connection: Connection, scope: int) -> Repository | None:
    """The repository of a scope, also of a guest's."""
    if scope > GUEST_SCOPES:
        guests = guests_tables.guest_scopes.c
        number = await connection.scalar(select(guests.repository_id).where(guests.id == scope - GUEST_SCOPES))
    else:
        number = await connection.scalar(
            select(func.min(_of.id)).where(_of.scope == scope)  # a network's first
        )
    return None if number is None else await repositories.by_id(connection, int(number))


async def _by_full_name(connection: Connection, full_name: str) -> Repository | None:
    namespace, slash, name = full_name.partition("/")
    return await repositories.by_name(connection, "model", namespace, name) if slash and "/" not in name else None


async def _newest(
    connection: Connection, beside: Repository, condition: ColumnElement[bool], limit: int
) -> list[Repository]:
    """The repositories of the same kind that were changed last, without this one."""
    query = select(_of.id).where(condition, _of.kind == beside.kind, _of.id != beside.id)
    numbers = (await connection.scalars(query.order_by(_of.updated_at.desc(), _of.id.desc()).limit(limit))).all()
    found = [await repositories.by_id(connection, number) for number in numbers]
    return [one for one in found if one is not None]
