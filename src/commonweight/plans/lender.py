"""Hands out limits in blocks, from rows that all processes share. One transaction for any number of limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database, add_all, insert_ignoring
from commonweight.db.tables import accounting as tables

KEPT_AFTER: Final = timedelta(minutes=5)  # rows of windows that have passed: long enough for every clock of a cluster
WANTED_FOR: Final = timedelta(seconds=2)  # how long others are asked to give back: several looks of theirs

_quotas, _holds = tables.quotas, tables.quota_holds

Place = tuple[str, str]  # name and window


@dataclass(frozen=True, slots=True)
class Ask:
    """
    What a process would like of a limit. `least`: below it nothing is of use, and others are asked to give back. `forced`:
    it has been used already.
    """

    name: str
    window: str
    limit: int
    least: int
    block: int
    ends_at: float | None
    passes: bool  # the window passes so soon that nothing has to be given back after a death
    forced: bool = False

    @property
    def place(self) -> Place:
        return (self.name, self.window)


@dataclass(frozen=True, slots=True)
class Lent:
    """What was handed out, and what is left for others."""

    amount: int
    left: int


class Lender:
    """`process` is who borrows."""

    def __init__(self, database: Database, clock: Clock, process: str) -> None:
        self._database = database
        self._clock = clock
        self._process = process

    async def lend(self, asks: Sequence[Ask]) -> dict[Place, Lent]:
        """As much of each as there is, up to its block (or what it needs at least)."""
        found: dict[Place, Lent] = {}
        async with self._database.write() as connection:
            for ask in sorted(asks, key=lambda ask: ask.place):  # one order for all, so that no two wait for each other
                found[ask.place] = await self._lend(connection, ask)
        return found

    async def _lend(self, connection: Connection, ask: Ask) -> Lent:
        ends_at = datetime.fromtimestamp(ask.ends_at, UTC) if ask.ends_at is not None else None
        fresh = {"name": ask.name, "window": ask.window, "leased": 0, "ends_at": ends_at}
        await insert_ignoring(connection, _quotas, [fresh])
        here = (_quotas.c.name == ask.name) & (_quotas.c.window == ask.window)
        leased = await connection.scalar(select(_quotas.c.leased).where(here).with_for_update())
        left = ask.limit - (leased or 0)
        amount = ask.block if ask.forced else max(0, min(left, max(ask.block, ask.least)))
        changes: dict[str, Any] = {"leased": _quotas.c.leased + amount}
        if not ask.forced and left < ask.least:
            changes["wanted_at"] = self._clock.now()
        await connection.execute(update(_quotas).where(here).values(changes))
        if amount and not ask.passes:
            held = {"process": self._process, "name": ask.name, "window": ask.window, "leased": amount, "spent": 0}
            await add_all(connection, _holds, [held], keys=["process", "name", "window"])
        return Lent(amount, left - amount)

    async def give_back(self, parts: Sequence[tuple[Place, int, bool]]) -> None:
        """What lies idle: place, amount, and whether the window passes by itself (see `Ask.passes`)."""
        async with self._database.write() as connection:
            for (name, window), amount, passes in sorted(parts):
                here = (_quotas.c.name == name) & (_quotas.c.window == window)
                await connection.execute(update(_quotas).where(here).values(leased=_quotas.c.leased - amount))
                if not passes:
                    mine = (_holds.c.process == self._process) & (_holds.c.name == name) & (_holds.c.window == window)
                    await connection.execute(update(_holds).where(mine).values(leased=_holds.c.leased - amount))

    async def wanted(self) -> set[Place]:
        """Limits of which some process found nothing left, lately."""
        since = self._clock.now() - WANTED_FOR
        async with self._database.read() as connection:
            rows = await connection.execute(select(_quotas.c.name, _quotas.c.window).where(_quotas.c.wanted_at >= since))
            return {(row.name, row.window) for row in rows}

    async def sweep(self) -> None:
        """Forget windows that passed."""
        async with self._database.write() as connection:
            await connection.execute(delete(_quotas).where(_quotas.c.ends_at < self._clock.now() - KEPT_AFTER))


async def take_back(connection: Connection, process: str) -> None:
    """
    All that a process held and has not spent goes back. Only after its end, and after its journal has been taken over.
    """
    mine = select(_holds).where(_holds.c.process == process).order_by(_holds.c.name, _holds.c.window)
    rows = (await connection.execute(mine)).all()
    for row in rows:
        here = (_quotas.c.name == row.name) & (_quotas.c.window == row.window)
        unspent = row.leased - row.spent
        await connection.execute(update(_quotas).where(here).values(leased=_quotas.c.leased - unspent))
    await connection.execute(delete(_holds).where(_holds.c.process == process))


async def spend(connection: Connection, process: str, spent: Iterable[tuple[Place, int]]) -> None:
    """Note what a process has spent of what it holds, from its journal."""
    rows = [
        {"process": process, "name": name, "window": window, "leased": 0, "spent": amount}
        for (name, window), amount in sorted(spent)
    ]
    await add_all(connection, _holds, rows, keys=["process", "name", "window"])
