"""
What was paid: recorded by an administrator, or told by a payment provider. What follows for the subscription happens in the
same transaction; an id of a provider counts once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import insert, or_, select, true, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database, insert_ignoring
from commonweight.db.tables import offering as tables
from commonweight.errors import NotAllowed, NotFound, Unprocessable
from commonweight.identity import Caller, record
from commonweight.plans import lifecycle
from commonweight.plans import subscription_store as store
from commonweight.plans.errors import InvalidPlan, PlanNotFound
from commonweight.plans.offering import may_manage
from commonweight.plans.subscriptions import holders, visible
from commonweight.plans.values import Plan, State, Subscription
from commonweight.plans.webhooks import FAILED, MAX_ID, REFUNDED, SUCCEEDED, PaymentMessage, checked_message

MANUAL: Final = "manual"  # the provider that is built in: an administrator says what was paid
MAX_LISTED: Final = 500
UNKNOWN: Final = "unknown_subscription"

_payments, _messages, _subscriptions = tables.payments, tables.payment_messages, tables.subscriptions


class PaymentProvider(Protocol):
    """Where messages about payments come from."""

    @property
    def name(self) -> str: ...

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> PaymentMessage:
        """What came, once it is certain from whom (names of headers in small letters). Raises BadSignature, InvalidPlan."""
        ...


class SubscriptionUnknown(Unprocessable):
    """The message stays on record; its provider sees that it was not acted on."""

    code = UNKNOWN


@dataclass(frozen=True)
class Payment:
    """Micro-units; below 0: paid back."""

    id: int
    provider: str
    outside_id: str
    subscription_id: int
    payer_id: int
    publisher_id: int
    currency: str
    amount: int
    note: str
    at: datetime


@dataclass(frozen=True)
class ManualPayment:
    """What somebody saw arrive, in micro-units; below 0: paid back. `reference`: the number of the invoice or transfer."""

    subscription: int
    amount: int
    currency: str
    reference: str
    note: str = ""

    def as_message(self) -> PaymentMessage:
        """Raises InvalidPlan."""
        if not self.reference or len(self.reference) > MAX_ID - 24:
            raise InvalidPlan("A payment needs a reference, such as the number of the invoice, of at most 176 characters.")
        kind = REFUNDED if self.amount < 0 else SUCCEEDED
        number = f"{self.subscription}/{self.reference}"
        return checked_message(number, kind, self.subscription, abs(self.amount), self.currency, self.note or self.reference)


@dataclass(frozen=True)
class Message:
    """A signed message of a provider, and what it led to; `unknown_subscription`: somebody has to look."""

    provider: str
    id: str
    kind: str
    outcome: str
    received_at: datetime


class Payments:
    """`providers` by the name that stands in the address which they call."""

    def __init__(self, database: Database, clock: Clock, providers: Mapping[str, PaymentProvider]) -> None:
        self._database = database
        self._clock = clock
        self._providers = dict(providers)

    @property
    def providers(self) -> tuple[str, ...]:
        """Names of those that are set up, besides the one that is built in."""
        return tuple(sorted(self._providers))

    # Reading

    async def listed(self, caller: Caller) -> list[Payment]:
        """Of the caller's accounts, and to those that they manage; of everybody for administrators. Newest first."""
        mine = holders(caller)
        managed = [number for number in mine if may_manage(caller, number)]
        condition = or_(_payments.c.payer_id.in_(mine), _payments.c.publisher_id.in_(managed))
        query = select(_payments).where(true() if caller.is_admin else condition)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(_payments.c.id.desc()).limit(MAX_LISTED))
            return [_payment(row) for row in rows]

    async def messages(self, caller: Caller) -> list[Message]:
        """What providers told, newest first (administrators). Raises NotAllowed."""
        if not caller.is_admin:
            raise NotAllowed("Messages of payment providers are shown to administrators only.")
        query = select(_messages).order_by(_messages.c.received_at.desc()).limit(MAX_LISTED)
        async with self._database.read() as connection:
            rows = await connection.execute(query.where(_messages.c.provider != MANUAL))
            return [Message(row.provider, row.id, row.kind, row.outcome, row.received_at) for row in rows]

    # By hand

    async def record(self, caller: Caller, paid: ManualPayment) -> str:
        """
        By an administrator or whoever speaks for the publisher. The same reference again changes nothing. What it led to, in
        a word: recorded, began, already. Raises SubscriptionNotFound, NotAllowed, InvalidPlan.
        """
        message = paid.as_message()
        async with self._database.write() as connection:
            one, plan = await visible(connection, caller, paid.subscription)
            if not (caller.is_admin or may_manage(caller, plan.publisher_id)):
                raise NotAllowed(f"Payments are recorded by {plan.publisher} or an administrator.")
            await record(connection, self._clock.now(), caller, "payment.record", f"subscriptions/{one.id}", **asdict(paid))
            by = caller.account.id if caller.account else None
            return await self._once(connection, MANUAL, message, one, plan, by)

    # By a provider

    async def receive(self, provider: str, headers: Mapping[str, str], body: bytes) -> str:
        """
        Act on a signed message, once; what it led to, in a word.

        Raises NotFound (no such provider), BadSignature, InvalidPlan, SubscriptionUnknown.
        """
        found = self._providers.get(provider)
        if found is None:
            raise NotFound(f"No payment provider {provider!r:.60} is set up here.", hint="See COMMONWEIGHT_PAYMENT_SECRETS.")
        message = found.read(headers, body, self._clock.now())
        async with self._database.write() as connection:
            known = await _known(connection, message.subscription_id)
            if known is not None:
                return await self._once(connection, found.name, message, *known, None)
            row = {"provider": found.name, "id": message.id, "kind": message.kind, "outcome": UNKNOWN}
            await insert_ignoring(connection, _messages, [{**row, "received_at": self._clock.now()}])
        raise SubscriptionUnknown(
            f"There is no subscription {message.subscription_id}; the message {message.id} was noted and not acted on."
        )

    async def _once(
        self, connection: Connection, provider: str, message: PaymentMessage, one: Subscription, plan: Plan, by: int | None
    ) -> str:
        """Whoever writes the row of a message first acts on it; who comes later waits for that, and finds it done."""
        claim, now = f"claim-{secrets.token_hex(16)}", self._clock.now()
        same = (_messages.c.provider == provider) & (_messages.c.id == message.id)
        row = {"provider": provider, "id": message.id, "kind": message.kind, "outcome": claim, "received_at": now}
        await insert_ignoring(connection, _messages, [row])
        await connection.execute(update(_messages).where(same, _messages.c.outcome == UNKNOWN).values(outcome=claim))
        if await connection.scalar(select(_messages.c.outcome).where(same)) != claim:
            return "already"
        outcome = await self._act(connection, provider, message, one, plan, by)
        await connection.execute(update(_messages).where(same).values(outcome=outcome))
        return outcome

    async def _act(
        self, connection: Connection, provider: str, message: PaymentMessage, one: Subscription, plan: Plan, by: int | None
    ) -> str:
        now = self._clock.now()
        if message.kind == FAILED:
            return await _failed(connection, message, one, plan, now)
        amount = message.amount if message.kind == SUCCEEDED else -message.amount
        row = {"provider": provider, "outside_id": message.id, "subscription_id": one.id, "payer_id": one.subscriber_id,
               "publisher_id": plan.publisher_id, "currency": message.currency, "amount": amount, "note": message.reference,
               "at": now, "by": by}  # fmt: skip
        await connection.execute(insert(_payments).values(row))
        what = "paid" if amount > 0 else "paid_back"
        await store.note(connection, one.id, now, by, what, {"amount": amount, "currency": message.currency, "by": provider})
        waits = one.state is State.UNPAID or (one.state is State.LAPSED and await _may_go_on(connection, one))
        if amount > 0 and waits:
            await lifecycle.begin(connection, one, plan, now, by)
            begun = (await store.find(connection, _subscriptions.c.id == one.id))[0]
            return "began" if begun.state is State.ACTIVE else "recorded"
        return "recorded"


