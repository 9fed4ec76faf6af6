"""What a version of a plan promises, as a document (docs/plans.md), read with care and written back the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from commonweight.plans.errors import InvalidPlan
from commonweight.plans.values import Covered, Grant, Join, Limits, Price, Terms
from commonweight.rights import ACTS

MAX_NUMBER: Final = 10**15  # micro-units or tokens: a thousand million units a month; sums of millions of them fit 64 bits
MAX_WORDS: Final = 100  # of one list of a plan; a plan with more names wants a pattern or a tag
MAX_WORD: Final = 200  # characters of one of them; a name of a repository has at most 193
MAX_WEIGHT: Final = 1_000  # of a plan in the queue, against the default of 1

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_VERDICTS: Final = ("allowed", "allowed_with_duties", "needs_permission", "unclear", "unknown", "prohibited")
_TERMS: Final = frozenset(one.name for one in fields(Terms))


def read_terms(document: Mapping[str, Any]) -> Terms:
    """
    {"covered": {"names": ["ada/*"]}, "monthly_fee": 5000000, …} -> Terms. What is left out is its default.

    Raises InvalidPlan, which names the place.
    """
    _only(document, _TERMS, "a plan")
    price = document.get("price")
    grant = document.get("grant")
    currency = _currency(document.get("currency", "EUR"), "currency")
    terms = Terms(
        covered=_covered(_mapping(document.get("covered", {}), "covered")),
        join=_join(document.get("join", Join.SELF)),
        commercial=_flag(document.get("commercial", True), "commercial"),
        limits=_limits(_mapping(document.get("limits", {}), "limits")),
        included_tokens=_optional(document.get("included_tokens"), "included_tokens"),
        price=None if price is None else _price(_mapping(price, "price"), currency),
        currency=currency,
        monthly_fee=_number(document.get("monthly_fee", 0), "monthly_fee"),
        prepaid=_flag(document.get("prepaid", False), "prepaid"),
        grant=None if grant is None else _grant(_mapping(grant, "grant")),
    )
    _check_together(terms)
    return terms


def write_terms(terms: Terms) -> dict[str, Any]:
    """The inverse of `read_terms`, with every place."""
    price, grant = terms.price, terms.grant
    return {
        "covered": {one: list(getattr(terms.covered, one)) for one in ("names", "tags", "verdicts")},
        "join": terms.join.value,
        "commercial": terms.commercial,
        "limits": {one.name: getattr(terms.limits, one.name) for one in fields(Limits)},
        "included_tokens": terms.included_tokens,
        "price": None if price is None else {one: getattr(price, one) for one in ("input", "output", "cached_input")},
        "currency": terms.currency,
        "monthly_fee": terms.monthly_fee,
        "prepaid": terms.prepaid,
        "grant": None
        if grant is None
        else {"licence": grant.licence, "lifts": list(grant.lifts), "acts": list(grant.acts), "terms": grant.terms},
    }


def _check_together(terms: Terms) -> None:
    """Raises InvalidPlan for promises that contradict one another."""
    covered = terms.covered
    if not (covered.names or covered.tags or covered.verdicts):
        raise InvalidPlan("A plan names models: covered.names, covered.tags or covered.verdicts; all are empty.")
    if terms.join is Join.AUTOMATIC and (terms.monthly_fee or terms.price is not None or terms.grant is not None):
        hint = "Let people subscribe: join self or approval."
        raise InvalidPlan("An automatic plan has no fee, no price and no grant: nobody has agreed to it.", hint=hint)
    if terms.prepaid and not terms.monthly_fee:
        raise InvalidPlan("A plan without a monthly fee cannot be prepaid.")
    if terms.price is not None and terms.included_tokens is None:
        raise InvalidPlan(
            "A price is for what goes beyond the included tokens, and any number is included.",
            hint="Give included_tokens; 0 where every token is paid for.",
        )


def _covered(given: Mapping[str, Any]) -> Covered:
    _only(given, {"names", "tags", "verdicts"}, "covered")
    found = Covered(*(_words(given.get(one, ()), f"covered.{one}") for one in ("names", "tags", "verdicts")))
    for name in found.names:
        if name.count("/") != 1 or name.startswith("/") or name.endswith("/"):
            raise InvalidPlan(f"covered.names: {name!r} is no namespace/name; a pattern such as ada/* is one.")
    for verdict in found.verdicts:
        if verdict not in _VERDICTS:
            raise InvalidPlan(f"covered.verdicts: {verdict!r} is no verdict; expected one of {', '.join(_VERDICTS)}.")
    return found


def _limits(given: Mapping[str, Any]) -> Limits:
    _only(given, {one.name for one in fields(Limits)}, "limits")
    bounds = {name: _optional(given.get(name), f"limits.{name}") for name in given if name != "weight"}
    for name, bound in bounds.items():
        if bound == 0:
            raise InvalidPlan(f"limits.{name} is 0: nothing could be called.", hint="Leave it out for no limit.")
    weight = _number(given.get("weight", 1), "limits.weight")
    if not 1 <= weight <= MAX_WEIGHT:
        raise InvalidPlan(f"limits.weight is {weight}; expected 1 to {MAX_WEIGHT}.")
    return Limits(**bounds, weight=weight)


def _price(given: Mapping[str, Any], currency: str) -> Price:
    _only(given, {"input", "output", "cached_input"}, "price")
    amounts = {name: _number(given.get(name), f"price.{name}") for name in ("input", "output")}
    return Price(
        currency, **amounts, cached_input=_number(given.get("cached_input", amounts["input"]), "price.cached_input")
    )


def _grant(given: Mapping[str, Any]) -> Grant:
    _only(given, {"licence", "lifts", "acts", "terms"}, "grant")
    licence, terms = given.get("licence"), given.get("terms", "")
    if not isinstance(licence, str) or not licence or len(licence) > MAX_WORD:
        raise InvalidPlan(f"grant.licence is {licence!r}; expected the key or a name of a licence.")
    if not isinstance(terms, str) or len(terms) > 2_000:
        raise InvalidPlan("grant.terms: a text of at most 2,000 characters was expected.")
    acts = _words(given.get("acts", ()), "grant.acts")
    for act in acts:
        if act not in ACTS:
            raise InvalidPlan(f"grant.acts: {act!r} is no act; expected some of {', '.join(ACTS)}.")
    return Grant(licence, _words(given.get("lifts", ()), "grant.lifts"), acts, terms)


def _join(given: Any) -> Join:
    if given not in [one.value for one in Join]:
        raise InvalidPlan(f"join is {given!r}; expected one of {', '.join(Join)}.")
    return Join(given)


def _currency(given: Any, place: str) -> str:
    if not isinstance(given, str) or not _CURRENCY.fullmatch(given):
        raise InvalidPlan(f"{place} is {given!r}; expected three capitals of ISO 4217, such as EUR.")
    return given


def _number(given: Any, place: str) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= MAX_NUMBER:
        raise InvalidPlan(f"{place} is {given!r}; expected a whole number from 0 to {MAX_NUMBER:,}.")
    return given


def _optional(given: Any, place: str) -> int | None:
    return None if given is None else _number(given, place)


def _flag(given: Any, place: str) -> bool:
    if not isinstance(given, bool):
        raise InvalidPlan(f"{place} is {given!r}; expected true or false.")
    return given


def _words(given: Any, place: str) -> tuple[str, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) > MAX_WORDS:
        raise InvalidPlan(f"{place}: a list of at most {MAX_WORDS} words was expected.")
    for word in given:
        if not isinstance(word, str) or not word or len(word) > MAX_WORD or "\0" in word:
            raise InvalidPlan(f"{place}: {word!r:.60} is no word of at most {MAX_WORD} characters.")
    return tuple(given)


def _mapping(given: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidPlan(f"{place} is {given!r:.60}; expected an object.")
    return given


def _only(given: Mapping[str, Any], known: set[str] | frozenset[str], place: str) -> None:
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise InvalidPlan(f"{place} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
