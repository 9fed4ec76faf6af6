"""
Observations of a histogram, added up in memory and handed on to the library twice a second.

The library writes each count into its file, and a request makes ten: they took a twentieth of its processor time. A process
that is killed loses what it observed in the last half second.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client import Histogram

HAND_ON_S: Final = 0.5


class Series:
    """One series: a histogram with its labels."""

    __slots__ = ("_bounds", "_counts", "_group", "_histogram", "_sum", "waiting")

    def __init__(self, histogram: Histogram, group: SeriesGroup) -> None:
        self._histogram = histogram
        self._group = group
        self._bounds = histogram._upper_bounds
        self._counts = [0] * len(self._bounds)
        self._sum = 0.0
        self.waiting = False

    def observe(self, amount: float) -> None:
        """As `Histogram.observe`."""
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._sum += amount
        if not self.waiting:
            self.waiting = True
            self._group.wait(self)

    def hand_on(self) -> None:
        """What was observed since the last time. The library has no public way to add several at once."""
        for bucket, count in enumerate(self._counts):
            if count:
                self._histogram._buckets[bucket].inc(count)
                self._counts[bucket] = 0
        self._histogram._sum.inc(self._sum)
        self._sum, self.waiting = 0.0, False


class SeriesGroup:
    """All series of a process."""

    def __init__(self) -> None:
        self._waiting: list[Series] = []

    def wait(self, series: Series) -> None:
        """It has something to hand on: at once where no event loop runs."""
        self._waiting.append(series)
        if len(self._waiting) == 1:
            try:
                asyncio.get_running_loop().call_later(HAND_ON_S, self.hand_on)
            except RuntimeError:
                self.hand_on()

    def hand_on(self) -> None:
        """Everything, now."""
        waiting, self._waiting = self._waiting, []
        for series in waiting:
            series.hand_on()
