"""
What nothing refers to goes, after a grace.

A scope's file is needed while its repositories refer to it (the hub says which), a xorb by the files that are made of it.
What is not needed is *doomed* from the moment at which a collection sees it, for GRACE; a mention in between spares it
(sparing.py). Clients remember for three weeks what they sent or were told of and never send it again, hence the length.

Rows go in one transaction, in which nobody can come to need them (Lock.COLLECTION); bytes go an hour later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, insert, literal, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database, Lock, have_alone, insert_ignoring
from commonweight.db.tables.collecting import doomed_files, doomed_xorbs
from commonweight.db.tables.dedup import whole_files
from commonweight.db.tables.storage import large_file_holdings, large_file_xorbs, large_files, xorb_holdings, xorbs
from commonweight.db.types import Moment
from commonweight.storage.inventory import Inventory, give_up

GRACE: Final = timedelta(days=21)  # xet-protocol, section 9.3: as long as clients remember what they sent
AT_ONCE: Final = 500  # rows per statement, and xorbs per transaction

_holdings = large_file_holdings.c
_xorb_holdings = xorb_holdings.c


@dataclass(frozen=True, slots=True)
class Doomed:
    """Files of one scope that nothing refers to."""

    scope: int
    files: int
    bytes: int
    since: datetime
    """Of the one that has been so for longest."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A number of things, and the bytes that they take in the store."""

    count: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """What there is: all objects; xorbs that no file needs any more; objects that are to go, but for readers."""

    objects: Weighed
    unneeded: Weighed
    going: Weighed


class Collector:
    def __init__(self, db: Database, inventory: Inventory, clock: Clock) -> None:
        self._db = db
        self._inventory = inventory
        self._clock = clock

    def cutoff(self) -> datetime:
        """What has been doomed since then or before may go."""
        return self._clock.now() - GRACE

    async def scopes(self) -> set[int]:
        """The scopes that hold anything."""
        async with self._db.read() as connection:
            holding = select(_holdings.scope).union(select(_xorb_holdings.scope))
            return set(await connection.scalars(holding))

    async def mark_files(self, scope: int, referred: Collection[str]) -> None:
        """Doom the files of a scope whose sha256 is not among `referred`, and spare those that were and are again."""
        wanted = set(referred)
        async with self._db.write() as connection:
            await have_alone(connection, Lock.COLLECTION)
            held = (
                await connection.execute(select(_holdings.xet_hash, _holdings.sha256).where(_holdings.scope == scope))
            ).all()
            known = set(await connection.scalars(select(doomed_files.c.xet_hash).where(doomed_files.c.scope == scope)))
            unneeded = {row.xet_hash for row in held if row.sha256 not in wanted}
            now = self._clock.now()
            rows = [{"scope": scope, "xet_hash": name, "since": now} for name in sorted(unneeded - known)]
            await insert_ignoring(connection, doomed_files, rows)
            for some in _slices(sorted(known - unneeded)):
                of_scope = and_(doomed_files.c.scope == scope, doomed_files.c.xet_hash.in_(some))
                await connection.execute(delete(doomed_files).where(of_scope))

    async def mark_xorbs(self) -> None:
        """Doom the xorbs of scopes in which no file needs them, and spare those that one needs again."""
        needed = _is_needed(_xorb_holdings.scope, _xorb_holdings.xorb)
        known = exists().where(doomed_xorbs.c.scope == _xorb_holdings.scope, doomed_xorbs.c.xorb == _xorb_holdings.xorb)
        now = literal(self._clock.now(), Moment())
        unneeded = select(_xorb_holdings.scope, _xorb_holdings.xorb, now).where(~needed, ~known)
        async with self._db.write() as connection:
            await have_alone(connection, Lock.COLLECTION)
            await connection.execute(insert(doomed_xorbs).from_select(["scope", "xorb", "since"], unneeded))
            again = _is_needed(doomed_xorbs.c.scope, doomed_xorbs.c.xorb)
            await connection.execute(delete(doomed_xorbs).where(again))

    async def drop_files(self, connection: Connection, scope: int) -> int:
        """
        Take from a scope what has been doomed for all of the grace; how many files.

        The caller has Lock.COLLECTION alone, and has seen in this transaction that the scope refers to what it referred to
        when its files were marked.
        """
        due = (doomed_files.c.scope == scope) & (doomed_files.c.since <= self.cutoff())
        names = (await connection.scalars(select(doomed_files.c.xet_hash).where(due))).all()
        for some in _slices(names):
            mine = and_(_holdings.scope == scope, _holdings.xet_hash.in_(some))
            await connection.execute(delete(large_file_holdings).where(mine))
            await give_up(connection, _unheld_wholes(some), self._clock)
            held = exists().where(_holdings.xet_hash == large_files.c.xet_hash)
            await connection.execute(delete(large_files).where(large_files.c.xet_hash.in_(some), ~held))
        return len(names)

    async def drop_xorbs(self) -> Weighed:
        """Take from scopes the xorbs that have been doomed for all of the grace; give up what nobody holds or needs."""
        await self._drop_holdings()
        total = Weighed()
        while (dropped := await self._drop_unheld()).count:
            total = Weighed(total.count + dropped.count, total.bytes + dropped.bytes)
        return total

    async def remove_bytes(self) -> Weighed:
        """Remove the objects that nothing refers to and that nobody can be reading any more."""
        return Weighed(*await self._inventory.remove_due())

    async def _drop_holdings(self) -> None:
        uses = large_file_xorbs.join(large_file_holdings, _holdings.xet_hash == large_file_xorbs.c.xet_hash)
        in_use = (
            select(literal(1))
            .select_from(uses)
            .where(_holdings.scope == _xorb_holdings.scope, large_file_xorbs.c.xorb == _xorb_holdings.xorb)
            .exists()
        )
        due = exists().where(
            doomed_xorbs.c.scope == _xorb_holdings.scope,
            doomed_xorbs.c.xorb == _xorb_holdings.xorb,
            doomed_xorbs.c.since <= self.cutoff(),
        )
        async with self._db.write() as connection:
            await have_alone(connection, Lock.COLLECTION)
            await connection.execute(delete(xorb_holdings).where(due, ~in_use))

    async def _drop_unheld(self) -> Weighed:
        async with self._db.write() as connection:
            await have_alone(connection, Lock.COLLECTION)
            query = select(xorbs.c.hash, xorbs.c.key, xorbs.c.stored_bytes).where(~_is_held(), ~_is_part_of_a_file())
            rows = (await connection.execute(query.limit(AT_ONCE))).all()
            await give_up(connection, [row.key for row in rows], self._clock)
            await connection.execute(delete(xorbs).where(xorbs.c.hash.in_([row.hash for row in rows])))
        return Weighed(len(rows), sum(row.stored_bytes for row in rows))

    async def doomed(self) -> list[Doomed]:
        """Files that nothing refers to, by scope: those that have been so for longest first."""
        since = func.min(doomed_files.c.since).label("since")
        query = (
            select(doomed_files.c.scope, func.count().label("files"), func.sum(large_files.c.size).label("bytes"), since)
            .join(large_files, large_files.c.xet_hash == doomed_files.c.xet_hash)
            .group_by(doomed_files.c.scope)
            .order_by(since, doomed_files.c.scope)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Doomed(row.scope, row.files, int(row.bytes), row.since) for row in rows]

    async def stored(self) -> Stored:
        """What the store holds, and how much of it is no longer needed."""
        wanted = _is_needed_anywhere()
        unneeded: Select[Any] = select(func.count(), func.coalesce(func.sum(xorbs.c.stored_bytes), 0)).where(~wanted)
        async with self._db.read() as connection:
            count, size = (await connection.execute(unneeded)).one()
        totals, going = await self._inventory.totals(), await self._inventory.going()
        return Stored(Weighed(*totals), Weighed(int(count), int(size)), Weighed(*going))


