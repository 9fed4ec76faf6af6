"""How a tuned model has to have done before it may be accepted: a setting of the installation."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Final, Protocol

from sqlalchemy import select

from commonweight.db import Database
from commonweight.db.tables import tuning as tables
from commonweight.errors import InvalidInput
from commonweight.tuning.judging import Verdict


class Requirement(enum.StrEnum):
    ANYTHING = "anything"  # somebody looks at it and decides
    NOT_WORSE = "not_worse"
    BETTER = "better"

    @classmethod
    def of(cls, word: str) -> Requirement:
        """Raises InvalidInput."""
        if word not in set(cls):
            raise InvalidInput(f"{word!r} is no requirement for tuned models; expected one of {', '.join(cls)}.")
        return cls(word)

    def met_by(self, verdict: str | None) -> bool:
        """None: it was never judged, which meets nothing but `anything`."""
        return self is Requirement.ANYTHING or verdict in _MET[self]


_MET: Final = {
    Requirement.NOT_WORSE: (Verdict.BETTER, Verdict.SAME),
    Requirement.BETTER: (Verdict.BETTER,),
}


class Reports(Protocol):
    async def report_of(self, repository_id: int) -> Mapping[str, Any] | None:
        """The report on what a repository holds; None where it was not judged."""
        ...


class KeptReports:
    """As they stand with the tunings: what a card says, its owner can change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report_of(self, repository_id: int) -> Mapping[str, Any] | None:
        columns = tables.tunings.c
        mine = columns.repository_id == repository_id
        query = select(columns.report).where(mine, columns.report.is_not(None)).order_by(columns.number.desc()).limit(1)
        async with self._database.read() as connection:
            found: Mapping[str, Any] | None = await connection.scalar(query)
        return found
