"""What happens to subscriptions without anybody asking: a month begins, one ends, a statement is closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.tables import offering as tables
from commonweight.jobs import Handler, Progress, ensure
from commonweight.plans import lifecycle
from commonweight.plans import subscription_store as store
from commonweight.plans.permitting import Permitting
from commonweight.plans.standings import RECONCILE
from commonweight.plans.statements import Statements
from commonweight.plans.usage import forget_minutes
from commonweight.plans.values import State

DAY: Final = "plans_day"  # the job that runs after each midnight, UTC
AFTER_MIDNIGHT: Final = timedelta(seconds=2)
MAX_MONTHS: Final = 120  # that one run catches up with for one subscription; an installation that slept for ten years

_subscriptions = tables.subscriptions.c


class PlanUpkeep:
    def __init__(self, database: Database, permitting: Permitting, statements: Statements, clock: Clock) -> None:
        self._database = database
        self._permitting = permitting
        self._statements = statements
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """Jobs of this room, by kind."""
        return {
            DAY: self.on_day,
            lifecycle.PERMISSION: self._permitting.on_subscription,
            RECONCILE: self._permitting.on_all,
        }

    async def start(self) -> None:
        """Whoever owns the jobs calls this once at its start."""
        now = self._clock.now()
        async with self._database.write() as connection:
            await ensure(connection, now, DAY, {}, _day_of(now))

    async def on_day(self, payload: Mapping[str, Any], progress: Progress) -> None:
        """The job `plans_day`: everything that is due; each subscription in a transaction of its own."""
        await self.turn_months()
        await self._permitting.on_all({}, progress)
        await self._statements.close_months()
        now = self._clock.now()
        async with self._database.write() as connection:
            await forget_minutes(connection, now)
            await ensure(connection, now, DAY, {}, _day_of(now) + timedelta(days=1))

    async def turn_months(self) -> None:
        """Charge months that have begun, let changes and ends that were planned for them happen."""
        now = self._clock.now()
        due = (_subscriptions.state == State.ACTIVE) & (_subscriptions.charged_until <= now)
        async with self._database.read() as connection:
            waiting = await store.find(connection, due, limit=None)
        for one in waiting:
            for _ in range(MAX_MONTHS):
                if not await self._turn(one.id, now):
                    break

    async def _turn(self, number: int, now: datetime) -> bool:
        async with self._database.write() as connection:
            found = await store.find(connection, _subscriptions.id == number)
            return bool(found) and await lifecycle.turn(connection, found[0], now)


def _day_of(now: datetime) -> datetime:
    return datetime.combine(now.date(), time(), UTC) + AFTER_MIDNIGHT
