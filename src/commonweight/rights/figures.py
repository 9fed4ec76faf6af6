"""
Sizes by scope and time: users, visits and revenue.

A text may ask for one month (frozen), for any time until now (continuous: once above is above), or for now. What is
known may be a number or a bound, of the licensee, of the whole group or of a product; a part is a lower bound of its
whole, and so are months of their year.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from commonweight.rights.errors import QuestionError
from commonweight.rights.expression import Span
from commonweight.rights.question import Figure
from commonweight.rights.reader import Reader

SCOPES: Final = ("licensee", "group", "product")
FRESH_MONTHS: Final = 18  # yearly accounts close up to half a year after their year; older ones do not show today
MAX_FIGURES: Final = 500  # ten years by month, three scopes and some products
ANY: Final = "any"
CURRENT: Final = "current"
UNTIL_NOW: Final = "any_time"
NOW: Final = "now"
NOTHING_KNOWN: Final = Span(0.0, float("inf"))
#: The kinds of figures, and the name of the field that says for when each row is.
PERIOD_OF: Final = {"mau": "month", "dau": "month", "visits": "month", "revenue": "period", "monthly_revenue": "month"}
MONEY: Final = frozenset({"revenue", "monthly_revenue"})
_PERIOD: Final = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_YEAR_DIGITS: Final = 4
# A part is never larger than its whole: what bounds the part from below bounds the whole from below, and the reverse.
_PARTS: Final = {"group": ("group", "licensee", "product"), "licensee": ("licensee", "product"), "product": ("product",)}


def read_figures(entry: Reader, kind: str) -> tuple[Figure, ...]:
    """The rows of `organisation.<kind>`. Raises QuestionError, also for rows that cannot all be so."""
    figures = tuple(_figure(row, kind) for row in entry.each(MAX_FIGURES))
    if len(figures) < 2:
        return figures  # one row agrees with itself
    for currency in dict.fromkeys(figure.currency for figure in figures):
        rows = [figure for figure in figures if figure.currency == currency]
        for period in sorted({figure.period for figure in rows} - {CURRENT}):
            _refuse_contradictions(entry, rows, period)
    return figures


def _refuse_contradictions(entry: Reader, rows: Sequence[Figure], period: str) -> None:
    together = [row for row in rows if row.period in (period, ANY)]
    if len(period) == _YEAR_DIGITS:
        together += [row for row in _months_as_years(rows) if row.period == period]
    for scope in SCOPES:
        span = _bounds(together, scope)
        if span.low > span.high:
            came = f"{scope} figures for {period} that contradict each other"
            raise QuestionError(entry.path, came, "figures that can all be so", "Keep the one with the better source.")


def _figure(row: Reader, kind: str) -> Figure:
    given = row.given(_ROWS[kind])
    exact = "value" in given
    if exact == ("at_least" in given or "at_most" in given):
        raise row.refuse("either value, or at_least and at_most")
    low = given["value"] if exact else given.get("at_least", 0.0)
    high = low if exact else given.get("at_most", float("inf"))
    if low > high:
        raise row.refuse("at_least not above at_most")
    scope = given["scope"] if "scope" in given else row.at("scope").word(SCOPES)
    product = given.get("product", "")
    if product and scope != "product":
        raise row.at("product").refuse("a name of a product only with scope: product")
    currency = None if kind not in MONEY else given["currency"] if "currency" in given else _currency(row.at("currency"))
    return Figure(scope, given.get(PERIOD_OF[kind], CURRENT), low, high, currency, given.get("source", ""), product)


def _currency(entry: Reader) -> str:
    text = "" if entry.missing else entry.text().upper()
    if not _CURRENCY.fullmatch(text):
        raise entry.refuse("a currency code such as USD")
    return text


def _period(entry: Reader) -> str:
    text = str(entry.value)
    if text in (ANY, CURRENT) or _PERIOD.fullmatch(text):
        return text
    raise entry.refuse("a month such as 2023-06, a year such as 2025, 'current' or 'any'")


def _fields_of(kind: str) -> dict[str, Callable[[Reader], Any]]:
    """By what each field of a row is read."""
    return {
        "scope": lambda entry: entry.word(SCOPES),
        PERIOD_OF[kind]: _period,
        **dict.fromkeys(("value", "at_least", "at_most"), Reader.number),
        "currency": _currency if kind in MONEY else lambda _entry: None,
        **dict.fromkeys(("source", "product"), Reader.text),
    }


_ROWS: Final = {kind: _fields_of(kind) for kind in PERIOD_OF}


def rows_of(kind: str, figures: Mapping[str, tuple[Figure, ...]], currency: str) -> list[Figure]:
    """The rows that speak of one kind of figure, in one currency where it is money, months and years put together."""
    if kind not in MONEY:
        return list(figures.get(kind, ()))
    annual = [row for row in figures.get("revenue", ()) if row.currency == currency]
    monthly = [row for row in figures.get("monthly_revenue", ()) if row.currency == currency]
    monthly += [row for row in annual if _is_month(row.period)]
    if kind == "revenue":
        return [*(row for row in annual if not _is_month(row.period)), *_months_as_years(monthly)]
    return [*monthly, *(row._replace(low=row.low / 12) for row in annual if not _is_month(row.period))]


def _is_month(period: str) -> bool:
    return len(period) > _YEAR_DIGITS and period not in (ANY, CURRENT)


def _months_as_years(rows: Iterable[Figure]) -> Iterator[Figure]:
    """The months known of a year add up to a lower bound of it."""
    lows: dict[tuple[str, str, str, str | None], dict[str, float]] = {}
    for row in rows:
        if _is_month(row.period):
            months = lows.setdefault((row.scope, row.product, row.period[:_YEAR_DIGITS], row.currency), {})
            months[row.period] = max(months.get(row.period, 0.0), row.low)
    for (scope, product, year, currency), months in lows.items():
        yield Figure(scope, year, sum(months.values()), float("inf"), currency, "", product)


def span_at(rows: Sequence[Figure], scope: str, when: str, today: date, since: date | None) -> Span:
    """What the rows say of a figure: in one month (frozen), at any time until now (continuous), or now."""
    if when == UNTIL_NOW:
        return at_any_time(rows, scope, today, since)
    return at_present(rows, scope, today) if when == NOW else at_month(rows, scope, when)


def at_month(figures: Iterable[Figure], scope: str, month: str) -> Span:
    """What the figures say about one month (a frozen clock)."""
    return _bounds([row for row in figures if row.period in (month, ANY)], scope)


def at_present(figures: Sequence[Figure], scope: str, today: date) -> Span:
    """The newest figure that is recent enough to speak of today, within what always holds (a text in present tense)."""
    dated = sorted({row.period for row in figures if row.period not in (ANY, CURRENT)}, reverse=True)
    fresh = [period for period in dated if _is_fresh(period, today) and int(period[:_YEAR_DIGITS]) <= today.year]
    for period in (CURRENT, *fresh):
        span = _bounds([row for row in figures if row.period in (period, ANY)], scope)
        if any(row.period == period for row in figures) and span != NOTHING_KNOWN:
            return span
    return _bounds([row for row in figures if row.period == ANY], scope)


def at_any_time(figures: Iterable[Figure], scope: str, today: date, since: date | None) -> Span:
    """
    The largest figure from `since` until `today` (a continuous clock: once above is above).

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
    year = int(row.period[:_YEAR_DIGITS])
    return year <= today.year and (since is None or year >= since.year)


def _is_fresh(period: str, today: date) -> bool:
    if period == CURRENT:
        return True
    year, month = int(period[:_YEAR_DIGITS]), int(period[5:] or 12)
    return (today.year - year) * 12 + today.month - month <= FRESH_MONTHS


def _bounds(rows: Sequence[Figure], scope: str) -> Span:
    """The bounds for a scope from rows of one period. Named products add up; of a product, the largest is meant."""
    named = _by_product(rows)
    below = _PARTS[scope]
    low = max((row.low for row in rows if row.scope in below and not row.product), default=0.0)
    high = min((row.high for row in rows if scope in _PARTS[row.scope] and not row.product), default=float("inf"))
    if not named:
        return Span(low, high)
    lows, highs = [span.low for span in named.values()], [span.high for span in named.values()]
    if scope == "product":
        return Span(max(low, *lows), min(high, max(highs)))
    return Span(max(low, sum(lows)), high)


def _by_product(rows: Iterable[Figure]) -> dict[str, Span]:
    named: dict[str, Span] = {}
    for row in rows:
        if row.product:
            known = named.get(row.product, NOTHING_KNOWN)
            named[row.product] = Span(max(known.low, row.low), min(known.high, row.high))
    return named
