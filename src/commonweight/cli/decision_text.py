"""What people decided, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from commonweight.cli.documents import item, wrapped
from commonweight.policy import HeldPermission, Outcome, PersonsDecision, Preview


def record_lines(one: HeldPermission | PersonsDecision, until: date | None, verdicts: int, today: date) -> Iterable[str]:
    """A record: what it is, how far it goes, who and why, what rests on it."""
    yield f"{one.name}  ({one.kind}, {_state(one, until, today)})"
    yield from wrapped(_says(one), "  ", "  ")
    scope = [*((one.acts and [f"acts {', '.join(one.acts)}"]) or []), *_scope(one)]
    if scope:
        yield from wrapped(f"for {'; '.join(scope)}", "  ", "  ")
    yield f"  {one.since or 'at once'} to {until or 'no end'}"
    why = one.reason if isinstance(one, PersonsDecision) else one.source
    yield from wrapped(": ".join(part for part in (one.author, why) if part), "  ", "    ")
    if one.ended_at is not None:
        yield from wrapped(f"ended {one.ended_at:%Y-%m-%d}: {one.end_reason}", "  ", "    ")
    else:
        yield f"  {verdicts} verdict{'' if verdicts == 1 else 's'} rest{'s' if verdicts == 1 else ''} on it"


def change_lines(record: HeldPermission | PersonsDecision | None, came: Outcome | Preview) -> Iterable[str]:
    """What a deed changed, or would."""
    if record is not None:
        yield f"Recorded {record.kind} {record.name}."
    total = came.changed if isinstance(came, Outcome) else sum(came.counts.values())
    says = "came out otherwise" if isinstance(came, Outcome) else "would come out otherwise"
    yield f"{total} verdict{'' if total == 1 else 's'} {says}{':' if total else '.'}"
    for one in came.changes:
        yield from item(f"{one.title}: {one.before} -> {one.after}")
    if total > len(came.changes):
        yield f"  ... and {total - len(came.changes)} more"
    if isinstance(came, Outcome) and came.waiting:
        yield f"{came.waiting} lineages are still to be decided; a running server does it."


def _says(one: HeldPermission | PersonsDecision) -> str:
    if isinstance(one, PersonsDecision):
        return f"{one.finding} -> {one.choose}"
    return f"{one.licence}, lifts {', '.join(one.lifts)}" if one.lifts else one.licence


def _scope(one: HeldPermission | PersonsDecision) -> Iterable[str]:
    if isinstance(one, PersonsDecision):
        if one.use_id is not None:
            yield f"use {one.use_id}"
        if one.model:
            yield f"model {one.model}"
        if one.node:
            yield f"declared at {one.node}"


def _state(one: HeldPermission | PersonsDecision, until: date | None, today: date) -> str:
    if one.ended_at is not None:
        return "ended"
    if until is not None and until < today:
        return "lapsed"
    return "not yet" if one.since is not None and one.since > today else "in force"
