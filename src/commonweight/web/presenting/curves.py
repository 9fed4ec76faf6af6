"""Figures that move from step to step, as lines in a box of 100 by 100."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from commonweight.web.contexts import CurveView, LineView

MOST_POINTS: Final = 160  # of a line; more are closer than a screen can show
MOST_DOTS: Final = 24  # points that are marked one by one
MOST_ROWS: Final = 12  # of the table beside it
Point = tuple[int, float]  # step, value
Item = TypeVar("Item")


@dataclass(frozen=True)
class Series:
    """What moved: its name, how it is drawn (first or second), and its points in the order of their steps."""

    name: str
    kind: str
    points: Sequence[Point]


def curve_view(title: str, series: Sequence[Series], last_step: int) -> CurveView | None:
    """The drawing, from 0 to the highest value; None where no line has two points to draw between."""
    kept = [Series(one.name, one.kind, _finite(one.points)) for one in series]
    kept = [one for one in kept if one.points]
    if not any(len(one.points) > 1 for one in kept):
        return None
    top = _round_up(max(value for one in kept for _, value in one.points))
    last = max(last_step, *(one.points[-1][0] for one in kept), 1)
    return CurveView(
        title=title,
        lines=tuple(_line(one, last, top) for one in kept),
        top=value_text(top),
        bottom="0",
        last=f"{last:,}",
        rows=_rows(kept),
    )


def value_text(value: float) -> str:
    """3.1468 -> "3.15", 0.0051 -> "0.0051", 1460.2 -> "1,460"."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 0.1 else f"{value:.2g}"


def _finite(points: Sequence[Point]) -> list[Point]:
    return [(step, value) for step, value in points if math.isfinite(value) and value >= 0]


def _round_up(value: float) -> float:
    """The next figure of one digit and a half: 3.15 -> 3.5, 209 -> 250."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(value))
    return math.ceil(value / unit * 2) / 2 * unit


def _line(one: Series, last: int, top: float) -> LineView:
    thinned = thin(one.points, MOST_POINTS)
    places = [(round(100 * step / last, 2), round(100 - 100 * value / top, 2)) for step, value in thinned]
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in places)
    dots = "".join(f"M{x:g} {y:g}h0" for x, y in places) if len(places) <= MOST_DOTS else ""
    return LineView(one.name, one.kind, path, dots, value_text(one.points[-1][1]))


def thin(items: Sequence[Item], most: int) -> list[Item]:
    """At most that many, evenly, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(number * (len(items) - 1) / (most - 1))] for number in range(most)]


def _rows(series: Sequence[Series]) -> tuple[tuple[str, ...], ...]:
    """Steps at which every line has a value where there are such, else those of the first."""
    by_step = [dict(one.points) for one in series]
    shared = sorted(set.intersection(*(set(values) for values in by_step)))
    steps = shared if len(shared) > 1 else [step for step, _ in series[0].points]
    return tuple(
        (f"{step:,}", *(value_text(values[step]) if step in values else "–" for values in by_step))
        for step in thin(steps, MOST_ROWS)
    )
