"""What the processes of an installation have under way and waiting for models, as rows: each says it once a second."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, delete, select, update

from commonweight.clock import Clock
from commonweight.db import Database, upsert_all
from commonweight.db.tables.serving import replicas
from commonweight.db.tables.serving import serving_demands as table
from commonweight.serving.line import Wish

FRESH = timedelta(seconds=4)  # several times as long as a process is silent while it has something to say


@dataclass(frozen=True)
class AtReplica:
    """What one process does at one replica."""

    under_way: int = 0
    tokens_per_second: float = 0.0


@dataclass(frozen=True)
class Demand:
    """What one process has for one model."""

    model_key: str
    wish: Wish = field(default_factory=Wish)
    queued: int = 0
    by_replica: Mapping[str, AtReplica] = field(default_factory=dict)
    process: str = ""

    @property
    def is_nothing(self) -> bool:
        return not (self.wish.interactive or self.wish.batch or self.queued)


class Demands:
    """The rows. Every method is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def say(self, process: str, demands: Sequence[Demand], uses: Mapping[str, int]) -> None:
        """
        What a process has now; a model with nothing any more is taken out. `uses`: requests begun at replicas since the
        last time, which also notes that they are in use.
        """
        now = self._clock.now()
        rows = [_row(process, demand) | {"said_at": now} for demand in demands if not demand.is_nothing]
        ended = [demand.model_key for demand in demands if demand.is_nothing]
        async with self._database.write() as connection:
            await upsert_all(connection, table, rows, ["process", "model_key"])
            if ended:
                gone = and_(table.c.process == process, table.c.model_key.in_(ended))
                await connection.execute(delete(table).where(gone))
            for replica_id, count in uses.items():
                values = {"last_used_at": now, "uses": replicas.c.uses + count}
                await connection.execute(update(replicas).where(replicas.c.id == replica_id).values(**values))

    async def of(self, model_keys: Collection[str]) -> Sequence[Demand]:
        """What all processes have for these models."""
        return await self._select(table.c.model_key.in_(list(model_keys)))

    async def everything(self) -> Sequence[Demand]:
        """What all processes have for all models."""
        return await self._select(table.c.process != "")

    async def sweep(self) -> None:
        """Drop what processes said that have died since."""
        async with self._database.write() as connection:
            await connection.execute(delete(table).where(table.c.said_at < self._clock.now() - FRESH))

    async def _select(self, condition: Any) -> Sequence[Demand]:
        fresh = table.c.said_at >= self._clock.now() - FRESH
        async with self._database.read() as connection:
            rows = (await connection.execute(select(table).where(condition, fresh))).mappings()
            return [_demand(row) for row in rows]


def _row(process: str, demand: Demand) -> dict[str, Any]:
    by_replica = {
        replica: {"under_way": at.under_way, "tokens_per_second": round(at.tokens_per_second, 1)}
        for replica, at in demand.by_replica.items()
    }
    wish = demand.wish
    row: dict[str, Any] = {"process": process, "model_key": demand.model_key, "by_replica": by_replica}
    return row | {
        "interactive": wish.interactive,
        "batch": wish.batch,
        "weight": wish.weight,
        "queued": demand.queued,
    }


def _demand(row: Mapping[Any, Any]) -> Demand:
    by_replica = {replica: AtReplica(**said) for replica, said in row["by_replica"].items()}
    wish = Wish(row["interactive"], row["batch"], row["weight"])
    return Demand(row["model_key"], wish, row["queued"], by_replica, row["process"])
