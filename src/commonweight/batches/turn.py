"""One turn of a batch: some of its lines are run, a few at a time, and their answers kept as they come."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from commonweight.batches.lines import Line, Outcome, RunLine, answered, refusal, usage_of
from commonweight.batches.segments import Done, Segments
from commonweight.batches.values import Batch, Status
from commonweight.clock import Clock
from commonweight.files import File, Files
from commonweight.identity import Caller, Identity

LATER = frozenset({408, 425, 429, 503})  # refused for now, not for what it asks: the line is left for a later turn
AGAIN = frozenset({500, 502, 504})  # something died on the way: perhaps at this very line
ENGINE_LOST = "engine_lost"  # comes with a 503, and means the same
USED_UP = "insufficient_quota"  # comes with a 429: nothing is gained by waiting


class Report(Protocol):
    async def __call__(self, fraction: float, message: str = "") -> None: ...


@dataclass(frozen=True)
class Tools:
    """What turns need of the house."""

    files: Files
    segments: Segments
    identity: Identity
    clock: Clock


@dataclass(frozen=True)
class Pace:
    """How a batch is worked on. Times in seconds."""

    at_once: int = 8  # lines of one batch under way: more than the slots of a small engine, since the queue orders them
    turn: float = 300.0  # then other batches have theirs
    keep_every: float = 1.0  # so much work is done again at most when everything is killed
    keep_lines: int = 256  # answers held in memory before they are kept, as well
    attempts: int = 3  # for a line whose engine dies
    first_pause: float = 1.0  # between them, doubled each time
    later: float = 5.0  # before the next turn where lines were refused for now without saying for how long
    longest_later: float = 60.0  # a quota that says tomorrow may be raised today
    trust_key: float = 5.0  # a revoked key works this much longer, as everywhere
    cancel: float = 30.0  # lines under way may end after a cancellation


class Turn:
    """`run` once. Afterwards `batch` is the batch as last seen, `pause` how long its next turn should wait."""

    def __init__(self, batch: Batch, fence: str, *, tools: Tools, run_line: RunLine, pace: Pace, report: Report) -> None:
        self.batch: Batch | None = batch  # None: another turn has begun, or the batch is over
        self.pause = 0.0
        self._first = batch
        self._fence = fence
        self._tools = tools
        self._run_line = run_line
        self._pace = pace
        self._report = report
        self._under_way: set[asyncio.Task[None]] = set()
        self._done: list[Done] = []
        self._caller: tuple[float, Caller] | None = None
        self._careful = False  # what is left of a budget may be less than lines reserve from each other: one by one
        self._one_by_one = asyncio.Lock()
        self._side_by_side = 0
        self._none_beside = asyncio.Event()
        self._stop = asyncio.Event()  # no further line begins
        self._left = asyncio.Event()

    async def run(self, file: File) -> None:
        """
        Run lines until all are done, the turn is over, or the batch is cancelled, expired or another's.

        Raises FileMissing where the file goes away meanwhile.
        """
        keeping = asyncio.create_task(self._keep_now_and_then())
        try:
            await self._begin_all(file)
            await self._end_all()
        finally:
            await self._leave(keeping)

    async def _begin_all(self, file: File) -> None:
        began, any_begun = time.monotonic(), False
        done = await self._tools.segments.lines_done(self._first.number)
        async for number, text in self._tools.files.lines(file):
            if number in done:
                continue
            while len(self._under_way) >= self._pace.at_once and not self._stop.is_set():
                await self._some_end()
            if self._stop.is_set() or self._is_late():
                return
            if any_begun and time.monotonic() - began > self._pace.turn:  # every turn makes headway, however short
                return
            any_begun = True
            line = Line.parse(number, text, self._first.address)
            self._under_way.add(asyncio.create_task(self._run(line)))

    def _is_late(self) -> bool:
        return self._tools.clock.now() >= self._first.expires_at

    async def _some_end(self) -> None:
        """Wait a moment for lines to end. Raises what a line raised: that is a defect, and the job says so."""
        ended, self._under_way = await asyncio.wait(
            self._under_way, timeout=self._pace.keep_every, return_when=asyncio.FIRST_COMPLETED
        )
        for task in ended:
            task.result()

    async def _end_all(self) -> None:
        """Wait for the lines under way: all of them, or for a while after a cancellation."""
        waited_from: float | None = None
        while self._under_way and self.batch is not None and not self._is_late():
            if self.batch.status is Status.CANCELLING:
                waited_from = waited_from or time.monotonic()
                if time.monotonic() - waited_from > self._pace.cancel:
                    return
            await self._some_end()

    async def _leave(self, keeping: asyncio.Task[None]) -> None:
        """Whatever has happened: what is done is kept, the rest is broken off. Raises what keeping raised."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._left.set()
        await keeping
        await self._keep()

    # One line

    async def _run(self, line: Line) -> None:
        caller = await self._who()
        if caller.token is None:
            outcome = refusal(401, "invalid_api_key", "The key that made this batch was revoked or has expired.")
        elif not caller.token.works_from(line.address):
            outcome = refusal(403, "address_refused", "The key that made this batch is not for use from where it was made.")
        else:
            outcome = await self._ask(caller, line)
        if _for_now(outcome):
            self._postpone(outcome)
            return
        self._done.append(Done(line.number, answered(line, outcome), usage_of(outcome)))
        if len(self._done) >= self._pace.keep_lines:
            await self._keep()

    async def _ask(self, caller: Caller, line: Line) -> Outcome:
        """A budget counts as used up when a line is refused that nothing was reserved beside."""
        if not self._careful:
            self._side_by_side += 1
            try:
                outcome = await self._attempt(caller, line)
            finally:
                self._side_by_side -= 1
                self._none_beside.set()
            if outcome.code != USED_UP:
                return outcome
            self._careful = True
        async with self._one_by_one:
            while self._side_by_side:
                self._none_beside.clear()
                await self._none_beside.wait()
            return await self._attempt(caller, line)

    async def _attempt(self, caller: Caller, line: Line) -> Outcome:
        pause = self._pace.first_pause
        for _ in range(self._pace.attempts - 1):
            outcome = await self._run_line(caller, line)
            if not _died(outcome):
                return outcome
            await asyncio.sleep(pause)
            pause *= 2
        return await self._run_line(caller, line)

    def _postpone(self, outcome: Outcome) -> None:
        """The house is full, or this key may not now: nobody is served sooner by asking again and again."""
        wait = self._pace.later if outcome.retry_after is None else outcome.retry_after
        self.pause = max(self.pause, min(wait, self._pace.longest_later))
        self._stop.set()

    async def _who(self) -> Caller:
        """Whose lines these are, as of a few seconds ago: a key that was revoked stops its batches."""
        if self._caller is None or time.monotonic() - self._caller[0] > self._pace.trust_key:
            found = await self._tools.identity.caller_by_token_id(self._first.token_id)
            self._caller = time.monotonic(), found
        return self._caller[1]

    # What is done

    async def _keep_now_and_then(self) -> None:
        """Also stops the turn where nothing can be kept any more: its answers would be lost."""
        try:
            while self.batch is not None and not self._left.is_set():
                if self.batch.status is not Status.IN_PROGRESS:
                    self._stop.set()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._left.wait(), self._pace.keep_every)
                await self._keep()
        finally:
            self._stop.set()

    async def _keep(self) -> None:
        """Keep what is done, and learn how the batch stands now."""
        done, self._done = self._done, []
        segments = self._tools.segments
        if self.batch is None:
            return
        if not done:
            self.batch = await segments.look(self._first, self._fence)
            return
        self.batch = await segments.add(self._first, self._fence, done)
        if self.batch is not None:
            counts = self.batch.counts
            over = counts.completed + counts.failed
            await self._report(over / max(counts.total, 1), f"{over} of {counts.total} requests")


def _died(outcome: Outcome) -> bool:
    return (outcome.status in AGAIN or outcome.code == ENGINE_LOST) and not outcome.final


def _for_now(outcome: Outcome) -> bool:
    return outcome.status in LATER and outcome.code not in (ENGINE_LOST, USED_UP) and not outcome.final
