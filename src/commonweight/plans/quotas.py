"""
Limits as one process sees them: blocks that it was lent, used without asking anybody, filled up in the background.

The sum of what processes hold and have used never passes a limit, so neither does what is used: a process that dies
leaves its block spent until its journal has been read.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from commonweight.clock import Clock
from commonweight.errors import Unavailable
from commonweight.plans.lender import Ask, Lender, Place
from commonweight.plans.windows import Period, Windows

log = logging.getLogger(__name__)

TICK_S: Final = 0.25  # how often idle blocks are looked for, also because others want them
IDLE_S: Final = 1.0  # a block that nobody used for this long goes back
PATIENCE_S: Final = 3 * TICK_S  # how long a request waits for others to give back, where waiting can help
DRY_S: Final = 0.5  # how long a process remembers that there is nothing left before it looks again
SHARE: Final = 4  # a block is the fourth part of what is left: large while there is much, exact at the end
SWEEP_S: Final = 60.0


class Meter:
    """One limit in one window, as this process sees it. `free`: lent and not used; below 0, used before it was lent."""

    __slots__ = ("dry_until", "ends_at", "filling", "free", "left", "limit", "name", "period", "used_at", "window")

    def __init__(self, name: str, period: Period, window: str, limit: int, ends_at: float | None) -> None:
        self.name = name
        self.period = period
        self.window = window
        self.limit = limit
        self.ends_at = ends_at
        self.free = 0
        self.left = limit  # for all processes, when last looked
        self.used_at = 0.0
        self.dry_until = 0.0
        self.filling = False

    @property
    def place(self) -> Place:
        return (self.name, self.window)

    @property
    def remaining(self) -> int:
        """What this process knows to be left."""
        return max(0, self.left) + max(0, self.free)


@dataclass(slots=True)
class Draw:
    """An amount of a limit. `partly`: as much of it as there is; then `amount` says how much that was."""

    meter: Meter
    amount: int
    partly: bool = False


class Exhausted(Exception):
    """Nothing left of a limit."""

    def __init__(self, draw: Draw) -> None:
        super().__init__(draw.meter.name)
        self.draw = draw


class Quotas:
    """One per process. `start` it, `close` it before the database."""

    def __init__(self, lender: Lender, clock: Clock) -> None:
        self._lender = lender
        self._clock = clock
        self.windows = Windows(clock.now().timestamp())  # of the last moment that somebody asked for
        self._meters: dict[tuple[str, str], Meter] = {}
        self._needs: dict[Place, tuple[Meter, int, int]] = {}  # least and sum of what requests wait for
        self._lending = asyncio.Lock()
        self._round: asyncio.Task[None] | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._swept = time.monotonic()

    def start(self) -> None:
        """Begin to look for idle blocks."""
        self._ticking = asyncio.create_task(self._tick_on())

    async def close(self) -> None:
        """Stop, and give back what is free."""
        for task in (self._ticking, self._round):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        await self._give_back(lambda meter: meter.free)

    # Using

    def now(self) -> float:
        """Unix seconds; windows are those of this moment from here on."""
        now = self._clock.now().timestamp()
        if not self.windows.begin <= now < self.windows.end:
            self.windows = Windows(now)
        return now

    def meter(self, name: str, period: Period, limit: int) -> Meter:
        """The meter of a limit in the present window (see `now`)."""
        window = self.windows.names[period]
        meter = self._meters.get((name, window))
        if meter is None:
            meter = self._meters[name, window] = Meter(name, period, window, limit, self.windows.ends[period])
        if meter.limit != limit:
            meter.left += limit - meter.limit
            meter.limit, meter.dry_until = limit, 0.0
        return meter

    async def take(self, draws: Collection[Draw]) -> None:
        """All of these, or none. At once where the blocks hold them. Raises Exhausted."""
        for draw in draws:
            if draw.meter.free < draw.amount:
                await self._until_there(draws)
                break
        now = time.monotonic()
        for draw in draws:
            meter = draw.meter
            if draw.partly:
                draw.amount = max(0, min(draw.amount, meter.free))
            meter.free -= draw.amount
            meter.used_at = now
            if meter.free * SHARE < meter.left // SHARE and not meter.filling:  # a small part of the next block
                self._fill(meter)

    async def _until_there(self, draws: Collection[Draw]) -> None:
        """Borrow what these lack. Raises Exhausted."""
        gives_up = time.monotonic() + PATIENCE_S
        while lacking := [draw for draw in draws if _lacks(draw)]:
            now = time.monotonic()
            for draw in lacking:
                if draw.meter.dry_until > now and _is_dry(draw):
                    raise Exhausted(draw)
            await self._lend(lacking)
            dry = [draw for draw in draws if _is_dry(draw)]
            if dry:
                await self._wait(dry[0], gives_up)

    async def _wait(self, draw: Draw, gives_up: float) -> None:
        """For others to give back, where that can be soon enough. Raises Exhausted."""
        now = time.monotonic()
        if draw.meter.period is Period.MINUTE or now >= gives_up:
            if draw.meter.period is not Period.NOW:  # a request may end at any moment
                draw.meter.dry_until = now + DRY_S
            raise Exhausted(draw)
        await asyncio.sleep(TICK_S - now % TICK_S)  # all who wait look again together, in one round

    def give(self, meter: Meter, amount: int) -> None:
        """Take back what was not needed; a negative amount is what was used beyond what had been taken."""
        meter.free += amount
        meter.dry_until = 0.0

    # Borrowing

    async def _lend(self, lacking: Iterable[Draw]) -> None:
        for draw in lacking:
            self._need(draw.meter, draw.amount, draw.amount - draw.meter.free if not draw.partly else 1)
        try:
            await asyncio.shield(self._next_round())  # others wait for the same round
        except (SQLAlchemyError, OSError) as error:
            raise Unavailable("Limits cannot be looked up now.", hint="Try again.", headers={"retry-after": "1"}) from error

    def _fill(self, meter: Meter) -> None:
        meter.filling = True
        self._need(meter, 0, 0)
        self._next_round()

    def _need(self, meter: Meter, amount: int, least: int) -> None:
        _, before, summed = self._needs.get(meter.place, (meter, least, 0))
        self._needs[meter.place] = (meter, min(before, least) if before else least, summed + amount)

    def _next_round(self) -> asyncio.Task[None]:
        if self._round is None:
            self._round = asyncio.create_task(self._borrow())
            self._round.add_done_callback(_note)
        return self._round

    async def _borrow(self) -> None:
        """One round: all that is needed when the round before has come back, in one transaction."""
        async with self._lending:
            needs, self._needs, self._round = self._needs, {}, None
            meters = {place: meter for place, (meter, _, _) in needs.items()}
            try:
                asks = [_ask(meter, least, summed) for meter, least, summed in needs.values()]
                for place, lent in (await self._lender.lend(asks)).items():
                    meter = meters[place]
                    meter.free += lent.amount
                    meter.left, meter.used_at = lent.left, time.monotonic()
            finally:
                for meter in meters.values():
                    meter.filling = False

    # Giving back

    async def _tick_on(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            try:
                await self.tick()
            except (SQLAlchemyError, OSError) as error:  # the database is away: blocks stay where they are
                log.warning("idle quota could not be given back: %s", error)

    async def tick(self) -> None:
        """Forget windows that have passed, give back what is idle or wanted, and borrow what was used before it was lent."""
        now, mono = self.now(), time.monotonic()
        for place in [place for place, meter in self._meters.items() if meter.ends_at is not None and meter.ends_at <= now]:
            if self._meters[place].free >= 0 or self._meters[place].period is Period.MINUTE:
                await self._drop(self._meters.pop(place))
        debts = [meter for meter in self._meters.values() if meter.free < 0]
        if debts:
            asks = [_debt(meter) for meter in debts]
            for meter, ask in zip(debts, asks, strict=True):
                meter.free += ask.block
            await self._lender.lend(asks)
        if any(meter.free > 0 for meter in self._meters.values()):
            wanted = await self._lender.wanted()
            await self._give_back(lambda meter: _idle(meter, meter.place in wanted, mono))
        if mono - self._swept > SWEEP_S:
            self._swept = mono
            await self._lender.sweep()

    async def _drop(self, meter: Meter) -> None:
        if meter.period is not Period.MINUTE and meter.free > 0:
            await self._lender.give_back([(meter.place, meter.free, False)])

    async def _give_back(self, how_much: Callable[[Meter], int]) -> None:
        parts = []
        async with self._lending:  # so that no round in flight counts on what goes back
            for meter in self._meters.values():
                amount = how_much(meter) if meter.free > 0 else 0
                if amount:
                    parts.append((meter.place, amount, meter.period is Period.MINUTE))
                    meter.left += amount
                    meter.free -= amount
            if parts:
                await self._lender.give_back(parts)


def _lacks(draw: Draw) -> bool:
    meter = draw.meter
    return meter.free < draw.amount and not (draw.partly and meter.left <= 0)


def _is_dry(draw: Draw) -> bool:
    return not draw.partly and _lacks(draw) and draw.meter.left < draw.amount - draw.meter.free


def _idle(meter: Meter, wanted: bool, now: float) -> int:
    """What of its block a meter does not need: all where nobody used it lately, half where others want some of it."""
    since = now - meter.used_at
    if since > IDLE_S or (wanted and since > TICK_S):
        return meter.free
    return meter.free // 2 if wanted else 0


def _ask(meter: Meter, least: int, summed: int) -> Ask:
    block = max(0, summed - meter.free, meter.left // SHARE)
    passes = meter.period is Period.MINUTE
    return Ask(meter.name, meter.window, meter.limit, least, block, meter.ends_at, passes)


def _debt(meter: Meter) -> Ask:
    passes = meter.period is Period.MINUTE
    return Ask(meter.name, meter.window, meter.limit, 0, -meter.free, meter.ends_at, passes, forced=True)


def _note(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.warning("quota could not be borrowed: %s", error)
