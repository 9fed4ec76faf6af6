"""Grades that were given, by commit: the newest last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import and_, delete, insert, select

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.tables import choosing as tables
from commonweight.hub import Revision

MAX_KEPT: Final = 20  # grades of one commit: licence records change some times a year

_G = tables.openness_grades


@dataclass(frozen=True)
class KeptGrade:
    """A grade as it was given to a commit."""

    commit: str
    document: Mapping[str, Any]
    graded_at: datetime | None = None


class GradeStore(Protocol):
    """Where grades are kept."""

    async def of(self, revision: Revision) -> Sequence[KeptGrade]:
        """The grades of a commit, the newest last."""

    async def add(self, revision: Revision, document: Mapping[str, Any]) -> None:
        """A new grade of a commit; one that came out as the newest did is not kept twice."""


class NoGrades:
    """Keeps nothing beyond the process: each commit has its newest grade only."""

    async def of(self, revision: Revision) -> Sequence[KeptGrade]:
        return ()

    async def add(self, revision: Revision, document: Mapping[str, Any]) -> None:
        return None


class KeptGrades:
    """Grades in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, revision: Revision) -> Sequence[KeptGrade]:
        statement = select(_G.c.document, _G.c.graded_at).where(_mine(revision)).order_by(_G.c.number)
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return [KeptGrade(revision.commit, row.document, row.graded_at) for row in rows]

    async def add(self, revision: Revision, document: Mapping[str, Any]) -> None:
        digest = _digest(document)
        async with self._database.write() as connection:
            rows = (
                await connection.execute(select(_G.c.number, _G.c.digest).where(_mine(revision)).order_by(_G.c.number))
            ).all()
            if rows and rows[-1].digest == digest:
                return
            await connection.execute(insert(_G).values(self._row(revision, document, digest)))
            stale = [row.number for row in rows[: max(0, len(rows) + 1 - MAX_KEPT)]]
            if stale:
                await connection.execute(delete(_G).where(_G.c.number.in_(stale)))

    def _row(self, revision: Revision, document: Mapping[str, Any], digest: str) -> dict[str, Any]:
        return {
            "repository_id": revision.repository.id,
            "commit": revision.commit,
            "digest": digest,
            "document": dict(document),
            "graded_at": self._clock.now(),
        }


def _mine(revision: Revision) -> Any:
    return and_(_G.c.repository_id == revision.repository.id, _G.c.commit == revision.commit)


def _digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
