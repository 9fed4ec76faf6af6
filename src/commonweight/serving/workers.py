"""The workers that own engines, as rows that live as long as their leases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from commonweight.clock import Clock
from commonweight.db import Database, upsert
from commonweight.db.tables.serving import serving_workers as table

LEASE = timedelta(seconds=30)  # three renewals; nothing waits for it but the choice of another worker, and people who look


@dataclass(frozen=True)
class WorkerFacts:
    """What one worker has to give. `worker` begins with its host's name."""

    worker: str
    budget_bytes: int
    cores: int

    @property
    def host(self) -> str:
        return self.worker.split(":", 1)[0]


class Workers:
    """The rows."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def renew(self, facts: WorkerFacts) -> None:
        """Say that this worker lives; forget those that do not."""
        now = self._clock.now()
        row = {"worker": facts.worker, "budget_bytes": facts.budget_bytes, "cores": facts.cores}
        async with self._database.write() as connection:
            await connection.execute(delete(table).where(table.c.lease_until < now))
            await upsert(connection, table, row | {"lease_until": now + LEASE}, ["worker"])

    async def leave(self, worker: str) -> None:
        """This worker ends."""
        async with self._database.write() as connection:
            await connection.execute(delete(table).where(table.c.worker == worker))

    async def everyone(self) -> Sequence[WorkerFacts]:
        """All that live."""
        living = select(table).where(table.c.lease_until >= self._clock.now()).order_by(table.c.worker)
        async with self._database.read() as connection:
            rows = (await connection.execute(living)).mappings()
            return [WorkerFacts(row["worker"], row["budget_bytes"], row["cores"]) for row in rows]
