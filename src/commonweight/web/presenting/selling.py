"""Plans, subscriptions and statements in words and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commonweight.plans import (
    Event,
    Join,
    Plan,
    Shown,
    State,
    Subscription,
    decimal,
)
from commonweight.web.contexts import EventRow, PlanView, SubscriptionRow, Word
from commonweight.web.presenting.words import _, verdict_word

SUBSCRIPTIONS: Final = "/settings/subscriptions"
STATEMENTS: Final = "/settings/statements"
PLANS: Final = "/models/plans"
SALES: Final = "/settings/selling"
ADMIN_SELLING: Final = "/admin/selling"

JOIN_WORDS: Final = {
    Join.AUTOMATIC: Word("automatic", _("for everybody"), "good", "check", _("Everybody has it; nobody subscribes.")),
    Join.SELF: Word("self", _("subscribe"), "accent", "key", _("Whoever wants it subscribes, and it begins.")),
    Join.APPROVAL: Word("approval", _("by approval"), "ask", "lock", _("Whoever wants it asks; the publisher approves.")),
}
STATE_WORDS: Final = {
    State.REQUESTED: Word("requested", _("asked for"), "ask", "clock", _("Waits for the publisher.")),
    State.UNPAID: Word("unpaid", _("to be paid"), "ask", "clock", _("Begins when the first month is paid.")),
    State.ACTIVE: Word("active", _("active"), "good", "check", _("In force.")),
    State.LAPSED: Word("lapsed", _("lapsed"), "plain", "close", _("Its time has run out, or it was not paid.")),
    State.CANCELLED: Word("cancelled", _("cancelled"), "plain", "close", _("It was given up.")),
    State.REFUSED: Word("refused", _("refused"), "stop", "stop", _("The publisher said no.")),
}
EVENT_WORDS: Final = {
    "requested": _("Asked for"),
    "approved": _("Approved"),
    "refused": _("Refused"),
    "payment_awaited": _("Waits for the first payment"),
    "began": _("Began"),
    "change_planned": _("Another plan from the next month on"),
    "changed": _("Another plan"),
    "version_announced": _("A new version of the plan from the next month on"),
    "version_changed": _("Will begin with a new version of the plan"),
    "month_charged": _("A month was charged"),
    "cancel_planned": _("Ends with the month"),
    "cancelled": _("Cancelled"),
    "kept": _("What was planned is taken back"),
    "lapsed": _("Lapsed"),
    "paid": _("Paid"),
    "paid_back": _("Paid back"),
    "payment_failed": _("A payment failed"),
}


def money(micro: int, currency: str) -> str:
    """5000000 EUR -> "5.00 EUR"; what is smaller than a cent is shown to its last digit."""
    text = decimal(micro)
    whole, _mark, rest = text.partition(".")
    rest = rest.rstrip("0").ljust(2, "0")
    return f"{int(whole.lstrip('-') or 0):,}".join(("-" if text.startswith("-") else "", f".{rest} {currency}"))


def plan_view(plan: Plan, mine: str = "", *, may_subscribe: bool = False) -> PlanView:
    """`mine`: the address of the reader's own subscription to it."""
    terms = plan.terms
    can_be_had = plan.offered and terms.join is not Join.AUTOMATIC and not mine
    return PlanView(
        number=plan.id,
        full_name=plan.full_name,
        publisher=plan.publisher,
        title=plan.title,
        description=plan.description,
        version=plan.version,
        join=JOIN_WORDS[terms.join],
        fee=money(terms.monthly_fee, terms.currency) if terms.monthly_fee else "",
        facts=_facts(plan),
        models=(*terms.covered.names, *(f"#{tag}" for tag in terms.covered.tags)),
        verdicts=tuple(verdict_word(value) for value in terms.covered.verdicts),
        grant=f"{terms.grant.licence}: {terms.grant.terms}".rstrip(": ") if terms.grant else "",
        offered=plan.offered,
        mine=mine,
        may_subscribe=can_be_had and may_subscribe,
    )


def _facts(plan: Plan) -> tuple[tuple[str, str], ...]:
    terms, limits = plan.terms, plan.terms.limits
    found: list[tuple[str, str]] = []
    if terms.included_tokens is not None:
        found.append((_("Included tokens a month"), f"{terms.included_tokens:,}"))
    if terms.price is not None:
        price = terms.price
        found.append((_("A million tokens of prompts"), money(price.input, price.currency)))
        found.append((_("A million of them from a cache"), money(price.cached_input, price.currency)))
        found.append((_("A million tokens of answers"), money(price.output, price.currency)))
    bounds = (
        (_("Requests a minute"), limits.requests_per_minute),
        (_("Tokens a minute"), limits.tokens_per_minute),
        (_("Requests at once"), limits.concurrent_requests),
    )
    found += [(name, f"{bound:,}") for name, bound in bounds if bound is not None]
    if limits.weight != 1:
        found.append((_("Weight in the queue"), str(limits.weight)))
    return tuple(found)


def subscription_row(shown: Shown, *, may_answer: bool = False) -> SubscriptionRow:
    one: Subscription = shown.subscription
    return SubscriptionRow(
        number=one.id,
        href=f"{SUBSCRIPTIONS}/{one.id}",
        subscriber=shown.subscriber,
        plan=plan_view(shown.plan),
        state=STATE_WORDS[one.state],
        since=(one.began_at or one.requested_at).date().isoformat(),
        next_plan=shown.next_plan.title if shown.next_plan else "",
        ends=one.ends_at.date().isoformat() if one.ends_at and one.state is State.ACTIVE else "",
        may_answer=may_answer and one.state is State.REQUESTED,
    )


def event_row(event: Event) -> EventRow:
    return EventRow(
        when=event.at.strftime("%Y-%m-%d %H:%M UTC"),
        what=EVENT_WORDS.get(event.what, event.what),
        by=event.by,
        detail=_detail(event.detail),
    )


def _detail(detail: Mapping[str, Any]) -> str:
    currency = str(detail.get("currency", ""))
    parts = [str(detail[name]) for name in ("plan", "month", "reason") if detail.get(name)]
    parts += [money(int(detail[name]), currency) for name in ("fee", "credit", "amount") if detail.get(name)]
    return " · ".join(parts)
