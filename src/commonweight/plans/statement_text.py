"""A statement as CSV: one line each, amounts in micro-units and as exact decimals, so that a program can add them up."""

from __future__ import annotations

import csv
import io
from typing import Final

from commonweight.plans.statements import Statement
from commonweight.plans.values import MICRO

COLUMNS: Final = (
    "statement", "state", "kind", "late", "month", "payer", "publisher", "model", "plan", "plan_version", "subscription",
    "requests", "prompt_tokens", "cached_tokens", "completion_tokens", "included_tokens", "engine_seconds",
    "currency", "amount_micro", "amount", "note",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would calculate a cell that begins so


def decimal(micro: int) -> str:
    """1500000 -> "1.500000", exactly."""
    units, rest = divmod(abs(micro), MICRO)
    return f"{'-' if micro < 0 else ''}{units}.{rest:06d}"


def as_csv(statement: Statement) -> str:
    """With a header; lines end with CRLF (RFC 4180)."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    head = {"statement": statement.month, "state": "closed" if statement.closed else "open"}
    for line in statement.usage:
        counts = {name: getattr(line, name) for name in COLUMNS[11:16]}
        writer.writerow(
            head
            | counts
            | _parties(statement, line.payer_id, line.publisher_id)
            | _plan(statement, line.plan_id, line.plan_version, line.subscription_id)
            | _amount(line.currency, line.cost)
            | {"kind": "usage", "late": "late" if line.late else "", "month": line.month, "model": line.repository}
            | {"engine_seconds": decimal(line.engine_micros)}
        )
    for paid in statement.money:
        note = f"{paid.first_day} to {paid.last_day}" if paid.kind != "payment" else paid.note
        writer.writerow(
            head
            | _parties(statement, paid.payer_id, paid.publisher_id)
            | _plan(statement, paid.plan_id, paid.plan_version, paid.subscription_id)
            | _amount(paid.currency, paid.amount)
            | {"kind": paid.kind, "month": paid.first_day[:7], "note": _plain(note)}
        )
    return out.getvalue()


def _parties(statement: Statement, payer_id: int, publisher_id: int) -> dict[str, str]:
    return {"payer": statement.names.get(payer_id, ""), "publisher": statement.names.get(publisher_id, "")}


def _plan(statement: Statement, plan_id: int, version: int, subscription_id: int) -> dict[str, str]:
    named = {"plan": statement.plans.get(plan_id, ""), "plan_version": str(version or "")}
    return {**named, "subscription": str(subscription_id or "")}


def _amount(currency: str, micro: int) -> dict[str, str]:
    return {"currency": currency, "amount_micro": str(micro), "amount": decimal(micro)}


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
