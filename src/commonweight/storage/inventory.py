"""
Every object of the store, in a table: none is written before its key is noted, and none stays that nobody refers to.

A key is noted as garbage of tomorrow before its bytes are written; the transaction that writes a row with the key takes
that back. So what a killed process leaves is removed, and a full store is known before bytes are written. A key is never
used again: bytes that are to go are removed without a look who comes.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, func, insert, or_, select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database, Lock, have_alone, insert_ignoring, share
from commonweight.db.tables.collecting import stored_objects
from commonweight.storage.errors import BytesGone, DiskFull
from commonweight.storage.objects import Objects

UNCLAIMED: Final = timedelta(days=1)  # between writing bytes and the row that refers to them lie seconds, or one upload
READING: Final = timedelta(hours=1)  # whoever has begun to read what is given up may read on; addresses live as long
GOING: Final = datetime(1970, 1, 1, tzinfo=UTC)  # collect_after of what is being removed: too late to refer to it
AT_ONCE: Final = 500  # keys in one statement

_objects = stored_objects.c


def new_key(prefix: str, name: str) -> str:
    """A key that never was: `prefix/name-…`."""
    return f"{prefix}/{name}-{secrets.token_hex(8)}"


async def refer(connection: Connection, keys: Collection[str]) -> None:
    """In the transaction that writes rows which refer to these objects. Raises BytesGone where one was removed before."""
    await share(connection, Lock.COLLECTION)
    ordered = sorted(keys)
    in_time = or_(_objects.collect_after.is_(None), _objects.collect_after > GOING)
    for at in range(0, len(ordered), AT_ONCE):
        some = ordered[at : at + AT_ONCE]
        claim = update(stored_objects).where(_objects.key.in_(some), in_time).values(collect_after=None)
        done = await connection.execute(claim)
        if done.rowcount != len(some):
            raise BytesGone("Bytes that were sent were given up before anything referred to them.", hint="Send them again.")


async def give_up(connection: Connection, keys: Sequence[str] | Select[tuple[str]], clock: Clock) -> None:
    """In the transaction that removes the rows which referred to these objects."""
    going = update(stored_objects).values(collect_after=clock.now() + READING)
    if isinstance(keys, Select):
        await connection.execute(going.where(_objects.key.in_(keys)))
        return
    for at in range(0, len(keys), AT_ONCE):
        await connection.execute(going.where(_objects.key.in_(keys[at : at + AT_ONCE])))


class Inventory:
    def __init__(self, db: Database, objects: Objects, clock: Clock, limit_bytes: int = 0) -> None:
        """`limit_bytes`: the most that all objects together may have; 0: as much as there is room for."""
        self._db = db
        self._objects = objects
        self._clock = clock
        self._limit = limit_bytes

    async def announce(self, key: str, size: int, *, claimed: bool = False) -> None:
        """
        Note an object before it is written: as garbage of tomorrow, or (`claimed`) as one that its owner refers to.

        Raises DiskFull where the limit leaves no room.
        """
        row = {"key": key, "bytes": size, "collect_after": None if claimed else self._clock.now() + UNCLAIMED}
        async with self._db.write() as connection:
            if self._limit:
                await self._check_room(connection, size)
            if claimed:
                await insert_ignoring(connection, stored_objects, [row])
            else:
                await connection.execute(insert(stored_objects).values(row))

    async def _check_room(self, connection: Connection, size: int) -> None:
        await have_alone(connection, Lock.QUOTA)
        self._check_fits(await _used(connection), size)

    def _check_fits(self, used: int, size: int) -> None:
        if used + size > self._limit:
            raise DiskFull(
                f"{used} of {self._limit} bytes are stored; {size} more do not fit.",
                hint="Tell the operator; try again when there is room.",
            )

    async def check(self) -> None:
        """Raises DiskFull where the limit is reached."""
        if self._limit:
            async with self._db.read() as connection:
                self._check_fits(await _used(connection), 1)

    async def totals(self) -> tuple[int, int]:
        """How many objects there are, and their bytes; those that are to go too."""
        async with self._db.read() as connection:
            query = select(func.count(), func.coalesce(func.sum(_objects.bytes), 0))
            count, size = (await connection.execute(query)).one()
        return int(count), int(size)

    async def going(self) -> tuple[int, int]:
        """As `totals`, of those that nothing refers to."""
        async with self._db.read() as connection:
            query = select(func.count(), func.coalesce(func.sum(_objects.bytes), 0))
            count, size = (await connection.execute(query.where(_objects.collect_after.is_not(None)))).one()
        return int(count), int(size)

    async def remove(self, key: str) -> None:
        """Remove an object of an owner who looks after its keys himself."""
        await self._objects.delete(key)
        await self._forget([key])

    async def remove_due(self) -> tuple[int, int]:
        """Remove what is to go and is due: how many objects, and their bytes."""
        count = size = 0
        while due := await self._due():
            for key, _ in due:
                await self._objects.delete(key)
            await self._forget([key for key, _ in due])
            count, size = count + len(due), size + sum(one for _, one in due)
        return count, size

    async def _due(self) -> Sequence[tuple[str, int]]:
        """Some that are due, from here on out of the reach of `refer`."""
        now = self._clock.now()
        async with self._db.write() as connection:
            await have_alone(connection, Lock.COLLECTION)
            query = select(_objects.key, _objects.bytes).where(_objects.collect_after <= now).limit(AT_ONCE)
            due = [(row.key, row.bytes) for row in await connection.execute(query)]
            going = update(stored_objects).where(_objects.key.in_([key for key, _ in due]))
            await connection.execute(going.values(collect_after=GOING))
        return due

    async def _forget(self, keys: Sequence[str]) -> None:
        async with self._db.write() as connection:
            await connection.execute(delete(stored_objects).where(_objects.key.in_(keys)))


async def _used(connection: Connection) -> int:
    return int(await connection.scalar(select(func.coalesce(func.sum(_objects.bytes), 0))) or 0)
