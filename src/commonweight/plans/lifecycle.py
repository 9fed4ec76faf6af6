"""
What happens to a subscription, whoever caused it: it begins, its months begin, it ends. In the caller's transaction: the
row, its history, what it owes, and the job that sees to the permission it may bring.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from commonweight.db import Connection
from commonweight.errors import Conflict
from commonweight.jobs import enqueue
from commonweight.plans import plan_store
from commonweight.plans import subscription_store as store
from commonweight.plans.errors import PlanNotFound
from commonweight.plans.months import Month
from commonweight.plans.subscription_store import charge
from commonweight.plans.values import Plan, State, Subscription

PERMISSION: Final = "subscription_permission"  # the job that grants or ends what a subscription permits


class Overtaken(Conflict):
    """Somebody else has changed the subscription since it was looked at."""

    code = "overtaken"

    def __init__(self) -> None:
        super().__init__("The subscription has been changed meanwhile.", hint="Look at it again, and decide anew.")


async def change(connection: Connection, one: Subscription, **values: Any) -> None:
    """Raises Overtaken."""
    if not await store.change(connection, one, **values):
        raise Overtaken


async def tell(
    connection: Connection, one: Subscription, now: datetime, by: int | None, what: str, detail: Mapping[str, Any]
) -> None:
    """A line of its history; and what it permits is looked at again."""
    await store.note(connection, one.id, now, by, what, detail)
    await enqueue(connection, now, PERMISSION, {"subscription_id": one.id})


async def begin(connection: Connection, one: Subscription, plan: Plan, now: datetime, by: int | None) -> None:
    """
    It was asked for and nothing stands in the way: it begins today, and the rest of the month is charged. One that is to be
    paid before waits until as much as that has been paid. Raises Overtaken.
    """
    month = Month.of(now)
    today = month.index(now)
    fee = charge(plan, month, today, month.days)
    held = await store.balance(connection, one.id, plan.terms.currency)
    if plan.terms.prepaid and held < fee.amount:
        if one.state is not State.UNPAID:
            await change(connection, one, state=State.UNPAID, version=plan.version)
            detail = {"amount": fee.amount - held, "currency": fee.currency}
            await tell(connection, one, now, by, "payment_awaited", detail)
        return
    values = {"state": State.ACTIVE, "version": plan.version, "began_at": now, "charged_until": month.ends, "ends_at": None}
    await change(connection, one, **values)
    await store.owe(connection, one, plan.publisher_id, fee, now)
    await tell(connection, one, now, by, "began", {"version": plan.version, "fee": fee.amount, "currency": fee.currency})


async def end(
    connection: Connection,
    one: Subscription,
    plan: Plan,
    state: State,
    now: datetime,
    by: int | None,
    what: str,
    detail: Mapping[str, Any],
) -> None:
    """It ends now; days after today that were charged are given back. Raises Overtaken."""
    month = Month.of(now)
    given_back: dict[str, Any] = {}
    values: dict[str, Any] = {"state": state, "next_plan_id": None, "next_version": None}
    if one.state is State.ACTIVE:
        values["ends_at"] = now
    await change(connection, one, **values)
    tomorrow = month.index(now) + 1
    charged = one.state is State.ACTIVE and one.charged_until is not None and one.charged_until >= month.ends
    if charged and tomorrow < month.days:
        back = charge(plan, month, tomorrow, month.days, back=True)
        await store.owe(connection, one, plan.publisher_id, back, now)
        given_back = {"credit": back.amount, "currency": back.currency}
    await tell(connection, one, now, by, what, {**detail, **given_back})


async def turn(connection: Connection, one: Subscription, now: datetime) -> bool:
    """
    A month has begun for an active one: it ends where that was planned, follows where a change waits, and the month is
    charged. One month a call; True while there is another. Raises Overtaken.
    """
    if one.state is not State.ACTIVE or one.charged_until is None or one.charged_until > now:
        return False
    month = Month.of(one.charged_until)
    if one.ends_at is not None and one.ends_at <= month.begins:
        await change(connection, one, state=State.LAPSED)
        await tell(connection, one, now, None, "lapsed", {"ended_at": one.ends_at.isoformat()})
        return False
    plan = await plan_of(connection, one.next_plan_id or one.plan_id, one.next_version or one.version)
    values = {"plan_id": plan.id, "version": plan.version, "next_plan_id": None, "next_version": None}
    await change(connection, one, **values, charged_until=month.ends)
    fee = charge(plan, month, 0, month.days)
    await store.owe(connection, one, plan.publisher_id, fee, now)
    if (plan.id, plan.version) != (one.plan_id, one.version):
        detail = {"from_plan": one.plan_id, "from_version": one.version, "plan": plan.full_name, "version": plan.version}
        await tell(connection, one, now, None, "changed", detail)
    await store.note(connection, one.id, now, None, "month_charged", _fee(month, fee))
    return month.ends <= now


def _fee(month: Month, fee: store.Charge) -> dict[str, Any]:
    return {"month": str(month), "fee": fee.amount, "currency": fee.currency}


async def plan_of(connection: Connection, plan_id: int, version: int) -> Plan:
    """A plan as it was at a version. Raises PlanNotFound."""
    found = await plan_store.of_version(connection, [(plan_id, version)])
    if not found:
        raise PlanNotFound(plan_id)
    return found[plan_id, version]
