"""Statements in words and numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from commonweight.plans import MoneyLine, Owed, Statement, UsageLine
from commonweight.web.contexts import MoneyRow, StatementRow, StatementSum
from commonweight.web.presenting.selling import money
from commonweight.web.presenting.words import _

KIND_WORDS: Final = {"fee": _("fee"), "credit": _("credit"), "payment": _("payment")}


def statement_sums(statement: Statement, owed: Iterable[Owed]) -> tuple[StatementSum, ...]:
    """By currency; `owed` is how the account's subscriptions stand today, of all months."""
    standing = list(owed)
    currencies = {*statement.charged, *statement.paid, *(one.currency for one in standing if one.open or one.late)}
    return tuple(_sum(statement, [one for one in standing if one.currency == name], name) for name in sorted(currencies))


def _sum(statement: Statement, owed: list[Owed], currency: str) -> StatementSum:
    def of(kind: str) -> int:
        return sum(line.amount for line in statement.money if line.kind == kind and line.currency == currency)

    usage = sum(line.cost for line in statement.usage if line.currency == currency)
    is_open, late, given_back = sum(one.open for one in owed), sum(one.late for one in owed), of("credit")
    return StatementSum(
        currency=currency,
        usage=money(usage, currency),
        fees=money(of("fee"), currency),
        credits=money(given_back, currency) if given_back else "",
        total=money(statement.charged.get(currency, 0), currency),
        paid=money(of("payment"), currency),
        open=money(is_open, currency),
        late=money(late, currency) if late else "",
        is_settled=is_open <= 0,
    )


def usage_row(statement: Statement, line: UsageLine) -> StatementRow:
    other = line.publisher_id if statement.side == "payer" else line.payer_id
    return StatementRow(
        model=line.repository,
        who=statement.names.get(other, ""),
        plan=statement.plans.get(line.plan_id, ""),
        late=line.month if line.late else "",
        requests=f"{line.requests:,}",
        prompt=f"{line.prompt_tokens:,}",
        cached=f"{line.cached_tokens:,}",
        completion=f"{line.completion_tokens:,}",
        included=f"{line.included_tokens:,}",
        engine=f"{line.engine_micros / 1e6:,.1f}",
        amount=money(line.cost, line.currency) if line.currency else "",
    )


def money_row(statement: Statement, line: MoneyLine) -> MoneyRow:
    other = line.publisher_id if statement.side == "payer" else line.payer_id
    return MoneyRow(
        kind=KIND_WORDS[line.kind],
        what=line.note if line.kind == "payment" else statement.plans.get(line.plan_id, ""),
        who=statement.names.get(other, ""),
        days=line.first_day if line.first_day == line.last_day else f"{line.first_day} – {line.last_day}",
        amount=money(line.amount, line.currency),
    )
