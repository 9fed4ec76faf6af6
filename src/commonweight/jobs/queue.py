"""
Jobs as rows. A job is written in the transaction that causes it, claimed by a lease that any worker may take over, and
run by an idempotent handler. Every change of state is one UPDATE, so two workers cannot both take a job.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import jobs as tables

LEASE = timedelta(seconds=20)  # renewed at a quarter of it; a dead worker's jobs wait this long for another
MAX_ATTEMPTS = 5  # after that a job is failed and stays to be looked at
FIRST_RETRY = timedelta(seconds=2)  # doubled with every attempt
KEEP_DONE = timedelta(days=7)

_NO_LEASE: dict[str, Any] = {"lease_owner": None, "lease_until": None}


@dataclass(frozen=True)
class Job:
    """A claimed job. `attempts` counts this one."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    attempts: int


async def enqueue(connection: Connection, now: datetime, kind: str, payload: Mapping[str, Any]) -> None:
    """Write a job in the caller's transaction: it exists exactly if the change that causes it does."""
    row = {"kind": kind, "payload": dict(payload), "state": "waiting", "run_after": now, "created_at": now}
    await connection.execute(insert(tables.jobs).values(row))


async def ensure(connection: Connection, now: datetime, kind: str, payload: Mapping[str, Any], run_after: datetime) -> None:
    """
    Write a job that is to run at a time, unless one of its kind waits for that time already: how a job that comes again and
    again writes its next one. Two that are written at once do no harm, since handlers are idempotent.
    """
    jobs = tables.jobs.c
    waits = and_(jobs.kind == kind, jobs.state == "waiting", jobs.run_after == run_after)
    if await connection.scalar(select(jobs.id).where(waits).limit(1)) is None:
        row = {"kind": kind, "payload": dict(payload), "state": "waiting", "run_after": run_after, "created_at": now}
        await connection.execute(insert(tables.jobs).values(row))


