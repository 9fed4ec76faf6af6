"""
Documents that licences incorporate as they then stand: somebody saw that one changed, and somebody reviews what follows.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import insert, select, update

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.db.tables import policy as tables
from commonweight.db.tables import standing as standing_tables
from commonweight.errors import InvalidInput
from commonweight.identity import Caller, record
from commonweight.policy import causes
from commonweight.policy.errors import RecordNotFound
from commonweight.policy.library import Library

MAX_TEXT: Final = 400_000  # characters; the longest use policy has some 30,000

_changes = tables.document_changes


@dataclass(frozen=True)
class DocumentChange:
    """That a document changed. `purposes` are those that its bans speak of; `diff` is against the text recorded before."""

    id: int
    licence: str
    policy: str
    title: str
    seen_on: date
    note: str
    review: str
    is_reviewed: bool
    purposes: tuple[str, ...]
    diff: tuple[str, ...]


class MovingDocuments:
    def __init__(self, database: Database, library: Library, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock

    async def list(self) -> list[DocumentChange]:
        """Newest first."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(_changes).order_by(_changes.c.id))).all()
        found, texts = [], dict[tuple[str, str], str]()
        for row in rows:
            before = texts.get((row.licence, row.policy))
            found.append(self._change(row, before))
            if row.text:
                texts[row.licence, row.policy] = row.text
        return found[::-1]

    async def tell(
        self, caller: Caller, licence: str, policy: str, seen_on: date, text: str | None = None, note: str = ""
    ) -> int:
        """
        A document changed: whatever cites the licence is stale until somebody has reviewed it, and the feed says so. The
        caller's right was checked. Its number. Raises RecordNotFound for a document that no record incorporates.
        """
        terms = self._library.records.get(licence)
        document = next((one for one in terms.policies if one.id == policy), None) if terms else None
        if document is None:
            raise RecordNotFound("document", f"{licence} {policy}")
        if text is not None and len(text) > MAX_TEXT:
            raise InvalidInput(f"The text has {len(text):,} characters; at most {MAX_TEXT:,} are kept.")
        now = self._clock.now()
        row = {"licence": licence, "policy": policy, "title": document.title, "seen_on": seen_on, "text": text, "note": note,
               "recorded_at": now, "recorded_by": caller.account.id if caller.account else None, "review": ""}  # fmt: skip
        async with self._database.write() as connection:
            number = await connection.scalar(insert(_changes).values(row).returning(_changes.c.id))
            words = {"licence": licence, "document": document.title, "seen_on": seen_on.isoformat()}
            cause = await causes.add(connection, now, "document", words, caller)
            await _tell_of_all(connection, now, cause, licence)
            await record(connection, now, caller, "document.change", f"documents/{number}", **words)
        return int(number or 0)

    async def review(self, caller: Caller, number: int, words: str) -> None:
        """Somebody looked at what follows: nothing is stale for it any more. Raises RecordNotFound."""
        now = self._clock.now()
        done = {"reviewed_at": now, "reviewed_by": caller.account.id if caller.account else None, "review": words}
        async with self._database.write() as connection:
            mine = (_changes.c.id == number) & _changes.c.reviewed_at.is_(None)
            if (await connection.execute(update(_changes).where(mine).values(**done))).rowcount == 0:
                raise RecordNotFound("document", number)
            await record(connection, now, caller, "document.review", f"documents/{number}", review=words)

    def _change(self, row: Any, before: str | None) -> DocumentChange:
        terms = self._library.records.get(row.licence)
        bans = [ban for ban in terms.bans if ban.policy in (row.policy, None)] if terms else []
        purposes = sorted({purpose for ban in bans for purpose in ban.purposes})
        diff: list[str] = []
        if before and row.text:
            lines = difflib.unified_diff(before.splitlines(), row.text.splitlines(), "before", "now", lineterm="", n=1)
            diff = list(lines)
        return DocumentChange(
            row.id, row.licence, row.policy, row.title, row.seen_on, row.note, row.review, row.reviewed_at is not None,
            tuple(purposes), tuple(diff),
        )  # fmt: skip


async def _tell_of_all(connection: Any, now: Any, cause: int, licence: str) -> None:
    """A line in the feed for every model whose shape declares the licence: the value is as it was, and stale."""
    standing, verdicts, terms = standing_tables.standing, standing_tables.shape_verdicts, standing_tables.shape_terms
    query = (
        select(standing.c.shape_id, standing.c.use_id, standing.c.value, verdicts.c.part)
        .join(verdicts, verdicts.c.id == standing.c.verdict_id)
        .join(terms, terms.c.shape_id == standing.c.shape_id)
        .where(terms.c.licence == licence)
    )
    rows = (await connection.execute(query)).all()
    said = [(row, (row.value, row.part)) for row in rows]
    told = [causes.OfShape(cause, row.shape_id, row.use_id, both, both) for row, both in said]
    await causes.tell_of_shapes(connection, now, told)
