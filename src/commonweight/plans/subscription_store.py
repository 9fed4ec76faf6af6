"""Subscriptions, their history, and what they owe, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, insert, select, update

from commonweight.db import Connection
from commonweight.db.tables import offering as tables
from commonweight.identity import account_names
from commonweight.plans.months import Month, share
from commonweight.plans.values import Event, Plan, State, Subscription

MAX_LISTED: Final = 500  # subscriptions of one list
OPEN: Final = (State.REQUESTED, State.UNPAID, State.ACTIVE)

_subscriptions, _events, _charges = tables.subscriptions, tables.subscription_events, tables.charges
_payments = tables.payments


@dataclass(frozen=True)
class Charge:
    """Micro-units for days of one month under one version; below 0: a credit."""

    kind: str  # fee | credit
    plan_id: int
    plan_version: int
    currency: str
    amount: int
    first_day: date
    last_day: date

    @property
    def share_of(self) -> tuple[Month, int, int]:
        """Its month, and in it the first day (from 0) and the one after the last."""
        return Month(self.first_day.year, self.first_day.month), self.first_day.day - 1, self.last_day.day


def charge(plan: Plan, month: Month, first: int, after: int, *, back: bool = False) -> Charge:
    """The fee of `plan` for days of a month, or what is given back of it."""
    amount = share(plan.terms.monthly_fee, month, first, after)
    days = month.day(first), month.day(max(first, after - 1))
    kind = "credit" if back else "fee"
    return Charge(kind, plan.id, plan.version, plan.terms.currency, -amount if back else amount, *days)


async def find(connection: Connection, condition: ColumnElement[bool], limit: int | None = MAX_LISTED) -> list[Subscription]:
    """Newest first."""
    query = select(_subscriptions).where(condition).order_by(_subscriptions.c.id.desc()).limit(limit)
    return [_subscription(row) for row in await connection.execute(query)]


async def add(connection: Connection, row: Mapping[str, Any]) -> int:
    number: int | None = await connection.scalar(insert(_subscriptions).values(dict(row)).returning(_subscriptions.c.id))
    assert number is not None, "an insert returns the key"
    return number


async def change(connection: Connection, before: Subscription, **values: Any) -> bool:
    """
    Change one, if it still is what was looked at. False: somebody else was faster.
    """
    rows = _subscriptions.c
    same = (
        (rows.id == before.id)
        & (rows.state == before.state)
        & (rows.plan_id == before.plan_id)
        & (rows.version == before.version)
        & rows.charged_until.is_not_distinct_from(before.charged_until)
        & rows.ends_at.is_not_distinct_from(before.ends_at)
    )
    return (await connection.execute(update(_subscriptions).where(same).values(**values))).rowcount == 1


async def note(
    connection: Connection, subscription_id: int, at: datetime, by: int | None, what: str, detail: Mapping[str, Any]
) -> None:
    """Add a line to the history."""
    row = {"subscription_id": subscription_id, "at": at, "by": by, "what": what, "detail": dict(detail)}
    await connection.execute(insert(_events).values(row))


async def history(connection: Connection, subscription_id: int) -> list[Event]:
    """The oldest first."""
    query = select(_events).where(_events.c.subscription_id == subscription_id).order_by(_events.c.id)
    rows = (await connection.execute(query)).all()
    names = await account_names(connection, {row.by for row in rows if row.by})
    return [Event(row.at, row.what, names.get(row.by, ""), row.detail) for row in rows]


async def owe(connection: Connection, of: Subscription, publisher_id: int, one: Charge, now: datetime) -> None:
    """Write a charge. Those of nothing too: they say which days a version held for, and what it includes follows."""
    row = {
        "subscription_id": of.id,
        "payer_id": of.subscriber_id,
        "publisher_id": publisher_id,
        "plan_id": one.plan_id,
        "plan_version": one.plan_version,
        "kind": one.kind,
        "currency": one.currency,
        "amount": one.amount,
        "first_day": one.first_day.isoformat(),
        "last_day": one.last_day.isoformat(),
        "at": now,
    }
    await connection.execute(insert(_charges).values(row))


async def charges(connection: Connection, subscription_id: int) -> list[Charge]:
    """In the order in which they were written."""
    query = select(_charges).where(_charges.c.subscription_id == subscription_id).order_by(_charges.c.id)
    return [_charge(row) for row in await connection.execute(query)]


async def charges_since(connection: Connection, payers: Sequence[int], first: date) -> dict[tuple[int, int], list[Charge]]:
    """By payer and plan, those for days from `first` on, of whichever subscription."""
    wanted = _charges.c.payer_id.in_(payers) & (_charges.c.first_day >= first.isoformat())
    found: dict[tuple[int, int], list[Charge]] = {}
    for row in await connection.execute(select(_charges).where(wanted).order_by(_charges.c.id)):
        found.setdefault((row.payer_id, row.plan_id), []).append(_charge(row))
    return found


async def balance(connection: Connection, subscription_id: int, currency: str) -> int:
    """What was paid for a subscription less what was charged, in micro-units; usage is not in it."""
    totals = []
    for table in (_payments, _charges):
        mine = (table.c.subscription_id == subscription_id) & (table.c.currency == currency)
        totals.append(int(await connection.scalar(select(func.sum(table.c.amount)).where(mine)) or 0))
    return totals[0] - totals[1]


def _subscription(row: Any) -> Subscription:
    return Subscription(
        id=row.id,
        plan_id=row.plan_id,
        version=row.version,
        subscriber_id=row.subscriber_id,
        state=State(row.state),
        commercial=row.commercial,
        requested_at=row.requested_at,
        began_at=row.began_at,
        charged_until=row.charged_until,
        ends_at=row.ends_at,
        next_plan_id=row.next_plan_id,
        next_version=row.next_version,
    )


def _charge(row: Any) -> Charge:
    days = date.fromisoformat(row.first_day), date.fromisoformat(row.last_day)
    return Charge(row.kind, row.plan_id, row.plan_version, row.currency, int(row.amount), *days)
