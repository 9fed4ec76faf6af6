"""What administrators have asked the pool to do with a model: how many replicas, pinned, when warm, when unloaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from commonweight.clock import Clock
from commonweight.db import Database, upsert
from commonweight.db.tables.serving import serving_orders as table
from commonweight.errors import InvalidInput
from commonweight.serving.models import ServableModel
from commonweight.serving.schedule import Window, is_warm

MAX_REPLICAS = 64  # of one model; a mistyped number must not fill a cluster
MAX_IDLE_S = 30 * 24 * 3600


@dataclass(frozen=True)
class Order:
    """For one model. Without an order it is loaded on demand, as one replica."""

    model: ServableModel
    least: int = 0
    most: int = 1
    pinned: bool = False
    idle_seconds: int | None = None
    warm: tuple[Window, ...] = ()
    time_zone: str = "UTC"
    set_by: str = ""

    def checked(self) -> Order:
        """This. Raises InvalidInput."""
        if not 0 <= self.least <= self.most <= MAX_REPLICAS or self.most < 1:
            came = f"{self.least} to {self.most} replicas came"
            raise InvalidInput(f"{came}; expected 0 <= least <= most <= {MAX_REPLICAS}, and most at least 1.")
        if self.idle_seconds is not None and not 0 <= self.idle_seconds <= MAX_IDLE_S:
            raise InvalidInput(f"idle_seconds is {self.idle_seconds}; expected 0 (never) to {MAX_IDLE_S}.")
        return self

    def least_at(self, now: datetime) -> int:
        """How many replicas have to be there."""
        held = self.pinned or is_warm(self.warm, self.time_zone, now)
        return max(self.least, 1 if held else 0)


class Orders:
    """The rows."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def all(self) -> Sequence[Order]:
        """All orders, by name."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(table).order_by(table.c.name))).mappings()
            return [_order(row) for row in rows]

    async def of(self, model: ServableModel) -> Order | None:
        """The order for a model."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(table).where(table.c.model_key == model.key))).mappings().first()
        return _order(row) if row else None

    async def set(self, order: Order) -> None:
        """Put an order in place of the one before. Raises InvalidInput."""
        order.checked()
        row: dict[str, Any] = {"model_key": order.model.key, "name": order.model.name}
        row |= {"model": order.model.as_document(), "warm": [asdict(window) for window in order.warm]}
        row |= {name: getattr(order, name) for name in _PLAIN}
        async with self._database.write() as connection:
            await upsert(connection, table, row | {"set_at": self._clock.now()}, ["model_key"])

    async def drop(self, model: ServableModel) -> bool:
        """On demand again. False: there was no order."""
        async with self._database.write() as connection:
            result = await connection.execute(delete(table).where(table.c.model_key == model.key))
            return bool(result.rowcount)


_PLAIN = ("least", "most", "pinned", "idle_seconds", "time_zone", "set_by")


def _order(row: Mapping[Any, Any]) -> Order:
    warm = tuple(Window(**window) for window in row["warm"])
    return Order(model=ServableModel.from_document(row["model"]), warm=warm, **{name: row[name] for name in _PLAIN})
