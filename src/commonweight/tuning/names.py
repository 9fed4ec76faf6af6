"""`ft:` names: what they look like, and what they stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.statements import upsert
from commonweight.db.tables import tuning as tables
from commonweight.tuning import rows
from commonweight.tuning.errors import NotYours, TunedModelMissing
from commonweight.tuning.values import TunedModel, Tuning

ID_CHARACTERS: Final = 8  # of the id of a tuning at the end of its model's name
MAX_LISTED: Final = 500
CHECKPOINT: Final = ":ckpt-step-"  # in the names of states on the way
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")


def tuned_name(tuning: Tuning, base: str, organisation: str) -> str:
    """
    `ft:{base}:{organisation}:{suffix}:{id}`, as OpenAI names them.

        ft:SmolLM2-135M-Instruct:acme:tickets:9a1b22c4
    """
    suffix = _NOT_IN_NAMES.sub("-", tuning.suffix or "").strip("-")
    return f"ft:{_NOT_IN_NAMES.sub('-', base)}:{organisation}:{suffix}:{tuning.id[-ID_CHARACTERS:]}"


def checkpoint_name(name: str, step: int) -> str:
    """Of the state after a step of what becomes the model `name`."""
    return f"{name}{CHECKPOINT}{step}"


class TunedNames:
    """Which models were tuned here, by their `ft:` names."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, name: str) -> TunedModel | None:
        """What a name stands for, whosever it is."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(tables.tuned_models).where(tables.tuned_models.c.name == name))).first()
        return rows.model_of(row) if row else None

    async def in_repository(self, repository_id: int) -> Sequence[TunedModel]:
        """Those that a repository holds, newest first: for whoever may read it."""
        columns = tables.tuned_models.c
        query = select(tables.tuned_models).where(columns.repository_id == repository_id)
        query = query.order_by(columns.created_at.desc(), columns.name).limit(MAX_LISTED)
        async with self._database.read() as connection:
            return [rows.model_of(row) for row in await connection.execute(query)]

    async def of(self, account_id: int) -> Sequence[TunedModel]:
        """Those of an account, newest first."""
        columns = tables.tuned_models.c
        query = select(tables.tuned_models).where(columns.account_id == account_id)
        query = query.order_by(columns.created_at.desc(), columns.name).limit(MAX_LISTED)
        async with self._database.read() as connection:
            return [rows.model_of(row) for row in await connection.execute(query)]

    async def set(self, connection: Connection, model: TunedModel) -> None:
        """In the caller's transaction: from now on the name stands for this."""
        values: dict[str, Any] = {
            "name": model.name,
            "account_id": model.account_id,
            "tuning": model.tuning,
            "repository_id": model.repository_id,
            "commit": model.commit,
            "path": model.path,
            "is_adapter": model.is_adapter,
            "base": None if model.base is None else dict(model.base),
            "created_at": model.created_at,
        }
        await upsert(connection, tables.tuned_models, values, keys=["name"])

    async def put(self, model: TunedModel) -> None:
        """`set` in a transaction of its own."""
        async with self._database.write() as connection:
            await self.set(connection, model)

    async def forget(self, tuning: int) -> None:
        """What came of a tuning, and its states on the way, have no names any more."""
        models, checkpoints = tables.tuned_models, tables.tuning_checkpoints
        async with self._database.write() as connection:
            await connection.execute(delete(models).where(models.c.tuning == tuning))
            await connection.execute(delete(checkpoints).where(checkpoints.c.tuning == tuning))

    async def delete(self, account_id: int, name: str) -> None:
        """
        The name, and those of its checkpoints, stand for nothing any more; the repository stays. Raises TunedModelMissing,
        NotYours.
        """
        columns = tables.tuned_models.c
        async with self._database.write() as connection:
            row = (await connection.execute(select(columns.account_id).where(columns.name == name))).first()
            if row is None:
                raise TunedModelMissing(name)
            if row.account_id != account_id:
                raise NotYours(f"{name[:200]!r} was tuned by another account; only that one can delete it.")
            own = columns.name.startswith(f"{name}{CHECKPOINT}", autoescape=True)
            await connection.execute(delete(tables.tuned_models).where((columns.name == name) | own))
