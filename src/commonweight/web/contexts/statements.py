"""Monthly statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame
from commonweight.web.contexts.sales import ModelSum


@dataclass(frozen=True)
class StatementSum:
    """In one currency. Amounts are without tax: none is charged here."""

    currency: str = says("Three capitals.")
    usage: str = says("What usage came to.")
    fees: str = says("Fees for days of the month.")
    credits: str = says("What was given back; empty where nothing.")
    total: str = says("Usage and fees, less credits.")
    paid: str = says("What was paid in the month.")
    open: str = says("What is to be paid today, of all months.")
    late: str = says("What of it is late; empty where nothing is.")
    is_settled: bool = says("Whether nothing is to be paid.")


@dataclass(frozen=True)
class StatementRow:
    model: str = says("namespace/name.")
    who: str = says("Who paid, or who published, seen from the other side.")
    plan: str = says("publisher/name; empty where no plan was needed.")
    late: str = says("Month of the usage where its own statement had been closed; else empty.")
    requests: str = says("How many.")
    prompt: str = says("Tokens of prompts.")
    cached: str = says("Of them, those that a cache answered for.")
    completion: str = says("Tokens of answers.")
    included: str = says("Tokens that the plan included.")
    engine: str = says("Seconds of engines.")
    amount: str = says("What it came to, exactly.")


@dataclass(frozen=True)
class MoneyRow:
    kind: str = says("A fee, a credit or a payment; translated by the template.")
    what: str = says("Plan, or what the payment said.")
    who: str = says("The other party.")
    days: str = says("First and last day that it is for.")
    amount: str = says("Exactly, with its currency.")


@dataclass(frozen=True)
class StatementPage:
    template: ClassVar[str] = "statement.html"

    frame: Frame = says("What is around the page.")
    account: str = says("Whose statement it is.")
    accounts: tuple[str, ...] = says("Accounts whose statements the reader may see.")
    side: str = says("payer or publisher.")
    month: str = says("2026-11.")
    months: tuple[str, ...] = says("Months with a statement, the newest first.")
    closed: bool = says("Whether it is final.")
    usage: tuple[StatementRow, ...] = says("Usage by month, plan and model.")
    money: tuple[MoneyRow, ...] = says("Fees, credits, payments.")
    fullname: str = says("The account's name for people; empty where it has none.")
    period: tuple[str, str] = says("First and last day, in UTC.")
    issued: str = says("Day on which it is looked at.")
    sums: tuple[StatementSum, ...] = says("What it comes to, by currency.")
    models: tuple[ModelSum, ...] = says("What each model earned and cost; empty for who pays.")
    csv: str = says("Address of the same as CSV.")
