"""Subscriptions as people may see them: those of the subscriber, and those to plans of the publisher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select, true

from commonweight.db import Connection, Database
from commonweight.db.tables import offering as tables
from commonweight.identity import Caller, Role, account_names
from commonweight.plans import lifecycle, plan_store
from commonweight.plans import subscription_store as store
from commonweight.plans.errors import SubscriptionNotFound
from commonweight.plans.offering import may_manage
from commonweight.plans.values import Event, Plan, Subscription

_subscriptions, _plans = tables.subscriptions.c, tables.plans.c


@dataclass(frozen=True)
class Shown:
    """A subscription with its plan, as that was promised, and the names that go with it."""

    subscription: Subscription
    plan: Plan
    subscriber: str
    next_plan: Plan | None = None


class Subscriptions:
    """Reads. An id is never a right: what others have looks missing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mine(self, caller: Caller) -> list[Shown]:
        """Those of the caller and of their organisations, newest first."""
        mine = holders(caller)
        return await self._list(_subscriptions.subscriber_id.in_(mine))

    async def to_plans_of(self, caller: Caller, publisher_id: int) -> list[Shown]:
        """Those to plans of a publisher, for whoever speaks for it; others get none."""
        if not may_manage(caller, publisher_id):
            return []
        plans = select(_plans.id).where(_plans.publisher_id == publisher_id)
        return await self._list(_subscriptions.plan_id.in_(plans))

    async def all(self, caller: Caller) -> list[Shown]:
        """Every one that the caller may see: of theirs, to plans of theirs; of everybody for administrators."""
        if caller.is_admin:
            return await self._list(true())
        managed = [number for number in holders(caller) if may_manage(caller, number)]
        plans = select(_plans.id).where(_plans.publisher_id.in_(managed))
        return await self._list(or_(_subscriptions.subscriber_id.in_(holders(caller)), _subscriptions.plan_id.in_(plans)))

    async def get(self, caller: Caller, number: int) -> Shown:
        """Raises SubscriptionNotFound."""
        async with self._database.read() as connection:
            one, _ = await visible(connection, caller, number)
            return (await _shown(connection, [one]))[0]

    async def history(self, caller: Caller, number: int) -> Sequence[Event]:
        """What happened to it, the oldest first. Raises SubscriptionNotFound."""
        async with self._database.read() as connection:
            await visible(connection, caller, number)
            return await store.history(connection, number)

    async def _list(self, condition: ColumnElement[bool]) -> list[Shown]:
        async with self._database.read() as connection:
            return await _shown(connection, await store.find(connection, condition))


async def _shown(connection: Connection, found: Sequence[Subscription]) -> list[Shown]:
    now = {(one.plan_id, one.version) for one in found}
    later = {(one.next_plan_id, one.next_version or 0) for one in found if one.next_plan_id is not None}
    plans = await plan_store.of_version(connection, [*now, *later])
    names = await account_names(connection, {one.subscriber_id for one in found})
    return [
        Shown(
            one,
            plans[one.plan_id, one.version],
            names.get(one.subscriber_id, ""),
            plans.get((one.next_plan_id or 0, one.next_version or 0)),
        )
        for one in found
    ]


async def visible(connection: Connection, caller: Caller, number: int) -> tuple[Subscription, Plan]:
    """A subscription and its plan, for members of the subscriber and for the publisher. Raises SubscriptionNotFound."""
    found = await store.find(connection, _subscriptions.id == number)
    if not found:
        raise SubscriptionNotFound(number)
    plan = await lifecycle.plan_of(connection, found[0].plan_id, found[0].version)
    if not (caller.may_read(found[0].subscriber_id) or may_manage(caller, plan.publisher_id)):
        raise SubscriptionNotFound(number)
    return found[0], plan


def holders(caller: Caller) -> list[int]:
    """The accounts whose subscriptions count for the caller: their own, then their organisations."""
    own = [caller.account.id] if caller.account else []
    return [*own, *sorted(caller.organisations)]


def may_spend(caller: Caller, account_id: int) -> bool:
    """Whether the caller may commit an account to pay: their own, or an organisation that they administer."""
    if caller.account is None or caller.token is None or caller.token.role < Role.WRITE:
        return False
    return caller.may_manage(account_id)
