"""How far a tuning is and how it goes: stages, figures, curves, events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from commonweight.tuning import Event, Level, Status, Tuning, Wanted
from commonweight.web.contexts import CurveView, EventView, FailureView, StageView, Told, TrainingView
from commonweight.web.presenting.curves import Series, curve_view, value_text
from commonweight.web.presenting.event_sentences import told_again
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.spans import span_text
from commonweight.web.presenting.tuning_words import LEVEL_WORDS, STAGE_NAMES
from commonweight.web.presenting.words import _

MAX_EVENTS: Final = 40  # shown; the API has all
METRICS: Final = "metrics"
_CHECK: Final = _("Check the examples")
#: What somebody can do about the failures that are known.
_HINTS: Final[Mapping[str, str]] = {
    "diverged": _("Make the learning rate smaller, or look for examples that are not like the others."),
    "no_trainable_tokens": _("Nothing of the answers was left to learn from. Check the examples: their answers may be cut."),
    "out_of_memory": _("Take a smaller base, fewer examples at once, or a host with more memory."),
    "never_stops": _("Check that the examples end as the base's chat template asks."),
    "constant_answers": _("Give it examples with answers that differ, or a smaller learning rate."),
}


def stage_views(tuning: Tuning) -> tuple[StageView, ...]:
    """What is done, one after the other, with where it is now."""
    order = list(STAGE_NAMES)
    if tuning.status is Status.SUCCEEDED:
        at = len(order) + 1
    elif tuning.stage in order:
        at = order.index(tuning.stage) + 1
    else:
        at = 0
    now = "now" if tuning.wanted is Wanted.RUN else "halted"
    if tuning.status.over:
        now = "failed" if tuning.status is Status.FAILED else "halted"
    titles = (_CHECK, *STAGE_NAMES.values())
    return tuple(
        StageView(title, "done" if place < at else now if place == at else "todo") for place, title in enumerate(titles)
    )


def training_view(tuning: Tuning) -> TrainingView | None:
    """None before the training has told anything."""
    seen = tuning.progress
    if not seen.get("total_steps"):
        return None
    facts = (
        (_("Step"), f"{seen.get('step', 0):,} / {seen['total_steps']:,}"),
        (_("Loss"), _number(seen.get("train_loss"))),
        (_("Loss on what is held out"), _number(seen.get("valid_loss"))),
        (_("Tokens per second"), _number(seen.get("tokens_per_second"))),
        (_("Node"), str(seen.get("node") or "")),
        (_("Time left"), "" if tuning.status.over else span_text(seen.get("seconds_left"))),
    )
    percent = 100 * seen.get("step", 0) / seen["total_steps"]
    return TrainingView(round(min(100.0, percent), 1), tuple((name, value) for name, value in facts if value))


def curve_views(events: Sequence[Event], last_step: int) -> tuple[CurveView, ...]:
    """Loss, and tokens per second, from the figures that the events carry; in whatever order they come."""
    rows = sorted((one.data for one in events if one.type == METRICS and one.data), key=lambda data: data.get("step", 0))
    found = (
        curve_view(
            _("Loss"),
            (
                Series(_("learnt from"), "first", _points(rows, "train_loss")),
                Series(_("held out"), "second", _points(rows, "valid_loss")),
            ),
            last_step,
        ),
        curve_view(
            _("Tokens per second"),
            (Series(_("tokens per second"), "first", _points(rows, "tokens_per_second")),),
            last_step,
        ),
    )
    return tuple(one for one in found if one is not None)


def event_views(events: Iterable[Event]) -> tuple[EventView, ...]:
    """Those that say something, the newest first; figures are drawn instead."""
    said = sorted((one for one in events if one.type != METRICS), key=lambda one: -one.number)
    return tuple(
        EventView(minute_text(one.created_at), LEVEL_WORDS[one.level], told_again(one.message)) for one in said[:MAX_EVENTS]
    )


def warnings_of(events: Iterable[Event]) -> tuple[Told, ...]:
    return tuple(dict.fromkeys(told_again(one.message) for one in events if one.level is Level.WARN))


def failure_view(tuning: Tuning) -> FailureView | None:
    if not tuning.error:
        return None
    code = str(tuning.error.get("code") or "")
    return FailureView(
        str(tuning.error.get("message") or ""), str(tuning.error.get("hint") or "") or _HINTS.get(code, ""), code
    )


def last_step(tuning: Tuning) -> int:
    return int(tuning.progress.get("total_steps") or 0)


def _points(rows: Iterable[Mapping[str, Any]], name: str) -> list[tuple[int, float]]:
    return [
        (int(row["step"]), float(row[name])) for row in rows if _is_number(row.get("step")) and _is_number(row.get(name))
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> str:
    return value_text(float(value)) if _is_number(value) else ""
