"""Changes of verdicts and their causes, as a page shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.policy import Cause, Change, SweepProgress, WaitsFor
from commonweight.web.contexts import CauseDetail, CauseGroup, ChangedRow, ProgressView, WaitingRow, Word
from commonweight.web.links import with_query
from commonweight.web.presenting.causes import CHANGES, cause_word
from commonweight.web.presenting.measures import minute_text
from commonweight.web.presenting.verdicts import subject_page, subject_text
from commonweight.web.presenting.words import _, verdict_word

MAX_VALUE: Final = 120  # characters of a fact before or after; the audit has it whole
MAX_NAMES: Final = 8  # records, or whatever lapsed, of one cause

DIRECTION_WORDS: Final[Mapping[str, Word]] = {
    "worse": Word("worse", _("worse"), "stop", "down", _("Less may be done than before.")),
    "better": Word("better", _("better"), "good", "up", _("More may be done than before.")),
}

#: What a cause says of itself, by the name under which it is kept.
_LABELS: Final[Mapping[str, str]] = {
    "use": _("Use"),
    "permission": _("Permission"),
    "licence": _("Licence"),
    "decision": _("Decision"),
    "finding": _("Clause"),
    "choose": _("Reading"),
    "ended": _("Ended"),
    "document": _("Document"),
    "seen_on": _("Seen on"),
    "day": _("Day"),
    "lapsed": _("Lapsed"),
    "began": _("Began"),
    "records": _("Records"),
    "before": _("Before"),
}


def cause_group(cause: Cause, changes: Sequence[Change], *, href: str = "") -> CauseGroup:
    return CauseGroup(
        word=cause_word(cause.kind),
        at=minute_text(cause.at),
        by=cause.by,
        details=cause_details(cause.words),
        changes=tuple(_row(one) for one in changes),
        href=href,
    )


def of_cause(cause: Cause) -> str:
    """The page of everything that it brought about."""
    return with_query(CHANGES, [("cause", str(cause.id))])


def _row(change: Change) -> ChangedRow:
    same = change.verdict_before == change.verdict_after
    return ChangedRow(
        title=subject_text(change.subject),
        href=subject_page(change.subject),
        use=change.use,
        before=verdict_word(change.before),
        after=verdict_word(change.after),
        direction=DIRECTION_WORDS.get(change.direction),
        headline=change.headline,
        verdict_before="" if same else f"/verdicts/{change.verdict_before}",
        verdict_after=f"/verdicts/{change.verdict_after}",
    )


def cause_details(words: Mapping[str, Any]) -> tuple[CauseDetail, ...]:
    """Facts from what to what, names, steps of the lineage; what is not known here stays out."""
    found = [
        CauseDetail("", place, _value(change.get("before")), _value(change.get("after")))
        for place, change in sorted(dict(words.get("facts") or {}).items())
    ]
    found += [_difference(one) for one in words.get("differences", ())]
    for name, label in _LABELS.items():
        text = _names(words.get(name))
        if text:
            found.append(CauseDetail(label, text if name != "before" else subject_text(text), "", ""))
    return tuple(found)


def _difference(one: Mapping[str, Any]) -> CauseDetail:
    """A step that came or went, or what a node says otherwise."""
    step = one.get("edge")
    text = f"{one['node']}, {one['what']}" if step is None else f"{step['child']} ← {step['parent']}"
    return CauseDetail("", text, _value(one.get("before")), _value(one.get("after")))


def _names(value: Any) -> str:
    if isinstance(value, str):
        return value[:MAX_VALUE]
    if isinstance(value, Sequence) and value:
        more = f" +{len(value) - MAX_NAMES}" if len(value) > MAX_NAMES else ""
        return ", ".join(str(one) for one in value[:MAX_NAMES]) + more
    return ""


def _value(value: Any) -> str:
    """ "DE", "true", "a, b"; what is no plain value as it is kept, cut. Empty where nothing was given."""
    if value is None:
        return ""
    text = ", ".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


def _plain(one: Any) -> str:
    """A figure as "710,000,000 (group, 2026-02)"."""
    if isinstance(one, str):
        return one
    if isinstance(one, Mapping) and isinstance(one.get("value"), int | float):
        beside = [str(word) for name, word in one.items() if name != "value"]
        return f"{one['value']:,} ({', '.join(beside)})" if beside else f"{one['value']:,}"
    return json.dumps(one, ensure_ascii=False)


def progress_view(progress: SweepProgress) -> ProgressView:
    rows = [_waiting(one) for one in progress.causes]
    percent = int(100 * progress.done)
    return ProgressView(progress.waiting, progress.total, percent, progress.is_running, tuple(rows))


def _waiting(one: WaitsFor) -> WaitingRow:
    total = max(one.touched, one.waiting)
    return WaitingRow(cause_word(one.kind), minute_text(one.at), total - one.waiting, total)
