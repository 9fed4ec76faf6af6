"""What a change of facts came to, or would come to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from commonweight.policy import Outcome, Preview, VerdictChange
from commonweight.web.contexts import (
    CountedFlip,
    Difference,
    Flip,
    OutcomeView,
    OvertakenView,
    PreviewView,
)
from commonweight.web.presenting.fact_form import fact_text
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.questions import Groups
from commonweight.web.presenting.verdicts import subject_page, subject_text
from commonweight.web.presenting.words import verdict_word

SHOWN: Final = 30  # models that are named on the page; the list of changes, or the counts, have the rest


def flip_view(change: VerdictChange) -> Flip:
    return Flip(
        subject_text(change.subject), subject_page(change.subject), verdict_word(change.before), verdict_word(change.after)
    )


def outcome_view(outcome: Outcome) -> OutcomeView:
    flips = tuple(map(flip_view, outcome.changes[:SHOWN]))
    return OutcomeView(flips, outcome.changed, outcome.waiting, outcome.touched, f"/rights/changes?cause={outcome.cause_id}")


def preview_view(preview: Preview) -> PreviewView:
    counted = sorted(preview.counts.items(), key=lambda one: -one[1])
    return PreviewView(
        counts=tuple(CountedFlip(verdict_word(before), verdict_word(after), many) for (before, after), many in counted),
        flips=tuple(map(flip_view, preview.changes[:SHOWN])),
        total=sum(preview.counts.values()),
        untried=max(0, preview.touched - preview.tried),
        problem="",
    )


def untried_view(problem: str) -> PreviewView:
    return PreviewView((), (), 0, 0, problem)


def overtaken_view(
    by: str, at: datetime, recorded: Mapping[str, Any], typed: Mapping[str, Any], form: Mapping[str, Any], groups: Groups
) -> OvertakenView:
    """`form` is what was typed, brought up to what is recorded now where it had been left alone."""
    questions = [question for group in groups for question in group.questions]
    different = tuple(
        Difference(
            question.text, fact_text(question, recorded.get(question.key)), fact_text(question, form.get(question.key))
        )
        for question in questions
        if recorded.get(question.key) != form.get(question.key)
    )
    taken = tuple(question.text for question in questions if typed.get(question.key) != form.get(question.key))
    return OvertakenView(by, minute_text(at), different, taken)


def recorded_text(at: datetime, by: str) -> str:
    """ "2026-11-29 17:04 UTC, ada"."""
    return f"{minute_text(at)}, {by}" if by else minute_text(at)
