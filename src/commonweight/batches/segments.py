"""
Answers of lines that are done, durably, until the files of the batch are written from them.

A segment is a blob with the answers of some lines and a row that names these lines. It is written in the transaction that
counts them, in which the batch must still be in the turn of whoever writes: so a line is in one segment at most, whatever
is killed when, and however many believe that they run the batch.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select

from commonweight.batches import rows
from commonweight.batches.lines import OUTPUT
from commonweight.batches.values import Batch, Status, Usage
from commonweight.db import Connection, Database
from commonweight.db.tables import batches as tables
from commonweight.files import Blobs

RUNNING = (Status.IN_PROGRESS, Status.CANCELLING)


@dataclass(frozen=True)
class Done:
    """A line that is done: its answer as `lines.answered` writes it."""

    number: int
    answer: bytes
    usage: Usage


class Segments:
    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    async def lines_done(self, number: int) -> set[int]:
        """The numbers of the lines of a batch whose answers are kept."""
        segments = tables.batch_segments.c
        async with self._database.read() as connection:
            found = await connection.scalars(select(segments.lines).where(segments.batch == number))
            return {line for lines in found for line in lines}

    async def add(self, batch: Batch, fence: str, done: Sequence[Done]) -> Batch | None:
        """Keep answers; the batch as it is then. None: another turn has begun, or the batch is over; nothing is kept."""
        kept = await self._blobs.keep_bytes(b"".join(one.answer for one in done))
        succeeded = sum(one.answer.startswith(OUTPUT) for one in done)
        usage = sum((one.usage for one in done), Usage())
        columns, segments = tables.batches.c, tables.batch_segments.c
        values = {
            "completed": columns.completed + succeeded,
            "failed": columns.failed + len(done) - succeeded,
            "prompt_tokens": columns.prompt_tokens + usage.prompt,
            "cached_tokens": columns.cached_tokens + usage.cached,
            "completion_tokens": columns.completion_tokens + usage.completion,
            "reasoning_tokens": columns.reasoning_tokens + usage.reasoning,
        }
        async with self._database.write() as connection:
            after = await rows.change(connection, batch.number, RUNNING, fence, **values)
            if after is None:
                await self._blobs.give_up(connection, [kept.key])
                return None
            last = await connection.scalar(select(func.max(segments.position)).where(segments.batch == batch.number))
            row = {"batch": batch.number, "position": 0 if last is None else last + 1, "key": kept.key}
            row |= {"bytes": kept.bytes, "lines": [one.number for one in done]}
            await connection.execute(insert(tables.batch_segments).values(row))
            await self._blobs.refer(connection, [kept.key])
        return after

    async def look(self, batch: Batch, fence: str) -> Batch | None:
        """How the batch stands. None: another turn has begun, or the batch is over."""
        batches = tables.batches.c
        running = batches.status.in_([status.value for status in RUNNING])
        query = select(tables.batches).where(batches.number == batch.number, batches.fence == fence, running)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return rows.batch_of(row) if row else None

    async def answers(self, number: int, mark: bytes) -> AsyncIterator[bytes]:
        """The answers that belong to one of the files (OUTPUT or ERROR), a segment at a time."""
        segments = tables.batch_segments.c
        query = select(segments.key, segments.bytes).where(segments.batch == number).order_by(segments.position)
        async with self._database.read() as connection:
            found = (await connection.execute(query)).all()
        for key, size in found:
            data = b"".join([piece async for piece in self._blobs.read(key, 0, size)])
            yield b"".join(line[1:] for line in data.splitlines(keepends=True) if line.startswith(mark))

    async def drop(self, connection: Connection, number: int) -> None:
        """In the caller's transaction: what they hold stands in files now, or is not wanted."""
        segments = tables.batch_segments.c
        keys = (await connection.scalars(select(segments.key).where(segments.batch == number))).all()
        await self._blobs.give_up(connection, keys)
        await connection.execute(tables.batch_segments.delete().where(segments.batch == number))
