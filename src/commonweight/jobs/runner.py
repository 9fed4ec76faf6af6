"""Claims jobs and runs their handlers, one after the other, in the worker process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from commonweight.jobs.queue import LEASE, MAX_ATTEMPTS, Job, Jobs, NotDone, Progress

log = logging.getLogger("commonweight.jobs")

Handler = Callable[[Mapping[str, Any], Progress], Awaitable[None]]

FORGET_SECONDS = 3600.0  # between two looks for jobs that were done long ago; they hurt nobody meanwhile
IDLE_SECONDS = 0.5  # between two looks into an empty queue; the look is one indexed SELECT


class Runner:
    """
    Runs jobs until it is cancelled. Kinds without a handler fail and say so, but for those in `leaves`: another runner has
    them. `only_these` takes the kinds in `handlers` and no others.
    """

    def __init__(
        self, jobs: Jobs, handlers: Mapping[str, Handler], *, leaves: Collection[str] = (), only_these: bool = False
    ) -> None:
        self._jobs = jobs
        self._handlers = dict(handlers)
        self._only = tuple(handlers) if only_these else ()
        self._but = tuple(leaves)

    async def run(self) -> None:
        """Run what comes; what was done long ago is forgotten between jobs."""
        forget_at = time.monotonic()
        while True:
            try:
                if time.monotonic() >= forget_at:
                    await self._jobs.forget_done()
                    forget_at = time.monotonic() + FORGET_SECONDS
                if not await self.run_one():
                    await asyncio.sleep(IDLE_SECONDS)
            except Exception:  # the job border: a database that is away for a moment must not end all jobs for good
                log.exception("could not look for jobs, or note what came of one; its lease runs out and it is run again")
                await asyncio.sleep(IDLE_SECONDS)

    async def run_until_empty(self) -> None:
        """Run what is due now; for tests and for the first start."""
        while await self.run_one():
            pass

    async def run_one(self) -> bool:
        """Claim and run one job. False where none is due."""
        job = await self._jobs.claim(self._only, self._but)
        if job is None:
            return False
        if job.attempts > MAX_ATTEMPTS:  # its worker died every time: the job may be what kills them
            await self._jobs.fail(job, f"The worker died {MAX_ATTEMPTS} times while it ran this job.")
            return True
        try:
            async with _renewing(self._jobs, job):
                await self._handlers[job.kind](job.payload, Progress(self._jobs, job))
            await self._jobs.finish(job)
        except NotDone as rest:
            await self._jobs.again(job, rest.after)
        except asyncio.CancelledError:
            await self._jobs.release(job)
            raise
        except Exception as error:  # the job border: whatever a handler raises is kept with the job
            log.exception("job %s (%s) failed at attempt %s", job.id, job.kind, job.attempts)
            await self._jobs.fail(job, f"{type(error).__name__}: {error}")
        return True


@contextlib.asynccontextmanager
async def _renewing(jobs: Jobs, job: Job) -> Any:
    async def keep() -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 4)  # three may fail
            try:
                await jobs.renew(job)
            except Exception:  # the job border: a database that is away for a moment; the next renewal is in time
                log.warning("the lease of job %s could not be renewed now", job.id, exc_info=True)

    task = asyncio.create_task(keep())
    try:
        yield
    finally:
        task.cancel()
