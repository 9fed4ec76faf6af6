"""The form of a plan: what its publisher types, and the terms that follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commonweight.plans import MICRO, InvalidPlan, Join, Plan, PlanEdit, decimal
from commonweight.web.contexts import PlanField
from commonweight.web.presenting.words import _

#: Name, question, hint and kind of each field, in the order in which they are asked.
FIELDS: Final = (
    ("name", _("Name in addresses"), _("Small letters, digits and hyphens; the same again changes that plan."), "text"),
    ("title", _("Title"), "", "text"),
    ("description", _("Description"), "", "text"),
    ("names", _("Models"), _("Names or patterns such as acme/*, separated by spaces."), "text"),
    ("tags", _("Tags"), _("Of their cards; a model needs all of them."), "text"),
    ("currency", _("Currency"), _("Three capitals, such as EUR."), "text"),
    ("monthly_fee", _("Monthly fee"), _("Empty: free."), "amount"),
    ("included_tokens", _("Included tokens a month"), _("Empty: any number."), "number"),
    ("input", _("A million tokens of prompts"),
     _("What goes beyond the included ones costs; empty: nothing goes beyond."), "amount"),
    ("cached_input", _("A million of them from a cache"), _("Empty: as other tokens of prompts."), "amount"),
    ("output", _("A million tokens of answers"), "", "amount"),
    ("requests_per_minute", _("Requests a minute"), _("Empty: no limit."), "number"),
    ("tokens_per_minute", _("Tokens a minute"), _("Empty: no limit."), "number"),
    ("concurrent_requests", _("Requests at once"), _("Empty: no limit."), "number"),
    ("weight", _("Weight in the queue"), _("1 to 1000; empty: 1."), "number"),
)  # fmt: skip
_LIMITS: Final = ("requests_per_minute", "tokens_per_minute", "concurrent_requests", "weight")
MAX_DIGITS: Final = 12  # of the whole part of an amount; more is refused by the plan anyway


def plan_fields(typed: Mapping[str, str]) -> tuple[PlanField, ...]:
    return tuple(PlanField(name, question, hint, kind, typed.get(name, "")) for name, question, hint, kind in FIELDS)


def typed_of(plan: Plan) -> dict[str, str]:
    """A plan as its publisher would have typed it."""
    terms, price, limits = plan.terms, plan.terms.price, plan.terms.limits
    found: dict[str, Any] = {"name": plan.name, "title": plan.title, "description": plan.description}
    found |= {"names": " ".join(terms.covered.names), "tags": " ".join(terms.covered.tags), "currency": terms.currency}
    found |= {"included_tokens": terms.included_tokens, **{name: getattr(limits, name) for name in _LIMITS}}
    if terms.monthly_fee:
        found["monthly_fee"] = decimal(terms.monthly_fee)
    if price is not None:
        found |= {name: decimal(getattr(price, name)) for name in ("input", "cached_input", "output")}
    found |= {"join": terms.join.value, "use": "commercial" if terms.commercial else "other"}
    found |= {"prepaid": "yes" if terms.prepaid else ""}
    return {name: str(value) for name, value in found.items() if value is not None}


def edit_of(typed: Mapping[str, str], before: Plan | None) -> PlanEdit:
    """
    What the form asks for. What it has no field for (a grant, verdicts) stays as `before` has it. Raises InvalidPlan.
    """
    given = {name: text.strip() for name, text in typed.items()}
    terms: dict[str, Any] = {
        "covered": {"names": given.get("names", "").split(), "tags": given.get("tags", "").split()},
        "join": given.get("join") or Join.SELF.value,
        "commercial": given.get("use") != "other",
        "limits": {name: _whole(given[name], name) for name in _LIMITS if given.get(name)},
        "currency": given.get("currency") or "EUR",
        "monthly_fee": micro_of(given.get("monthly_fee", ""), "monthly_fee") or 0,
        "prepaid": given.get("prepaid") == "yes",
    }
    if given.get("included_tokens"):
        terms["included_tokens"] = _whole(given["included_tokens"], "included_tokens")
    if given.get("input") or given.get("output"):
        prices = {name: micro_of(given.get(name, ""), name) for name in ("input", "output", "cached_input")}
        terms["price"] = {name: amount for name, amount in prices.items() if amount is not None}
    if before is not None:
        terms["covered"]["verdicts"] = list(before.terms.covered.verdicts)
        grant = before.terms.grant
        if grant is not None:
            terms["grant"] = {"licence": grant.licence, "lifts": grant.lifts, "acts": grant.acts, "terms": grant.terms}
    return PlanEdit(
        given.get("name", ""), given.get("title", ""), given.get("description", ""), terms, given.get("move") == "yes"
    )


def micro_of(text: str, place: str) -> int | None:
    """ "12.50" -> 12_500_000; None where nothing was typed. Raises InvalidPlan."""
    if not text:
        return None
    whole, mark, rest = text.replace(",", "").partition(".")
    fits = _digits(whole) and len(whole) <= MAX_DIGITS and (not mark or (_digits(rest) and len(rest) <= 6))
    if not fits:
        raise InvalidPlan(f"{place}: {text!r:.40} is no amount; expected one such as 12.50.")
    return int(whole) * MICRO + int(rest.ljust(6, "0") or 0)


def _whole(text: str, place: str) -> int:
    plain = text.replace(",", "")
    if not _digits(plain) or len(plain) > 18:
        raise InvalidPlan(f"{place}: {text!r:.40} is no whole number.")
    return int(plain)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()
