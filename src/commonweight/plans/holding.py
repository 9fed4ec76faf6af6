"""What accounts hold now: their active subscriptions, each with its plan as promised and what is included this month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from commonweight.db import Connection
from commonweight.db.tables import offering as tables
from commonweight.plans import plan_store
from commonweight.plans import subscription_store as store
from commonweight.plans.months import Month, share
from commonweight.plans.subscription_store import Charge
from commonweight.plans.values import Plan, State, Subscription, Wanted

_subscriptions = tables.subscriptions.c

Plans = Mapping[tuple[int, int], Plan]


@dataclass(frozen=True)
class Held:
    """`included`: tokens of this calendar month; None: any number."""

    subscription: Subscription
    plan: Plan
    included: int | None

    def may(self, wanted: Wanted) -> bool:
        """Whether it was taken for the use that a key states."""
        return self.subscription.commercial or not wanted.commercial


async def held_by(connection: Connection, accounts: Sequence[int], now: datetime) -> list[Held]:
    """
    Active subscriptions of these accounts. What a month that has begun changes counts from its first moment, also where the
    job that writes it down has not come to it.
    """
    running = _subscriptions.subscriber_id.in_(accounts) & (_subscriptions.state == State.ACTIVE)
    found = [one for one in await store.find(connection, running) if one.ends_at is None or one.ends_at > now]
    month = Month.of(now)
    charged = await store.charges_since(connection, accounts, month.begins.date())
    versions = {_in_force(one, now) for one in found}
    versions |= {(line.plan_id, line.plan_version) for lines in charged.values() for line in lines}
    plans = await plan_store.of_version(connection, sorted(versions))
    return [_held(one, plans, charged, month, now) for one in found]


def _in_force(one: Subscription, now: datetime) -> tuple[int, int]:
    """Which version of which plan holds, by what waits for the month that has begun."""
    if one.next_plan_id is not None and one.charged_until is not None and one.charged_until <= now:
        return one.next_plan_id, one.next_version or one.version
    return one.plan_id, one.version


def _held(
    one: Subscription, plans: Plans, charged: Mapping[tuple[int, int], Sequence[Charge]], month: Month, now: datetime
) -> Held:
    plan = plans[_in_force(one, now)]
    ours = [line for line in charged.get((one.subscriber_id, plan.id), ()) if line.share_of[0] == month]
    return Held(one, plan, included(plan, ours, plans) if ours else plan.terms.included_tokens)


def included(plan: Plan, charged: Sequence[Charge], plans: Plans) -> int | None:
    """
    Tokens of a month for a payer whose charges for this plan are `charged`: of each version the share of the days for which
    it held, by the rule for money. What was used of them is counted by payer and plan too. None: any number.
    """
    if plan.terms.included_tokens is None:
        return None
    total = 0
    for line in charged:
        whole = plans[line.plan_id, line.plan_version].terms.included_tokens
        month, first, after = line.share_of
        total += share(whole or 0, month, first, after) * (-1 if line.kind == "credit" else 1)
    return max(0, total)
