"""
What subscribers and publishers do with a subscription: ask, approve, change, cancel. Each deed is one transaction that
changes the row, writes the history, and charges or credits what follows.
"""

from __future__ import annotations

from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import offering as tables
from commonweight.errors import NotAllowed
from commonweight.identity import Account, Caller, Identity, record
from commonweight.plans import lifecycle
from commonweight.plans import subscription_store as store
from commonweight.plans.errors import AlreadySubscribed, InvalidPlan, PlanNotFound
from commonweight.plans.months import Month
from commonweight.plans.offering import Offering, may_manage
from commonweight.plans.subscription_store import charge
from commonweight.plans.subscriptions import may_spend, visible
from commonweight.plans.values import Join, Plan, State, Subscription

MAX_REASON: Final = 2_000  # characters

_subscriptions = tables.subscriptions.c


class Subscribing:
    """Deeds; `Subscriptions` reads."""

    def __init__(self, database: Database, identity: Identity, offering: Offering, clock: Clock) -> None:
        self._database = database
        self._identity = identity
        self._offering = offering
        self._clock = clock

    # Asking and answering

    async def subscribe(
        self, caller: Caller, plan: int | str, subscriber: str = "", *, commercial: bool = True
    ) -> Subscription:
        """
        Ask for a plan, for the caller's own account or for an organisation of theirs. One that needs no approval, and need
        not be paid before, begins at once.

        Raises PlanNotFound, InvalidPlan, NotAllowed, AlreadySubscribed.
        """
        account = await self._subscriber(caller, subscriber)
        now = self._clock.now()
        async with self._database.write() as connection:
            found = await self._offering.find(connection, plan)
            _check_can_be_had(found, plan, commercial)
            await _refuse_twice(connection, found, account)
            row = {"plan_id": found.id, "version": found.version, "subscriber_id": account.id, "state": State.REQUESTED,
                   "commercial": commercial, "requested_at": now, "requested_by": _by(caller)}  # fmt: skip
            number = await store.add(connection, row)
            one = (await store.find(connection, _subscriptions.id == number))[0]
            await self._note(connection, caller, one, "requested", {"plan": found.full_name, "version": found.version})
            if found.terms.join is Join.SELF or may_manage(caller, found.publisher_id):
                await lifecycle.begin(connection, one, found, now, _by(caller))
        return await self._read(number)

    async def approve(self, caller: Caller, number: int) -> Subscription:
        """Let a request begin (publishers). Raises SubscriptionNotFound, NotAllowed, InvalidPlan."""
        async with self._database.write() as connection:
            one, plan = await self._of_publisher(connection, caller, number)
            _check_state(one, State.REQUESTED)
            await self._note(connection, caller, one, "approved", {})
            await lifecycle.begin(connection, one, plan, self._clock.now(), _by(caller))
        return await self._read(number)

    async def refuse(self, caller: Caller, number: int, reason: str) -> Subscription:
        """Raises as `approve`."""
        async with self._database.write() as connection:
            one, _ = await self._of_publisher(connection, caller, number)
            _check_state(one, State.REQUESTED)
            await lifecycle.change(connection, one, state=State.REFUSED)
            await self._note(connection, caller, one, "refused", {"reason": _reason(reason)})
        return await self._read(number)

    # Changing

    async def change_plan(self, caller: Caller, number: int, plan: int | str, *, at_once: bool = True) -> Subscription:
        """
        To another plan of the same publisher, or to the newest version of its own. At once: the days from today on are
        charged under the new plan and given back under the old one. Otherwise from the next month on.

        Raises SubscriptionNotFound, PlanNotFound, InvalidPlan, NotAllowed.
        """
        async with self._database.write() as connection:
            one, old = await self._of_subscriber(connection, caller, number)
            _check_state(one, State.ACTIVE)
            new = await self._offering.find(connection, plan)
            _check_can_be_had(new, plan, one.commercial)
            _check_follows(caller, old, new)
            if at_once:
                await self._change_now(connection, caller, one, old, new)
            else:
                await lifecycle.change(connection, one, next_plan_id=new.id, next_version=new.version)
                await self._note(connection, caller, one, "change_planned", _from_to(old, new))
        return await self._read(number)

    async def _change_now(self, connection: Connection, caller: Caller, one: Subscription, old: Plan, new: Plan) -> None:
        now = self._clock.now()
        month = Month.of(now)
        today = month.index(now)
        back = charge(old, month, today, month.days, back=True)
        fee = charge(new, month, today, month.days)
        values: dict[str, Any] = {"plan_id": new.id, "version": new.version, "next_plan_id": None, "next_version": None}
        await lifecycle.change(connection, one, **values)
        await store.owe(connection, one, old.publisher_id, back, now)
        await store.owe(connection, one, new.publisher_id, fee, now)
        detail = {**_from_to(old, new), "credit": back.amount, "fee": fee.amount, "currency": fee.currency}
        await self._note(connection, caller, one, "changed", detail)

    async def cancel(self, caller: Caller, number: int, *, at_once: bool = False, reason: str = "") -> Subscription:
        """
        At the end of the month; or at once, and the days after today are given back. One that has not begun is gone at once.

        Raises SubscriptionNotFound, NotAllowed, InvalidPlan.
        """
        now = self._clock.now()
        async with self._database.write() as connection:
            one, plan = await self._of_either(connection, caller, number)
            if one.state not in store.OPEN:
                raise InvalidPlan(f"The subscription {one.id} is {one.state}: there is nothing to cancel.")
            detail: dict[str, Any] = {"reason": _reason(reason)}
            if one.state is State.ACTIVE and not at_once:
                ends = Month.of(now).ends
                await lifecycle.change(connection, one, ends_at=ends, next_plan_id=None, next_version=None)
                await self._note(connection, caller, one, "cancel_planned", {**detail, "ends_at": ends.isoformat()})
            else:
                await lifecycle.end(connection, one, plan, State.CANCELLED, now, _by(caller), "cancelled", detail)
                await self._audit(connection, caller, one, "cancelled")
        return await self._read(number)

    async def keep(self, caller: Caller, number: int) -> Subscription:
        """Undo what is planned for the end of the month. Raises SubscriptionNotFound, NotAllowed, InvalidPlan."""
        async with self._database.write() as connection:
            one, _ = await self._of_subscriber(connection, caller, number)
            _check_state(one, State.ACTIVE)
            await lifecycle.change(connection, one, ends_at=None, next_plan_id=None, next_version=None)
            await self._note(connection, caller, one, "kept", {})
        return await self._read(number)

    # Rights

    async def _subscriber(self, caller: Caller, name: str) -> Account:
        """Raises AccountMissing, NotAllowed."""
        if caller.account is None:
            raise NotAllowed("A subscription needs an account.", hint="Sign in, or send a token.")
        account = await self._identity.account(name) if name else caller.account
        if not may_spend(caller, account.id):
            raise NotAllowed(
                f"Subscriptions of {account.name} are made by its administrators.",
                hint="Ask one of them, or use their token.",
            )
        return account

    async def _of_subscriber(self, connection: Connection, caller: Caller, number: int) -> tuple[Subscription, Plan]:
        one, plan = await self._caught_up(connection, caller, number)
        if not may_spend(caller, one.subscriber_id):
            raise NotAllowed("This is decided by administrators of the subscriber.")
        return one, plan

    async def _of_publisher(self, connection: Connection, caller: Caller, number: int) -> tuple[Subscription, Plan]:
        one, plan = await visible(connection, caller, number)
        if not may_manage(caller, plan.publisher_id):
            raise NotAllowed(f"This is decided by {plan.publisher}, who publishes the plan.")
        return one, plan

    async def _of_either(self, connection: Connection, caller: Caller, number: int) -> tuple[Subscription, Plan]:
        one, plan = await self._caught_up(connection, caller, number)
        if not (may_spend(caller, one.subscriber_id) or may_manage(caller, plan.publisher_id)):
            raise NotAllowed("This is decided by administrators of the subscriber or of the publisher.")
        return one, plan

    async def _caught_up(self, connection: Connection, caller: Caller, number: int) -> tuple[Subscription, Plan]:
        """As it is now, also where the job has not come to the month that has begun. Raises SubscriptionNotFound."""
        one, _ = await visible(connection, caller, number)
        while await lifecycle.turn(connection, one, self._clock.now()):
            one, _ = await visible(connection, caller, number)
        return await visible(connection, caller, number)

    # Writing

    async def _note(
        self, connection: Connection, caller: Caller, one: Subscription, what: str, detail: dict[str, Any]
    ) -> None:
        """History and audit, in the transaction of the deed."""
        await lifecycle.tell(connection, one, self._clock.now(), _by(caller), what, detail)
        await self._audit(connection, caller, one, what)

    async def _audit(self, connection: Connection, caller: Caller, one: Subscription, what: str) -> None:
        await record(connection, self._clock.now(), caller, f"subscription.{what}", f"subscriptions/{one.id}")

    async def _read(self, number: int) -> Subscription:
        async with self._database.read() as connection:
            return (await store.find(connection, _subscriptions.id == number))[0]


