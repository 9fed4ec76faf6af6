"""Decide again whatever is marked: at once where it is little, in a job with progress where it is much."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.policy import marking, state
from commonweight.policy.asking_store import AskedOfAll, AskedUses
from commonweight.policy.deciding import Decided, Decider
from commonweight.policy.library import Library
from commonweight.policy.marking import Pending
from commonweight.policy.renewing import renew
from commonweight.policy.shaping import unpack
from commonweight.rights import RightsError

log = logging.getLogger(__name__)

BATCH: Final = 250  # verdicts on shapes in one transaction: some tenths of a second of the write lock
BREATH: Final = 10  # verdicts between two moments in which other tasks of the process may run; some milliseconds each

Report = Callable[[float, str], Awaitable[None]]
"""(part done from 0 to 1, words)"""


class _Progress:
    def __init__(self, total: int, report: Report | None) -> None:
        self._total = max(total, 1)
        self._report = report
        self._done = 0

    async def add(self, number: int) -> None:
        self._done = min(self._done + number, self._total)
        if self._report is not None:
            words = f"{self._done:,} of {self._total:,} verdicts decided, each for all models of its shape"
            await self._report(self._done / self._total, words)


class Sweeper:
    def __init__(self, database: Database, library: Library, decider: Decider, uses: AskedUses, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._decider = decider
        self._uses = uses
        self._clock = clock

    async def sweep(self, report: Report | None = None) -> None:
        """
        Until nothing is marked and something stands for every model under every use. Several may sweep at once; what was
        decided twice is written once. A process with other records than those that stand here sweeps nothing.
        """
        async with self._database.read() as connection:
            if (await state.read(connection)).library not in ("", self._library.digest):
                return
            uses = list((await self._uses.load(connection)).uses)
            total = await marking.count_pending(connection)
            total += sum([await marking.count_missing(connection, use_id) for use_id in uses])
        progress = _Progress(total, report)
        await self._sweep_marked(progress)
        for use_id in uses:
            await self._fill(use_id, progress)

    async def sweep_marked(self) -> None:
        """What is marked alone."""
        await self._sweep_marked(_Progress(0, None))

    async def _sweep_marked(self, progress: _Progress) -> None:
        while True:
            async with self._database.read() as connection:
                asked = await self._uses.load(connection)
                found = await marking.pending(connection, BATCH)
            if not found:
                return
            await self._renew(asked, found)  # where facts have changed meanwhile, they are found once more
            await progress.add(len(found))

    async def _fill(self, use_id: int, progress: _Progress) -> None:
        after = 0
        while True:
            async with self._database.read() as connection:
                asked = await self._uses.load(connection)
                found = await marking.missing(connection, use_id, after, BATCH)
            if not found or use_id not in asked.uses:
                return
            if await self._renew(asked, found):
                after = found[-1].shape_id
                await progress.add(len(found))

    async def _renew(self, asked: AskedOfAll, found: Sequence[Pending]) -> bool:
        """False, and nothing written, where facts have changed meanwhile."""
        decided, failed = await self._decide(asked, found)
        async with self._database.write() as connection:
            if (await state.lock(connection)).version != asked.version:
                return False
            await renew(connection, self._clock.now(), decided, {one.shape_digest: one.shape_id for one in found})
            await marking.forget_standing(connection, failed)
        return True

    async def _decide(self, asked: AskedOfAll, marked: Sequence[Pending]) -> tuple[list[Decided], list[tuple[int, int]]]:
        """What was decided; and what cannot be, which then stands no longer: its page says why."""
        decided, failed = [], []
        for number, one in enumerate(marked):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            try:
                if one.use_id in asked.uses:
                    decided.append(self._decider.decide_shape(asked.uses[one.use_id], one.shape_digest, unpack(one.shape)))
                else:
                    failed.append((one.shape_id, one.use_id))
            except RightsError as error:
                log.warning("no verdict on shape %s: %s", one.shape_id, error.sentence)
                failed.append((one.shape_id, one.use_id))
        return decided, failed
