"""What is sold, owed and paid, in words and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from commonweight.plans import AccountStanding, ManualPayment, Message, Owed, Payment, Shown, State, Statement
from commonweight.web.contexts import (
    Choice,
    DeliveryRow,
    ModelSum,
    OwedView,
    PaymentForm,
    PaymentRow,
    StandingRow,
    SubscriberRow,
    Word,
)
from commonweight.web.presenting.new_plan import micro_of
from commonweight.web.presenting.selling import SUBSCRIPTIONS, money, subscription_row
from commonweight.web.presenting.words import _

OWED_WORDS: Final = {
    "paid": Word("paid", _("paid"), "good", "check", _("Nothing is open.")),
    "open": Word("open", _("not due yet"), "plain", "clock", _("It has come to this until now and is not late yet.")),
    "late": Word("late", _("late"), "stop", "flag", _("Of months that ended 30 days ago or longer.")),
    "awaited": Word("awaited", _("to be paid first"), "ask", "clock", _("It begins when this has come.")),
}
STANDING_WORDS: Final = {"licensor": _("licensor of"), "house": _("of the house")}
RECORDED_WORDS: Final = {
    "recorded": _("The payment is recorded."),
    "began": _("The payment is recorded, and the subscription has begun."),
    "already": _("This reference was recorded before; nothing was changed."),
}
_UNKNOWN: Final = Word(
    "unknown_subscription", _("not acted on: no such subscription"), "stop", "flag", _("Somebody has to look.")
)
OUTCOME_WORDS: Final = {
    "recorded": Word("recorded", _("recorded"), "good", "check", ""),
    "began": Word("began", _("recorded; the subscription began"), "good", "check", ""),
    "lapsed": Word("lapsed", _("the subscription lapsed"), "ask", "close", ""),
    "noted": Word("noted", _("noted"), "plain", "info", ""),
    "unknown_subscription": _UNKNOWN,
}  # fmt: skip


def owed_view(owed: Owed) -> OwedView:
    amount = {"awaited": owed.awaited, "late": owed.late, "open": owed.open}.get(owed.standing, 0)
    return OwedView(OWED_WORDS[owed.standing], money(amount, owed.currency) if amount else "")


def subscriber_row(shown: Shown, owed: Sequence[Owed]) -> SubscriberRow:
    one = shown.subscription
    return SubscriberRow(
        row=subscription_row(shown, may_answer=True),
        owed=tuple(owed_view(each) for each in owed if each.charged or each.paid or each.awaited),
        asked=one.requested_at.date().isoformat(),
    )


def payable(subscribers: Sequence[Shown], picked: str) -> tuple[Choice, ...]:
    """What was refused was never owed."""
    return tuple(
        Choice(str(one.subscription.id), f"{one.subscriber} · {one.plan.title}", one.plan.terms.currency,
               str(one.subscription.id) == picked)
        for one in subscribers
        if one.subscription.state not in (State.REFUSED, State.REQUESTED)
    )  # fmt: skip


def model_sums(statement: Statement) -> tuple[ModelSum, ...]:
    """Of each model, what was used; who earned most comes first."""
    found = []
    for model, lines in statement.by_model.items():
        earned: dict[str, int] = {}
        for line in lines:
            if line.currency:
                earned[line.currency] = earned.get(line.currency, 0) + line.cost
        tokens = sum(line.prompt_tokens + line.completion_tokens for line in lines)
        engine = sum(line.engine_micros for line in lines)
        amounts = tuple(money(amount, currency) for currency, amount in sorted(earned.items()))
        requests = f"{sum(line.requests for line in lines):,}"
        row = ModelSum(model, f"/{model}", requests, f"{tokens:,}", amounts, f"{engine / 1e6:,.1f}")
        found.append((sum(earned.values()), tokens, row))
    return tuple(row for _earned, _tokens, row in sorted(found, key=lambda one: one[:2], reverse=True))


def fees_of(statement: Statement) -> tuple[str, ...]:
    """Fees less credits, by currency."""
    found: dict[str, int] = {}
    for line in statement.money:
        if line.kind != "payment":
            found[line.currency] = found.get(line.currency, 0) + line.amount
    return tuple(money(amount, currency) for currency, amount in sorted(found.items()))


def payment_row(payment: Payment, shown: Mapping[int, Shown]) -> PaymentRow:
    one = shown.get(payment.subscription_id)
    return PaymentRow(
        when=payment.at.date().isoformat(),
        payer=one.subscriber if one else "",
        plan=one.plan.full_name if one else "",
        href=f"{SUBSCRIPTIONS}/{payment.subscription_id}",
        provider=payment.provider,
        note=payment.note,
        amount=money(payment.amount, payment.currency),
    )


def payment_of(form: PaymentForm, subscribers: Sequence[Shown]) -> ManualPayment:
    """In the currency of the subscription's plan. Raises InvalidPlan."""
    one = next((each for each in subscribers if str(each.subscription.id) == form.subscription), None)
    amount = micro_of(form.amount, "amount") or 0
    currency = one.plan.terms.currency if one else ""
    number = one.subscription.id if one else 0
    return ManualPayment(number, -amount if form.way == "back" else amount, currency, form.reference)


def standing_row(one: AccountStanding) -> StandingRow:
    words = STANDING_WORDS[one.standing]
    return StandingRow(one.id, one.account, words, one.licence, one.reason, one.by, one.at.date().isoformat())


def delivery_row(one: Message) -> DeliveryRow:
    outcome = OUTCOME_WORDS.get(one.outcome) or Word(one.outcome, one.outcome, "plain", "info", "")
    return DeliveryRow(one.received_at.strftime("%Y-%m-%d %H:%M:%S"), one.provider, one.id, one.kind, outcome)
