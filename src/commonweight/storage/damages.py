"""What was found damaged: noted when it is seen, forgotten when a whole round has not seen it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, func, select

from commonweight.clock import Clock
from commonweight.db import Database, upsert
from commonweight.db.tables.collecting import damages, stored_objects
from commonweight.db.tables.storage import large_file_holdings, large_file_xorbs

XORB, FILE, GIT, PIECE = "xorb", "file", "git", "piece"
SHOWN = 200  # in a list; where more are damaged the disk is, and not some files

_damages = damages.c


@dataclass(frozen=True, slots=True)
class Damage:
    """A thing that is not what it was when it was stored. `subject` is its name among its kind: of git, `scope/id`."""

    kind: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A damage, when it was last seen, and the scopes with files that it makes unreadable, in part or whole."""

    damage: Damage
    found_at: datetime
    scopes: frozenset[int]


class Damages:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def note(self, found: Sequence[Damage]) -> None:
        if not found:
            return
        async with self._db.write() as connection:
            for one in found:
                row = {"kind": one.kind, "subject": one.subject, "detail": one.detail, "found_at": self._clock.now()}
                await upsert(connection, damages, row, keys=["kind", "subject"])

    async def forget(self, before: datetime) -> None:
        """Those that were last seen before."""
        async with self._db.write() as connection:
            await connection.execute(delete(damages).where(_damages.found_at < before))

    async def count(self) -> int:
        async with self._db.read() as connection:
            return int(await connection.scalar(select(func.count()).select_from(damages)) or 0)

    async def total_bytes(self) -> int:
        """Of everything that is stored outside the database."""
        async with self._db.read() as connection:
            return int(await connection.scalar(select(func.coalesce(func.sum(stored_objects.c.bytes), 0))) or 0)

    async def seen(self) -> list[Seen]:
        """The newest first, at most SHOWN."""
        query = select(damages).order_by(_damages.found_at.desc(), _damages.kind, _damages.subject).limit(SHOWN)
        found: list[Seen] = []
        async with self._db.read() as connection:
            for row in (await connection.execute(query)).all():
                scopes = await connection.scalars(_scopes_of(row.kind, row.subject))
                own = [int(row.subject.partition("/")[0])] if row.kind == GIT else []
                damage = Damage(row.kind, row.subject, row.detail)
                found.append(Seen(damage, row.found_at, frozenset([*scopes, *own])))
        return found


def _scopes_of(kind: str, subject: str) -> Select[tuple[int]]:
    """The scopes with a large file that is made of what is damaged."""
    held, uses = large_file_holdings.c, large_file_xorbs.c
    query = select(held.scope).distinct()
    if kind == XORB:
        return query.join(large_file_xorbs, uses.xet_hash == held.xet_hash).where(uses.xorb == subject)
    return query.where(held.xet_hash == (subject if kind == FILE else ""))
