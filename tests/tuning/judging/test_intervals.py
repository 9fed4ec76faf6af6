"""Rules that a comparison of two models has to keep, whatever the answers."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweight.tuning.judging import Difference, Limits
from commonweight.tuning.judging.intervals import difference, is_other, is_same, mcnemar, needed, score

LIMITS = Limits(resamples=400)
shares = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=60)
yes_no = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0])), min_size=1, max_size=60)


def compared(pairs: list[tuple[float, float]], *, is_yes_no: bool) -> Difference:
    return difference([one for one, _ in pairs], [one for _, one in pairs], yes_no=is_yes_no, limits=LIMITS)


@settings(max_examples=40, deadline=None)
@given(st.one_of(shares.map(lambda pairs: (pairs, False)), yes_no.map(lambda pairs: (pairs, True))))
def test_swapping_the_two_flips_every_sign(drawn: tuple[list[tuple[float, float]], bool]) -> None:
    pairs, is_yes_no = drawn
    there = compared(pairs, is_yes_no=is_yes_no)
    back = compared([(right, left) for left, right in pairs], is_yes_no=is_yes_no)
    assert back.value == pytest.approx(-there.value)
    assert (back.low, back.high) == (pytest.approx(-there.high), pytest.approx(-there.low))
    assert (back.won, back.lost, back.p, back.needed) == (there.lost, there.won, there.p, there.needed)


@settings(max_examples=40, deadline=None)
@given(st.one_of(shares.map(lambda pairs: (pairs, False)), yes_no.map(lambda pairs: (pairs, True))), st.randoms())
def test_the_order_of_the_items_does_not_matter(
    drawn: tuple[list[tuple[float, float]], bool], chance: random.Random
) -> None:
    pairs, is_yes_no = drawn
    shuffled = list(pairs)
    chance.shuffle(shuffled)
    one, other = compared(pairs, is_yes_no=is_yes_no), compared(shuffled, is_yes_no=is_yes_no)
    assert (other.low, other.high) == (pytest.approx(one.low), pytest.approx(one.high))
    assert (other.won, other.lost, other.needed) == (one.won, one.lost, one.needed)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=300), st.booleans())
def test_equal_answers_are_never_told_apart(values: list[float], is_yes_no: bool) -> None:
    rounded = [float(round(one)) for one in values] if is_yes_no else values
    found = difference(rounded, rounded, yes_no=is_yes_no, limits=LIMITS)
    assert not is_other(found)
    assert found.value == 0
    assert found.low <= 0 <= found.high


def test_equal_answers_to_many_items_are_the_same_and_to_few_cannot_be_told() -> None:
    many, few = [1.0, 0.0] * 40, [1.0, 0.0] * 5
    assert is_same(difference(many, many, yes_no=True, limits=LIMITS), LIMITS)
    found = difference(few, few, yes_no=True, limits=LIMITS)
    assert not is_same(found, LIMITS)
    assert found.needed is not None
    assert found.needed > 10


@pytest.mark.parametrize(("count", "base", "gain"), [(20, 0.3, 0.3), (60, 0.5, 0.1), (60, 0.02, 0.0), (200, 0.9, 0.05)])
def test_the_interval_of_yes_and_no_covers_the_truth(count: int, base: float, gain: float) -> None:
    chance = np.random.default_rng(5)
    covered = 0
    for _ in range(1000):
        left = chance.random(count) < base
        right = np.where(chance.random(count) < 0.7, left | (chance.random(count) < gain / (0.7 * (1 - base))), left)
        found = difference(left.astype(float).tolist(), right.astype(float).tolist(), yes_no=True, limits=LIMITS)
        covered += found.low <= gain <= found.high
    assert covered / 1000 > 0.93


@pytest.mark.parametrize("count", [10, 30, 100])
def test_the_interval_of_shares_covers_the_truth(count: int) -> None:
    chance, covered = np.random.default_rng(3), 0
    for _ in range(300):
        left = chance.beta(2, 3, count)
        right = np.clip(left + chance.normal(0.0, 0.1, count), -1, 2) + 0.07
        found = difference(left.tolist(), right.tolist(), yes_no=False, limits=LIMITS)
        covered += found.low <= 0.07 <= found.high
    assert covered / 300 > 0.91


def test_mcnemar_is_the_exact_binomial_test() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 0) == pytest.approx(2 / 32)
    assert mcnemar(6, 0) == pytest.approx(2 / 64)
    assert mcnemar(1, 8) == pytest.approx(2 * (1 + 9) / 2**9)


def test_five_items_won_are_no_difference_and_sixty_are() -> None:
    assert not is_other(difference([0.0] * 5, [1.0] * 5, yes_no=True, limits=LIMITS))
    assert is_other(difference([0.0] * 60, [1.0] * 58 + [0.0] * 2, yes_no=True, limits=LIMITS))


def test_sixty_items_do_not_tell_93_from_95_percent_and_so_many_as_said_do() -> None:
    base, tuned = [1.0] * 56 + [0.0] * 4, [1.0] * 55 + [0.0, 1.0, 1.0, 0.0, 0.0]
    found = difference(base, tuned, yes_no=True, limits=LIMITS)
    assert not is_other(found)
    assert not is_same(found, LIMITS)
    assert found.needed is not None
    times = found.needed // 60 + 1
    more = difference(base * times, tuned * times, yes_no=True, limits=LIMITS)
    assert is_other(more) or is_same(more, LIMITS)


def test_the_smaller_the_difference_the_more_items_are_needed() -> None:
    sizes = [needed([1.0] * won + [0.0] * (40 - won), LIMITS) for won in (4, 8, 20)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 2 * sizes[1]


@given(st.integers(0, 50), st.integers(0, 50))
def test_the_interval_of_a_share_holds_it(right: int, wrong: int) -> None:
    if right + wrong == 0:
        return
    found = score([1.0] * right + [0.0] * wrong, yes_no=True, limits=LIMITS)
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
