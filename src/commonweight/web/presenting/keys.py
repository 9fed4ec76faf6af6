"""Keys as people read them, and what a person typed as a key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from commonweight.plans import MICRO, Budget, InvalidKey, Key, KeyTerms, KeyWish, Period
from commonweight.web.contexts import KeyForm, KeyRow
from commonweight.web.presenting.selling import money
from commonweight.web.presenting.words import _

TOKENS = "tokens"


def key_row(key: Key, plans: Mapping[int, str], uses: Mapping[int, str], now: datetime) -> KeyRow:
    terms, ends = key.terms, key.token.expires_at
    facts = [(_("Billed to"), key.payer), (_("Made on"), key.created_at.date().isoformat())]
    if terms.plan_id is not None:
        facts.append((_("Plan"), plans.get(terms.plan_id, str(terms.plan_id))))
    if terms.use_id is not None:
        facts.append((_("Use"), uses.get(terms.use_id, str(terms.use_id))))
    if ends is not None:
        facts.append((_("Until"), ends.strftime("%Y-%m-%d %H:%M UTC")))
    if terms.budget is not None:
        facts.append((_("Budget of a month") if terms.budget.period is Period.MONTH else _("Budget"), _budget(terms.budget)))
    if key.token.networks:
        facts.append((_("Only from"), ", ".join(map(str, key.token.networks))))
    return KeyRow(key.token.id, key.token.name, key.owner, tuple(facts), terms.models, ends is not None and ends <= now)


def _budget(budget: Budget) -> str:
    return f"{budget.amount:,} {TOKENS}" if budget.unit == TOKENS else money(budget.amount, budget.unit)


def wish_of(form: KeyForm, payers: Mapping[str, int]) -> KeyWish:
    """Raises InvalidKey."""
    terms = KeyTerms(
        payer_id=payers.get(form.payer),
        plan_id=_number(form.plan),
        use_id=_number(form.use),
        commercial=form.commercial,
        models=tuple(form.models.split()),
        budget=_budget_of(form),
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