def _is_needed(scope: ColumnElement[int], xorb: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a file that a scope holds, and that is not doomed, is made of a xorb."""
    return (
        select(literal(1))
        .select_from(_uses_of_wanted_files())
        .where(_holdings.scope == scope, large_file_xorbs.c.xorb == xorb, doomed_files.c.scope.is_(None))
        .correlate(xorb_holdings, doomed_xorbs)
        .exists()
    )


def _is_needed_anywhere() -> ColumnElement[bool]:
    return (
        select(literal(1))
        .select_from(_uses_of_wanted_files())
        .where(large_file_xorbs.c.xorb == xorbs.c.hash, doomed_files.c.scope.is_(None))
        .correlate(xorbs)
        .exists()
    )


def _uses_of_wanted_files() -> Any:
    is_doomed = and_(doomed_files.c.scope == _holdings.scope, doomed_files.c.xet_hash == _holdings.xet_hash)
    uses = large_file_xorbs.join(large_file_holdings, _holdings.xet_hash == large_file_xorbs.c.xet_hash)
    return uses.outerjoin(doomed_files, is_doomed)


def _unheld_wholes(names: Sequence[str]) -> Select[tuple[str]]:
    """The objects of those of these files that lie whole and that nobody holds any more."""
    held = exists().where(_holdings.xet_hash == whole_files.c.xet_hash)
    return select(whole_files.c.key).where(whole_files.c.xet_hash.in_(names), ~held)


def _is_held() -> ColumnElement[bool]:
    return exists().where(_xorb_holdings.xorb == xorbs.c.hash)


def _is_part_of_a_file() -> ColumnElement[bool]:
    return exists().where(large_file_xorbs.c.xorb == xorbs.c.hash)


def _slices(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[at : at + AT_ONCE] for at in range(0, len(names), AT_ONCE)]
