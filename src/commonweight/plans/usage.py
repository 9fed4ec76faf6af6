"""Who used what: the ledger, added up by whatever is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from commonweight.db import Connection, Database
from commonweight.db.tables import accounting as tables
from commonweight.db.tables.identity import accounts
from commonweight.errors import InvalidInput, NotAuthenticated
from commonweight.identity import Caller, account_names

MAX_ROWS: Final = 100_000  # of the ledger, added up for one question; a year of ten models by the hour
SUMS: Final = (
    "requests", "prompt_tokens", "cached_tokens", "completion_tokens", "included_tokens", "cost", "engine_micros",
)  # fmt: skip
#: Words of `by`: the columns that they stand for, in both ledgers.
_COLUMNS: Final = {
    "payer": "payer_id",
    "account": "account_id",
    "key": "token_id",
    "model": "repository",
    "commit": "commit",
    "plan": "plan_id",
    "use": "use_id",
    "route": "route",
    "currency": "currency",
}
_NAMED: Final = ("payer", "account")
TIMES: Final = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "month": None}
MINUTES_KEPT: Final = timedelta(days=2)  # by the minute; OpenAI's API asks for a day of them at most
BY: Final = (*_COLUMNS, *TIMES)


Columns = ReadOnlyColumnCollection[str, Any]


@dataclass(frozen=True)
class UsageWish:
    """
    From `since` to before `until`, in whole hours, or minutes where it is added up by them: these are kept for two days.
    `by` are words of `BY`; one time at most. Filters that are empty let all
    through; `payers` and `accounts` are names.
    """

    since: datetime
    until: datetime
    by: tuple[str, ...] = ()
    payers: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    keys: tuple[int, ...] = ()
    models: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()

    def checked(self) -> UsageWish:
        """Raises InvalidInput."""
        unknown = [word for word in self.by if word not in BY]
        if unknown:
            raise InvalidInput(f"Usage cannot be added up by {unknown[0]!r}.", hint=f"Possible: {', '.join(BY)}.")
        if sum(word in TIMES for word in self.by) > 1:
            raise InvalidInput("Usage is added up by one of minute, hour, day and month.")
        if self.until <= self.since:
            raise InvalidInput("The end of the time asked for lies before its beginning.")
        return self


@dataclass(frozen=True)
class UsageRow:
    """One sum. `group` has the words of `by`: names of payer and account, numbers of keys, times."""

    group: dict[str, Any]
    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    included_tokens: int = 0
    cost: int = 0  # micro-units of the currency; only of use beside it, where there are several
    engine_micros: int = 0


@dataclass
class _Sum:
    group: dict[str, Any]
    amounts: list[int] = field(default_factory=lambda: [0] * len(SUMS))


class Usage:
    """Everybody sees what they called and what they pay for; administrators of the installation see everything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, caller: Caller, wish: UsageWish) -> Sequence[UsageRow]:
        """The sums, in the order of their groups. Raises NotAuthenticated, InvalidInput."""
        wish = wish.checked()
        time = next((word for word in wish.by if word in TIMES), "")
        table, moment = (tables.ledger_minutes.c, "minute") if time == "minute" else (tables.ledger.c, "hour")
        columns = {word: table[_COLUMNS[word]] for word in wish.by if word in _COLUMNS}
        at = (table[moment].label("at"),) if time else ()
        sums = [func.sum(table[name]).label(name) for name in SUMS]
        query = select(*(column.label(word) for word, column in columns.items()), *at, *sums)
        query = query.where(*_conditions(table, table[moment], caller, wish))
        query = query.group_by(*columns.values(), *at).limit(MAX_ROWS + 1)
        async with self._database.read() as connection:
            allowed = await self._accounts(connection, table, wish)
            if allowed is None:
                return []
            rows = (await connection.execute(query.where(*allowed))).all()
            names = await account_names(
                connection, {getattr(row, word) for word in _NAMED if word in columns for row in rows}
            )
        if len(rows) > MAX_ROWS:
            raise InvalidInput(f"This adds up more than {MAX_ROWS:,} rows.", hint="Ask for less time, or by fewer words.")
        return _folded([row for row in rows if row.requests], list(columns), time, names)

    async def _accounts(self, connection: Any, table: Columns, wish: UsageWish) -> list[ColumnElement[bool]] | None:
        """Conditions for the names of payers and accounts; None where nobody has such a name."""
        found: list[ColumnElement[bool]] = []
        for names, column in ((wish.payers, table.payer_id), (wish.accounts, table.account_id)):
            if not names:
                continue
            lower = [name.lower() for name in names]
            ids = (await connection.scalars(select(accounts.c.id).where(accounts.c.name_lower.in_(lower)))).all()
            if not ids:
                return None
            found.append(column.in_(ids))
        return found


async def forget_minutes(connection: Connection, now: datetime) -> None:
    """Nobody looks at past days by the minute; by the hour they stay."""
    minutes = tables.ledger_minutes
    await connection.execute(delete(minutes).where(minutes.c.minute < now - MINUTES_KEPT))


def _conditions(table: Columns, moment: ColumnElement[Any], caller: Caller, wish: UsageWish) -> list[ColumnElement[bool]]:
    if caller.account is None:
        raise NotAuthenticated("Usage is shown to accounts.", hint="Send `Authorization: Bearer <token>`.")
    found = [moment >= wish.since, moment < wish.until]
    if not caller.is_admin:
        payers = [caller.account.id, *(number for number in caller.organisations if caller.may_administer(number))]
        found.append(or_(table.payer_id.in_(payers), table.account_id == caller.account.id))
    for values, column in ((wish.keys, table.token_id), (wish.models, table.repository), (wish.routes, table.route)):
        if values:
            found.append(column.in_(values))
    return found


def _folded(rows: Sequence[Any], words: list[str], time: str, names: dict[int, str]) -> list[UsageRow]:
    sums: dict[tuple[Any, ...], _Sum] = {}
    for row in rows:
        group = {word: names.get(getattr(row, word), "") if word in _NAMED else getattr(row, word) for word in words}
        if time:
            group[time] = begin_of(row.at, time)
        one = sums.setdefault(tuple(group.values()), _Sum(group))
        one.amounts = [before + int(getattr(row, name)) for before, name in zip(one.amounts, SUMS, strict=True)]
    ordered = sorted(sums.values(), key=lambda one: tuple(str(value) for value in one.group.values()))
    return [UsageRow(one.group, *one.amounts) for one in ordered]


def begin_of(moment: datetime, time: str) -> datetime:
    """Of the minute, hour, day or month (UTC) that a moment lies in."""
    if time == "minute":
        return moment.astimezone(UTC).replace(second=0, microsecond=0)
    begin = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if time == "hour":
        return begin
    return begin.replace(hour=0) if time == "day" else begin.replace(hour=0, day=1)
