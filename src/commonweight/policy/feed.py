"""What changed and why: verdicts that came out otherwise, newest first, for those who may see what they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from commonweight.db import Connection, Database
from commonweight.db.tables import policy as policy_tables
from commonweight.db.tables import standing as tables
from commonweight.errors import InvalidInput, NotAuthenticated
from commonweight.hub import Hub
from commonweight.identity import Caller, account_names
from commonweight.policy.causes import CAUSES, title_of
from commonweight.rights import VALUES

PAGE: Final = 50  # changes of one page
MOST: Final = 500  # changes of one answer, and of one look into the database
MAX_PAGES: Final = 20  # looks for one answer: whoever sees less than one change in twenty gets a shorter page

_causes, _changes, _uses = tables.causes, tables.changes, policy_tables.uses


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


@dataclass(frozen=True)
class ChangeFilters:
    """What to tell of. Empty words and None filter nothing; `before_id` goes on where a page ended."""

    use: str = ""
    subject: str = ""
    before: str = ""
    after: str = ""
    kind: str = ""
    cause: int | None = None
    before_id: int | None = None
    limit: int = PAGE

    def checked(self) -> ChangeFilters:
        """This, if its words are in the vocabulary. Raises InvalidInput."""
        for name, value, words in (
            ("before", self.before, VALUES),
            ("after", self.after, VALUES),
            ("kind", self.kind, CAUSES),
        ):
            if value and value not in words:
                raise InvalidInput(
                    f"{name} is {value!r}; expected one of {', '.join(words)}.", hint="Leave it out to see all."
                )
        if not 1 <= self.limit <= MOST:
            raise InvalidInput(f"limit is {self.limit}; expected 1 to {MOST}.")
        return self


class Feed:
    def __init__(self, database: Database, hub: Hub) -> None:
        self._database = database
        self._hub = hub

    async def changes(self, caller: Caller, filters: ChangeFilters | None = None) -> list[Change]:
        """
        Newest first. Whoever has an account sees changes of what they may read, and of what was private then only those of
        their namespaces: causes name facts about the organisation. Raises NotAuthenticated, InvalidInput.
        """
        if caller.account is None:
            raise NotAuthenticated("What changed is for those who have an account here.", hint="Send a token, or sign in.")
        filters = (filters or ChangeFilters()).checked()
        rows = await self._visible(caller, filters)
        async with self._database.read() as connection:
            counted = await _counted(connection, {row.cause_id for row in rows})
            names = await account_names(connection, {row.account_id for row in rows if row.account_id is not None})
        return [_change(row, counted, names) for row in rows]

    async def _visible(self, caller: Caller, filters: ChangeFilters) -> list[Any]:
        """Pages of rows until there are enough that the caller may see."""
        found: list[Any] = []
        before_id = filters.before_id
        for _ in range(MAX_PAGES):
            async with self._database.read() as connection:
                rows = (await connection.execute(_query(filters, before_id))).all()
            found += await self._readable(caller, rows)
            if len(rows) < MOST or len(found) >= filters.limit:
                break
            before_id = rows[-1].id
        return found[: filters.limit]

    async def _readable(self, caller: Caller, rows: Sequence[Any]) -> list[Any]:
        ids = {row.repository_id for row in rows if row.repository_id is not None}
        readable = await self._hub.readable(caller, ids)
        return [
            row
            for row in rows
            if (row.repository_id is None or row.repository_id in readable)
            and (not row.private or (row.namespace_id is not None and caller.may_read(row.namespace_id)))
        ]


def _query(filters: ChangeFilters, before_id: int | None) -> Any:
    columns = (_causes.c.kind, _causes.c.words, _causes.c.account_id, _causes.c.at.label("caused_at"))
    conditions = [*_conditions(filters), *([] if before_id is None else [_changes.c.id < before_id])]
    return (
        select(_changes, *columns, _uses.c.name.label("use_name"))
        .join(_causes, _causes.c.id == _changes.c.cause_id)
        .join(_uses, _uses.c.id == _changes.c.use_id)
        .where(*conditions)
        .order_by(_changes.c.id.desc())
        .limit(MOST)
    )


def _conditions(filters: ChangeFilters) -> list[ColumnElement[bool]]:
    pairs = (
        (_uses.c.name, filters.use),
        (_changes.c.before, filters.before),
        (_changes.c.after, filters.after),
        (_causes.c.kind, filters.kind),
        (_changes.c.cause_id, filters.cause),
    )
    found: list[ColumnElement[bool]] = [column == value for column, value in pairs if value]
    if filters.subject:
        found.append(_changes.c.subject.contains(filters.subject, autoescape=True))
    return found


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