async def _refuse_twice(connection: Connection, plan: Plan, account: Account) -> None:
    """Raises AlreadySubscribed."""
    rows = _subscriptions
    mine = (rows.plan_id == plan.id) & (rows.subscriber_id == account.id) & rows.state.in_(store.OPEN)
    found = await store.find(connection, mine)
    if found:
        raise AlreadySubscribed(account.name, plan.full_name, found[0].id)


def _check_can_be_had(plan: Plan, asked: int | str, commercial: bool) -> None:
    """Raises PlanNotFound, InvalidPlan."""
    if not plan.offered:
        raise PlanNotFound(asked)
    if plan.terms.join is Join.AUTOMATIC:
        raise InvalidPlan(f"Everybody has {plan.full_name}: it needs no subscription.")
    if commercial and not plan.terms.commercial:
        raise InvalidPlan(
            f"{plan.full_name} is for uses that are not commercial.",
            hint="Subscribe with commercial: false, or to another plan.",
        )


def _check_follows(caller: Caller, old: Plan, new: Plan) -> None:
    """Raises InvalidPlan."""
    if new.publisher_id != old.publisher_id:
        raise InvalidPlan(f"{new.full_name} is of another publisher.", hint="Subscribe to it, and cancel this one.")
    if (new.id, new.version) == (old.id, old.version):
        raise InvalidPlan(f"The subscription is to {new.full_name}, version {new.version}, already.")
    if new.terms.currency != old.terms.currency:
        raise InvalidPlan(f"{new.full_name} is in {new.terms.currency}, not {old.terms.currency}: nothing can be set off.")
    if new.id != old.id and new.terms.join is Join.APPROVAL and not may_manage(caller, new.publisher_id):
        raise InvalidPlan(
            f"{new.full_name} needs the approval of {new.publisher}.", hint="Ask for it as a new subscription."
        )


def _check_state(one: Subscription, expected: State) -> None:
    """Raises InvalidPlan."""
    if one.state is not expected:
        raise InvalidPlan(f"The subscription {one.id} is {one.state}; this needs one that is {expected}.")


def _from_to(old: Plan, new: Plan) -> dict[str, Any]:
    return {"from_plan": old.full_name, "from_version": old.version, "plan": new.full_name, "version": new.version}


def _reason(text: str) -> str:
    """Raises InvalidPlan."""
    if len(text) > MAX_REASON:
        raise InvalidPlan(f"The reason has {len(text)} characters; at most {MAX_REASON:,} are kept.")
    return text


def _by(caller: Caller) -> int | None:
    return caller.account.id if caller.account else None
