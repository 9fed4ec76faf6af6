"""Rows of the room's tables, as values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from commonweight.batches.values import OPEN, Batch, Counts, Status, Usage
from commonweight.db import Connection
from commonweight.db.tables import batches as tables

MOMENTS = (
    "in_progress_at",
    "finalizing_at",
    "completed_at",
    "failed_at",
    "expired_at",
    "cancelling_at",
    "cancelled_at",
)


def batch_of(row: Any) -> Batch:
    return Batch(
        number=row.number,
        id=row.id,
        account_id=row.account_id,
        token_id=row.token_id,
        address=row.address,
        endpoint=row.endpoint,
        input_file_id=row.input_file_id,
        output_file_id=row.output_file_id,
        error_file_id=row.error_file_id,
        output_seconds=row.output_seconds,
        model=row.model,
        metadata=row._mapping["metadata"],
        status=Status(row.status),
        errors=row.errors,
        counts=Counts(row.total, row.completed, row.failed),
        usage=Usage(row.prompt_tokens, row.cached_tokens, row.completion_tokens, row.reasoning_tokens),
        created_at=row.created_at,
        expires_at=row.expires_at,
        moments={name: row._mapping[name] for name in MOMENTS},
    )


async def put_up(connection: Connection, number: int, fence: str) -> Batch | None:
    """Begin a turn of a batch that is not over: who began one before finds out as soon as it writes. None: it is over."""
    return await change(connection, number, OPEN, None, fence=fence)


async def change(
    connection: Connection, number: int, statuses: Sequence[Status], turn: str | None, /, **values: Any
) -> Batch | None:
    """Change a batch that is in one of these states, and in this turn where one is named; None: it is not, any more."""
    batches = tables.batches.c
    mine = [batches.number == number, batches.status.in_([status.value for status in statuses])]
    if turn is not None:
        mine.append(batches.fence == turn)
    statement = update(tables.batches).where(*mine).values(**values).returning(*tables.batches.c)
    row = (await connection.execute(statement)).first()
    return batch_of(row) if row else None


async def open_batches(connection: Connection) -> list[Batch]:
    """Those that are not over."""
    query = select(tables.batches).where(tables.batches.c.status.in_([status.value for status in OPEN]))
    return [batch_of(row) for row in await connection.execute(query)]
