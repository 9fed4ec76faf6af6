"""What is asked, out of the database: every use with what its organisation said and what people decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from commonweight.db import Connection
from commonweight.db.tables import policy as tables
from commonweight.policy import people, state
from commonweight.policy.asking import Asked


@dataclass(frozen=True)
class AskedOfAll:
    """The uses that are in use, by number, and the ids that decisions name, at a version of all this."""

    version: int
    uses: Mapping[int, Asked]
    named: frozenset[str]


class AskedUses:
    """Read once per version."""

    def __init__(self) -> None:
        self._kept: AskedOfAll | None = None

    async def load(self, connection: Connection) -> AskedOfAll:
        """As it stands in this look at the database."""
        version = (await state.read(connection)).version
        kept = self._kept
        if kept is None or kept.version != version:
            kept = self._kept = await _read(connection, version)
        return kept

    def forget(self) -> None:
        self._kept = None


async def _read(connection: Connection, version: int) -> AskedOfAll:
    uses, organisations = tables.uses, tables.organisations
    query = (
        select(uses, organisations.c.key, organisations.c.facts.label("organisation"))
        .join(organisations, organisations.c.id == uses.c.organisation_id)
        .where(uses.c.ended_at.is_(None))
    )
    rows = (await connection.execute(query)).all()
    held = await people.permissions(connection, tables.permissions.c.ended_at.is_(None))
    made = await people.decisions(connection, tables.decisions.c.ended_at.is_(None))
    found = {
        row.id: Asked(
            use_id=row.id,
            use_name=row.name,
            organisation=row.organisation,
            use=row.facts,
            permissions=tuple(one for one in held if one.organisation == row.key),
            decisions=tuple(one for one in made if one.organisation == row.key and one.use_id in (None, row.id)),
            version=version,
        )
        for row in rows
    }
    return AskedOfAll(version, found, frozenset(name for one in made for name in one.named_nodes))