async def come_again(connection: Connection, now: datetime, kind: str, every: timedelta) -> None:
    """
    Have a job of this kind run at the next of the moments that lie `every` (whole seconds) apart: the same one, whoever
    asks, so a second call changes nothing.
    """
    seconds = int(every.total_seconds())
    due = datetime.fromtimestamp((int(now.timestamp()) // seconds + 1) * seconds, UTC)
    await ensure(connection, now, kind, {}, due)


async def hurry(connection: Connection, now: datetime, kind: str, payload: Mapping[str, Any]) -> None:
    """Have the job with this payload run now where it waits for a later time. For kinds with few jobs at once."""
    jobs = tables.jobs.c
    query = select(jobs.id, jobs.payload).where(jobs.kind == kind, jobs.state == "waiting", jobs.run_after > now)
    ids = [row.id for row in await connection.execute(query) if row.payload == dict(payload)]
    await connection.execute(update(tables.jobs).where(jobs.id.in_(ids), jobs.state == "waiting").values(run_after=now))


async def unfinished(connection: Connection, kind: str, *, running: bool = True) -> list[Mapping[str, Any]]:
    """
    The payloads of the jobs of a kind that wait or (`running`) run: who is still looked after. For kinds with few at once.
    """
    jobs = tables.jobs.c
    query = select(jobs.payload).where(jobs.kind == kind, jobs.state.in_(["waiting", *(["running"] if running else [])]))
    return list((await connection.scalars(query)).all())


class NotDone(Exception):
    """Raised by a handler that has done a turn of a long job: what is left runs `after` a while, other jobs first."""

    def __init__(self, after: timedelta = timedelta(0)) -> None:
        super().__init__(f"goes on in {after}")
        self.after = after


class Jobs:
    """The queue, as a worker called `owner` sees it."""

    def __init__(self, database: Database, clock: Clock, owner: str) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner

    async def claim(self, only: Collection[str] = (), but: Collection[str] = ()) -> Job | None:
        """
        The job that has been due for longest, now leased to this worker; also one whose worker has gone silent.

        `only` names the kinds to take, where not all; `but` those to leave alone.
        """
        now, jobs = self._clock.now(), tables.jobs.c
        due = and_(jobs.state == "waiting", jobs.run_after <= now)
        lost = and_(jobs.state == "running", jobs.lease_until < now)
        query = select(jobs.id).where(or_(due, lost)).order_by(jobs.run_after, jobs.id).limit(8)
        if only:
            query = query.where(jobs.kind.in_(list(only)))
        if but:
            query = query.where(jobs.kind.not_in(list(but)))
        async with self._database.read() as connection:
            ids = (await connection.scalars(query)).all()
        for job_id in ids:
            claimed = await self._take(job_id, or_(due, lost), now)
            if claimed:
                return claimed
        return None

    async def _take(self, job_id: int, condition: Any, now: datetime) -> Job | None:
        jobs = tables.jobs
        values = {
            "state": "running",
            "lease_owner": self._owner,
            "lease_until": now + LEASE,
            "attempts": jobs.c.attempts + 1,
        }
        statement = update(jobs).where(jobs.c.id == job_id, condition).values(**values)
        async with self._database.write() as connection:
            row = (await connection.execute(statement.returning(*_JOB_COLUMNS))).first()
        return Job(row.id, row.kind, row.payload, row.attempts) if row else None

    async def renew(self, job: Job, progress: float | None = None, message: str | None = None) -> bool:
        """Hold the lease for longer and note progress. False: another worker has taken the job over; stop."""
        values: dict[str, Any] = {"lease_until": self._clock.now() + LEASE}
        values |= {} if progress is None else {"progress": progress}
        values |= {} if message is None else {"message": message}
        return await self._change(job, values)

    async def finish(self, job: Job) -> bool:
        values = {
            "state": "done",
            "progress": 1.0,
            "finished_at": self._clock.now(),
            "lease_owner": None,
            "lease_until": None,
        }
        return await self._change(job, values)

    async def fail(self, job: Job, reason: str) -> bool:
        """Wait for the next attempt, or give up after MAX_ATTEMPTS."""
        now = self._clock.now()
        values: dict[str, Any] = {"message": reason, **_NO_LEASE}
        if job.attempts >= MAX_ATTEMPTS:
            values |= {"state": "failed", "finished_at": now}
        else:
            values |= {"state": "waiting", "run_after": now + FIRST_RETRY * 2 ** (job.attempts - 1)}
        return await self._change(job, values)

    async def again(self, job: Job, after: timedelta) -> bool:
        """What is left of it waits for its next turn, with all attempts before it."""
        return await self._change(
            job, {"state": "waiting", "run_after": self._clock.now() + after, "attempts": 0, **_NO_LEASE}
        )

    async def release(self, job: Job) -> bool:
        """Give a job back unharmed, as at a shutdown."""
        return await self._change(
            job, {"state": "waiting", "lease_owner": None, "lease_until": None, "attempts": job.attempts - 1}
        )

    async def _change(self, job: Job, values: Mapping[str, Any]) -> bool:
        jobs = tables.jobs.c
        held = and_(
            jobs.id == job.id, jobs.state == "running", jobs.lease_owner == self._owner, jobs.attempts == job.attempts
        )
        async with self._database.write() as connection:
            done = await connection.execute(update(tables.jobs).where(held).values(**values))
        return done.rowcount == 1

    async def forget_done(self) -> None:
        """Drop what was finished long ago."""
        async with self._database.write() as connection:
            old = tables.jobs.c.finished_at < self._clock.now() - KEEP_DONE
            await connection.execute(delete(tables.jobs).where(tables.jobs.c.state == "done", old))


_JOB_COLUMNS = (tables.jobs.c.id, tables.jobs.c.kind, tables.jobs.c.payload, tables.jobs.c.attempts)


class Progress:
    """What a handler reports to: `await progress(0.4, "hashing 4 of 10")`."""

    def __init__(self, jobs: Jobs, job: Job) -> None:
        self._jobs = jobs
        self._job = job

    async def __call__(self, fraction: float, message: str = "") -> None:
        await self._jobs.renew(self._job, fraction, message)
