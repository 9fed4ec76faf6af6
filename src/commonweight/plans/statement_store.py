"""
Lines of statements, as rows. Usage is listed month by month as the difference between what the ledger has and what earlier
statements listed of it, so that every micro-unit stands in exactly one statement, whenever it reached the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, false, func, insert, select, update

from commonweight.db import Connection, insert_ignoring
from commonweight.db.tables import accounting as accounts
from commonweight.db.tables import offering as tables
from commonweight.plans.months import Month

_ledger, _lines = accounts.ledger, tables.statement_lines
_charges, _payments, _closed = tables.charges, tables.payments, tables.closed_months

#: What tells one line from another, and what is added up.
KEYS: Final = ("payer_id", "publisher_id", "repository", "plan_id", "plan_version", "subscription_id", "currency")
SUMS: Final = (
    "requests", "prompt_tokens", "cached_tokens", "completion_tokens", "included_tokens", "cost", "engine_micros",
)  # fmt: skip

Key = tuple[Any, ...]
Sums = tuple[int, ...]


@dataclass(frozen=True)
class Party:
    """Whose statement it is: `column` is payer_id or publisher_id, as all these tables call it."""

    column: str
    account_id: int


@dataclass(frozen=True)
class UsageLine:
    """Usage of `month` under one plan, of one model. `late`: of an earlier month than the statement's."""

    month: str
    late: bool
    payer_id: int
    publisher_id: int
    repository: str
    plan_id: int
    plan_version: int
    subscription_id: int
    currency: str
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    included_tokens: int
    cost: int
    engine_micros: int


@dataclass(frozen=True)
class MoneyLine:
    """A fee, a credit or a payment, in micro-units; a credit is below 0."""

    kind: str  # fee | credit | payment
    payer_id: int
    publisher_id: int
    subscription_id: int
    plan_id: int
    plan_version: int
    currency: str
    amount: int
    first_day: str
    last_day: str
    note: str = ""


async def is_closed(connection: Connection, month: Month) -> bool:
    return await connection.scalar(select(_closed.c.month).where(_closed.c.month == str(month))) is not None


async def newest_closed(connection: Connection) -> Month | None:
    found = await connection.scalar(select(func.max(_closed.c.month)))
    return None if found is None else Month.parse(found)


async def first_used(connection: Connection) -> Month | None:
    """The month of the oldest usage, fee or payment; None where there is nothing."""
    found = [await connection.scalar(select(func.min(column))) for column in (_ledger.c.hour, _charges.c.at, _payments.c.at)]
    moments = [moment for moment in found if isinstance(moment, datetime)]
    return Month.of(min(moments)) if moments else None


async def unlisted(connection: Connection, month: Month, party: Party | None = None) -> list[UsageLine]:
    """
    Usage of `month`, and of months that are closed, that no closed statement lists. `party`: of one payer or publisher only.
    """
    closed, of = await newest_closed(connection), await first_used(connection)
    lines: list[UsageLine] = []
    while of is not None and of <= month:
        if of == month or (closed is not None and of <= closed):
            there = await _sums(connection, _ledger, (_ledger.c.hour >= of.begins) & (_ledger.c.hour < of.ends), party)
            lines += _differences(of, month, there, await _sums(connection, _lines, _lines.c.month == str(of), party))
        of = of.next
    return lines


def _differences(of: Month, statement: Month, there: Mapping[Key, Sums], listed: Mapping[Key, Sums]) -> Iterable[UsageLine]:
    nothing = (0,) * len(SUMS)
    for key in sorted(there, key=str):
        rest = tuple(a - b for a, b in zip(there[key], listed.get(key, nothing), strict=True))
        if any(rest):
            yield UsageLine(str(of), of < statement, *key, *rest)


async def _sums(connection: Connection, table: Table, where: ColumnElement[bool], party: Party | None) -> dict[Key, Sums]:
    keys = [table.c[name] for name in KEYS]
    sums = [func.sum(table.c[name]) for name in SUMS]
    query = select(*keys, *sums).where(where).group_by(*keys)
    if party is not None:
        query = query.where(table.c[party.column] == party.account_id)
    rows = (await connection.execute(query)).all()
    return {tuple(row[: len(KEYS)]): tuple(int(amount or 0) for amount in row[len(KEYS) :]) for row in rows}


async def close(connection: Connection, month: Month, now: datetime) -> bool:
    """
    Write down what the statement of a month lists, for good. False where that has been done. Whoever writes the row of the
    month first does it; another waits for that and finds it done.
    """
    if await is_closed(connection, month):
        return False
    await insert_ignoring(connection, _closed, [{"month": str(month), "closed_at": now}])
    rows = [
        {"statement": str(month), **{name: getattr(line, name) for name in ("month", *KEYS, *SUMS)}}
        for line in await unlisted(connection, month)
    ]
    if rows:
        await connection.execute(insert(_lines), rows)
    for table in (_charges, _payments):
        open_ones = table.c.statement.is_(None) & (table.c.at < month.ends)
        await connection.execute(update(table).where(open_ones).values(statement=str(month)))
    return True


async def listed(connection: Connection, month: Month, party: Party) -> list[UsageLine]:
    """Usage on a closed statement."""
    mine = (_lines.c.statement == str(month)) & (_lines.c[party.column] == party.account_id)
    rows = (await connection.execute(select(_lines).where(mine).order_by(_lines.c.id))).all()
    return [UsageLine(row.month, row.month < str(month), *(getattr(row, name) for name in (*KEYS, *SUMS))) for row in rows]


async def money(connection: Connection, month: Month, party: Party) -> list[MoneyLine]:
    """Fees, credits, payments of a statement; of an open one those of its month, and what came late to a closed one."""
    closed = await newest_closed(connection)
    found: list[MoneyLine] = []
    for table in (_charges, _payments):
        if closed is not None and month <= closed:
            on_it = table.c.statement == str(month)
        else:
            late = false() if closed is None else table.c.at < closed.ends
            of_month = (table.c.at >= month.begins) & (table.c.at < month.ends)
            on_it = table.c.statement.is_(None) & (of_month | late)
        query = select(table).where(table.c[party.column] == party.account_id, on_it).order_by(table.c.id)
        found += [_money(row) for row in await connection.execute(query)]
    return [line for line in found if line.amount]


def _money(row: Any) -> MoneyLine:
    if hasattr(row, "kind"):
        return MoneyLine(
            row.kind, row.payer_id, row.publisher_id, row.subscription_id, row.plan_id, row.plan_version, row.currency,
            int(row.amount), row.first_day, row.last_day,
        )  # fmt: skip
    day = row.at.date().isoformat()
    return MoneyLine(
        "payment", row.payer_id, row.publisher_id, row.subscription_id or 0, 0, 0, row.currency, int(row.amount), day, day,
        row.note or row.outside_id,
    )  # fmt: skip
