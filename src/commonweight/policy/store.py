"""Verdicts in the database, and which of them stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, select, update

from commonweight.db import Connection, Database, insert_ignoring, upsert
from commonweight.db.tables import policy as tables
from commonweight.policy.values import StoredVerdict

IDS_AT_ONCE: Final = 500  # bound parameters of one SELECT; SQLite allows some thousands

_ID = re.compile(r"[0-9a-f]{32,64}")


@dataclass(frozen=True)
class Standing:
    """A verdict that stands for a subject under a use, and for what."""

    verdict: StoredVerdict
    basis: str
    inputs: str
    checked_at: datetime


class Verdicts:
    """What has been decided. Verdicts are written once and never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, id: str) -> StoredVerdict | None:
        if not _ID.fullmatch(id):
            return None
        async with self._database.read() as connection:
            row = (await connection.execute(select(tables.verdicts).where(tables.verdicts.c.id == id))).first()
        return _verdict(row) if row else None

    async def keep(self, verdict: StoredVerdict, facts: Mapping[str, Any]) -> None:
        """Write a verdict that stands for nothing."""
        async with self._database.write() as connection:
            await insert_ignoring(connection, tables.verdicts, [_row(verdict, facts)])

    async def standing(self, use_id: int, subjects: Sequence[str]) -> dict[str, Standing]:
        """What stands for these subjects under a use, by subject."""
        found: dict[str, Standing] = {}
        async with self._database.read() as connection:
            for start in range(0, len(subjects), IDS_AT_ONCE):
                some = subjects[start : start + IDS_AT_ONCE]
                found |= await _standing(connection, and_(_S.use_id == use_id, _S.subject.in_(some)))
        return found

    async def all_standing(self, use_id: int) -> dict[str, Standing]:
        """Everything that stands under a use, by subject."""
        async with self._database.read() as connection:
            return await _standing(connection, _S.use_id == use_id)

    async def let_stand(self, use_id: int, rows: Iterable[Standing], facts: Mapping[str, Any]) -> None:
        """Write verdicts and let them stand, in one transaction."""
        rows = sorted(
            rows, key=lambda row: row.verdict.subject
        )  # in one order everywhere: two writers cannot lock each other
        if not rows:
            return
        async with self._database.write() as connection:
            verdicts = {row.verdict.id: _row(row.verdict, facts) for row in rows}
            await insert_ignoring(connection, tables.verdicts, list(verdicts.values()))
            for row in rows:
                await upsert(connection, tables.standing_verdicts, _standing_row(use_id, row), keys=["subject", "use_id"])

    async def note_checked(self, use_id: int, subjects: Sequence[str], at: datetime) -> None:
        """The lineage of these was looked at again and is as it was."""
        if not subjects:
            return
        statement = update(tables.standing_verdicts).where(_S.use_id == use_id, _S.subject.in_(list(subjects)))
        async with self._database.write() as connection:
            await connection.execute(statement.values(checked_at=at))


_S = tables.standing_verdicts.c


async def _standing(connection: Connection, condition: Any) -> dict[str, Standing]:
    query = (
        select(tables.verdicts, _S.basis, _S.inputs, _S.checked_at)
        .join(tables.standing_verdicts, _S.verdict_id == tables.verdicts.c.id)
        .where(condition)
    )
    rows = (await connection.execute(query)).all()
    return {row.subject: Standing(_verdict(row), row.basis, row.inputs, row.checked_at) for row in rows}


def _standing_row(use_id: int, standing: Standing) -> dict[str, Any]:
    return {
        "subject": standing.verdict.subject,
        "use_id": use_id,
        "verdict_id": standing.verdict.id,
        "basis": standing.basis,
        "inputs": standing.inputs,
        "decided_at": standing.verdict.created_at,
        "checked_at": standing.checked_at,
    }


def _row(verdict: StoredVerdict, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": verdict.id,
        "value": verdict.value,
        "subject": verdict.subject,
        "repository_id": verdict.repository_id,
        "namespace_id": verdict.namespace_id,
        "private": verdict.private,
        "account_id": verdict.account_id,
        "use_name": verdict.use_name,
        "question": {**facts, "subject": dict(verdict.lineage)},
        "document": dict(verdict.document),
        "created_at": verdict.created_at,
    }


def _verdict(row: Any) -> StoredVerdict:
    return StoredVerdict(
        id=row.id,
        value=row.value,
        subject=row.subject,
        use_name=row.use_name,
        document=row.document,
        lineage=row.question["subject"],
        created_at=row.created_at,
        repository_id=row.repository_id,
        namespace_id=row.namespace_id,
        private=row.private,
        account_id=row.account_id,
        facts={part: value for part, value in row.question.items() if part != "subject"},
    )
