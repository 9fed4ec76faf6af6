"""Rows of the table `conversions`, as values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from commonweight.db import Connection
from commonweight.db.tables.tuning import conversions
from commonweight.tuning.conversions.values import OPEN, Conversion, ConversionStatus, Converted
from commonweight.tuning.converting import Quantisation


def conversion_of(row: Any) -> Conversion:
    return Conversion(
        number=row.number,
        id=row.id,
        account_id=row.account_id,
        token_id=row.token_id,
        source=Converted(**row.source),
        target=row.target,
        formats=tuple(Quantisation(word) for word in row.formats),
        status=ConversionStatus(row.status),
        progress=row.progress,
        report=row.report,
        error=row.error,
        repository_id=row.repository_id,
        commit=row.commit,
        wanted=row.wanted,
        address=row.address,
        is_scored=row.is_scored,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


async def put_up(connection: Connection, number: int, fence: str) -> Conversion | None:
    """Begin a turn of one that is not over: who began one before finds out as soon as it writes. None: it is over."""
    return await change(connection, number, None, fence=fence, status=ConversionStatus.RUNNING.value)


async def change(connection: Connection, number: int, fence_of: str | None, /, **values: Any) -> Conversion | None:
    """Change one that is not over, and in this turn where one is named; None: it is over, or another turn has it."""
    columns = conversions.c
    mine = [columns.number == number, columns.status.in_([status.value for status in OPEN])]
    if fence_of is not None:
        mine.append(columns.fence == fence_of)
    row = (await connection.execute(update(conversions).where(*mine).values(**values).returning(*columns))).first()
    return conversion_of(row) if row else None


async def still_open(connection: Connection) -> list[Conversion]:
    """Those that are not over."""
    query = select(conversions).where(conversions.c.status.in_([status.value for status in OPEN]))
    return [conversion_of(row) for row in await connection.execute(query)]


async def newest(connection: Connection, account_id: int, limit: int) -> Sequence[Conversion]:
    query = select(conversions).where(conversions.c.account_id == account_id)
    query = query.order_by(conversions.c.number.desc()).limit(limit)
    return [conversion_of(row) for row in await connection.execute(query)]
