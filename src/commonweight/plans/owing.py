"""What subscriptions owe: what they came to, what was paid, and what of it is late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import accounting as accounts
from commonweight.db.tables import offering as tables
from commonweight.plans.months import Month
from commonweight.plans.subscription_store import charge
from commonweight.plans.subscriptions import Shown
from commonweight.plans.values import State

DUE_AFTER: Final = timedelta(days=30)  # of the end of a month; what it came to and is not paid then is late

_ledger, _charges, _payments = accounts.ledger.c, tables.charges.c, tables.payments.c


@dataclass(frozen=True)
class Owed:
    """
    Of one subscription in one currency, in micro-units. `charged`: fees, credits and usage until now; `due`: of it, what
    months came to that ended 30 days ago or longer; `awaited`: what has to come before it begins.
    """

    subscription_id: int
    currency: str
    charged: int = 0
    due: int = 0
    paid: int = 0
    awaited: int = 0

    @property
    def open(self) -> int:
        """What is still to be paid; below 0: paid ahead."""
        return self.charged - self.paid

    @property
    def late(self) -> int:
        return max(0, self.due - self.paid)

    @property
    def standing(self) -> str:
        """awaited, late, open or paid."""
        if self.awaited > 0:
            return "awaited"
        if self.late:
            return "late"
        return "open" if self.open > 0 else "paid"


class Owing:
    """Reads. It is given subscriptions that somebody was shown, so that an id is never a right."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, shown: Sequence[Shown]) -> dict[int, list[Owed]]:
        """By subscription, an entry for each currency in which anything was charged, paid or is awaited."""
        now = self._clock.now()
        if not shown:
            return {}
        async with self._database.read() as connection:
            sums = await _sums(connection, shown, Month.of(now - DUE_AFTER).begins)
        for one in shown:
            key = (one.subscription.id, one.plan.terms.currency)
            if one.subscription.state is State.UNPAID:
                sums.setdefault(key, {})["awaited"] = _awaited(one, sums.get(key, {}), now)
        found: dict[int, list[Owed]] = {}
        for (number, currency), amounts in sorted(sums.items()):
            found.setdefault(number, []).append(Owed(number, currency, **amounts))
        return found


def _awaited(one: Shown, amounts: dict[str, int], now: datetime) -> int:
    """The rest of the month, less what has been paid and not used up."""
    month = Month.of(now)
    fee = charge(one.plan, month, month.index(now), month.days).amount
    return max(0, fee - (amounts.get("paid", 0) - amounts.get("charged", 0)))


async def _sums(connection: Connection, shown: Sequence[Shown], before: datetime) -> dict[tuple[int, str], dict[str, int]]:
    found: dict[tuple[int, str], dict[str, int]] = {}
    ids, payers = {one.subscription.id for one in shown}, {one.subscription.subscriber_id for one in shown}
    tables_of = (
        ({"charged": _charges.amount, "due": _until(_charges.at, before, _charges.amount)}, _charges),
        ({"charged": _ledger.cost, "due": _until(_ledger.hour, before, _ledger.cost)}, _ledger),
        ({"paid": _payments.amount}, _payments),
    )
    for amounts, columns in tables_of:
        keys = (columns.subscription_id, columns.currency)
        query = select(*keys, *(func.sum(amount).label(name) for name, amount in amounts.items()))
        theirs = columns.payer_id.in_(payers), columns.subscription_id.in_(ids)  # all three tables have an index on who pays
        query = query.where(*theirs, columns.currency != "").group_by(*keys)
        for row in await connection.execute(query):
            sums = found.setdefault((row.subscription_id, row.currency), {})
            for name in amounts:
                sums[name] = sums.get(name, 0) + int(getattr(row, name) or 0)
    return found


def _until(moment: ColumnElement[Any], before: datetime, amount: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((moment < before, amount), else_=0)