async def _failed(connection: Connection, message: PaymentMessage, one: Subscription, plan: Plan, now: datetime) -> str:
    """The provider has given up on a payment: what it was for ends; the days until today are owed."""
    detail: dict[str, Any] = {"amount": message.amount, "currency": message.currency, "reason": "payment failed"}
    if one.state is not State.ACTIVE:
        await store.note(connection, one.id, now, None, "payment_failed", detail)
        return "noted"
    await lifecycle.end(connection, one, plan, State.LAPSED, now, None, "lapsed", detail)
    return "lapsed"


async def _may_go_on(connection: Connection, one: Subscription) -> bool:
    """A late payment lets a subscription go on that lapsed because it was not paid, unless another took its place."""
    history = await store.history(connection, one.id)
    unpaid = any(event.what == "lapsed" and event.detail.get("reason") == "payment failed" for event in history)
    mine = (_subscriptions.c.plan_id == one.plan_id) & (_subscriptions.c.subscriber_id == one.subscriber_id)
    return unpaid and not await store.find(connection, mine & _subscriptions.c.state.in_(store.OPEN))


async def _known(connection: Connection, number: int) -> tuple[Subscription, Plan] | None:
    found = await store.find(connection, _subscriptions.c.id == number)
    if not found:
        return None
    try:
        return found[0], await lifecycle.plan_of(connection, found[0].plan_id, found[0].version)
    except PlanNotFound:
        return None


def _payment(row: Any) -> Payment:
    return Payment(
        row.id, row.provider, row.outside_id, row.subscription_id, row.payer_id, row.publisher_id, row.currency,
        int(row.amount), row.note, row.at,
    )  # fmt: skip
