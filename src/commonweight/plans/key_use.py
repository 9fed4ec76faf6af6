"""What keys were used for: when last, how much this month, how much of their budget is gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import accounting as tables
from commonweight.plans.key_terms import TOKENS, Budget
from commonweight.plans.key_values import Key
from commonweight.plans.months import Month
from commonweight.plans.windows import Period

_ledger, _minutes = tables.ledger.c, tables.ledger_minutes.c


@dataclass(frozen=True)
class Used:
    """
    Of one key. `last` is the beginning of the minute of its last request, or of the hour where that was some days ago;
    `requests` and `tokens` are of the month that has begun; `spent` of its budget, in the budget's unit (tokens, or
    micro-units of a currency).
    """

    last: datetime | None = None
    requests: int = 0
    tokens: int = 0
    spent: int = 0


@dataclass(frozen=True)
class _Sum:
    last: datetime
    requests: int
    tokens: int
    cost: int
    all_tokens: int
    all_cost: int


class KeyUse:
    """Reads the ledger, which is some seconds behind. It is given keys that somebody was shown."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, keys: Sequence[Key]) -> dict[int, Used]:
        """By the number of a key; those that were never used are in it too."""
        numbers = [key.token.id for key in keys]
        if not numbers:
            return {}
        async with self._database.read() as connection:
            sums = await _sums(connection, numbers, Month.of(self._clock.now()).begins)
            minutes = await _last_minutes(connection, numbers)
        return {key.token.id: _used(key, sums.get(key.token.id, {}), minutes.get(key.token.id)) for key in keys}


async def _sums(connection: Connection, numbers: Iterable[int], month: datetime) -> dict[int, dict[str, _Sum]]:
    """By key and currency."""
    tokens, now = _ledger.prompt_tokens + _ledger.completion_tokens, _ledger.hour >= month
    query = select(
        _ledger.token_id,
        _ledger.currency,
        func.max(_ledger.hour).label("last"),
        func.sum(case((now, _ledger.requests), else_=0)).label("requests"),
        func.sum(case((now, tokens), else_=0)).label("tokens"),
        func.sum(case((now, _ledger.cost), else_=0)).label("cost"),
        func.sum(tokens).label("all_tokens"),
        func.sum(_ledger.cost).label("all_cost"),
    ).where(_ledger.token_id.in_(numbers))
    found: dict[int, dict[str, _Sum]] = {}
    for row in await connection.execute(query.group_by(_ledger.token_id, _ledger.currency)):
        amounts = (row.requests, row.tokens, row.cost, row.all_tokens, row.all_cost)
        found.setdefault(row.token_id, {})[row.currency] = _Sum(row.last, *(int(amount) for amount in amounts))
    return found


async def _last_minutes(connection: Connection, numbers: Iterable[int]) -> dict[int, datetime]:
    query = select(_minutes.token_id, func.max(_minutes.minute).label("last")).where(_minutes.token_id.in_(numbers))
    return {row.token_id: row.last for row in await connection.execute(query.group_by(_minutes.token_id))}


def _used(key: Key, sums: dict[str, _Sum], minute: datetime | None) -> Used:
    if not sums:
        return Used()
    return Used(
        last=minute or max(one.last for one in sums.values()),
        requests=sum(one.requests for one in sums.values()),
        tokens=sum(one.tokens for one in sums.values()),
        spent=_spent(key.terms.budget, sums),
    )


def _spent(budget: Budget | None, sums: dict[str, _Sum]) -> int:
    if budget is None:
        return 0
    whole = budget.period is Period.TOTAL
    if budget.unit == TOKENS:
        return sum(one.all_tokens if whole else one.tokens for one in sums.values())
    mine = sums.get(budget.unit)
    return 0 if mine is None else (mine.all_cost if whole else mine.cost)
