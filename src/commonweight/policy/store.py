"""Verdicts on facts of somebody's own, kept whole; and those that earlier versions kept so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from commonweight.db import Database, insert_ignoring
from commonweight.db.tables import policy as tables
from commonweight.policy import shelf
from commonweight.policy.deciding import ID_DIGITS, PART_DIGITS
from commonweight.policy.kept import KeptDocument
from commonweight.policy.values import StoredVerdict

_ID = re.compile(r"[0-9a-f]{32,64}")


class Verdicts:
    """What has been decided. Verdicts are written once and never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, id: str) -> StoredVerdict | None:
        """By its id: of one that stands or stood, the subject's half and the verdict's; of others the whole."""
        if not _ID.fullmatch(id):
            return None
        async with self._database.read() as connection:
            if len(id) == 2 * PART_DIGITS:
                look = await shelf.by_parts(connection, id[:PART_DIGITS], id[PART_DIGITS:])
                return shelf.stored(look, look.said) if look and look.said else None
            row = (await connection.execute(select(tables.verdicts).where(tables.verdicts.c.id == id))).first()
        return _verdict(row) if row else None

    async def keep(self, verdict: StoredVerdict, facts: Mapping[str, Any]) -> None:
        """Write a verdict that stands for nothing."""
        assert len(verdict.id) == ID_DIGITS, "an id of two halves is that of a standing verdict"
        async with self._database.write() as connection:
            await insert_ignoring(connection, tables.verdicts, [_row(verdict, facts)])


def _row(verdict: StoredVerdict, facts: Mapping[str, Any]) -> dict[str, Any]:
    document = verdict.document
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
        "document": document.template() if isinstance(document, KeptDocument) else dict(document),
        "created_at": verdict.created_at,
    }


def _verdict(row: Any) -> StoredVerdict:
    facts = {name: part for name, part in row.question.items() if name != "subject"}
    return StoredVerdict(
        id=row.id,
        value=row.value,
        subject=row.subject,
        use_name=row.use_name,
        document=KeptDocument(lambda: row.document),
        lineage=row.question["subject"],
        created_at=row.created_at,
        repository_id=row.repository_id,
        namespace_id=row.namespace_id,
        private=row.private,
        account_id=row.account_id,
        facts=facts,
    )
