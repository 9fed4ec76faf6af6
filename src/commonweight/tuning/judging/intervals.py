"""
Means and paired differences with 95 % intervals.

Of yes/no measures: Wilson's interval of a share (JASA 1927); of a paired difference the one of Bonett and Price (J. Educ.
Behav. Stat. 2012), which adds one item won and one lost, since a bootstrap of 60 items that all went one way says that it
is certain; and McNemar's exact test. Of others: a seeded bootstrap, its percentiles widened for few items as in T. C.
Hesterberg, "What Teachers Should Know About the Bootstrap" (Am. Stat. 2015), section 5.3. Nothing hangs on the order of
the items, and swapping the two sides flips every sign.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean
from typing import Final

from commonweight.tuning.judging.report import Difference, Score
from commonweight.tuning.judging.values import Limits

Z: Final = NormalDist().inv_cdf(0.975)
POWER: Final = NormalDist().inv_cdf(0.8)  # how sure one wants to be of seeing a difference that is there
FEWEST: Final = 10  # below that a bootstrap knows nothing of how answers vary
AT_ONCE: Final = 2_000_000  # numbers drawn at once: 16 MB


def score(values: Sequence[float], *, yes_no: bool, limits: Limits) -> Score:
    """The mean of at least one value, with its interval."""
    mean = fmean(values)
    low, high = _wilson(mean, len(values)) if yes_no else _bootstrap(values, limits)
    return Score(mean, low, high, len(values))


def difference(base: Sequence[float], other: Sequence[float], *, yes_no: bool, limits: Limits) -> Difference:
    """Other less base, item by item; both of the same length, at least one."""
    apart = [right - left for left, right in zip(base, other, strict=True)]
    won, lost = sum(one > 0 for one in apart), sum(one < 0 for one in apart)
    mean = fmean(apart)
    low, high = _bonett_price(won, lost, len(apart)) if yes_no else _bootstrap(apart, limits)
    p = mcnemar(won, lost) if yes_no else None
    plain = Difference(mean, low, high, len(apart), won, lost, p)
    return plain if tells(plain, limits) else Difference(mean, low, high, len(apart), won, lost, p, needed(apart, limits))


def tells(found: Difference, limits: Limits) -> bool:
    """Whether the items suffice: for a difference, or for there being none beyond the margin."""
    return is_other(found) or is_same(found, limits)


def is_other(found: Difference) -> bool:
    """Whether there is a difference: the interval is on one side of 0, and McNemar's test agrees where there is one."""
    enough = found.items >= FEWEST if found.p is None else found.p < 0.05
    return bool(enough and (found.low > 0 or found.high < 0))


def is_same(found: Difference, limits: Limits) -> bool:
    return found.items >= FEWEST and -limits.margin <= found.low and found.high <= limits.margin


def mcnemar(won: int, lost: int) -> float:
    """
    The exact two-sided p of McNemar's test: how likely so uneven a split of the items that went differently is by chance.
    (Q. McNemar, Psychometrika 1947; exact by the binomial distribution.)
    """
    total = won + lost
    tail = sum(math.comb(total, count) for count in range(min(won, lost) + 1))
    return min(1.0, float(2 * tail / 2**total))


def needed(apart: Sequence[float], limits: Limits) -> int:
    """
    About how many items would tell, four times out of five, that there is a difference of the size seen, or that there is
    none beyond the margin, whichever takes fewer: (z + z')² · variance / room².
    """
    count, mean = len(apart), abs(fmean(apart))
    # One item won and one lost are added, as in the interval: items that never differ do not prove that none would.
    variance = (sum(one**2 for one in apart) - count * mean**2 + 2) / (count + 2)
    room = max(mean, abs(limits.margin - mean), limits.margin / 2)
    return max(count + 1, FEWEST, math.ceil((Z + POWER) ** 2 * variance / room**2))


def _wilson(share: float, count: int) -> tuple[float, float]:
    middle = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z * math.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2)) / (1 + Z**2 / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def _bonett_price(won: int, lost: int, count: int) -> tuple[float, float]:
    more, less = (won + 1) / (count + 2), (lost + 1) / (count + 2)
    middle = more - less
    half = Z * math.sqrt((more + less - middle**2) / (count + 2))
    return max(-1.0, middle - half), min(1.0, middle + half)


def _bootstrap(values: Sequence[float], limits: Limits) -> tuple[float, float]:
    """Percentiles of the means of what is drawn anew. Mirrored values give mirrored bounds: they are drawn as one."""
    ordered = sorted(values)
    mirrored = [-one for one in reversed(ordered)]
    if mirrored < ordered:
        low, high = _percentiles(mirrored, limits)
        return -high, -low
    return _percentiles(ordered, limits)


def _percentiles(ordered: Sequence[float], limits: Limits) -> tuple[float, float]:
    import numpy as np  # only where it is needed: an idle server should not hold it in memory

    count = len(ordered)
    if ordered[0] == ordered[-1]:
        return ordered[0], ordered[0]
    values, random = np.asarray(ordered), np.random.default_rng(limits.seed)
    rows = max(1, AT_ONCE // count)
    means: list[float] = []
    while len(means) < limits.resamples:
        drawn = random.integers(0, count, size=(min(rows, limits.resamples - len(means)), count))
        means.extend(values[drawn].mean(axis=1).tolist())
    share = 100 * _share_below(count)
    low, high = np.percentile(means, [share, 100 - share])
    return float(low), float(high)


def _share_below(count: int) -> float:
    """The share of means to cut away on each side: 0.025 for many items, less for few."""
    freedom = max(1, count - 1)
    student = Z + (Z**3 + Z) / (4 * freedom) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedom**2)  # Abramowitz 26.7.5
    return NormalDist().cdf(-math.sqrt(count / freedom) * student)
