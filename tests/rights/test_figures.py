"""Sizes by scope and time: what a figure says about another scope and another time."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from commonweight.rights.errors import QuestionError
from commonweight.rights.expression import Span
from commonweight.rights.figures import MAX_FIGURES, at_any_time, at_month, read_figures, rows_of, span_at
from commonweight.rights.question import Figure
from commonweight.rights.reader import Reader

TODAY = date(2026, 11, 23)
ENDLESS = float("inf")


def rows(*items: dict[str, Any]) -> tuple[Figure, ...]:
    return read_figures(Reader(list(items), "mau", QuestionError), "mau")


def test_a_month_that_is_not_given_is_not_known() -> None:
    figures = rows({"scope": "group", "month": "2023-07", "value": 5})
    assert at_month(figures, "group", "2023-06") == Span(0, ENDLESS)


def test_a_part_bounds_its_whole_from_below_and_a_whole_its_parts_from_above() -> None:
    figures = rows({"scope": "licensee", "month": "2023-06", "value": 5})
    assert at_month(figures, "group", "2023-06") == Span(5, ENDLESS)
    assert at_month(figures, "product", "2023-06") == Span(0, 5)


def test_a_bound_for_any_month_holds_for_each() -> None:
    figures = rows({"scope": "group", "month": "any", "at_most": 9}, {"scope": "group", "month": "2023-06", "at_least": 4})
    assert at_month(figures, "group", "2023-06") == Span(4, 9)


def test_the_largest_figure_counts_where_passing_a_line_once_is_enough() -> None:
    figures = rows({"scope": "group", "month": "2024", "value": 9}, {"scope": "group", "month": "2025", "value": 3})
    assert at_any_time(figures, "group", TODAY, date(2024, 7, 5)) == Span(9, 9)


def test_years_before_the_text_and_after_today_do_not_count() -> None:
    figures = rows(
        {"scope": "group", "month": "2020", "value": 9},
        {"scope": "group", "month": "2025", "value": 3},
        {"scope": "group", "month": "2027", "value": 99},
    )
    assert at_any_time(figures, "group", TODAY, date(2024, 7, 5)) == Span(3, 3)


def test_an_old_figure_is_no_upper_bound_for_today() -> None:
    figures = rows({"scope": "group", "month": "2024", "value": 9})
    assert at_any_time(figures, "group", TODAY, None) == Span(9, ENDLESS)


def test_more_rows_than_the_bound_are_refused() -> None:
    with pytest.raises(QuestionError, match="at most"):
        rows(*({"scope": "product", "month": "any", "value": 1} for _ in range(MAX_FIGURES + 1)))


def money(*items: dict[str, Any]) -> dict[str, tuple[Figure, ...]]:
    entries = [{"scope": "group", "currency": "USD", **item} for item in items]
    return {"revenue": read_figures(Reader(entries, "revenue", QuestionError), "revenue")}


def test_months_add_up_to_a_lower_bound_of_their_year() -> None:
    figures = money({"period": "2026-01", "value": 5}, {"period": "2026-02", "value": 6})
    assert span_at(rows_of("revenue", figures, "USD"), "group", "any_time", TODAY, None) == Span(11, ENDLESS)


def test_a_year_bounds_its_months() -> None:
    figures = money({"period": "2026", "value": 120})
    assert span_at(rows_of("monthly_revenue", figures, "USD"), "group", "any_time", TODAY, None) == Span(10, 120)


def test_only_the_currency_that_a_text_names_is_compared() -> None:
    figures = money({"period": "2026", "value": 120, "currency": "CNY"})
    assert rows_of("revenue", figures, "USD") == []
    assert len(rows_of("revenue", figures, "CNY")) == 1


def test_the_present_tense_takes_the_newest_figure() -> None:
    figures = rows({"scope": "group", "month": "2026-03", "value": 9}, {"scope": "group", "month": "2026-09", "value": 3})
    assert span_at(figures, "group", "now", TODAY, None) == Span(3, 3)
    assert span_at(figures, "group", "any_time", TODAY, None) == Span(9, 9)


def test_an_old_figure_says_nothing_about_now() -> None:
    figures = rows({"scope": "group", "month": "2024-03", "value": 9})
    assert span_at(figures, "group", "now", TODAY, None) == Span(0, ENDLESS)


def test_named_products_add_up_and_the_largest_speaks_for_one() -> None:
    figures = rows(*({"scope": "product", "product": name, "month": "2026-09", "value": 60} for name in "abc"))
    assert span_at(figures, "product", "now", TODAY, None) == Span(60, 60)
    assert span_at(figures, "group", "now", TODAY, None) == Span(180, ENDLESS)


@pytest.mark.parametrize(
    "items",
    [
        [{"scope": "group", "month": "2026-09", "at_most": 5}, {"scope": "product", "month": "2026-09", "value": 9}],
        [{"scope": "group", "month": "any", "at_most": 5}, {"scope": "licensee", "month": "2026-09", "value": 9}],
    ],
)
def test_a_part_that_is_larger_than_its_whole_is_refused(items: list[dict[str, Any]]) -> None:
    with pytest.raises(QuestionError, match="contradict"):
        rows(*items)
