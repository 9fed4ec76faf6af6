"""What people decided, as pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote

from commonweight.policy import HeldPermission, PersonsDecision, Tally, TouchedModel, Touches
from commonweight.web.contexts import RecordGroup, RecordView, TouchedRow, Word
from commonweight.web.links import DECISIONS, record_address
from commonweight.web.presenting.outcomes import recorded_text
from commonweight.web.presenting.verdicts import subject_text
from commonweight.web.presenting.words import ACT_NAMES, KIND_WORDS, _, other_word, verdict_word

SOON: Final = timedelta(days=60)  # what lapses within two months is shown first: buying or asking again takes weeks

STATE_WORDS: Final[Mapping[str, Word]] = {
    "soon": Word("soon", _("lapses soon"), "ask", "clock", _("It lapses within two months.")),
    "in_force": Word("in_force", _("in force"), "good", "check", _("It counts today.")),
    "not_yet": Word("not_yet", _("not yet"), "plain", "clock", _("Its first day has not come.")),
    "lapsed": Word("lapsed", _("lapsed"), "stop", "stop", _("Its last day is over; verdicts have turned back.")),
    "ended": Word("ended", _("ended"), "plain", "close", _("Somebody ended it.")),
}
_TITLES: Final[Mapping[str, str]] = {
    "soon": _("About to lapse"),
    "in_force": _("In force"),
    "not_yet": _("Not yet in force"),
    "lapsed": _("Lapsed"),
    "ended": _("Ended"),
}
_CHOOSES: Final[Mapping[str, str]] = {"allowed": _("counts as allowed"), "prohibited": _("counts as withheld")}

Record = HeldPermission | PersonsDecision


@dataclass(frozen=True)
class Around:
    """What a record's view takes from elsewhere: names of accounts and uses by number, what it touches, the day."""

    people: Mapping[int, str]
    uses: Mapping[int, str]
    tally: Tally
    today: date


def record_groups(records: Iterable[Record], around: Around) -> tuple[RecordGroup, ...]:
    """By how they stand, those that need somebody first."""
    views = [record_view(record, around) for record in records]
    found = ((title, tuple(view for view in views if view.state.key == key)) for key, title in _TITLES.items())
    return tuple(RecordGroup(title, some) for title, some in found if some)


def record_view(record: Record, around: Around) -> RecordView:
    decision = record if isinstance(record, PersonsDecision) else None
    until = decision.expires if decision else record.until if isinstance(record, HeldPermission) else None
    touches = around.tally.of(record) if record.ended_at is None else Touches()
    licence, clauses = _speaks_of(record)
    part = "decisions" if decision else "permissions"
    by = around.people.get(record.recorded_by or 0, "")
    ended_by = around.people.get(record.ended_by or 0, "")
    return RecordView(
        id=record.id,
        kind=KIND_WORDS.get(record.kind) or other_word(record.kind),
        name=record.name,
        href=record_address(record.kind, record.name),
        end="" if record.ended_at else f"{DECISIONS}/{part}/{record.id}/end",
        state=STATE_WORDS[_state(record, until, around.today)],
        licence=licence,
        licence_href=f"/docs/licences/{quote(licence)}" + (f"#{quote(clauses)}" if clauses and " " not in clauses else ""),
        clauses=clauses,
        chooses=_chooses(record),
        acts=tuple(ACT_NAMES.get(act, act) for act in record.acts),
        model=(decision.model or "") if decision else "",
        node=(decision.node or "") if decision else "",
        use="" if decision is None or decision.use_id is None else around.uses.get(decision.use_id, str(decision.use_id)),
        author=record.author,
        reason=decision.reason if decision else record.source,
        source=decision.source if decision else "",
        since=_day(record.since),
        until=_day(until),
        recorded=recorded_text(record.recorded_at, by),
        ended=recorded_text(record.ended_at, ended_by) if record.ended_at else "",
        end_reason=record.end_reason,
        applied=touches.applied,
        beside=touches.beside,
    )


def touched_rows(models: Iterable[TouchedModel]) -> tuple[TouchedRow, ...]:
    return tuple(
        TouchedRow(subject_text(one.subject), f"/verdicts/{one.verdict_id}", verdict_word(one.value), one.use)
        for one in models
    )


def _speaks_of(record: Record) -> tuple[str, str]:
    """The licence and the ids inside its record; no licence for what is about a model without one."""
    if isinstance(record, HeldPermission):
        return record.licence, ", ".join(record.lifts)
    licence, _mark, local = record.finding.partition("#")
    return ("", record.finding) if licence in ("none", "own") else (licence, local)


def _chooses(record: Record) -> str:
    if isinstance(record, HeldPermission):
        return ""
    return _CHOOSES.get(record.choose, record.choose) if record.kind == "exception" else record.choose


def _state(record: Record, until: date | None, today: date) -> str:
    if record.ended_at is not None:
        return "ended"
    if until is not None and until < today:
        return "lapsed"
    if record.since is not None and record.since > today:
        return "not_yet"
    return "soon" if until is not None and until - today <= SOON else "in_force"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
