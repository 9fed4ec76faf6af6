"""Monthly statements, to look at and to print."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from commonweight.identity import Caller
from commonweight.plans import Month, Owed, Statement
from commonweight.web.contexts import StatementPage
from commonweight.web.presenting.sales import model_sums
from commonweight.web.presenting.statements import money_row, statement_sums, usage_row
from commonweight.web.rendering import Renderer
from commonweight.web.services import WebServices
from commonweight.web.visits import Visits, needs_account


class StatementPages:
    def __init__(self, services: WebServices, visits: Visits, renderer: Renderer) -> None:
        self._services = services
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
        month = Month.parse(statement.month)
        page = StatementPage(
            frame=visit.frame,
            account=statement.account,
            fullname=(await self._services.identity.account(statement.account)).fullname,
            accounts=(visit.frame.caller, *sorted(one.name for one, _ in caller.organisations.values())),
            side=side,
            month=statement.month,
            months=tuple(months),
            period=(month.day(0).isoformat(), month.day(month.days - 1).isoformat()),
            issued=self._services.policy.today().isoformat(),
            closed=statement.closed,
            usage=tuple(usage_row(statement, line) for line in statement.usage),
            money=tuple(money_row(statement, line) for line in statement.money),
            sums=statement_sums(statement, await self._owed(caller, statement)),
            models=model_sums(statement) if side == "publisher" else (),
            csv=_csv(statement),
        )
        return self._renderer.answer(page)

    async def _owed(self, caller: Caller, statement: Statement) -> list[Owed]:
        """How subscriptions of the account, or to its plans, stand today."""
        selling = self._services.selling
        if statement.side == "publisher":
            account = await self._services.identity.account(statement.account)
            shown = await selling.subscriptions.to_plans_of(caller, account.id)
        else:
            shown = [one for one in await selling.subscriptions.mine(caller) if one.subscriber == statement.account]
        return [one for each in (await selling.owing.of(shown)).values() for one in each]


def _csv(statement: Statement) -> str:
    return f"/cw/v1/statements/{statement.month}/csv?{urlencode({'account': statement.account, 'side': statement.side})}"
