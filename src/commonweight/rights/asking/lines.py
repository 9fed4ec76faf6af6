"""
Sizes as a person answers them: between which lines a figure lies, rather than the figure itself.

A text draws its line at "more than a million" or "at least a million", so three answers can matter for each line: below,
exactly on it, and above. Which of them come to the same is found out by asking the engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from commonweight.rights.said import mark, say

_SEVERAL: Final = mark("{low} and {high}")
_KEY: Final = re.compile(r"(?:(?P<over>>=?)(?P<low>\d+(?:\.\d+)?))?(?:(?P<under><=?)(?P<high>\d+(?:\.\d+)?))?")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Figures between two lines; None is without end. A line itself belongs to it where the bound is closed."""

    low: float | None
    low_closed: bool
    high: float | None
    high_closed: bool

    @property
    def key(self) -> str:
        """As a form sends it: ">100000<=1000000"."""
        low = "" if self.low is None else f"{'>=' if self.low_closed else '>'}{self.low:.15g}"
        return low + ("" if self.high is None else f"{'<=' if self.high_closed else '<'}{self.high:.15g}")

    @classmethod
    def of_key(cls, key: str) -> Stretch | None:
        """None for a text that is no stretch."""
        match = _KEY.fullmatch(key)
        if match is None or not key:
            return None
        low, high = (None if match[name] is None else float(match[name]) for name in ("low", "high"))
        return cls(low, match["over"] == ">=", high, match["under"] == "<=")

    @property
    def text(self) -> str:
        """In words: "more than 100,000 and at most 1,000,000"."""
        if self.low is not None and self.low == self.high:
            return say(mark("exactly {line}"), line=f"{self.low:,.0f}")
        bounds = [text for text in (self._low, self._high) if text]
        return bounds[0] if len(bounds) == 1 else say(_SEVERAL, low=bounds[0], high=bounds[1])

    @property
    def _low(self) -> str:
        if self.low is None:
            return ""
        return say(mark("at least {line}") if self.low_closed else mark("more than {line}"), line=f"{self.low:,.0f}")

    @property
    def _high(self) -> str:
        if self.high is None:
            return ""
        return say(mark("at most {line}") if self.high_closed else mark("less than {line}"), line=f"{self.high:,.0f}")

    def bounds(self, step: float) -> tuple[float | None, float | None]:
        """The smallest and the largest figure in it, where two figures lie at least `step` apart."""
        low = None if self.low is None else self.low if self.low_closed else self.low + step
        high = None if self.high is None else self.high if self.high_closed else self.high - step
        return low, high

    def and_next(self, other: Stretch) -> Stretch:
        """This and the one above it, as one."""
        return Stretch(self.low, self.low_closed, other.high, other.high_closed)


def stretches(lines: Iterable[float]) -> tuple[Stretch, ...]:
    """Below, on, between and above these lines, in order."""
    found: list[Stretch] = []
    below: float | None = None
    for line in sorted(set(lines)):
        found += [Stretch(below, False, line, False), Stretch(line, True, line, True)]
        below = line
    return (*found, Stretch(below, False, None, False))
