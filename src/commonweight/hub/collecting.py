"""
Collection over the whole house: git objects that no ref reaches, large files that no reached object names, and their bytes.

One scope at a time: walk from its refs, doom what was not reached, and remove what has been doomed for all of the grace
(storage/collecting.py), in a transaction that sees the same refs. Where they have moved, it is walked again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, func, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database, Lock, have_alone, insert_ignoring
from commonweight.db.tables import hub as tables
from commonweight.db.tables.collecting import doomed_git_objects
from commonweight.db.tables.identity import accounts
from commonweight.hub.objects import IDS_AT_ONCE
from commonweight.hub.reachable import Reached, reach, refs_of
from commonweight.jobs import Handler, come_again
from commonweight.storage import GRACE, Collector, Doomed, Stored, Weighed, give_up

COLLECT: Final = "collect_storage"  # the job that comes again by itself
REMOVE: Final = "remove_bytes"  # what was given up goes an hour later, so this one comes more often
EVERY, OFTEN = timedelta(days=1), timedelta(hours=1)
WALKS: Final = 3  # of one scope whose refs keep moving; the next collection has another try
ROWS_AT_ONCE: Final = 5000

_objects, _doomed = tables.git_objects.c, doomed_git_objects.c

Report = Callable[[float, str], Awaitable[None]]


async def untold(fraction: float, message: str) -> None:
    """Of how far it is, to nobody."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What nothing refers to in one network of repositories. The first of it goes at `goes_at`, unless it is mentioned."""

    repositories: Sequence[str]
    """By `models/namespace/name`; none where they were deleted."""
    scope: int
    files: int
    bytes: int
    git_objects: int
    since: datetime
    goes_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """What there is, what nothing refers to, and when it goes."""

    stored: Stored
    waiting: Sequence[Waiting]


@dataclass(frozen=True, slots=True)
class Collected:
    """What one collection took away. Bytes leave the store an hour after their rows: `removed` were given up before."""

    files: int
    git_objects: int
    xorbs: Weighed
    removed: Weighed


