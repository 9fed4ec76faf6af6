"""
What a subscription permits: where its plan grants something and its publisher is the licensor, a permission record stands
as long as the subscription does. Jobs see to it, written in the transaction of whatever may change it, and daily for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.tables import offering as tables
from commonweight.identity import on_nobodys_behalf
from commonweight.jobs import Progress
from commonweight.plans import lifecycle, standings
from commonweight.plans import subscription_store as store
from commonweight.plans.granting import names_of
from commonweight.plans.values import Grant, Plan, State, Subscription
from commonweight.policy import OWN, PermissionGrant, Policy, RecordNotFound, holder_of

ROOM: Final = on_nobodys_behalf("plans")
_PREFIX: Final = "subscription-"
_subscriptions = tables.subscriptions.c


def outside_id(subscription_id: int) -> str:
    """Under which the permission of a subscription is recorded."""
    return f"{_PREFIX}{subscription_id}"


class Permitting:
    def __init__(self, database: Database, policy: Policy, clock: Clock) -> None:
        self._database = database
        self._policy = policy
        self._clock = clock

    # Jobs

    async def on_subscription(self, payload: Mapping[str, Any], progress: Progress) -> None:
        """The job `subscription_permission`: `{"subscription_id": 9}`."""
        await self.settle(int(payload["subscription_id"]))

    async def on_all(self, payload: Mapping[str, Any], progress: Progress) -> None:
        """The job `subscription_permissions`: who is a licensor changed, or a day has passed."""
        async with self._database.read() as connection:
            active = await store.find(connection, _subscriptions.state == State.ACTIVE, limit=None)
        held = await self._policy.decisions.permissions()
        given = [one.outside_id for one in held if one.outside_id and one.outside_id.startswith(_PREFIX)]
        for number in sorted({*(one.id for one in active), *(int(name.removeprefix(_PREFIX)) for name in given)}):
            await self.settle(number)

    # What it comes to

    async def settle(self, subscription_id: int) -> None:
        """Make the record what it ought to be; again and again is once."""
        async with self._database.read() as connection:
            found = await store.find(connection, _subscriptions.id == subscription_id)
            if not found:
                return
            one = found[0]
            plan = await lifecycle.plan_of(connection, one.plan_id, one.version)
            licences = await standings.licences_of(connection, plan.publisher_id)
            house = await standings.of_the_house(connection, [one.subscriber_id])
        holder = OWN if house else holder_of(one.subscriber_id)
        grant = plan.terms.grant
        reason = self._why_not(one, plan, grant, licences)
        if grant is None or reason:
            await self._end(one.id, reason or "The plan grants nothing.")
            return
        await self._end_elsewhere(one.id, holder)
        await self._policy.grant_permission(ROOM, _permission(one, plan, grant, holder))

    def _why_not(self, one: Subscription, plan: Plan, grant: Grant | None, licences: list[str]) -> str:
        """Empty where the permission stands."""
        if one.state is not State.ACTIVE or (one.ends_at is not None and one.ends_at <= self._clock.now()):
            return f"The subscription {one.id} is {one.state}."
        if grant is not None and not self._is_licensor(grant.licence, licences):
            return f"{plan.publisher} has not been found to be the licensor of {grant.licence}."
        return ""

    def _is_licensor(self, licence: str, licences: list[str]) -> bool:
        records = self._policy.records
        wanted = names_of(records, licence)
        return any(not wanted.isdisjoint(names_of(records, one)) for one in licences)

    async def _end(self, subscription_id: int, reason: str) -> None:
        try:
            await self._policy.end_permission(ROOM, outside_id(subscription_id), reason)
        except RecordNotFound:
            return  # nothing was granted, or it has ended

    async def _end_elsewhere(self, subscription_id: int, holder: str) -> None:
        """The subscriber has come to the house, or left it: the record moves."""
        held = await self._policy.decisions.permissions()
        mine = [one for one in held if one.outside_id == outside_id(subscription_id)]
        if any(one.organisation != holder for one in mine):
            await self._end(subscription_id, "It is held by another.")


def _permission(one: Subscription, plan: Plan, grant: Grant, holder: str) -> PermissionGrant:
    until = None if one.ends_at is None else (one.ends_at - timedelta(microseconds=1)).date()
    said = f" {grant.terms}" if grant.terms else ""
    return PermissionGrant(
        licence=grant.licence,
        kind="bought" if plan.terms.monthly_fee else "granted",
        lifts=grant.lifts,
        acts=grant.acts,
        since=None if one.began_at is None else one.began_at.date(),
        until=until,
        author=plan.publisher,
        source=f"Subscription {one.id} to the plan {plan.full_name}, version {plan.version}.{said}",
        organisation=holder,
        outside_id=outside_id(one.id),
    )
