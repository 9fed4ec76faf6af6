"""What an earlier version kept in one document becomes records of their own."""

from __future__ import annotations

import json
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, select, text

from commonweight.db import Database
from commonweight.db.migrate import _config, migrate
from commonweight.db.tables import policy as tables

HELD = {"id": "m-1", "licence": "llama-2", "kind": "granted", "until": "2027-01-31"}
MADE = {
    "id": "r-1", "kind": "exception", "finding": "gemma#x", "choose": "allowed", "author": "A", "reason": "B",
    "scope": {"acts": ["host"]},
}  # fmt: skip
FACTS = {"organisation": {"kind": "company", "permissions": [HELD]}, "use": {"acts": ["host"]}, "decisions": [MADE]}


async def test_facts_of_a_use_become_organisation_permissions_and_decisions(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'old.sqlite3'}")

    def before(connection: Connection) -> None:
        command.upgrade(_config(connection), "0003")

    async with database.write() as connection:
        await connection.run_sync(before)
        row = {"facts": json.dumps(FACTS), "at": "2026-01-01 00:00:00.000000"}
        await connection.execute(
            text("INSERT INTO uses (name, description, facts, is_standing, updated_at) VALUES ('Ours', '', :facts, 1, :at)"),
            row,
        )
    await migrate(database)
    async with database.read() as connection:
        use = (await connection.execute(select(tables.uses))).one()
        organisation = (await connection.execute(select(tables.organisations))).one()
        permission = (await connection.execute(select(tables.permissions))).one()
        decision = (await connection.execute(select(tables.decisions))).one()
    assert (use.facts, use.was_standing, use.organisation_id) == ({"acts": ["host"]}, True, organisation.id)
    assert (organisation.key, organisation.facts) == ("own", {"kind": "company"})
    assert (permission.name, str(permission.until)) == ("m-1", "2027-01-31")
    assert (decision.finding, decision.acts, decision.use_id) == ("gemma#x", ["host"], use.id)
    await database.close()
