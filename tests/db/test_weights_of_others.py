"""What tunings and conversions made before their weights were followed is followed after the update."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, select, text

from commonweight.db import Database
from commonweight.db.migrate import _config, migrate
from commonweight.db.tables.hub import weight_origins

AT = "2026-01-01 00:00:00.000000"


async def test_drafts_of_before_follow_their_bases(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'old.sqlite3'}")

    def before(connection: Connection) -> None:
        command.upgrade(_config(connection), "0026")

    async with database.write() as connection:
        await connection.run_sync(before)
        for table, row in _world():
            values = {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in row.items()}
            columns = ", ".join(f'"{key}"' for key in row)
            await connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES (:{', :'.join(row)})"), values)
    await migrate(database)
    async with database.read() as connection:
        rows = (await connection.execute(select(weight_origins).order_by(weight_origins.c.repository_id))).all()
    found = {(row.repository_id, row.origin_id): (row.path, row.namespace_id, row.was_closed) for row in rows}
    assert found == {
        (2, 1): ("gguf/base-F16.gguf", 1, True),  # the base went along, and is private
        (3, 1): ("", 1, True),  # converted
        (4, 99): ("", 2, True),  # of a base that is gone: for whoever it belongs to
    }
    await database.close()


def _world() -> list[tuple[str, dict[str, Any]]]:
    """Tables and rows of version 0026."""
    base = {"repository_id": 1, "repository": "ada/m1", "commit": "c" * 40, "source": {}, "gguf": None}
    gone = base | {"repository_id": 99, "repository": "ada/gone", "gguf": {"path": "a.gguf"}}
    seen = {1: "private", 2: "draft", 3: "draft", 4: "public"}
    source = {name: base[name] for name in ("repository_id", "repository", "commit")}
    return [
        *[("accounts", _account(number, name)) for number, name in ((1, "ada"), (2, "bob"))],
        *[("repositories", _repository(number, visibility)) for number, visibility in seen.items()],
        *[("tunings", _tuning(number, of)) for number, of in ((2, base), (4, gone), (5, base))],  # 5 was deleted since
        ("conversions", _made("conv-1", 3) | {"source": source, "target": "bob/m3", "formats": []}),
    ]


def _account(number: int, name: str) -> dict[str, Any]:
    row = {"id": number, "kind": "user", "name": name, "name_lower": name, "fullname": "", "is_admin": False}
    return row | {"default_visibility": "public", "created_at": AT}


def _repository(number: int, visibility: str) -> dict[str, Any]:
    row = {"id": number, "kind": "model", "namespace_id": 1 if number == 1 else 2, "name": f"m{number}"}
    row |= {"name_lower": f"m{number}", "visibility": visibility, "gated": "", "scope": number, "downloads": 0}
    return row | {"created_at": AT, "updated_at": AT}


def _made(name: str, repository_id: int) -> dict[str, Any]:
    row: dict[str, Any] = {"id": name, "account_id": 2, "token_id": 1, "repository_id": repository_id, "status": "succeeded"}
    return row | {"progress": {}, "fence": "", "wanted": "run", "created_at": AT}


def _tuning(repository_id: int, base: dict[str, Any]) -> dict[str, Any]:
    row = _made(f"ftjob-{repository_id}", repository_id) | {"address": "", "model": "m", "base": base, "method": {}}
    return row | {"hyperparameters": {}, "seed": 1, "options": {}, "stage": "", "result_files": []}
