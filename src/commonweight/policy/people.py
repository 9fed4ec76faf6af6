"""What people decided and what is held from licensors, in the database: recorded, ended, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from commonweight.db import Connection
from commonweight.db.tables import policy as tables
from commonweight.policy.asking import HeldPermission, PersonsDecision

_permissions, _decisions, _organisations = tables.permissions, tables.decisions, tables.organisations


async def permissions(connection: Connection, condition: ColumnElement[bool]) -> list[HeldPermission]:
    """In the order in which they were recorded."""
    query = (
        select(_permissions, _organisations.c.key.label("organisation"))
        .join(_organisations, _organisations.c.id == _permissions.c.organisation_id)
        .where(condition)
        .order_by(_permissions.c.id)
    )
    return [_permission(row) for row in await connection.execute(query)]


async def decisions(connection: Connection, condition: ColumnElement[bool]) -> list[PersonsDecision]:
    """In the order in which they were recorded."""
    query = (
        select(_decisions, _organisations.c.key.label("organisation"))
        .join(_organisations, _organisations.c.id == _decisions.c.organisation_id)
        .where(condition)
        .order_by(_decisions.c.id)
    )
    return [_decision(row) for row in await connection.execute(query)]


async def add_permission(connection: Connection, row: Mapping[str, Any]) -> int:
    """Write one; its number."""
    number: int | None = await connection.scalar(insert(_permissions).values(dict(row)).returning(_permissions.c.id))
    assert number is not None, "an insert returns the key"
    return number


async def add_decision(connection: Connection, row: Mapping[str, Any]) -> int:
    """Write one; its number."""
    number: int | None = await connection.scalar(insert(_decisions).values(dict(row)).returning(_decisions.c.id))
    assert number is not None, "an insert returns the key"
    return number


async def end(connection: Connection, table: Any, ids: Sequence[int], ended: Mapping[str, Any]) -> None:
    """Mark as ended what is not: `ended_at`, `ended_by`, `end_reason`."""
    await connection.execute(update(table).where(table.c.id.in_(ids), table.c.ended_at.is_(None)).values(**ended))


def _permission(row: Any) -> HeldPermission:
    return HeldPermission(
        row.id, row.organisation, row.name, row.licence, row.kind, tuple(row.lifts), tuple(row.acts), row.since, row.until,
        row.author, row.source, row.outside_id, row.recorded_at, row.recorded_by, row.ended_at, row.ended_by, row.end_reason,
    )  # fmt: skip


def _decision(row: Any) -> PersonsDecision:
    return PersonsDecision(
        row.id, row.organisation, row.use_id, row.name, row.kind, row.finding, row.choose, tuple(row.acts), row.node,
        row.model, row.author, row.reason, row.source, row.since, row.expires, row.recorded_at, row.recorded_by,
        row.ended_at, row.ended_by, row.end_reason,
    )  # fmt: skip
