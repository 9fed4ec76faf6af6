"""Figures by whose and when, as rows of a form and back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.web.contexts import FigureRow
from commonweight.web.visits import Form

MAX_ROWS: Final = 36  # of one figure in a form: three years of months
_PERIOD_OF: Final = {"mau": "month", "dau": "month", "visits": "month", "revenue": "period", "monthly_revenue": "month"}
MONEY: Final = frozenset({"revenue", "monthly_revenue"})
BETWEEN: Final = "between"
_FIELDS: Final = ("scope", "product", "period", "bound", "amount", "currency", "source")
_DASH: Final = re.compile(r"\s*(?:–|—|\.\.|-)\s*")
_SPACES: Final = re.compile(r"[\s,_'’$€£]")
DEFAULT_CURRENCY: Final = "USD"  # what nearly all texts name
EMPTY: Final = {"scope": "group", "product": "", "period": "", "bound": "value", "amount": "", "currency": "", "source": ""}


def figure_rows(key: str, value: Any) -> tuple[tuple[FigureRow, ...], int]:
    """The rows shown, with one to fill in, and how many more there are."""
    given = [row for row in value or () if isinstance(row, Mapping)]
    shown = [_row(key, row) for row in given[:MAX_ROWS]]
    if len(given) < MAX_ROWS:
        currency = shown[-1].currency if shown else DEFAULT_CURRENCY
        shown.append(FigureRow(**{**EMPTY, "currency": currency if key in MONEY else ""}))
    return tuple(shown), max(0, len(given) - MAX_ROWS)


def _row(key: str, row: Mapping[str, Any]) -> FigureRow:
    low, high = row.get("at_least"), row.get("at_most")
    if "value" in row:
        bound, amount = "value", number_text(row["value"])
    elif low is not None and high is not None:
        bound, amount = BETWEEN, f"{number_text(low)} – {number_text(high)}"
    else:
        bound, amount = ("at_least", number_text(low)) if low is not None else ("at_most", number_text(high))
    return FigureRow(
        scope=str(row.get("scope", "group")),
        product=str(row.get("product", "")),
        period=str(row.get(_PERIOD_OF[key], "")),
        bound=bound,
        amount=amount,
        currency=str(row.get("currency", "")),
        source=str(row.get("source", "")),
    )


def figures_in(key: str, name: str, form: Form, before: Any) -> list[dict[str, Any]] | None:
    """
    The figures that a form gives, and those that it did not show. What is no number stays text: rights says what it
    expected. None where there are none.
    """
    columns = [form.values.get(f"{name}.{field}", ()) for field in _FIELDS]
    rows = [dict(zip(_FIELDS, cells, strict=True)) for cells in zip(*columns, strict=False)]
    given = [_figure(key, {field: text.strip() for field, text in row.items()}) for row in rows]
    hidden = [dict(row) for row in (before or ())[MAX_ROWS:] if isinstance(row, Mapping)]
    return [*(row for row in given if row is not None), *hidden] or None


def _figure(key: str, row: Mapping[str, str]) -> dict[str, Any] | None:
    if not row["amount"]:
        return None
    figure: dict[str, Any] = {"scope": row["scope"] or "group", **_amount(row["bound"], row["amount"])}
    if row["period"]:
        figure[_PERIOD_OF[key]] = row["period"]
    if key in MONEY:
        figure["currency"] = row["currency"].upper() or DEFAULT_CURRENCY
    return figure | {name: row[name] for name in ("product", "source") if row[name]}


def _amount(bound: str, text: str) -> dict[str, Any]:
    if bound == BETWEEN:
        ends: Sequence[str] = _DASH.split(text, maxsplit=1)
        return {"at_least": number(ends[0]), "at_most": number(ends[-1])}
    return {bound if bound in ("at_least", "at_most") else "value": number(text)}


def number_text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"


def number(text: str) -> int | float | str:
    """ "1,200,000" -> 1200000; what is no number stays as it came."""
    plain = _SPACES.sub("", text)
    try:
        return int(plain)
    except ValueError:
        pass
    try:
        return float(plain)
    except ValueError:
        return text.strip()
