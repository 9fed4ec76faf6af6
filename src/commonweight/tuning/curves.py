"""The curve of a training: what its events told, by step."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from commonweight.db import Connection
from commonweight.db.tables import tuning as tables

#: OpenAI's columns of a result file.
COLUMNS: Final = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")


async def evaluated(connection: Connection, number: int) -> dict[int, Mapping[str, Any]]:
    """What was told of each step of a tuning, of several tellings the last."""
    events = tables.tuning_events.c
    query = select(events.data).where(events.tuning == number, events.type == "metrics").order_by(events.number)
    found: dict[int, Mapping[str, Any]] = {}
    for data in await connection.scalars(query):
        if data and data.get("step") is not None:
            step = int(data["step"])
            found[step] = {**found.get(step, {}), **{name: value for name, value in data.items() if value is not None}}
    return found


def as_csv(losses: Sequence[Sequence[float]], told: Mapping[int, Mapping[str, Any]]) -> str:
    """A line for each step: its loss, and where it was told the accuracy and what validation found."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for step, loss in losses:
        data = told.get(int(step), {})
        rest: Iterable[Any] = (
            data.get(name, "") for name in ("train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy")
        )
        writer.writerow([int(step), loss, *rest])
    return out.getvalue()
