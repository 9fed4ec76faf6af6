"""How far a change of facts has got."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from commonweight.db import Connection
from commonweight.db.tables import policy as policy_tables
from commonweight.db.tables import standing as tables
from commonweight.policy import causes, marking
from commonweight.policy.errors import RecordNotFound
from commonweight.policy.values import Outcome

_causes, _standing, _uses = tables.causes, tables.standing, policy_tables.uses


async def of_cause(connection: Connection, cause_id: int, limit: int) -> Outcome:
    """
    What a cause has come to by now, with the first `limit` changes. Of a use that was made, what stands for it yet, and for
    which lineages nothing does. Raises RecordNotFound.
    """
    row = (await connection.execute(select(_causes).where(_causes.c.id == cause_id))).first()
    if row is None:
        raise RecordNotFound("cause", cause_id)
    changes, changed = await causes.changes_of(connection, {cause_id}, limit)
    waiting, touched = await _marked(connection, row)
    if row.words.get("created"):
        missing, all_of_it = await _new_use(connection, str(row.words["use"]))
        waiting, touched = waiting + missing, touched + all_of_it
    return Outcome(cause_id, changes, changed, waiting, touched)


async def _marked(connection: Connection, row: Any) -> tuple[int, int]:
    """What is still marked for this cause, and how much was."""
    mine = select(func.count()).select_from(_standing).where(_standing.c.pending == row.id)
    return int(await connection.scalar(mine) or 0), row.touched


async def _new_use(connection: Connection, name: str) -> tuple[int, int]:
    use_id = await connection.scalar(select(_uses.c.id).where(_uses.c.name == name, _uses.c.ended_at.is_(None)))
    if use_id is None:
        return 0, 0
    stands = select(func.count()).select_from(_standing).where(_standing.c.use_id == use_id)
    missing = await marking.count_missing(connection, use_id)
    return missing, missing + int(await connection.scalar(stands) or 0)
