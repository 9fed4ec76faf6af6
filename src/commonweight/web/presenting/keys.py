"""Keys as people read them, and what a person typed as a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from commonweight.plans import MICRO, Budget, InvalidKey, Key, KeyTerms, KeyWish, Period, Used, decimal
from commonweight.web.contexts import BudgetBar, KeyForm, KeyRow
from commonweight.web.presenting.selling import money
from commonweight.web.presenting.words import _

TOKENS = "tokens"
NEARLY_GONE = 90.0  # of 100: from there on a budget wears another colour


@dataclass(frozen=True)
class Reader:
    """Who looks, and when."""

    account_id: int
    now: datetime


def key_row(key: Key, used: Used, plans: Mapping[int, str], uses: Mapping[int, str], reader: Reader) -> KeyRow:
    ends = key.token.expires_at
    return KeyRow(
        number=key.token.id,
        name=key.token.name,
        owner=key.owner,
        is_mine=key.owner_id == reader.account_id,
        facts=_facts(key, plans, uses),
        models=key.terms.models,
        is_expired=ends is not None and ends <= reader.now,
        is_signed=key.terms.signed,
        last_used=used.last.strftime("%Y-%m-%d %H:%M UTC") if used.last else "",
        requests=f"{used.requests:,}",
        tokens=f"{used.tokens:,}",
        budget=budget_bar(key.terms.budget, used.spent) if key.terms.budget else None,
    )


def _facts(key: Key, plans: Mapping[int, str], uses: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    terms, ends = key.terms, key.token.expires_at
    facts = [(_("Billed to"), key.payer)]
    if terms.plan_id is not None:
        facts.append((_("Plan"), plans.get(terms.plan_id, str(terms.plan_id))))
    if terms.use_id is not None:
        facts.append((_("Use"), uses.get(terms.use_id, str(terms.use_id))))
    if ends is not None:
        facts.append((_("Until"), ends.strftime("%Y-%m-%d %H:%M UTC")))
    if key.token.networks:
        facts.append((_("Only from"), ", ".join(map(str, key.token.networks))))
    return (*facts, (_("Made on"), key.created_at.date().isoformat()))


def budget_bar(budget: Budget, spent: int) -> BudgetBar:
    """How much is gone; nearly gone is a tenth left."""
    share = min(100.0, round(100 * spent / budget.amount, 2))
    tone = "stop" if spent >= budget.amount else "ask" if share >= NEARLY_GONE else "good"
    gone = f"{spent:,}" if budget.unit == TOKENS else money(spent, budget.unit).partition(" ")[0]
    return BudgetBar(share, gone, _budget(budget), budget.period is Period.MONTH, tone)


def _budget(budget: Budget) -> str:
    return f"{budget.amount:,} {TOKENS}" if budget.unit == TOKENS else money(budget.amount, budget.unit)


def form_of_key(key: Key) -> KeyForm:
    """A key as its owner would have typed it."""
    terms, budget, ends = key.terms, key.terms.budget, key.token.expires_at
    amount = "" if budget is None else str(budget.amount) if budget.unit == TOKENS else decimal(budget.amount)
    return KeyForm(
        name=key.token.name,
        payer=key.payer,
        plan=str(terms.plan_id or ""),
        use=str(terms.use_id or ""),
        models=" ".join(terms.models),
        expires=(ends - timedelta(seconds=1)).date().isoformat() if ends else "",
        budget=amount,
        unit=budget.unit if budget else TOKENS,
        period=budget.period.value if budget else Period.MONTH.value,
        networks=" ".join(map(str, key.token.networks)),
        commercial=terms.commercial,
        signed=terms.signed,
    )


def wish_of(form: KeyForm, payers: Mapping[str, int]) -> KeyWish:
    """Raises InvalidKey."""
    terms = KeyTerms(
        payer_id=payers.get(form.payer),
        plan_id=_number(form.plan),
        use_id=_number(form.use),
        commercial=form.commercial,
        models=tuple(form.models.split()),
        budget=_budget_of(form),
        signed=form.signed,
    )
    return KeyWish(form.name, terms, expires_at=_end_of(form.expires), networks=tuple(form.networks.split()))


def _number(text: str) -> int | None:
    """Raises InvalidKey."""
    if not text:
        return None
    if not _digits(text):
        raise InvalidKey(f"{text!r:.40} is no number.")
    return int(text)


def _digits(text: str) -> bool:
    """Of a number that 63 bits hold."""
    return text.isascii() and text.isdecimal() and len(text) < 19


def _budget_of(form: KeyForm) -> Budget | None:
    if not form.budget:
        return None
    unit = TOKENS if form.unit.lower() == TOKENS else form.unit.upper()
    whole, mark, rest = form.budget.replace(",", "").partition(".")
    if not (whole.isascii() and whole.isdecimal()) or (
        mark and not (rest.isascii() and rest.isdecimal() and len(rest) <= 6)
    ):
        raise InvalidKey(f"{form.budget!r:.40} is no amount; expected one such as 500000 or 12.50.")
    amount = int(whole) if unit == TOKENS else int(whole) * MICRO + int(rest.ljust(6, "0") or 0)
    return Budget(unit, amount, Period.TOTAL if form.period == "total" else Period.MONTH)


def _end_of(day: str) -> datetime | None:
    """The end of a day, UTC. Raises InvalidKey."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError):
        raise InvalidKey(f"{day!r:.40} is no day; expected one such as 2027-01-31.") from None
