"""
Whether a verdict still is the answer, and why not: what it rests on has changed and it waits to be decided again, another
stands in its place, or a document that its terms incorporate is not what it was.

Whoever asks for a standing verdict gets one that was decided on what holds; what can be outdated is one that is read again
by its id. A changed document alone also reaches what stands: no machine can decide it again, somebody has to review it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import and_, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import policy as policy_tables
from commonweight.db.tables import standing as tables
from commonweight.policy import marking, shelf
from commonweight.policy.causes import CAUSES
from commonweight.policy.deciding import PART_DIGITS
from commonweight.policy.library import ENGINE, Library
from commonweight.policy.settling import Settler
from commonweight.policy.shelf import Look
from commonweight.policy.standing_policy import Moved
from commonweight.policy.values import Stale, StoredVerdict

#: Why a verdict is not the answer any more: the kinds of causes, and what puts an end to the question itself.
STALE_KINDS: Final[Mapping[str, str]] = {
    **CAUSES,
    "use_ended": "The use that it was given for was given up.",
    "gone": "What it is about is not kept here any more, or goes by another name.",
}

_subjects, _causes, _changes, _uses = tables.subjects, tables.causes, tables.changes, policy_tables.uses


@dataclass(frozen=True)
class _Reason:
    """A kind, since when (None: nobody wrote it down), and the cause behind it."""

    kind: str
    since: datetime | None = None
    cause_id: int | None = None


class Staleness:
    def __init__(self, database: Database, library: Library, settler: Settler, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._settler = settler
        self._clock = clock

    async def of_kept(self, verdict: StoredVerdict) -> Stale | None:
        """Of a verdict that is read again by its id; None where it still is the answer."""
        if verdict.account_id is not None or len(verdict.id) != 2 * PART_DIGITS or verdict.use_id is None:
            return self._of_whole(verdict)
        async with self._database.read() as connection:
            return await self._of_parts(connection, verdict, verdict.use_id)

    def _of_whole(self, verdict: StoredVerdict) -> Stale | None:
        """One that stands for nothing is marked by nobody: the records and the engine that it names are compared."""
        said = verdict.document
        now = self._library.digests
        moved = [key for key, value in said["terms_digests"].items() if now.get(key) != value]
        return stale("records") if moved or said["engine_version"] != now[ENGINE] else None

    async def _of_parts(self, connection: Connection, verdict: StoredVerdict, use_id: int) -> Stale | None:
        ended = await connection.scalar(select(_uses.c.ended_at).where(_uses.c.id == use_id))
        if ended is not None:
            return stale("use_ended", ended)
        look = (await shelf.looks(connection, use_id, [verdict.subject])).get(verdict.subject)
        look = look or await _by_another_name(connection, use_id, verdict)
        if look is None:
            return stale("gone")
        now = None if look.said is None else look.part + look.said.part
        if now == verdict.id:
            reason = await self._waits_for(connection, look)
            return None if reason is None else stale(reason.kind, reason.since, reason.cause_id)
        reason = await _told(connection, verdict.id) or _differs(verdict, look)
        return stale(reason.kind, reason.since, reason.cause_id, superseded_by=now or "")

    async def _waits_for(self, connection: Connection, look: Look) -> _Reason | None:
        """Why what stands has to be decided again; None where it holds."""
        assert look.stands is not None, "what stands says for how long"
        if look.stands.pending is not None:
            found = await _cause(connection, look.stands.pending)
            if found is not None:
                return found
        if look.checked_at <= marking.LONG_AGO:
            return _Reason("lineage")
        if self._settler.holds(look):
            return None
        lapsed = look.stands.good_until is not None and look.stands.good_until < self._clock.now().date()
        return _Reason("day", _after(look.stands.good_until)) if lapsed else _Reason("records")


def stale(kind: str, since: datetime | None = None, cause_id: int | None = None, *, superseded_by: str = "") -> Stale:
    return Stale(kind, STALE_KINDS[kind], since, superseded_by, cause_id)


def stale_by_document(verdict: StoredVerdict, moved: Mapping[str, Moved]) -> Stale | None:
    """Where a document that the terms of a verdict incorporate has changed, and nobody has reviewed it yet."""
    found = next((moved[key] for key in verdict.document["terms_digests"] if key in moved), None) if moved else None
    if found is None:
        return None
    reason = f"'{found.title}', which {found.licence} incorporates, has changed, and nobody here has reviewed it yet."
    return Stale("document", reason, found.at, about=f"{found.licence}: {found.title}")


async def _by_another_name(connection: Connection, use_id: int, verdict: StoredVerdict) -> Look | None:
    """What stands for the same commit of the same repository, after it was moved."""
    commit = verdict.subject.rpartition("@")[2]
    if verdict.repository_id is None or commit == verdict.subject:
        return None
    mine = and_(_subjects.c.repository_id == verdict.repository_id, _subjects.c.stands)
    named = _subjects.c.subject.endswith(f"@{commit}", autoescape=True)
    subject = await connection.scalar(select(_subjects.c.subject).where(mine, named).limit(1))
    return (await shelf.looks(connection, use_id, [subject])).get(subject) if subject else None


async def _told(connection: Connection, id: str) -> _Reason | None:
    """Why a verdict came out otherwise, where the feed tells of it."""
    another = and_(_changes.c.verdict_before == id, _changes.c.verdict_after != id)  # a moved document changes no verdict
    number = await connection.scalar(select(_changes.c.cause_id).where(another).order_by(_changes.c.id).limit(1))
    return None if number is None else await _cause(connection, number)


async def _cause(connection: Connection, number: int) -> _Reason | None:
    row = (await connection.execute(select(_causes.c.kind, _causes.c.at).where(_causes.c.id == number))).first()
    return None if row is None else _Reason(row.kind, row.at, number)


def _differs(verdict: StoredVerdict, look: Look) -> _Reason:
    """
    Where the value is the same and only what it says differs, the feed is silent: what went into both verdicts is compared.
    """
    since = None if look.said is None else look.said.decided_at
    if not verdict.id.startswith(look.part):
        return _Reason("lineage", since)
    if look.said is None:
        return _Reason("records")
    then, now = verdict.facts, look.said.facts
    for part, kind in (("organisation", "organisation"), ("decisions", "decision"), ("use", "use")):
        if _without(then.get(part)) != _without(now.get(part)):
            return _Reason("permission" if kind == "organisation" and _held(then) != _held(now) else kind, since)
    before, after = verdict.document, shelf.stored(look, look.said).document
    same = all(before[what] == after[what] for what in ("terms_digests", "engine_version"))
    return _Reason("day" if same else "records", since)


def _held(facts: Mapping[str, Any]) -> Any:
    return (facts.get("organisation") or {}).get("permissions")


def _without(part: Any) -> Any:
    """Facts without the day for which they were asked."""
    return {name: value for name, value in part.items() if name != "date"} if isinstance(part, Mapping) else part


def _after(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), UTC)
