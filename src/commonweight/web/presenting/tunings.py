"""Tunings as a list shows them."""

from __future__ import annotations

from typing import Any, Final

from commonweight.tuning import Stage, Tuning, Wanted
from commonweight.tuning.judging import Verdict
from commonweight.web.contexts import TuningRow, Word
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.spans import span_text
from commonweight.web.presenting.tuning_report import share_text
from commonweight.web.presenting.tuning_words import (
    BETTER_WORDS,
    STAGE_NAMES,
    may_cancel,
    may_pause,
    may_resume,
    short_name,
    state_word,
    tuning_address,
)

#: Of the whole work, where each stage begins and ends, of 100: training takes nearly all of it.
_PARTS: Final = {
    Stage.NONE: (0, 0),
    Stage.PREPARING: (0, 10),
    Stage.TRAINING: (10, 80),
    Stage.CONVERTING: (80, 87),
    Stage.PUBLISHING: (87, 90),
    Stage.JUDGING: (90, 99),
    Stage.FINISHING: (99, 100),
}


def tuning_row(tuning: Tuning) -> TuningRow:
    running = not tuning.status.over and tuning.wanted is Wanted.RUN
    return TuningRow(
        id=tuning.id,
        href=tuning_address(tuning.id),
        name=short_name(tuning),
        base=tuning.model,
        state=state_word(tuning),
        now=STAGE_NAMES.get(tuning.stage, "") if running else "",
        percent=percent_of(tuning),
        left=span_text(tuning.progress.get("seconds_left")) if running else "",
        scores=_scores(tuning.report),
        verdict=_verdict(tuning.report),
        created=minute_text(tuning.created_at),
        may_pause=may_pause(tuning),
        may_resume=may_resume(tuning),
        may_cancel=may_cancel(tuning),
    )


def percent_of(tuning: Tuning) -> float:
    """How far the whole of it is."""
    if tuning.status.over:
        return 100.0
    begin, end = _PARTS[tuning.stage]
    steps = tuning.progress.get("total_steps") or 0
    done = tuning.progress.get("step", 0) / steps if tuning.stage is Stage.TRAINING and steps else 0.0
    return round(begin + (end - begin) * min(1.0, done), 1)


def _scores(report: Any) -> str:
    """`0 % → 96.7 %`; empty where nothing was compared."""
    if not report or not report.get("results"):
        return ""
    name = report["primary"]
    pair = [one["scores"].get(name) for one in (report["base"], report["results"][0])]
    return " → ".join(share_text(one["value"], name) for one in pair) if all(pair) else ""


def _verdict(report: Any) -> Word | None:
    return BETTER_WORDS[Verdict(report["verdict"])] if report and report.get("results") else None
