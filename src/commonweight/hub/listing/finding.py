"""
Finding the repositories of a list: one page in an order, by any filters.

Two ways, since neither is quick for everything. What few repositories fit is collected by the index that knows them, and
then put in order. What many fit is walked through in the order that was asked for, and each is tried, until the page is
full. A first look at the index, which ends at FEW, says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.sql.selectable import CTE

from commonweight.db import Connection
from commonweight.db.tables import hub as tables
from commonweight.db.tables import identity as accounts_tables
from commonweight.db.tables.listings import listings
from commonweight.hub import repositories
from commonweight.hub.listing import tokens
from commonweight.hub.listing.values import MAX_NAMED, SORTS, Cursor, Listed, Wanted
from commonweight.hub.values import Repository
from commonweight.identity import Caller

#: To collect and sort so many takes about as long as to walk to a full page among them (100,000 repositories, SQLite).
FEW: Final = 5_000

_repositories = tables.repositories
_accounts = accounts_tables.accounts


@dataclass(frozen=True)
class _Source:
    """A filter that an index answers: `ids` are the repositories that fit, `fits` says whether one does."""

    ids: Select[Any]
    fits: ColumnElement[bool]


async def find(connection: Connection, caller: Caller, wanted: Wanted, few: int = FEW) -> Listed:
    """Those that the caller may see. `few`: how many are collected before they are put in order."""
    sources = await _sources(connection, wanted)
    if sources is None:
        return Listed((), None)
    driving = await _rarest(connection, sources, few)
    page = _page(caller, wanted, sources, driving)
    query = repositories.selected().join(page, page.c.id == _repositories.c.id)
    rows = (await connection.execute(query.order_by(*_ways(page.c.sorted_by, page.c.id, wanted)))).all()
    found = [repositories.repository_of(row) for row in rows[: wanted.limit]]
    more = len(rows) > wanted.limit
    return Listed(found, Cursor(_value(found[-1], wanted.sort), found[-1].id) if more else None)


def _value(repository: Repository, sort: str) -> Any:
    return getattr(repository, SORTS[sort])


def _page(caller: Caller, wanted: Wanted, sources: Sequence[_Source], driving: _Source | None) -> Subquery:
    """Numbers of the repositories of a page and of one more; only these are looked at in full."""
    column: ColumnElement[Any] = _repositories.c[SORTS[wanted.sort]]
    if driving is not None:
        column = func.coalesce(column, column)  # an order that no index has: else one might be walked along all the same
    number = _repositories.c.id
    query = select(number, column.label("sorted_by")).join(_accounts, _accounts.c.id == _repositories.c.namespace_id)
    query = query.where(_repositories.c.kind == wanted.kind, repositories.visible_to(caller), *_conditions(wanted))
    query = query.where(*(one.fits for one in sources if one is not driving))
    if driving is not None:
        collected = _materialised(driving.ids)
        query = query.join(collected, collected.c.id == number)
    if wanted.cursor is not None:
        here, last = tuple_(column, number), tuple_(wanted.cursor.value, wanted.cursor.id)
        query = query.where(here < last if wanted.descending else here > last)
    return query.order_by(*_ways(column, number, wanted)).limit(wanted.limit + 1).subquery("page")


def _ways(column: ColumnElement[Any], number: ColumnElement[int], wanted: Wanted) -> tuple[ColumnElement[Any], ...]:
    return (column.desc(), number.desc()) if wanted.descending else (column.asc(), number.asc())


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What no index answers by itself."""
    found: list[ColumnElement[bool]] = []
    if wanted.gated is not None:
        carries = exists().where(tables.weight_origins.c.repository_id == _repositories.c.id)  # perhaps of what is gated
        found.append(or_(_repositories.c.gated != "", carries) if wanted.gated else _repositories.c.gated == "")
    full = _accounts.c.name_lower + "/" + _repositories.c.name_lower
    short = [word for word in tokens.searched_words(wanted.search) if tokens.is_short(word)]
    return [*found, *(full.contains(word, autoescape=True) for word in short)]


# Filters that an index answers


async def _sources(connection: Connection, wanted: Wanted) -> list[_Source] | None:
    """None where nothing can fit."""
    found: list[_Source] = []
    if wanted.author:
        owner = await repositories.namespace(connection, wanted.author)
        if owner is None:
            return None
        mine = _repositories.c.namespace_id == owner.id
        found.append(_Source(select(_repositories.c.id).where(mine, _repositories.c.kind == wanted.kind), mine))
    if wanted.tags or any(not tokens.is_short(word) for word in tokens.searched_words(wanted.search)):
        found.append(_searched(connection.dialect.name, wanted))
    if wanted.parameters is not None:
        found.append(_of_size(wanted.parameters))
    if wanted.names is not None:
        found.append(await _named(connection, wanted.kind, sorted(wanted.names)[:MAX_NAMED]))
    return found


async def _named(connection: Connection, kind: str, names: Sequence[str]) -> _Source:
    pairs = [name.partition("/") for name in names]
    there = [await repositories.by_name(connection, kind, namespace, name) for namespace, _, name in pairs]
    these = _repositories.c.id.in_([one.id for one in there if one is not None])
    return _Source(select(_repositories.c.id).where(these), these)


def _searched(dialect: str, wanted: Wanted) -> _Source:
    long = " ".join(word for word in tokens.searched_words(wanted.search) if not tokens.is_short(word))
    expression = tokens.expression_of(wanted.kind, wanted.tags, long)
    number = literal_column("listings_search.repository_id", _repositories.c.id.type)
    if dialect == "sqlite":
        number = literal_column("listings_search.rowid", _repositories.c.id.type)
        match = text("listings_search MATCH :expression").bindparams(expression=tokens.for_sqlite(expression))
    else:
        match = text("listings_search.found @@ CAST(:expression AS tsquery)")
        match = match.bindparams(expression=tokens.for_postgresql(expression))
    matching = select(number.label("id")).select_from(text("listings_search")).where(match)
    one = matching.where(number == _repositories.c.id).correlate(_repositories).exists()
    return _Source(matching, _spelled(expression) if dialect == "sqlite" else one)


def _spelled(expression: tokens.Expression) -> ColumnElement[bool]:
    """Of one repository, by the words themselves: to ask FTS5 about one row costs as much as to ask it about all."""
    spelled = literal(" ") + listings.c.tokens + " "

    def holds(term: tokens.Term) -> ColumnElement[bool]:
        return func.instr(spelled, f" {term.token}" + ("" if term.is_prefix else " ")) > 0

    clauses = [or_(*(and_(*map(holds, way)) for way in ways)) for ways in expression]
    return exists().where(listings.c.repository_id == _repositories.c.id, *clauses)


def _of_size(parameters: tuple[int | None, int | None]) -> _Source:
    least, most = parameters
    here = listings.c.parameters
    bounds: list[ColumnElement[bool]] = [here.is_not(None)]
    bounds += [here >= least] if least is not None else []
    bounds += [here <= most] if most is not None else []
    fitting = select(listings.c.repository_id.label("id")).where(*bounds)
    return _Source(fitting, exists().where(listings.c.repository_id == _repositories.c.id, and_(*bounds)))


async def _rarest(connection: Connection, sources: Sequence[_Source], few: int) -> _Source | None:
    """The one that the fewest fit, if those are few."""
    best, least = None, few + 1
    for one in sources:
        some = one.ids.limit(least).subquery()
        count = await connection.scalar(select(func.count()).select_from(some)) or 0
        if count < least:
            best, least = one, count
    return best


def _materialised(ids: Select[Any]) -> CTE:
    return ids.cte("few").prefix_with("MATERIALIZED")
