"""Suspected bases in the database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from commonweight.db import Connection
from commonweight.db.tables import vetting_weights as tables
from commonweight.hub import Step

CONFIRMED_SOURCE: Final = "found in the bytes"  # one sentence for all, so that lineages stay alike but for names

_suspects = tables.suspects


async def confirmed_steps(connection: Connection, repository_id: int) -> tuple[Step, ...]:
    """The steps that people have confirmed for a repository."""
    query = (
        select(_suspects.c.base_name, _suspects.c.relation)
        .where(_suspects.c.repository_id == repository_id, _suspects.c.state == "confirmed")
        .order_by(_suspects.c.id)
    )
    rows = await connection.execute(query)
    return tuple(Step(row.base_name, "model", row.relation, "confirmed", source=CONFIRMED_SOURCE) for row in rows)
