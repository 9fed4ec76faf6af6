"""What is sent and received about plans, subscriptions, payments and statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from commonweight.plans import (
    AccountStanding,
    Event,
    MoneyLine,
    Owed,
    Payment,
    Plan,
    Shown,
    Statement,
    Subscription,
    UsageLine,
    write_terms,
)
from commonweight.wire.cw.numbers import Amount, Number

_TERMS = "docs/plans.md: covered, join, commercial, limits, included_tokens, price, currency, monthly_fee, prepaid, grant"


class PlanBody(BaseModel):
    """A plan, or the next version of the one with this name."""

    model_config = ConfigDict(extra="forbid")

    publisher: str
    name: str
    title: str = ""
    description: str = ""
    terms: dict[str, Any] = Field(description=_TERMS)
    move: bool = Field(default=False, description="running subscriptions follow when the next month begins")


class PlanAnswer(BaseModel):
    id: int
    version: int
    publisher: str
    name: str
    title: str
    description: str
    terms: dict[str, Any]
    offered: bool
    since: datetime

    @classmethod
    def of(cls, plan: Plan) -> PlanAnswer:
        words = {name: getattr(plan, name) for name in cls.model_fields if name != "terms"}
        return cls(**words, terms=write_terms(plan.terms))


class SubscribeBody(BaseModel):
    """`subscriber`: an organisation that you administer; left out: yourself."""

    model_config = ConfigDict(extra="forbid")

    plan: Number | str = Field(description="its number, or publisher/name")
    subscriber: str = ""
    commercial: bool = True


class ChangeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    plan: Number | str
    when: Literal["now", "next_month"] = "now"


class CancelBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    when: Literal["now", "month_end"] = "month_end"
    reason: str = ""


class ReasonBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = ""


class SubscriptionAnswer(BaseModel):
    """`next_plan` waits for the month that begins next."""

    id: int
    subscriber: str
    plan: PlanAnswer
    state: str
    commercial: bool
    requested_at: datetime
    began_at: datetime | None
    ends_at: datetime | None
    next_plan: PlanAnswer | None

    @classmethod
    def of(cls, shown: Shown) -> SubscriptionAnswer:
        one: Subscription = shown.subscription
        return cls(
            id=one.id,
            subscriber=shown.subscriber,
            plan=PlanAnswer.of(shown.plan),
            state=one.state,
            commercial=one.commercial,
            requested_at=one.requested_at,
            began_at=one.began_at,
            ends_at=one.ends_at,
            next_plan=None if shown.next_plan is None else PlanAnswer.of(shown.next_plan),
        )


class EventAnswer(BaseModel):
    """`by` is empty where nobody did it but time or a payment provider."""

    at: datetime
    what: str
    by: str
    detail: Mapping[str, Any]

    @classmethod
    def of(cls, event: Event) -> EventAnswer:
        return cls(at=event.at, what=event.what, by=event.by, detail=dict(event.detail))


class SubscriptionHistoryAnswer(SubscriptionAnswer):
    history: Sequence[EventAnswer] = ()


class PaymentBody(BaseModel):
    """Micro-units; below 0: paid back. `reference`: the number of the invoice; the same again changes nothing."""

    model_config = ConfigDict(extra="forbid")

    subscription: Number
    amount: Amount
    currency: str
    reference: str
    note: str = ""


class PaymentAnswer(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    provider: str
    outside_id: str
    subscription_id: int
    currency: str
    amount: int
    note: str
    at: datetime

    @classmethod
    def of(cls, payment: Payment) -> PaymentAnswer:
        return cls.model_validate(payment)


class OwedAnswer(BaseModel):
    """Of one subscription in one currency, in micro-units; `open` below 0: paid ahead."""

    subscription: int
    subscriber: str
    plan: str
    currency: str
    standing: str = Field(description="awaited (before it begins), late, open or paid")
    charged: int
    paid: int
    open: int
    late: int = Field(description="of it, what months came to that ended 30 days ago or longer")
    awaited: int

    @classmethod
    def of(cls, shown: Shown, owed: Owed) -> OwedAnswer:
        return cls(
            subscription=owed.subscription_id, subscriber=shown.subscriber, plan=shown.plan.full_name,
            currency=owed.currency, standing=owed.standing, charged=owed.charged, paid=owed.paid, open=owed.open,
            late=owed.late, awaited=owed.awaited,
        )  # fmt: skip


class PaymentMessageAnswer(BaseModel):
    """`unknown_subscription`: nothing was done, and somebody has to look."""

    model_config = ConfigDict(from_attributes=True)

    provider: str
    id: str
    kind: str
    outcome: str
    received_at: datetime


class PaymentOutcome(BaseModel):
    """recorded, began, lapsed, noted, or already (this message was acted on before)."""

    outcome: str


class StandingBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    account: str
    standing: Literal["licensor", "house"]
    licence: str = ""
    reason: str


class StandingAnswer(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    account: str
    standing: str
    licence: str
    reason: str
    at: datetime
    by: str
    ended_at: datetime | None
    end_reason: str

    @classmethod
    def of(cls, one: AccountStanding) -> StandingAnswer:
        return cls.model_validate(one)


class MonthAnswer(BaseModel):
    month: str
    closed: bool


class UsageLineAnswer(BaseModel):
    """`cost` in micro-units; `late`: of a month whose own statement was closed."""

    month: str
    late: bool
    payer: str
    publisher: str
    model: str
    plan: str
    plan_version: int
    subscription: int | None
    currency: str
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    included_tokens: int
    cost: int
    engine_micros: int


class MoneyLineAnswer(BaseModel):
    kind: str
    payer: str
    publisher: str
    plan: str
    plan_version: int
    subscription: int | None
    currency: str
    amount: int
    first_day: str
    last_day: str
    note: str


class StatementAnswer(BaseModel):
    """`charged` and `paid` by currency, in micro-units."""

    account: str
    side: str
    month: str
    closed: bool
    charged: dict[str, int]
    paid: dict[str, int]
    usage: Sequence[UsageLineAnswer]
    money: Sequence[MoneyLineAnswer]

    @classmethod
    def of(cls, one: Statement) -> StatementAnswer:
        return cls(
            account=one.account,
            side=one.side,
            month=one.month,
            closed=one.closed,
            charged=one.charged,
            paid=one.paid,
            usage=[_usage(one, line) for line in one.usage],
            money=[_money(one, line) for line in one.money],
        )


def _usage(statement: Statement, line: UsageLine) -> UsageLineAnswer:
    named = _named(statement, line)
    same = {name: getattr(line, name) for name in UsageLineAnswer.model_fields if name not in {*named, "model"}}
    return UsageLineAnswer(**same, **named, model=line.repository)


def _money(statement: Statement, line: MoneyLine) -> MoneyLineAnswer:
    named = _named(statement, line)
    return MoneyLineAnswer(
        **{name: getattr(line, name) for name in MoneyLineAnswer.model_fields if name not in named}, **named
    )


def _named(statement: Statement, line: UsageLine | MoneyLine) -> dict[str, Any]:
    return {
        "payer": statement.names.get(line.payer_id, ""),
        "publisher": statement.names.get(line.publisher_id, ""),
        "plan": statement.plans.get(line.plan_id, ""),
        "subscription": line.subscription_id or None,
    }
