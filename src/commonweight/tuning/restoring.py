"""For test installations: tunings and tuned models with ids of their own, as a seed says, put back as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import tuning as tables
from commonweight.tuning import rows
from commonweight.tuning.names import TunedNames
from commonweight.tuning.values import OPEN, Status, TunedModel


class Restored:
    """What has been changed since, and what else was begun, goes."""

    def __init__(self, database: Database, names: TunedNames, clock: Clock) -> None:
        self._database = database
        self._names = names
        self._clock = clock

    async def tuning(self, account_id: int, token_id: int, said: Mapping[str, Any]) -> None:
        """
        `{id, model, training_file, metadata?, events: [message…], checkpoints: [{id, step, name}…]}`, running for as long as
        nobody stops it. Other open tunings of this account end: nobody asked for what a test-suite leaves behind.
        """
        now, columns = self._clock.now(), tables.tunings.c
        open_ones = columns.status.in_([status.value for status in OPEN])
        row = {"id": str(said["id"]), "account_id": account_id, "token_id": token_id, "address": "", "base": None}
        row |= {
            "model": str(said["model"]),
            "training_file_id": str(said["training_file"]),
            "method": {"type": "supervised"},
        }
        row |= {"method": {"type": "supervised"}, "hyperparameters": {}, "seed": 0}
        row |= {"metadata": said.get("metadata"), "options": {}, "progress": {}}
        row |= {"status": Status.RUNNING.value, "result_files": [], "created_at": now, "started_at": now}
        async with self._database.write() as connection:
            mine = columns.account_id == account_id
            await connection.execute(tables.tunings.delete().where(mine & (open_ones | (columns.id == row["id"]))))
            number = await connection.scalar(insert(tables.tunings).values(row).returning(columns.number))
            for message in said.get("events", []):
                await rows.add_event(connection, int(number or 0), now, str(message))
            await self._checkpoints(connection, int(number or 0), said.get("checkpoints", []))

    async def _checkpoints(self, connection: Connection, number: int, said: Sequence[Mapping[str, Any]]) -> None:
        for one in said:
            row = {"id": str(one["id"]), "tuning": number, "step": int(one["step"]), "name": str(one["name"])}
            row |= {"metrics": dict(one.get("metrics", {})), "created_at": self._clock.now()}
            await connection.execute(insert(tables.tuning_checkpoints).values(row))

    async def model(self, account_id: int, name: str, repository_id: int, commit: str, path: str) -> None:
        """An `ft:` name of a whole model."""
        async with self._database.write() as connection:
            held = await connection.scalar(select(tables.tuned_models.c.name).where(tables.tuned_models.c.name == name))
            if held is None:
                now = self._clock.now()
                model = TunedModel(name, account_id, None, repository_id, commit, path, False, None, now)
                await self._names.set(connection, model)
