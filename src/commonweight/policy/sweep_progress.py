"""How far deciding again has come: what waits, for what, and whether a job is at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, or_, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import jobs as job_tables
from commonweight.db.tables import policy as policy_tables
from commonweight.db.tables import standing as tables
from commonweight.policy import marking
from commonweight.policy.revising import LOOK, SWEEP

SHOWN: Final = 10  # causes that something waits for; there is rarely more than one

_standing, _causes, _uses, _jobs = tables.standing, tables.causes, policy_tables.uses, job_tables.jobs


@dataclass(frozen=True)
class WaitsFor:
    """A cause for which verdicts (of shapes) wait: of `touched`, `waiting` are left."""

    cause_id: int
    kind: str
    at: datetime
    touched: int
    waiting: int


@dataclass(frozen=True)
class SweepProgress:
    """
    Verdicts on shapes that wait: `waiting` of `total`, those for which nothing stands yet among them. `is_running` where a
    job is at it, or due; whoever asks for a verdict meanwhile gets one that is decided at once.
    """

    waiting: int
    total: int
    causes: tuple[WaitsFor, ...]
    is_running: bool

    @property
    def done(self) -> float:
        """From 0 to 1."""
        return 1.0 if self.total == 0 else (self.total - self.waiting) / self.total


async def sweep_progress(database: Database, clock: Clock) -> SweepProgress:
    async with database.read() as connection:
        causes = await _waits_for(connection)
        is_running, part = await _job(connection, clock.now())
        pending = await marking.count_pending(connection) if causes else 0
        missing = await _missing(connection) if is_running else 0
    waiting = pending + missing
    total = max(waiting, sum(one.touched for one in causes) + missing)
    if missing and 0 < part < 1:  # of a new use nobody wrote down how much there is; the job counted it when it began
        total = max(total, round(waiting / (1 - part)))
    return SweepProgress(waiting, total, tuple(causes), is_running)


async def _waits_for(connection: Connection) -> list[WaitsFor]:
    counted = func.count().label("waiting")
    query = (
        select(_causes.c.id, _causes.c.kind, _causes.c.at, _causes.c.touched, counted)
        .join(_standing, _standing.c.pending == _causes.c.id)
        .where(_standing.c.pending.is_not(None))
        .group_by(_causes.c.id, _causes.c.kind, _causes.c.at, _causes.c.touched)
        .order_by(_causes.c.id)
        .limit(SHOWN)
    )
    return [WaitsFor(row.id, row.kind, row.at, row.touched, row.waiting) for row in await connection.execute(query)]


async def _job(connection: Connection, now: datetime) -> tuple[bool, float]:
    """Whether one is at it, or due, and the part that it says is done."""
    due = and_(_jobs.c.state == "waiting", _jobs.c.run_after <= now)
    mine = and_(_jobs.c.kind.in_((SWEEP, LOOK)), or_(_jobs.c.state == "running", due))
    found = (await connection.execute(select(_jobs.c.progress).where(mine))).scalars().all()
    return bool(found), max(found, default=0.0)


async def _missing(connection: Connection) -> int:
    uses = (await connection.scalars(select(_uses.c.id).where(_uses.c.ended_at.is_(None)))).all()
    return sum([await marking.count_missing(connection, use_id) for use_id in uses])
