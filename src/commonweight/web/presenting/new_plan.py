"""The form of a plan: what its publisher types, and the terms that follow."""

from __future__ import annotations

from typing import Any, Final

from commonweight.plans import MICRO, Grant, InvalidPlan, Join, Plan, PlanEdit, decimal
from commonweight.rights import VALUES
from commonweight.web.contexts import Choice, PlanField, PlanGroup
from commonweight.web.presenting.words import VERDICT_WORDS, _
from commonweight.web.visits import Form

#: Groups in the order in which they are asked; of each field its name, question, hint and kind.
GROUPS: Final = (
    (_("What it is called"), (
        ("name", _("Name in addresses"), _("Small letters, digits and hyphens; the same again changes that plan."), "text"),
        ("title", _("Title"), "", "text"),
        ("description", _("Description"), "", "long"),
    )),
    (_("Which models"), (
        ("names", _("Models"), _("Names or patterns such as acme/*, separated by spaces."), "text"),
        ("tags", _("Tags"), _("Of their cards; a model needs all of them."), "text"),
    )),
    (_("What it costs"), (
        ("currency", _("Currency"), _("Three capitals, such as EUR."), "short"),
        ("monthly_fee", _("Monthly fee"), _("Empty: free."), "amount"),
        ("included_tokens", _("Included tokens a month"), _("Empty: any number."), "number"),
        ("input", _("A million tokens of prompts"),
         _("What goes beyond the included ones costs; empty: nothing goes beyond."), "amount"),
        ("cached_input", _("A million of them from a cache"), _("Empty: as other tokens of prompts."), "amount"),
        ("output", _("A million tokens of answers"), "", "amount"),
    )),
    (_("How much at once"), (
        ("requests_per_minute", _("Requests a minute"), _("Empty: no limit."), "number"),
        ("tokens_per_minute", _("Tokens a minute"), _("Empty: no limit."), "number"),
        ("concurrent_requests", _("Requests at once"), _("Empty: no limit."), "number"),
        ("weight", _("Weight in the queue"), _("1 to 1000; empty: 1."), "number"),
    )),
)  # fmt: skip
_LIMITS: Final = ("requests_per_minute", "tokens_per_minute", "concurrent_requests", "weight")
MAX_DIGITS: Final = 12  # of the whole part of an amount; more is refused by the plan anyway


def plan_groups(form: Form) -> tuple[PlanGroup, ...]:
    return tuple(
        PlanGroup(
            title, tuple(PlanField(name, question, hint, kind, form.one(name)) for name, question, hint, kind in fields)
        )
        for title, fields in GROUPS
    )


def verdict_choices(picked: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(value, VERDICT_WORDS[value].text, "", value in picked) for value in VALUES if value in VERDICT_WORDS)


def form_of(plan: Plan) -> Form:
    """A plan as its publisher would have typed it."""
    terms, price, limits = plan.terms, plan.terms.price, plan.terms.limits
    found: dict[str, Any] = {"publisher": plan.publisher, "name": plan.name, "title": plan.title}
    found |= {"description": plan.description, "names": " ".join(terms.covered.names), "tags": " ".join(terms.covered.tags)}
    found |= {"included_tokens": terms.included_tokens, **{name: getattr(limits, name) for name in _LIMITS}}
    found["currency"] = terms.currency
    if terms.monthly_fee:
        found["monthly_fee"] = decimal(terms.monthly_fee)
    if price is not None:
        found |= {name: decimal(getattr(price, name)) for name in ("input", "cached_input", "output")}
    found |= {"join": terms.join.value, "use": "commercial" if terms.commercial else "other"}
    found |= {"prepaid": "yes" if terms.prepaid else None}
    values = {name: (str(value),) for name, value in found.items() if value is not None}
    return Form(values | {"verdict": terms.covered.verdicts} | _typed_grant(terms.grant))


def _typed_grant(grant: Grant | None) -> dict[str, tuple[str, ...]]:
    if grant is None:
        return {}
    return {"licence": (grant.licence,), "clause": grant.lifts, "act": grant.acts, "permits": (grant.terms,)}


def edit_of(form: Form) -> PlanEdit:
    """What the form asks for. Raises InvalidPlan."""
    terms: dict[str, Any] = {
        "covered": {
            "names": form.one("names").split(), "tags": form.one("tags").split(), "verdicts": list(form.many("verdict"))
        },
        "join": form.one("join") or Join.SELF.value,
        "commercial": form.one("use") != "other",
        "limits": {name: _whole(form.one(name), name) for name in _LIMITS if form.one(name)},
        "currency": form.one("currency") or "EUR",
        "monthly_fee": micro_of(form.one("monthly_fee"), "monthly_fee") or 0,
        "prepaid": form.one("prepaid") == "yes",
    }  # fmt: skip
    if form.one("included_tokens"):
        terms["included_tokens"] = _whole(form.one("included_tokens"), "included_tokens")
    if form.one("input") or form.one("output"):
        prices = {name: micro_of(form.one(name), name) for name in ("input", "output", "cached_input")}
        terms["price"] = {name: amount for name, amount in prices.items() if amount is not None}
    if form.one("licence"):
        terms["grant"] = {
            "licence": form.one("licence"),
            "lifts": list(form.many("clause")),
            "acts": list(form.many("act")),
            "terms": form.one("permits"),
        }
    return PlanEdit(form.one("name"), form.one("title"), form.one("description"), terms, form.one("move") == "yes")


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
