"""What changed and why: verdicts that came out otherwise, newest first, for those who may see what they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from commonweight.db import Connection, Database
from commonweight.db.tables import standing as tables
from commonweight.errors import NotAuthenticated
from commonweight.hub import Hub
from commonweight.identity import Caller, account_names
from commonweight.policy.causes import title_of
from commonweight.policy.feed_queries import LOOKED_AT, MOST, RANKS, ChangeFilters, cause_by_cause, newest_first
from commonweight.policy.headlines import headlines
from commonweight.policy.seeing import seen_by

MAX_PAGES: Final = 20  # looks for one answer: whoever sees less than one change in twenty gets a shorter page
CAUSES_PAGE: Final = 12  # causes of one page, and
OF_CAUSE: Final = 6  # changes of each that are shown with it: the others have a page of their own

_changes = tables.changes


@dataclass(frozen=True)
class Cause:
    """Why: a word of CAUSES, and what exactly as a document (facts from what to what, which record, which edge)."""

    id: int
    kind: str
    words: Mapping[str, Any]
    at: datetime
    by: str
    changed: int = 0


@dataclass(frozen=True)
class Change:
    """A verdict before and after, for one model under one use."""

    id: int
    at: datetime
    subject: str
    title: str
    use: str
    before: str
    after: str
    verdict_before: str
    verdict_after: str
    cause: Cause
    headline: str = ""

    @property
    def direction(self) -> str:
        """A word of DIRECTIONS; "" where the answer is as it was."""
        before, after = RANKS.get(self.before, 0), RANKS.get(self.after, 0)
        return "worse" if after > before else "better" if after < before else ""


@dataclass(frozen=True)
class OfCause:
    """A cause with the first changes that the caller may see; `is_cut` where there are more."""

    cause: Cause
    changes: tuple[Change, ...]
    is_cut: bool


@dataclass(frozen=True)
class CausesPage:
    """`next` goes on: `before_cause` and `before_id` of the next page."""

    groups: tuple[OfCause, ...]
    next: tuple[int, int] | None


class Feed:
    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub

    async def changes(self, caller: Caller, filters: ChangeFilters | None = None) -> list[Change]:
        """
        Newest first. Whoever has an account sees changes of what they may read, and of what was private then only those of
        their namespaces: causes name facts about the organisation. Raises NotAuthenticated, InvalidInput.
        """
        _check_account(caller)
        filters = (filters or ChangeFilters()).checked()
        rows = await self._visible(caller, filters)
        return await self._told(rows, filters.language)

    async def by_cause(self, caller: Caller, filters: ChangeFilters | None = None) -> CausesPage:
        """
        As `changes`, cause by cause, the newest first; each with the first of its changes. `before_cause` with `before_id`
        goes on where a page ended.
        """
        _check_account(caller)
        filters = (filters or ChangeFilters()).checked()
        found: dict[int, list[Any]] = {}
        at: tuple[int, int] | None = None if filters.before_cause is None else (filters.before_cause, filters.before_id or 0)
        for _ in range(MAX_PAGES):
            async with self._database.read() as connection:
                rows = (await connection.execute(cause_by_cause(filters, at))).all()
            for row in await seen_by(self._hub, caller, rows):
                found.setdefault(row.cause_id, []).append(row)
            if len(rows) < LOOKED_AT:
                at = None
                break
            last = rows[-1]
            is_full = len(found.get(last.cause_id, ())) > OF_CAUSE
            at = (last.cause_id, 0 if is_full else last.id)
            if len(found) > CAUSES_PAGE:
                break
        return await self._page(found, at, filters.language)

    async def _page(self, found: Mapping[int, list[Any]], at: tuple[int, int] | None, language: str) -> CausesPage:
        kept = list(found.items())[:CAUSES_PAGE]
        if len(found) > CAUSES_PAGE:
            at = (kept[-1][0], 0)
        shown = [row for _, rows in kept for row in rows[:OF_CAUSE]]
        told = {change.id: change for change in await self._told(shown, language)}
        groups = [([told[row.id] for row in rows[:OF_CAUSE]], len(rows) > OF_CAUSE) for _, rows in kept]
        return CausesPage(tuple(OfCause(changes[0].cause, tuple(changes), cut) for changes, cut in groups), at)

    async def _told(self, rows: Sequence[Any], language: str) -> list[Change]:
        async with self._database.read() as connection:
            counted = await _counted(connection, {row.cause_id for row in rows})
            names = await account_names(connection, {row.account_id for row in rows if row.account_id is not None})
            said = await headlines(connection, {row.verdict_after for row in rows}, language) if language else {}
        changes = [_change(row, counted, names) for row in rows]
        return [replace(one, headline=said.get(one.verdict_after, "")) for one in changes]

    async def _visible(self, caller: Caller, filters: ChangeFilters) -> list[Any]:
        """Pages of rows until there are enough that the caller may see."""
        found: list[Any] = []
        before_id = filters.before_id
        for _ in range(MAX_PAGES):
            async with self._database.read() as connection:
                rows = (await connection.execute(newest_first(filters, before_id))).all()
            found += await seen_by(self._hub, caller, rows)
            if len(rows) < MOST or len(found) >= filters.limit:
                break
            before_id = rows[-1].id
        return found[: filters.limit]


def _check_account(caller: Caller) -> None:
    if caller.account is None:
        raise NotAuthenticated("What changed is for those who have an account here.", hint="Send a token, or sign in.")


async def _counted(connection: Connection, causes: set[int]) -> Mapping[int, int]:
    """How many changes each cause brought about."""
    query = select(_changes.c.cause_id, func.count().label("changes")).where(_changes.c.cause_id.in_(causes))
    rows = await connection.execute(query.group_by(_changes.c.cause_id))
    return {row.cause_id: row.changes for row in rows}


def _change(row: Any, counted: Mapping[int, int], names: Mapping[int, str]) -> Change:
    by = names.get(row.account_id, "")
    cause = Cause(row.cause_id, row.kind, row.words, row.caused_at, by, counted.get(row.cause_id, 0))
    return Change(
        row.id, row.at, row.subject, title_of(row.subject), row.use_name, row.before, row.after, row.verdict_before,
        row.verdict_after, cause,
    )  # fmt: skip
