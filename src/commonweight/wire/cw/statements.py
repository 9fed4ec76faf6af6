"""/cw/v1/statements: what was used, earned and owed in a month."""

# No postponed annotations here: the framework reads those of the handlers, which name a local (`callers`).

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from commonweight.identity import Caller
from commonweight.plans import Selling, Statement, as_csv
from commonweight.wire.cw.callers import Callers
from commonweight.wire.cw.plan_shapes import MonthAnswer, StatementAnswer

_ACCOUNT = Query(description="an organisation of yours; left out: yourself")
_SIDE = Query(description="what it pays, or what its models earned")


def statement_routes(callers: Callers, selling: Selling) -> APIRouter:
    """For members of who pays, and for who speaks for the publisher."""
    router = APIRouter(tags=["plans"])
    signed_in = Depends(callers.signed_in)

    @router.get("/statements", operation_id="list_statements")
    async def months(caller: Annotated[Caller, signed_in], account: Annotated[str, _ACCOUNT] = "") -> list[MonthAnswer]:
        """The months, newest first; closed ones do not change any more."""
        found = await selling.statements.months(caller, account)
        return [MonthAnswer(month=str(month), closed=closed) for month, closed in found]

    @router.get("/statements/{month}", operation_id="read_statement")
    async def read(
        month: str,
        caller: Annotated[Caller, signed_in],
        account: Annotated[str, _ACCOUNT] = "",
        side: Annotated[Literal["payer", "publisher"], _SIDE] = "payer",
    ) -> StatementAnswer:
        """Line by line, in micro-units of each currency; what came late to a closed month is on the next, marked."""
        return StatementAnswer.of(await selling.statements.get(caller, month, account, side))

    @router.get("/statements/{month}/csv", operation_id="read_statement_csv", response_class=Response)
    async def as_table(
        month: str,
        caller: Annotated[Caller, signed_in],
        account: Annotated[str, _ACCOUNT] = "",
        side: Annotated[Literal["payer", "publisher"], _SIDE] = "payer",
    ) -> Response:
        """The same as CSV."""
        return _csv(await selling.statements.get(caller, month, account, side))

    return router


def _csv(statement: Statement) -> Response:
    name = f"{statement.account}-{statement.month}-{statement.side}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}
    return Response(as_csv(statement), media_type="text/csv; charset=utf-8", headers=headers)
