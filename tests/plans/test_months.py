"""Proration: to the day, in integers; parts add up to the whole, and a change and back never creates money."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweight.plans import InvalidPlan
from commonweight.plans.months import Month, share

months = st.builds(Month, st.integers(2000, 2099), st.integers(1, 12))
fees = st.integers(0, 10**12)


@st.composite
def cut_month(draw: st.DrawFn, cuts: int) -> tuple[Month, list[int]]:
    month = draw(months)
    days = draw(st.lists(st.integers(0, month.days), min_size=cuts, max_size=cuts))
    return month, sorted(days)


@given(cut_month(cuts=5), fees)
def test_parts_of_a_month_add_up_to_the_whole_wherever_it_is_cut(cut: tuple[Month, list[int]], fee: int) -> None:
    month, days = cut
    bounds = [0, *days, month.days]
    assert sum(share(fee, month, a, b) for a, b in pairwise(bounds)) == fee


@given(cut_month(cuts=2), fees, fees)
def test_a_change_and_back_costs_neither_less_than_the_cheaper_nor_more_than_the_dearer(
    cut: tuple[Month, list[int]], fee: int, other: int
) -> None:
    month, (first, second) = cut
    paid = share(fee, month, 0, first) + share(other, month, first, second) + share(fee, month, second, month.days)
    assert min(fee, other) <= paid <= max(fee, other)
    if first == second:
        assert paid == fee


@given(cut_month(cuts=1), fees)
def test_a_share_is_within_a_micro_unit_a_day_of_the_exact_part(cut: tuple[Month, list[int]], fee: int) -> None:
    month, (day,) = cut
    assert abs(share(fee, month, day, month.days) * month.days - fee * (month.days - day)) <= month.days**2


@given(months)
def test_months_follow_one_another_without_a_gap(month: Month) -> None:
    assert month.ends == month.next.begins
    assert month.next.before == month
    assert Month.parse(str(month)) == month


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-1", "26-01", "2026-01-01", "２０２６-01", "0000-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InvalidPlan):
        Month.parse(text)


def test_a_moment_on_the_last_day_lies_in_its_month() -> None:
    february = Month(2028, 2)
    assert (february.days, february.index(datetime(2028, 2, 29, 23, 59, tzinfo=UTC))) == (29, 28)
