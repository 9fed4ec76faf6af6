"""Figures by month as bars, so that a line that is about to be crossed is seen and not read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from commonweight.web.contexts import MonthBar, MonthsView
from commonweight.web.presenting.figure_form import number_text
from commonweight.web.presenting.words import _

LEAST: Final = 3  # months; fewer say no more than the numbers
MOST: Final = 36  # months drawn, the newest; more become too thin to see
GAP: Final = 0.25  # of the place of a bar
_MONTH: Final = re.compile(r"\d{4}-\d{2}")
_TITLES: Final = {
    "mau": _("People per month"),
    "monthly_revenue": _("Revenue per month"),
    "dau": _("People per day"),
    "visits": _("Visits per month"),
}


def months_views(facts: Mapping[str, Any]) -> tuple[MonthsView, ...]:
    """One drawing for each kind of figure of the whole group that has exact numbers of enough months."""
    found = (_view(title, _by_month(facts.get(key) or ())) for key, title in _TITLES.items())
    return tuple(view for view in found if view is not None)


def _by_month(rows: Any) -> dict[str, float]:
    exact = [row for row in rows if row.get("scope") == "group" and isinstance(row.get("value"), int | float)]
    currency = exact[-1].get("currency") if exact else None  # sums of two currencies do not stand beside each other
    return {
        str(row.get("month")): float(row["value"])
        for row in exact
        if _MONTH.fullmatch(str(row.get("month"))) and row.get("currency") == currency
    }


def _view(title: str, months: Mapping[str, float]) -> MonthsView | None:
    shown = sorted(months)[-MOST:]
    if len(shown) < LEAST:
        return None
    most = max(months[month] for month in shown) or 1.0
    place = 100 / len(shown)
    bars = tuple(
        MonthBar(
            round(number * place + place * GAP / 2, 3), round(place * (1 - GAP), 3), round(100 * months[month] / most, 3),
            f"{month}: {number_text(months[month])}",
        )
        for number, month in enumerate(shown)
    )  # fmt: skip
    return MonthsView(title, bars, shown[0], shown[-1], number_text(most))
