"""What engines really held and took to load the last times: the estimate of the next time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from commonweight.clock import Clock
from commonweight.db import Database, upsert
from commonweight.db.tables.serving import serving_footprints as table
from commonweight.serving.engines import EngineSpec
from commonweight.serving.models import ServableModel

GUESS_S = 5.0  # a small model on a quiet disk, where nothing was ever loaded
LEAST_CHANGE = 1.02  # more than that is worth a row


@dataclass(frozen=True)
class Footprint:
    """Of one model with certain settings."""

    memory_bytes: int
    load_seconds: float


def settings_hash(command: Sequence[str], spec: EngineSpec) -> str:
    """16 hexadecimal digits for everything but the files: threads, slots, context, the program. Adapters by their names."""
    text = "\0".join(command)
    for path in spec.paths:
        text = text.replace(str(path), "")
    names = sorted(adapter.name for adapter in spec.adapters)
    return hashlib.sha256("\0".join([text, *names, str(spec.draft_path is not None)]).encode()).hexdigest()[:16]


class Footprints:
    """The rows."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, model: ServableModel, settings: str) -> Footprint | None:
        """What it held and took the last time with these settings."""
        statement = select(table.c.memory_bytes, table.c.load_seconds).where(
            table.c.model_key == model.key, table.c.settings == settings
        )
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).first()
        return Footprint(row[0], row[1]) if row else None

    async def note(self, model: ServableModel, settings: str, footprint: Footprint) -> None:
        """Remember a measurement in place of the one before."""
        row = {"model_key": model.key, "settings": settings, "file_bytes": model.size}
        row |= {"memory_bytes": footprint.memory_bytes, "load_seconds": footprint.load_seconds}
        async with self._database.write() as connection:
            await upsert(connection, table, row | {"measured_at": self._clock.now()}, ["model_key", "settings"])

    async def load_seconds(self, model: ServableModel) -> float:
        """About how long a load takes: as the last one did; else as long per byte as others did; else a guess."""
        mine = select(table.c.load_seconds).where(table.c.model_key == model.key).order_by(table.c.measured_at.desc())
        others = select(func.sum(table.c.load_seconds), func.sum(table.c.file_bytes))
        async with self._database.read() as connection:
            measured = (await connection.execute(mine.limit(1))).scalar()
            if measured is not None:
                return float(measured)
            seconds, size = (await connection.execute(others)).one()
        return max(1.0, float(seconds) * model.size / float(size)) if size else GUESS_S
