"""Monthly statements, to look at and to print."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from commonweight.plans import Statement
from commonweight.web.contexts import StatementPage
from commonweight.web.presenting.selling import money, money_row, usage_row
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits, needs_account


class StatementPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._statements = services.selling.statements
        self._visits = visits
        self._renderer = renderer

    async def show(self, request: Request) -> Response:
        """Raises StatementNotFound, InvalidPlan (no month)."""
        visit = await self._visits.visit(request)
        caller, query = needs_account(visit), request.query_params
        account = query.get("account", "") or visit.frame.caller
        side = query.get("side", "") or "payer"
        months = [str(month) for month, _ in await self._statements.months(caller, account)]
        statement = await self._statements.get(caller, query.get("month", "") or months[0], account, side)
        page = StatementPage(
            frame=visit.frame,
            account=statement.account,
            accounts=(visit.frame.caller, *sorted(one.name for one, _ in caller.organisations.values())),
            side=side,
            month=statement.month,
            months=tuple(months),
            closed=statement.closed,
            usage=tuple(usage_row(statement, line) for line in statement.usage),
            money=tuple(money_row(statement, line) for line in statement.money),
            charged=_totals(statement.charged),
            paid=_totals(statement.paid),
            csv=_csv(statement),
        )
        return self._renderer.answer(page)


def _totals(amounts: dict[str, int]) -> tuple[str, ...]:
    return tuple(money(amount, currency) for currency, amount in sorted(amounts.items()))


def _csv(statement: Statement) -> str:
    return f"/cw/v1/statements/{statement.month}/csv?{urlencode({'account': statement.account, 'side': statement.side})}"
