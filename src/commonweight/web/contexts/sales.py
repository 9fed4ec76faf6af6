"""What a publisher sells: who asks, who is subscribed, what is owed, what each model earned; and what makes it possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from commonweight.web.contexts.facts import Choice
from commonweight.web.contexts.fields import says
from commonweight.web.contexts.frame import Frame, Word
from commonweight.web.contexts.selling import SubscriptionRow


@dataclass(frozen=True)
class OwedView:
    standing: Word = says("Paid, open, late, or awaited before it begins.")
    amount: str = says("What is open, late or awaited, with its currency; empty where everything is paid.")


@dataclass(frozen=True)
class SubscriberRow:
    row: SubscriptionRow = says("The subscription.")
    owed: tuple[OwedView, ...] = says("How it stands with paying, one for each currency.")
    asked: str = says("Day on which it was asked for.")


@dataclass(frozen=True)
class ModelSum:
    model: str = says("namespace/name.")
    href: str = says("Its page.")
    requests: str = says("How many.")
    tokens: str = says("Of prompts and answers.")
    earned: tuple[str, ...] = says("What its usage came to, by currency; fees are not of one model.")
    engine: str = says("Seconds that engines worked for it.")


@dataclass(frozen=True)
class PaymentRow:
    when: str = says("Day.")
    payer: str = says("Who paid.")
    plan: str = says("publisher/name.")
    href: str = says("The subscription that it was for.")
    provider: str = says("manual, or the name of a payment provider.")
    note: str = says("Number of the invoice or transfer.")
    amount: str = says("With its currency; below 0: paid back.")


@dataclass(frozen=True)
class PaymentForm:
    """What was typed, so that a refusal loses nothing."""

    subscription: str = says("Number of the subscription.", "")
    amount: str = says("Amount.", "")
    way: str = says("in, or back.", "in")
    reference: str = says("Number of the invoice or transfer.", "")


@dataclass(frozen=True)
class SalesPage:
    template: ClassVar[str] = "sales.html"

    frame: Frame = says("What is around the page.")
    publisher: str = says("Whose plans it is about; empty where the reader may speak for nobody.")
    publishers: tuple[str, ...] = says("Accounts that the reader may speak for.")
    plans: int = says("How many plans it offers.")
    requests: tuple[SubscriberRow, ...] = says("What waits for an answer, the oldest first.")
    subscribers: tuple[SubscriberRow, ...] = says("Who is subscribed, or was, open ones first.")
    month: str = says("The month that has begun, such as 2026-11.")
    models: tuple[ModelSum, ...] = says("What each model earned and cost in it.")
    fees: tuple[str, ...] = says("Fees less credits of the month, by currency.")
    payments: tuple[PaymentRow, ...] = says("What was paid, the newest first.")
    payable: tuple[Choice, ...] = says("Subscriptions for which a payment can be recorded.")
    form: PaymentForm = says("What was typed.")
    recorded: str = says("What the last payment led to, in words translated by the template; empty otherwise.")
    error: str = says("Why the last deed failed; empty otherwise.")


@dataclass(frozen=True)
class StandingRow:
    number: int = says("By which it is ended.")
    account: str = says("Who.")
    what: str = says("Licensor, or of the house; translated by the template.")
    licence: str = says("Of which text; empty for the house.")
    reason: str = says("What shows that this is so.")
    by: str = says("Who found it.")
    since: str = says("Day.")


@dataclass(frozen=True)
class DeliveryRow:
    when: str = says("To the second, in UTC.")
    provider: str = says("Who told it.")
    number: str = says("Its id.")
    kind: str = says("Type of the message.")
    outcome: Word = says("What it led to.")


@dataclass(frozen=True)
class AdminSellingPage:
    template: ClassVar[str] = "admin_selling.html"

    frame: Frame = says("What is around the page.")
    standings: tuple[StandingRow, ...] = says("Who was found to be what, the newest first.")
    licences: tuple[Choice, ...] = says("Licences to pick one of.")
    account: str = says("What was typed as the account.")
    reason: str = says("What was typed as the reason.")
    providers: tuple[tuple[str, str], ...] = says("Name of each payment provider and the address to which it sends.")
    deliveries: tuple[DeliveryRow, ...] = says("Messages of providers, the newest first.")
    error: str = says("Why the last deed failed; empty otherwise.")
