"""
Sizes by scope and time: monthly active users and revenue.

A text may ask for one month (frozen), or for any time until now (continuous). What is known may be a number or a
bound, of the licensee, of the whole group or of a product; a part is a lower bound of its whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from commonweight.rights.errors import QuestionError
from commonweight.rights.expression import Span
from commonweight.rights.question import Figure
from commonweight.rights.reader import Reader

SCOPES: Final = ("licensee", "group", "product")
FRESH_MONTHS: Final = 18  # yearly accounts close up to half a year after their year; older ones do not show today
MAX_FIGURES: Final = 500  # ten years by month, three scopes and some products
ANY: Final = "any"
CURRENT: Final = "current"
NOTHING_KNOWN: Final = Span(0.0, float("inf"))
_PERIOD: Final = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?")
# A part is never larger than its whole: what bounds the part from below bounds the whole from below, and the reverse.
_PARTS: Final = {"group": ("group", "licensee", "product"), "licensee": ("licensee", "product"), "product": ("product",)}


def read_figures(entry: Reader, period_field: str) -> tuple[Figure, ...]:
    """The rows of `organisation.mau` or `.revenue`. Raises QuestionError, also for rows that contradict each other."""
    figures = tuple(_figure(row, period_field) for row in entry.each(MAX_FIGURES))
    for figure in figures:
        same = [other for other in figures if (other.scope, other.period) == (figure.scope, figure.period)]
        low, high = max(other.low for other in same), min(other.high for other in same)
        if low > high and len({other.currency for other in same}) == 1:
            came = f"{figure.scope} figures for {figure.period} that contradict each other"
            raise QuestionError(entry.path, came, "figures that can all be so", "Keep the one with the better source.")
    return figures


def _figure(row: Reader, period_field: str) -> Figure:
    row.fields(("scope", period_field, "value", "at_least", "at_most", "currency", "source"))
    exact = row.has("value")
    if exact == (row.has("at_least") or row.has("at_most")):
        raise row.refuse("either value, or at_least and at_most")
    low = row.at("value" if exact else "at_least")
    high = row.at("value" if exact else "at_most")
    bounds = (0.0 if low.missing else low.number(), float("inf") if high.missing else high.number())
    if bounds[0] > bounds[1]:
        raise row.refuse("at_least not above at_most")
    currency = None if row.at("currency").missing else row.at("currency").text().upper()
    if period_field == "period" and currency is None:
        raise row.at("currency").refuse("a currency code such as USD")
    scope = row.at("scope").word(SCOPES)
    return Figure(scope, _period(row.at(period_field)), *bounds, currency, row.at("source").text_or(""))


def _period(entry: Reader) -> str:
    if entry.missing:
        return CURRENT
    text = str(entry.value)
    if text in (ANY, CURRENT) or _PERIOD.fullmatch(text):
        return text
    raise entry.refuse("a month such as 2023-06, a year such as 2025, 'current' or 'any'")


def at_month(figures: Iterable[Figure], scope: str, month: str) -> Span:
    """What the figures say about one month (a frozen clock)."""
    return _bounds([row for row in figures if row.period in (month, ANY)], scope)


def at_any_time(figures: Iterable[Figure], scope: str, today: date, since: date | None) -> Span:
    """
    The largest yearly or current figure from `since` until `today` (a continuous clock: once above is above).

    The upper bound holds only where a figure is recent enough to speak of today.
    """
    periods: dict[str, list[Figure]] = {}
    for row in figures:
        if row.period in (ANY, CURRENT) or _counts(row, since, today):
            periods.setdefault(row.period, []).append(row)
    spans = {period: _bounds(rows, scope) for period, rows in periods.items()}
    low = max((span.low for span in spans.values()), default=0.0)
    always = spans.pop(ANY, NOTHING_KNOWN).high
    recent = [span.high for period, span in spans.items() if span.high < float("inf") and _is_fresh(period, today)]
    return Span(low, max(low, min(always, max(recent, default=float("inf")))))


def _counts(row: Figure, since: date | None, today: date) -> bool:
    year = int(row.period[:4])
    return year <= today.year and (since is None or year >= since.year)


def _is_fresh(period: str, today: date) -> bool:
    if period == CURRENT:
        return True
    year, month = int(period[:4]), int(period[5:] or 12)
    return (today.year - year) * 12 + today.month - month <= FRESH_MONTHS


def _bounds(rows: list[Figure], scope: str) -> Span:
    below = _PARTS[scope]
    low = max((row.low for row in rows if row.scope in below), default=0.0)
    high = min((row.high for row in rows if scope in _PARTS[row.scope]), default=float("inf"))
    return Span(low, high)
