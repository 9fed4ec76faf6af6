"""Until when a verdict holds by itself: what lapses or begins, and figures that get old."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any, Final

from commonweight.policy.asking import Asked
from commonweight.policy.library import ShapeTerms

FIGURES: Final = ("mau", "dau", "visits", "revenue", "monthly_revenue")


def good_until(asked: Asked, terms: ShapeTerms, root: str, nodes: Collection[str], today: date) -> date | None:
    """
    The last day on which the verdict is what it is today; None where no day changes it.

    Figures count by the month, so one that rests on them is looked at again when a month begins.
    """
    if "date" in asked.use:
        return None
    days = list(asked.boundaries(terms.licences, root, nodes, today))
    if _has_figures(asked.organisation) and any(f"organisation.{kind}" in terms.asked for kind in FIGURES):
        days.append(last_of_month(today))
    return min(days, default=None)


def last_of_month(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - timedelta(days=1)


def _has_figures(organisation: Mapping[str, Any]) -> bool:
    return any(organisation.get(kind) for kind in FIGURES)
