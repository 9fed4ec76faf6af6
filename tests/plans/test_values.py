"""Money and tokens: integers, rounded once and to the even side, nothing counted twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweight.plans import MICRO, Entitlement, InvalidPlan, Limits, Price, Tokens, half_even

counts = st.integers(min_value=0, max_value=10_000_000)
prices = st.builds(Price, st.just("EUR"), counts, counts, counts)


@st.composite
def tokens(draw: st.DrawFn) -> Tokens:
    prompt = draw(counts)
    return Tokens(prompt, draw(st.integers(min_value=0, max_value=prompt)), draw(counts))


def test_a_million_tokens_of_the_prompt_cost_the_price_of_the_input() -> None:
    price = Price("EUR", input=150_000, output=600_000, cached_input=75_000)
    assert price.cost(Tokens(prompt=MICRO)) == 150_000
    assert price.cost(Tokens(prompt=MICRO, cached=MICRO)) == 75_000
    assert price.cost(Tokens(completion=MICRO)) == 600_000


@pytest.mark.parametrize(("exact", "expected"), [(5, 0), (15, 2), (25, 2), (26, 3), (-5, 0), (-15, -2)])
def test_halves_go_to_the_even_side(exact: int, expected: int) -> None:
    assert half_even(exact, 10) == expected


@given(tokens(), counts)
def test_what_is_covered_and_what_goes_beyond_are_the_whole(whole: Tokens, covered: int) -> None:
    assert whole.beyond(covered).total == max(0, whole.total - covered)


@given(tokens(), prices, counts, counts)
def test_included_tokens_cost_nothing_and_none_is_charged_twice(
    whole: Tokens, price: Price, included: int, used: int
) -> None:
    entitled = Entitlement(1, Limits(), included_tokens=included, price=price)
    cost = entitled.cost(whole, used)
    assert 0 <= cost <= price.cost(whole)
    if used + whole.total <= included:
        assert cost == 0
    if used >= included:
        assert cost == price.cost(whole)


def test_more_cached_tokens_than_the_prompt_has_are_refused() -> None:
    with pytest.raises(InvalidPlan):
        Tokens(prompt=1, cached=2)
