"""
Replicas as rows: where web processes, which want a model, and workers, which own engines, meet.

    wanted    a web process waits for this model and renews the lease while it waits
    loading   a worker has taken it up and renews the lease from here on
    ready     an engine answers at base_url
    stopping  it is being unloaded; no new request goes there
    failed    it could not be loaded; the reason stands for a while and is then forgotten

A row whose lease has run out counts as gone, whatever its state says. Each change of state is one statement with its
condition, so two workers cannot both take a replica.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, delete, select, update

from commonweight.clock import Clock
from commonweight.db import Database, insert_ignoring
from commonweight.db.tables.serving import replicas as table
from commonweight.serving.demands import Demands
from commonweight.serving.engines import Address, Traits
from commonweight.serving.footprints import Footprints
from commonweight.serving.models import ServableModel
from commonweight.serving.orders import Orders
from commonweight.serving.replica import Replica, State
from commonweight.serving.workers import Workers

WANTED_LEASE = timedelta(seconds=15)  # several renewals by a waiting web process; after it nobody waits any more
WORKER_LEASE = timedelta(seconds=15)  # several renewals by a worker on a busy machine; after it the worker is dead
FAILURE_STANDS = timedelta(seconds=5)  # all who wait learn the reason, and a retrying client does not load in a loop


class Replicas:
    """The rows. Shared by both sides; every method is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.demands = Demands(database, clock)
        self.workers = Workers(database, clock)
        self.footprints = Footprints(database, clock)
        self.orders = Orders(database, clock)

    # What web processes do.

    async def find(self, model_key: str) -> Replica | None:
        """The living row of a model that serves best: a ready one where there is one."""
        rows = await self.of(model_key)
        return min(rows, key=lambda row: (row.state is not State.READY, row.number)) if rows else None

    async def of(self, model_key: str) -> Sequence[Replica]:
        """All living rows of a model, by number."""
        return await self._select(and_(table.c.model_key == model_key, table.c.lease_until >= self._clock.now()))

    async def want(self, model: ServableModel, number: int = 0) -> None:
        """Ask for a replica by its number, or say that it is still wanted. Does nothing to a row that lives."""
        now = self._clock.now()
        row: dict[str, Any] = {"id": uuid.uuid4().hex, "model_key": model.key, "number": number}
        row |= {"model": model.as_document(), "state": State.WANTED, "declined": [], "progress": "", "error": ""}
        row |= {"lease_until": now + WANTED_LEASE, "requested_at": now, "last_used_at": now}
        mine = and_(table.c.model_key == model.key, table.c.number == number)
        async with self._database.write() as connection:
            await connection.execute(delete(table).where(mine, table.c.lease_until < now))
            await insert_ignoring(connection, table, [row])
            waiting = and_(mine, table.c.state == State.WANTED)
            await connection.execute(update(table).where(waiting).values(lease_until=now + WANTED_LEASE))

    async def everything(self) -> Sequence[Replica]:
        """All living rows, for people to look at."""
        return await self._select(table.c.lease_until >= self._clock.now())

    # What workers do.

    async def claim(self, worker: str, polite: Callable[[Replica], bool] = lambda _: True) -> Replica | None:
        """
        The longest-waiting wanted row, now loading here. Rows that this worker has declined are left, and those that
        `polite` says another worker should have a chance to take.
        """
        now = self._clock.now()
        wanted = and_(table.c.state == State.WANTED, table.c.lease_until >= now)
        for replica in await self._select(wanted):
            if worker in replica.declined or not polite(replica):
                continue
            values = {"state": State.LOADING, "worker": worker, "lease_until": now + WORKER_LEASE}
            if await self._update(and_(wanted, table.c.id == replica.id), values):
                return replica
        return None

    async def decline(self, replica: Replica, worker: str) -> None:
        """This worker can never hold it: let another take it up."""
        values: dict[str, Any] = {
            "state": State.WANTED,
            "worker": "",
            "declined": [*replica.declined, worker],
            "progress": "",
        }
        values |= {"lease_until": self._clock.now() + WANTED_LEASE}
        await self._update(and_(table.c.id == replica.id, table.c.worker == worker), values)

    async def note_progress(self, replica_id: str, text: str) -> None:
        """Say how far the loading is."""
        await self._update(table.c.id == replica_id, {"progress": text})

    async def set_ready(
        self, replica_id: str, address: Address, stream_only: bool, memory_bytes: int, slots: int = 1
    ) -> bool:
        """The engine answers. False: the row is gone, nobody would find the engine."""
        values: dict[str, Any] = {"state": State.READY, "engine": address.engine, "progress": "", "slots": slots}
        values |= {"base_url": address.base_url, "api_key": address.api_key}
        values |= {"stream_only": stream_only, "memory_bytes": memory_bytes, "traits": address.traits.as_document()}
        now = self._clock.now()
        values |= {"last_used_at": now, "lease_until": now + WORKER_LEASE}
        return await self._update(and_(table.c.id == replica_id, table.c.state == State.LOADING), values)

    async def set_traits(self, replica_id: str, traits: Traits) -> None:
        """More is known of its engine by now."""
        await self._update(table.c.id == replica_id, {"traits": traits.as_document()})

    async def set_failed(self, replica_id: str, reason: str) -> None:
        """It could not be loaded. The row stays until the reason has been read."""
        values = {"state": State.FAILED, "error": reason, "lease_until": self._clock.now() + FAILURE_STANDS}
        await self._update(table.c.id == replica_id, values)

    async def set_stopping(self, replica_id: str) -> None:
        """No new request is to go there."""
        await self._update(table.c.id == replica_id, {"state": State.STOPPING})

    async def ask_to_stop(self, model_key: str) -> int:
        """Have all replicas of a model unloaded: how many. Those that load are dropped, requests under way are finished."""
        mine = and_(table.c.model_key == model_key, table.c.state != State.STOPPING)
        async with self._database.write() as connection:
            await connection.execute(delete(table).where(mine, table.c.state.in_([State.WANTED, State.LOADING])))
            stopped = await connection.execute(update(table).where(mine).values(state=State.STOPPING))
            return stopped.rowcount

    async def remove(self, replica_id: str) -> None:
        """It is over. Also what a web process says of an engine that refuses its connection."""
        async with self._database.write() as connection:
            await connection.execute(delete(table).where(table.c.id == replica_id))

    async def renew(self, worker: str, memory: Mapping[str, int]) -> Mapping[str, Replica]:
        """
        Hold this worker's rows for longer, note their memory, and drop rows whose lease has run out.

        `memory` maps the ids of what runs here to bytes. The answer holds the rows that are still there: what runs here
        and is not in it has to be stopped.
        """
        now = self._clock.now()
        mine = and_(table.c.worker == worker, table.c.state != State.FAILED)
        async with self._database.write() as connection:
            for replica_id, size in memory.items():
                values = {"memory_bytes": size, "lease_until": now + WORKER_LEASE}
                await connection.execute(update(table).where(mine, table.c.id == replica_id).values(**values))
            await connection.execute(delete(table).where(table.c.lease_until < now))
        return {replica.id: replica for replica in await self._select(mine)}

    async def any_expired(self) -> bool:
        """Whether `renew` would have something to drop."""
        async with self._database.read() as connection:
            row = await connection.execute(select(table.c.id).where(table.c.lease_until < self._clock.now()).limit(1))
            return row.first() is not None

    async def _select(self, condition: Any) -> Sequence[Replica]:
        statement = select(table).where(condition).order_by(table.c.requested_at, table.c.number, table.c.id)
        async with self._database.read() as connection:
            return [_replica(row) for row in (await connection.execute(statement)).mappings()]

    async def _update(self, condition: Any, values: Mapping[str, Any]) -> bool:
        async with self._database.write() as connection:
            return (await connection.execute(update(table).where(condition).values(**values))).rowcount == 1


def _replica(row: Mapping[Any, Any]) -> Replica:
    model, traits = ServableModel.from_document(row["model"]), Traits.from_document(row["traits"])
    return Replica(model=model, state=State(row["state"]), traits=traits, **{name: row[name] for name in _PLAIN})


_PLAIN = (
    "id",
    "number",
    "worker",
    "declined",
    "engine",
    "stream_only",
    "slots",
    "base_url",
    "api_key",
    "memory_bytes",
    "requested_at",
    "last_used_at",
    "uses",
    "progress",
    "error",
)
