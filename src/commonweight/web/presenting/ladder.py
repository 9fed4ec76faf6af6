"""The ladder of formats: what each costs against its size, as rows and as a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from commonweight.tuning.conversions import FormatScore, Span, State
from commonweight.tuning.judging import Score
from commonweight.web.contexts import LadderPoint, LadderRow, LadderView, Word
from commonweight.web.presenting.curves import value_text
from commonweight.web.presenting.measures import size_text
from commonweight.web.presenting.words import _

SCORE_WORDS: Final[Mapping[State, Word]] = {
    State.REFERENCE: Word("reference", _("the original"), "plain", "dot", _("What the others are compared with.")),
    State.AS_GOOD: Word("as_good", _("as good"), "good", "check", _("It loses at most a twentieth of perplexity.")),
    State.LOSES: Word("loses", _("loses"), "duty", "down", _("The loss is larger than chance.")),
    State.CANNOT_TELL: Word("cannot_tell", _("cannot be told"), "unknown", "question", _("Too few texts to tell.")),
    State.BROKEN: Word("broken", _("broken"), "stop", "stop", _("Its perplexity is at least doubled, or is no number.")),
    State.NOT_SCORED: Word("not_scored", _("not scored"), "unknown", "question", _("It gave no answer.")),
}
LEFT, RIGHT, TOP, BOTTOM = 54.0, 388.0, 14.0, 196.0  # of the drawing's plane, in its own units
LEAST_TOP: Final = 0.02  # of the scale: a rise of two hundredths is not drawn as a mountain
ROOM: Final = 1.15
LETTER, LINE, AWAY = 8.0, 12.0, 8.0  # of names: a letter's width, a line's height, how far from the point


def ladder_rows(files: Sequence[Mapping[str, Any]]) -> tuple[LadderRow, ...]:
    """Largest first, as they were made."""
    return tuple(_row(one) for one in files)


def _row(told: Mapping[str, Any]) -> LadderRow:
    score = score_in(told)
    near = told.get("likeness")
    unscored = score is not None and score.state in (State.NOT_SCORED, State.BROKEN)
    return LadderRow(
        path=str(told["path"]).rpartition("/")[2],
        size=size_text(told["size"]) if isinstance(told.get("size"), int) else "",
        near=f"{near['same']}/{near['places']}" if near else "",
        state=SCORE_WORDS[score.state] if score else None,
        perplexity=_span(score.perplexity) if score and score.perplexity else "",
        rise=_rise(score.rise) if score and score.rise else "",
        agrees=_counted(score.agrees) if score else "",
        knows=_counted(score.knows) if score else "",
        reason=score.sentence if score and unscored else "",
    )


def score_in(told: Mapping[str, Any]) -> FormatScore | None:
    return FormatScore.of(told["score"]) if told.get("score") else None


def _span(one: Span) -> str:
    return f"{value_text(one.value)} ({value_text(one.low)} … {value_text(one.high)})"


def _rise(one: Span) -> str:
    return f"{_percent(one.value)} ({_percent(one.low)} … {_percent(one.high)})"


def _percent(share: float) -> str:
    text = f"{100 * share:+,.1f} %" if abs(share) < 1 else f"{100 * share:+,.0f} %"
    return text.replace("-", "−")


def _counted(score: Score | None) -> str:
    return f"{score.value * score.items:.0f}/{score.items}" if score else ""


def ladder_view(files: Sequence[Mapping[str, Any]]) -> LadderView | None:
    """Size against what perplexity rises by; None where fewer than two formats have a place."""
    found = [(one, score) for one in files if (score := score_in(one)) is not None and _has_place(score)]
    if len(found) < 2 and not any(score.rise for _, score in found):
        return None
    spans = [score.rise for _, score in found if score.rise and score.state is not State.BROKEN]
    top = max([LEAST_TOP, *(one.high * ROOM for one in spans)])
    bottom = min([-top / 4, *(one.low * ROOM for one in spans)])
    widest = max(int(one["size"]) for one, _ in found) * ROOM
    plane = _Plane(top, bottom, widest)
    points = [_point(plane, one, score) for one, score in found]
    return LadderView(_named(points), _percent(top), _percent(bottom), plane.down(0.0), size_text(round(widest)))


def _has_place(score: FormatScore) -> bool:
    return score.state is State.REFERENCE or score.rise is not None or score.state is State.BROKEN


class _Plane:
    def __init__(self, top: float, bottom: float, widest: float) -> None:
        self._top, self._bottom, self._widest = top, bottom, widest

    def down(self, rise: float) -> float:
        inside = min(self._top, max(self._bottom, rise))
        return round(TOP + (self._top - inside) / (self._top - self._bottom) * (BOTTOM - TOP), 1)

    def across(self, size: int) -> float:
        return round(LEFT + size / self._widest * (RIGHT - LEFT), 1)


def _point(plane: _Plane, told: Mapping[str, Any], score: FormatScore) -> LadderPoint:
    is_broken = score.state is State.BROKEN
    rise = Span(0.0, 0.0, 0.0) if score.rise is None else score.rise
    y = TOP if is_broken else plane.down(rise.value)
    high, low = (TOP, TOP) if is_broken else (plane.down(rise.high), plane.down(rise.low))
    return LadderPoint(
        label=str(told.get("kind") or told["path"]),
        x=plane.across(int(told["size"])),
        y=y,
        high=high,
        low=low,
        label_x=0.0,
        label_y=0.0,
        label_from="start",
        state=SCORE_WORDS[score.state],
        told=f"{size_text(int(told['size']))}, {_rise(rise) if score.rise else '–'}",
    )


def _named(points: Sequence[LadderPoint]) -> tuple[LadderPoint, ...]:
    """A name stands to the right of its point, or where another stands already to the left, or further up or down."""
    taken: list[tuple[float, float, float]] = []  # left end, right end, line
    named = []
    for one in points:
        wide = LETTER * len(one.label)
        places = [(side, one.y + 4 + down) for down in (0.0, 13.0, -13.0, 26.0, -26.0) for side in ("start", "end")]
        free = (place for place in places if not any(_meet(_box(one, wide, *place), other) for other in taken))
        side, y = next(free, places[0])
        taken.append(_box(one, wide, side, y))
        x = one.x + (AWAY if side == "start" else -AWAY)
        named.append(replace(one, label_x=round(x, 1), label_y=round(y, 1), label_from=side))
    return tuple(named)


def _box(one: LadderPoint, wide: float, side: str, y: float) -> tuple[float, float, float]:
    return (one.x + AWAY, one.x + AWAY + wide, y) if side == "start" else (one.x - AWAY - wide, one.x - AWAY, y)


def _meet(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1] and abs(one[2] - other[2]) < LINE
