"""Rows of the room's tables, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from commonweight.db import Connection
from commonweight.db.tables import tuning as tables
from commonweight.files import new_id
from commonweight.tuning.values import OPEN, Checkpoint, Event, Level, Stage, Status, TunedModel, Tuning, Wanted


def tuning_of(row: Any) -> Tuning:
    return Tuning(
        number=row.number,
        id=row.id,
        account_id=row.account_id,
        token_id=row.token_id,
        address=row.address,
        model=row.model,
        base=row.base,
        training_file_id=row.training_file_id,
        validation_file_id=row.validation_file_id,
        dataset=row.dataset,
        method=row.method,
        hyperparameters=row.hyperparameters,
        suffix=row.suffix,
        seed=row.seed,
        integrations=row.integrations,
        metadata=row._mapping["metadata"],
        options=row.options,
        status=Status(row.status),
        stage=Stage(row.stage),
        wanted=Wanted(row.wanted),
        progress=row.progress,
        estimate=row.estimate,
        report=row.report,
        error=row.error,
        fine_tuned_model=row.fine_tuned_model,
        repository_id=row.repository_id,
        trained_tokens=row.trained_tokens,
        result_files=row.result_files,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def event_of(row: Any) -> Event:
    return Event(row.number, row.id, Level(row.level), row.type, row.message, row.created_at, row.data)


def checkpoint_of(row: Any, tuning_id: str) -> Checkpoint:
    return Checkpoint(row.number, row.id, tuning_id, row.step, row.name, row.created_at, row.metrics)


def model_of(row: Any) -> TunedModel:
    return TunedModel(
        name=row.name,
        account_id=row.account_id,
        tuning=row.tuning,
        repository_id=row.repository_id,
        commit=row.commit,
        path=row.path,
        is_adapter=row.is_adapter,
        base=row.base,
        created_at=row.created_at,
    )


async def put_up(connection: Connection, number: int, fence: str) -> Tuning | None:
    """Begin a turn of a tuning that is not over: who began one before finds out when it writes. None: it is over."""
    return await change(connection, number, OPEN, None, fence=fence)


async def change(
    connection: Connection, number: int, statuses: Sequence[Status], turn: str | None, /, **values: Any
) -> Tuning | None:
    """Change a tuning that is in one of these states, and in this turn where one is named; None: it is not, any more."""
    columns = tables.tunings.c
    mine = [columns.number == number, columns.status.in_([status.value for status in statuses])]
    if turn is not None:
        mine.append(columns.fence == turn)
    statement = update(tables.tunings).where(*mine).values(**values).returning(*tables.tunings.c)
    row = (await connection.execute(statement)).first()
    return tuning_of(row) if row else None


async def rest(connection: Connection, number: int, turn: str) -> bool:
    """Set one aside that is to pause. False: it is not to, any more, or is in another turn."""
    columns = tables.tunings.c
    mine = (columns.number == number) & (columns.fence == turn) & (columns.wanted == Wanted.PAUSE.value)
    still = columns.status.in_([status.value for status in OPEN])
    done = await connection.execute(update(tables.tunings).where(mine & still).values(status=Status.QUEUED.value))
    return done.rowcount == 1


async def look(connection: Connection, number: int, turn: str) -> Tuning | None:
    """How a tuning stands. None: another turn has begun, or it is over."""
    columns = tables.tunings.c
    still = columns.status.in_([status.value for status in OPEN])
    query = select(tables.tunings).where(columns.number == number, columns.fence == turn, still)
    row = (await connection.execute(query)).first()
    return tuning_of(row) if row else None


async def open_tunings(connection: Connection) -> list[Tuning]:
    """Those that are not over."""
    query = select(tables.tunings).where(tables.tunings.c.status.in_([status.value for status in OPEN]))
    return [tuning_of(row) for row in await connection.execute(query)]


async def add_event(
    connection: Connection,
    number: int,
    now: datetime,
    message: str,
    *,
    level: Level = Level.INFO,
    data: Mapping[str, Any] | None = None,
) -> None:
    """With `data` it is one of the type `metrics`."""
    row = {"id": new_id("ftevent-"), "tuning": number, "level": level.value, "created_at": now, "message": message}
    row |= {"type": "message" if data is None else "metrics", "data": None if data is None else dict(data)}
    await connection.execute(insert(tables.tuning_events).values(row))


async def by_number(connection: Connection, number: int) -> Tuning | None:
    row = (await connection.execute(select(tables.tunings).where(tables.tunings.c.number == number))).first()
    return tuning_of(row) if row else None
