"""What a turn of a tuning writes while it works: events, progress, checkpoints; nothing once another turn has begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import delete

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.statements import insert_ignoring
from commonweight.db.tables import tuning as tables
from commonweight.files import new_id
from commonweight.tuning import rows
from commonweight.tuning.names import checkpoint_name
from commonweight.tuning.values import OPEN, Level, Tuning

MADE: Final = "made"  # in `progress`: what stages gave back, by stage


class Overtaken(Exception):
    """Another turn has begun, or the tuning is over: nothing that this one writes is kept."""


class Telling:
    """Of one turn. `tuning` is the tuning as last seen."""

    def __init__(self, database: Database, clock: Clock, tuning: Tuning, fence: str, name: str) -> None:
        self.tuning = tuning
        self._database = database
        self._clock = clock
        self._fence = fence
        self._name = name  # of the model that it will be

    async def say(
        self,
        message: str = "",
        *,
        level: Level = Level.INFO,
        data: Mapping[str, Any] | None = None,
        progress: Mapping[str, Any] | None = None,
        columns: Mapping[str, Any] | None = None,
    ) -> None:
        """See `steps.Say`. Raises Overtaken."""
        await self.change(message, level=level, data=data, progress=progress, **(columns or {}))

    async def change(
        self,
        message: str = "",
        *,
        level: Level = Level.INFO,
        data: Mapping[str, Any] | None = None,
        progress: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> Tuning:
        """As `say`, with other columns in the same transaction. Raises Overtaken."""
        async with self._database.write() as connection:
            if progress is not None:
                at = {"at": self._clock.now().isoformat()}
                values["progress"] = {**self.tuning.progress, **progress, **at}
            self.tuning = await self._mine(connection, values)
            if message or data is not None:
                number, now = self.tuning.number, self._clock.now()
                await rows.add_event(connection, number, now, message, level=level, data=data)
        return self.tuning

    async def keep(self, step: int, metrics: Mapping[str, float]) -> None:
        """See `steps.Keep`. Raises Overtaken."""
        row = {"id": new_id("ftckpt_"), "tuning": self.tuning.number, "step": step, "metrics": dict(metrics)}
        row |= {"name": checkpoint_name(self._name, step), "created_at": self._clock.now()}
        async with self._database.write() as connection:
            self.tuning = await self._mine(connection, {})
            await insert_ignoring(connection, tables.tuning_checkpoints, [row])

    async def keep_only(self, steps: Sequence[int]) -> None:
        """See `steps.KeepOnly`. Raises Overtaken."""
        columns = tables.tuning_checkpoints.c
        gone = (columns.tuning == self.tuning.number) & columns.step.not_in(list(steps))
        async with self._database.write() as connection:
            self.tuning = await self._mine(connection, {})
            await connection.execute(delete(tables.tuning_checkpoints).where(gone))

    async def look(self) -> Tuning:
        """How it stands. Raises Overtaken."""
        async with self._database.read() as connection:
            found = await rows.look(connection, self.tuning.number, self._fence)
        if found is None:
            raise Overtaken
        self.tuning = found
        return found

    async def rest(self) -> bool:
        """Wait for its owner, without a job. False: they want it to go on after all, as seen in the same moment."""
        async with self._database.write() as connection:
            return await rows.rest(connection, self.tuning.number, self._fence)

    async def _mine(self, connection: Connection, values: Mapping[str, Any]) -> Tuning:
        found = await rows.change(
            connection, self.tuning.number, OPEN, self._fence, **(dict(values) or {"fence": self._fence})
        )
        if found is None:
            raise Overtaken
        return found