class Collection:
    def __init__(self, database: Database, storage: Collector, clock: Clock) -> None:
        self._database = database
        self._storage = storage
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """Jobs of this room, by kind."""
        return {COLLECT: self.on_collect, REMOVE: self.on_remove}

    async def start(self) -> None:
        """Have it come again and again from now on; a second call changes nothing."""
        async with self._database.write() as connection:
            await come_again(connection, self._clock.now(), COLLECT, EVERY)
            await come_again(connection, self._clock.now(), REMOVE, OFTEN)

    async def on_collect(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `collect_storage`."""
        await self.start()
        await self.collect(report)

    async def on_remove(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `remove_bytes`."""
        await self.start()
        await self._storage.remove_bytes()

    async def explain(self, report: Report = untold) -> Explanation:
        """
        Look at everything and say what nothing refers to; nothing is removed. What is seen so for the first time is noted:
        its grace begins.
        """
        scopes = await self._scopes()
        for at, scope in enumerate(scopes):
            await report(at / len(scopes), f"looking at network {at + 1} of {len(scopes)}")
            await self._mark(scope, await reach(self._database, scope))
        await self._storage.mark_xorbs()
        return await self.known()

    async def known(self) -> Explanation:
        """What the last look has found."""
        return Explanation(await self._storage.stored(), await self._waiting())

    async def collect(self, report: Report = untold) -> Collected:
        """Look at everything and remove what nothing has referred to for all of the grace. Harmless to repeat."""
        files = objects = 0
        scopes = await self._scopes()
        for at, scope in enumerate(scopes):
            await report(at / len(scopes), f"collecting network {at + 1} of {len(scopes)}")
            dropped = await self._collect_scope(scope)
            files, objects = files + dropped[0], objects + dropped[1]
        await self._storage.mark_xorbs()
        xorbs = await self._storage.drop_xorbs()
        await self._forget_former_scopes()
        return Collected(files, objects, xorbs, await self._storage.remove_bytes())

    async def _scopes(self) -> list[int]:
        async with self._database.read() as connection:
            here = set(await connection.scalars(select(tables.repositories.c.scope).distinct()))
        return sorted(here | await self._storage.scopes())

    async def _collect_scope(self, scope: int) -> tuple[int, int]:
        """How many files and git objects were removed."""
        for _ in range(WALKS):
            found = await reach(self._database, scope)
            await self._mark(scope, found)
            dropped = await self._drop(scope, found)
            if dropped is not None:
                return dropped
        return 0, 0

    async def _mark(self, scope: int, found: Reached) -> None:
        await self._storage.mark_files(scope, found.sha256s)
        after = ""
        while ids := await self._ids(scope, after):
            unreached = [one for one in ids if bytes.fromhex(one) not in found.ids]
            async with self._database.write() as connection:
                await have_alone(connection, Lock.COLLECTION)
                between = and_(_doomed.scope == scope, _doomed.id > after, _doomed.id <= ids[-1])
                doomed = set(await connection.scalars(select(_doomed.id).where(between)))
                await _doom(connection, scope, sorted(set(unreached) - doomed), self._clock.now())
                await _spare(connection, scope, sorted(doomed - set(unreached)))
            after = ids[-1]

    async def _ids(self, scope: int, after: str) -> Sequence[str]:
        query = select(_objects.id).where(_objects.scope == scope, _objects.id > after).order_by(_objects.id)
        async with self._database.read() as connection:
            return (await connection.scalars(query.limit(ROWS_AT_ONCE))).all()

    async def _drop(self, scope: int, found: Reached) -> tuple[int, int] | None:
        """None where a ref has moved since the walk: something may be reached again."""
        async with self._database.write() as connection:
            await have_alone(connection, Lock.COLLECTION)
            if await refs_of(connection, scope) != found.refs:
                return None
            files = await self._storage.drop_files(connection, scope)
            return files, await self._drop_objects(connection, scope)

    async def _drop_objects(self, connection: Connection, scope: int) -> int:
        due = and_(_doomed.scope == scope, _doomed.since <= self._storage.cutoff())
        ids = (await connection.scalars(select(_doomed.id).where(due))).all()
        for at in range(0, len(ids), IDS_AT_ONCE):
            these = and_(_objects.scope == scope, _objects.id.in_(ids[at : at + IDS_AT_ONCE]))
            await give_up(connection, select(_objects.key).where(these, _objects.key.is_not(None)), self._clock)
            await connection.execute(delete(tables.git_objects).where(these))
        return len(ids)

    async def _forget_former_scopes(self) -> None:
        """Whose a deleted network was matters only while something is held there."""
        former = tables.former_scopes
        held = await self._storage.scopes()
        async with self._database.write() as connection:
            old = former.c.deleted_at <= self._storage.cutoff()
            for scope in set(await connection.scalars(select(former.c.scope).where(old))) - held:
                await connection.execute(delete(former).where(former.c.scope == scope, old))

    async def _waiting(self) -> list[Waiting]:
        files = {one.scope: one for one in await self._storage.doomed()}
        since = func.min(_doomed.since).label("since")
        query = select(_doomed.scope, func.count().label("objects"), since).group_by(_doomed.scope)
        async with self._database.read() as connection:
            objects = {row.scope: (row.objects, row.since) for row in await connection.execute(query)}
        names = await names_of_scopes(self._database)
        waiting = [_one(scope, names.get(scope, ()), files.get(scope), objects.get(scope)) for scope in {*files, *objects}]
        return sorted(waiting, key=lambda one: (one.since, one.scope))


async def _doom(connection: Connection, scope: int, ids: Sequence[str], now: datetime) -> None:
    """Those that are not yet, and that are still there."""
    for at in range(0, len(ids), IDS_AT_ONCE):
        there = select(_objects.id).where(_objects.scope == scope, _objects.id.in_(ids[at : at + IDS_AT_ONCE]))
        rows = [{"scope": scope, "id": one, "since": now} for one in await connection.scalars(there)]
        await insert_ignoring(connection, doomed_git_objects, rows)


async def _spare(connection: Connection, scope: int, ids: Sequence[str]) -> None:
    for at in range(0, len(ids), IDS_AT_ONCE):
        these = and_(_doomed.scope == scope, _doomed.id.in_(ids[at : at + IDS_AT_ONCE]))
        await connection.execute(delete(doomed_git_objects).where(these))


async def names_of_scopes(database: Database) -> dict[int, list[str]]:
    """The repositories of each network, by `models/namespace/name`."""
    repositories = tables.repositories.c
    query = select(repositories.scope, repositories.kind, accounts.c.name.label("namespace"), repositories.name).join(
        accounts, accounts.c.id == repositories.namespace_id
    )
    found: dict[int, list[str]] = {}
    async with database.read() as connection:
        for row in await connection.execute(query.order_by(repositories.id)):
            found.setdefault(row.scope, []).append(f"{row.kind}s/{row.namespace}/{row.name}")
    return found


def _one(scope: int, names: Sequence[str], files: Doomed | None, objects: tuple[int, datetime] | None) -> Waiting:
    since = min([*([files.since] if files else []), *([objects[1]] if objects else [])])
    return Waiting(
        repositories=names,
        scope=scope,
        files=files.files if files else 0,
        bytes=files.bytes if files else 0,
        git_objects=objects[0] if objects else 0,
        since=since,
        goes_at=since + GRACE,
    )
