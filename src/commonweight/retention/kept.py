"""What is kept: written once by a decision, read by its account alone, really deleted."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

import orjson
from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import DBAPIError

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import retention as tables
from commonweight.errors import Unavailable
from commonweight.jobs import enqueue
from commonweight.retention.errors import NotKept
from commonweight.retention.values import Decision, Events, KeptAnswer, Kind, NewAnswer, Page, Total

log = logging.getLogger(__name__)

MAX_CHAIN: Final = 1_000  # responses that follow one another; each is a turn of a conversation
RESPOND: Final = "respond"  # the job that makes a response in the background; a runner of its own has it
RUNNING: Final = ("queued", "in_progress")

_answers, _events = tables.kept_answers, tables.kept_events


class Kept:
    """Responses and completions in the database. Every look names the account: an id is never a right."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, decision: Decision, new: NewAnswer, *, in_background: bool = False) -> None:
        """Write it, and with it the job that makes it where it is to be made in the background. Raises Unavailable."""
        now = self._clock.now()
        row: dict[str, Any] = {
            "id": new.id,
            "decision_id": decision.id,
            "account_id": decision.account_id,
            "kind": new.kind.value,
            "status": new.status,
            "model": new.model,
            "metadata": dict(new.metadata),
            "previous_id": new.previous_id,
            "request": orjson.dumps(new.request),
            "document": orjson.dumps(new.document),
            "created_at": now,
            "expires_at": now + timedelta(days=decision.days),
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(_answers).values(**row))
                if new.events:
                    await _write_events(connection, new.id, 0, 0, new.events)
                if in_background:
                    await enqueue(connection, now, RESPOND, {"id": new.id})
        except DBAPIError:
            log.warning("%s could not be kept: the database did not take it", new.id)  # its words would quote the text
            raise Unavailable("The answer was made, but the database did not take it to be kept.") from None

    async def find(self, account_id: int, kind: Kind, answer_id: str) -> KeptAnswer:
        """Raises NotKept."""
        async with self._database.read() as connection:
            found = await _one(connection, self._of(account_id, kind) & (_answers.c.id == answer_id))
        if found is None:
            raise NotKept(f"Nothing is kept under {answer_id!r}.")
        return found

    async def by_id(self, answer_id: str) -> KeptAnswer | None:
        """For the job that works on it; None where it was deleted meanwhile."""
        async with self._database.read() as connection:
            return await _one(connection, _answers.c.id == answer_id)

    async def chain(self, account_id: int, answer_id: str) -> list[KeptAnswer]:
        """A response with all before it, the oldest first. Raises NotKept where one of them is gone."""
        found: list[KeptAnswer] = []
        wanted: str | None = answer_id
        while wanted is not None and len(found) < MAX_CHAIN:
            answer = await self.find(account_id, Kind.RESPONSE, wanted)
            found.append(answer)
            wanted = answer.previous_id
        return found[::-1]

    async def list(
        self,
        account_id: int,
        kind: Kind,
        *,
        after: str = "",
        limit: int,
        newest_first: bool = False,
        model: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> Page:
        """A page in order of time. An `after` that is not known begins nowhere: the page is empty."""
        condition = self._of(account_id, kind)
        if model:
            condition &= _answers.c.model == model
        for key, value in (metadata or {}).items():
            condition &= _answers.c.metadata[key].as_string() == value
        async with self._database.read() as connection:
            if after:
                seen = await _one(connection, self._of(account_id, kind) & (_answers.c.id == after))
                if seen is None:
                    return Page((), more=False)
                condition &= _behind(seen, newest_first)
            columns = (_answers.c.created_at, _answers.c.id)
            order = [column.desc() for column in columns] if newest_first else list(columns)
            query = select(_answers).where(condition).order_by(*order).limit(limit + 1)
            rows = (await connection.execute(query)).all()
        return Page([_answer(row) for row in rows[:limit]], more=len(rows) > limit)

    async def totals(self, decisions: Collection[int]) -> dict[int, Total]:
        """How much is kept by these decisions now, and until when the last of it; without those by which nothing is."""
        columns = (_answers.c.decision_id, func.count(), func.max(_answers.c.expires_at))
        condition = _answers.c.decision_id.in_(decisions) & (_answers.c.expires_at > self._clock.now())
        async with self._database.read() as connection:
            rows = (await connection.execute(select(*columns).where(condition).group_by(_answers.c.decision_id))).all()
        return {row[0]: Total(row[1], row[2]) for row in rows}

    async def change_metadata(self, account_id: int, kind: Kind, answer_id: str, metadata: Mapping[str, str]) -> KeptAnswer:
        """Raises NotKept."""
        condition = self._of(account_id, kind) & (_answers.c.id == answer_id)
        async with self._database.write() as connection:
            await connection.execute(update(_answers).where(condition).values(metadata=dict(metadata)))
        return await self.find(account_id, kind, answer_id)

    async def delete(self, account_id: int, kind: Kind, answer_id: str) -> None:
        """Raises NotKept."""
        async with self._database.write() as connection:
            gone = await forget(connection, self._of(account_id, kind) & (_answers.c.id == answer_id))
        if not gone:
            raise NotKept(f"Nothing is kept under {answer_id!r}.")
        await self._database.overwrite_deleted()

    async def expire(self) -> int:
        """Delete what has been kept for long enough; how many there were."""
        async with self._database.write() as connection:
            gone = await forget(connection, _answers.c.expires_at <= self._clock.now())
        if gone:
            await self._database.overwrite_deleted()
        return gone

    # A response in the making

    async def begin(self, answer_id: str) -> int | None:
        """A job takes it up, perhaps again: the number of the attempt, or None where it is no more to be worked on."""
        condition = (_answers.c.id == answer_id) & _answers.c.status.in_(RUNNING)
        values = {"status": "in_progress", "attempt": _answers.c.attempt + 1}
        async with self._database.write() as connection:
            statement = update(_answers).where(condition).values(**values).returning(_answers.c.attempt)
            attempt: int | None = (await connection.execute(statement)).scalar_one_or_none()
            if attempt is not None:
                await connection.execute(delete(_events).where(_events.c.answer_id == answer_id))
        return attempt

    async def add_events(self, answer_id: str, attempt: int, first: int, data: bytes) -> bool:
        """False where the response was cancelled, deleted or begun anew: whoever works on it stops."""
        async with self._database.write() as connection:
            condition = _working(answer_id, attempt)
            touched = await connection.execute(update(_answers).where(condition).values(attempt=attempt))
            if touched.rowcount and data:
                await _write_events(connection, answer_id, attempt, first, data)
        return bool(touched.rowcount)

    async def finish(self, answer_id: str, attempt: int, document: Mapping[str, Any], first: int, events: bytes) -> bool:
        """The last events and the whole document. False as with `add_events`."""
        values = {"status": document["status"], "document": orjson.dumps(document)}
        async with self._database.write() as connection:
            done = await connection.execute(update(_answers).where(_working(answer_id, attempt)).values(**values))
            if done.rowcount and events:
                await _write_events(connection, answer_id, attempt, first, events)
        return bool(done.rowcount)

    async def cancel(self, account_id: int, answer_id: str) -> KeptAnswer:
        """Nothing more is done for it; what is finished stays as it is. Raises NotKept."""
        found = await self.find(account_id, Kind.RESPONSE, answer_id)
        document = {**found.document, "status": "cancelled"}
        values = {"status": "cancelled", "document": orjson.dumps(document)}
        async with self._database.write() as connection:
            condition = (_answers.c.id == answer_id) & _answers.c.status.in_(RUNNING)
            await connection.execute(update(_answers).where(condition).values(**values))
        return await self.find(account_id, Kind.RESPONSE, answer_id)

    async def events(self, answer_id: str, first: int) -> Events | None:
        """The rows of events that begin at `first` or later; None where the response is gone."""
        async with self._database.read() as connection:
            answer = await _one(connection, _answers.c.id == answer_id)
            if answer is None:
                return None
            mine = and_(_events.c.answer_id == answer_id, _events.c.attempt == answer.attempt, _events.c.first >= first)
            rows = (await connection.execute(select(_events).where(mine).order_by(_events.c.first))).all()
        data = b"".join(row.data for row in rows)
        return Events(answer.attempt, answer.status, data, rows[-1].first + 1 if rows else first)

    def _of(self, account_id: int, kind: Kind) -> Any:
        return and_(
            _answers.c.account_id == account_id, _answers.c.kind == kind.value, _answers.c.expires_at > self._clock.now()
        )


async def forget(connection: Connection, condition: Any) -> int:
    """Delete what is kept, with its events, in the caller's transaction; how many answers it was."""
    await forget_safely(connection)
    ids = select(_answers.c.id).where(condition)
    await connection.execute(delete(_events).where(_events.c.answer_id.in_(ids)))
    return (await connection.execute(delete(_answers).where(condition))).rowcount


async def forget_safely(connection: Connection) -> None:
    """What is deleted in this transaction from here on is overwritten."""
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql("PRAGMA secure_delete=ON")  # else the text stays in free pages of the file


async def _write_events(connection: Connection, answer_id: str, attempt: int, first: int, data: bytes) -> None:
    row = {"answer_id": answer_id, "attempt": attempt, "first": first, "data": data}
    await connection.execute(insert(_events).values(**row))


def _working(answer_id: str, attempt: int) -> Any:
    return and_(_answers.c.id == answer_id, _answers.c.attempt == attempt, _answers.c.status == "in_progress")


def _behind(seen: KeptAnswer, newest_first: bool) -> Any:
    at, number = _answers.c.created_at, _answers.c.id
    if newest_first:
        return or_(at < seen.created_at, and_(at == seen.created_at, number < seen.id))
    return or_(at > seen.created_at, and_(at == seen.created_at, number > seen.id))


async def _one(connection: Connection, condition: Any) -> KeptAnswer | None:
    row = (await connection.execute(select(_answers).where(condition))).first()
    return _answer(row) if row else None


def _answer(row: Any) -> KeptAnswer:
    return KeptAnswer(
        id=row.id,
        account_id=row.account_id,
        kind=Kind(row.kind),
        model=row.model,
        status=row.status,
        request=orjson.loads(row.request),
        document=orjson.loads(row.document),
        metadata=dict(row.metadata),
        previous_id=row.previous_id,
        attempt=row.attempt,
        created_at=row.created_at,
    )
