"""Who used what, with a chart by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from commonweight.identity import Caller
from commonweight.plans import UsageRow, UsageWish
from commonweight.web.contexts import UsageBar, UsageGroup, UsagePage
from commonweight.web.presenting.selling import money
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits, needs_account

BY: Final = ("model", "payer", "account", "key")
DAYS: Final = (7, 30, 90)
#: By what they are added up, and the filter of a wish for it.
FILTERS: Final[Mapping[str, str]] = {"model": "models", "payer": "payers", "account": "accounts", "key": "keys"}
GAP: Final = 0.2  # of the place of a bar
MAX_GROUPS: Final = 100  # rows of the table; the API has all
CHARTED: Final = 8  # of them with a drawing by day of their own


class UsagePages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """What the reader called or pays for; of everybody for administrators."""
        visit = await self._visits.visit(request)
        caller = needs_account(visit)
        by = request.query_params.get("by", "")
        by = by if by in BY else BY[0]
        days = next((one for one in DAYS if str(one) == request.query_params.get("days", "")), DAYS[1])
        until = datetime.combine(self._services.policy.today() + timedelta(days=1), time(), UTC)
        since = until - timedelta(days=days)
        usage = self._services.usage
        daily = await usage.read(caller, UsageWish(since, until, ("day",)))
        sums = await usage.read(caller, UsageWish(since, until, (by, "currency")))
        names: Mapping[str, str] = {}
        if by == "key":
            names = {str(one.token.id): one.token.name for one in await self._services.keys.list(caller)}
        bars, most = usage_bars(daily, since.date(), days)
        page = UsagePage(
            frame=visit.frame,
            by=by,
            days=days,
            bars=bars,
            first=since.date().isoformat(),
            last=(until - timedelta(days=1)).date().isoformat(),
            most=f"{most:,}",
            groups=await self._groups(caller, UsageWish(since, until, ("day", by)), sums, names),
            requests=f"{sum(row.requests for row in sums):,}",
            tokens=f"{sum(_tokens(row) for row in sums):,}",
            amounts=_amounts(sums),
        )
        return self._renderer.answer(page)

    async def _groups(
        self, caller: Caller, wish: UsageWish, sums: Sequence[UsageRow], names: Mapping[str, str]
    ) -> tuple[UsageGroup, ...]:
        """The first of them drawn by day; `wish` is by day and by what they are added up by."""
        by, days = wish.by[1], (wish.until - wish.since).days
        first = list(dict.fromkeys(row.group[by] for row in sorted(sums, key=_tokens, reverse=True)))[:CHARTED]
        if not first:
            return ()
        narrowed: dict[str, Any] = {FILTERS[by]: tuple(first)}
        daily = await self._services.usage.read(caller, replace(wish, **narrowed))
        drawn = {one: [row for row in daily if row.group[by] == one] for one in first}
        charts = {one: usage_bars(rows, wish.since.date(), days)[0] for one, rows in drawn.items()}
        return usage_groups(sums, by, names, charts)


def usage_bars(rows: Sequence[UsageRow], first: date, days: int) -> tuple[tuple[UsageBar, ...], int]:
    """A bar for each day, and the tokens of the busiest."""
    by_day = {_day(row): row for row in rows}
    most = max((_tokens(row) for row in rows), default=0)
    place = 100 / days
    bars = []
    for number in range(days):
        day = first + timedelta(days=number)
        row = by_day.get(day, UsageRow({}))
        bars.append(
            UsageBar(
                x=round(number * place + place * GAP / 2, 3),
                width=round(place * (1 - GAP), 3),
                prompt=round(100 * row.prompt_tokens / (most or 1), 3),
                whole=round(100 * _tokens(row) / (most or 1), 3),
                title=f"{day}: {_tokens(row):,}",
            )
        )
    return tuple(bars), most


def usage_groups(
    rows: Sequence[UsageRow], by: str, names: Mapping[str, str], charts: Mapping[Any, tuple[UsageBar, ...]]
) -> tuple[UsageGroup, ...]:
    whole = sum(_tokens(row) for row in rows) or 1
    ordered = sorted(rows, key=_tokens, reverse=True)[:MAX_GROUPS]
    return tuple(
        UsageGroup(
            name=names.get(str(row.group[by]), str(row.group[by] or "–")),
            requests=f"{row.requests:,}",
            prompt=f"{row.prompt_tokens:,}",
            completion=f"{row.completion_tokens:,}",
            amount=money(row.cost, row.group["currency"]) if row.group["currency"] else "",
            share=round(100 * _tokens(row) / whole, 2),
            bars=charts.get(row.group[by], ()),
        )
        for row in ordered
    )


def _amounts(rows: Sequence[UsageRow]) -> tuple[str, ...]:
    found: dict[str, int] = {}
    for row in rows:
        if row.group["currency"]:
            found[row.group["currency"]] = found.get(row.group["currency"], 0) + row.cost
    return tuple(money(amount, currency) for currency, amount in sorted(found.items()))


def _tokens(row: UsageRow) -> int:
    return row.prompt_tokens + row.completion_tokens


def _day(row: UsageRow) -> date:
    day = row.group["day"]
    return day.date() if isinstance(day, datetime) else date.fromisoformat(str(day)[:10])
