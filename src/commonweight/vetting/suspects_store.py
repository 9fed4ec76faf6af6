"""Suspected bases in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, delete, select, update

from commonweight.db import Connection, insert_ignoring
from commonweight.db.tables import vetting_weights as tables
from commonweight.hub import Revision, Step
from commonweight.vetting.suspects_finding import Found, strength
from commonweight.vetting.suspects_values import CONFIRMED, OPEN

CONFIRMED_SOURCE: Final = "found in the bytes"  # one sentence for all, so that lineages stay alike but for names

_suspects = tables.suspects


async def confirmed_steps(connection: Connection, repository_id: int) -> tuple[Step, ...]:
    """The steps that people have confirmed for a repository."""
    query = (
        select(_suspects.c.base_name, _suspects.c.relation)
        .where(_suspects.c.repository_id == repository_id, _suspects.c.state == CONFIRMED)
        .order_by(_suspects.c.id)
    )
    rows = await connection.execute(query)
    return tuple(Step(row.base_name, "model", row.relation, "confirmed", source=CONFIRMED_SOURCE) for row in rows)


async def replace_open(
    connection: Connection, now: datetime, revision: Revision, found: Sequence[tuple[Found, str, str]]
) -> None:
    """
    What is suspected of a repository now, each with the relation and the base's commit; what was suspected before and is not
    any more is forgotten. What people have decided stays, until there are other bytes to decide on.
    """
    for one, relation, base_commit in found:
        said = _columns(revision, one, relation, base_commit)
        keys = {"repository_id": revision.repository.id, "base_id": one.repository.id}
        await insert_ignoring(connection, _suspects, [{**keys, **said, "state": OPEN, "found_at": now, "reason": ""}])
        mine = and_(_suspects.c.repository_id == revision.repository.id, _suspects.c.base_id == one.repository.id)
        await connection.execute(update(_suspects).where(mine, _suspects.c.state == OPEN).values(**said))
        other_bytes = and_(mine, _suspects.c.state == "dismissed", _suspects.c.basis != said["basis"])
        again = {"state": OPEN, "found_at": now, "decided_at": None, "decided_by": None, "reason": ""}
        await connection.execute(update(_suspects).where(other_bytes).values(**said, **again))
    gone = and_(
        _suspects.c.repository_id == revision.repository.id,
        _suspects.c.state == OPEN,
        _suspects.c.base_id.is_(None) | _suspects.c.base_id.not_in([one.repository.id for one, *_ in found]),
    )
    await connection.execute(delete(_suspects).where(gone))


def _columns(revision: Revision, one: Found, relation: str, base_commit: str) -> dict[str, Any]:
    return {
        "base_name": one.repository.full_name,
        "strength": strength(one.evidence),
        "share": one.evidence.weight,
        "commit": revision.commit,
        "base_commit": base_commit,
        "basis": hashlib.sha256("\n".join(one.basis).encode()).hexdigest(),
        "relation": relation,
        "evidence": one.evidence.to_document(),
    }


async def rows_of(connection: Connection, repository_id: int, states: Collection[str]) -> Sequence[Any]:
    """Rows of a repository in these states, those that say most first."""
    mine = and_(_suspects.c.repository_id == repository_id, _suspects.c.state.in_(sorted(states)))
    rows = await connection.execute(select(_suspects).where(mine).order_by(_suspects.c.share.desc(), _suspects.c.id))
    return rows.all()


async def decide(connection: Connection, number: int, was: Collection[str], values: Mapping[str, Any]) -> bool:
    """Change the state of one, if it still is what the caller saw."""
    mine = and_(_suspects.c.id == number, _suspects.c.state.in_(sorted(was)))
    done = await connection.execute(update(_suspects).where(mine).values(**values))
    return done.rowcount == 1
