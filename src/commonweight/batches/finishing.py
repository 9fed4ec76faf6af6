"""The end of a batch: its files are written from the answers that are kept; then its last state, in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import orjson

from commonweight.batches import rows
from commonweight.batches.lines import ERROR, OUTPUT, not_run
from commonweight.batches.segments import Segments
from commonweight.batches.values import OPEN, Batch, Status
from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.files import COLLECT, Blobs, File, FileMissing, Files, Kept, NewFile, Purpose
from commonweight.jobs import enqueue

EXPIRED = "This request could not be executed before the completion window expired."


class Finisher:
    def __init__(self, database: Database, files: Files, blobs: Blobs, segments: Segments, clock: Clock) -> None:
        self._database = database
        self._files = files
        self._blobs = blobs
        self._segments = segments
        self._clock = clock

    async def finish(
        self, batch: Batch, fence: str, status: Status, errors: Sequence[Mapping[str, Any]] = (), unrun: File | None = None
    ) -> None:
        """
        Write out what is done and end the batch with `status`. May be broken off at any moment and done again.

        `unrun`: the lines of this file that are not done are told to have expired.
        """
        output = await self._write(self._segments.answers(batch.number, OUTPUT))
        error = await self._write(self._errors(batch, unrun))
        async with self._database.write() as connection:
            now = self._clock.now()
            values: dict[str, Any] = {"status": status.value, f"{status.value}_at": now, "errors": list(errors)}
            if unrun is not None:
                values["failed"] = batch.counts.total - batch.counts.completed
            mine = await rows.change(connection, batch.number, OPEN, fence, **values)
            if mine is None:
                await self._blobs.give_up(connection, [kept.key for kept in (output, error) if kept])
                return
            await self._name_files(connection, mine, output, error)
            await self._segments.drop(connection, batch.number)
            await enqueue(connection, self._clock.now(), COLLECT, {})

    async def _name_files(self, connection: Connection, batch: Batch, output: Kept | None, error: Kept | None) -> None:
        named = {}
        for word, kept in (("output", output), ("error", error)):
            if kept is not None:
                new = NewFile(f"{batch.id}_{word}.jsonl", Purpose.BATCH_OUTPUT, batch.output_seconds)
                file = await self._files.add(connection, batch.account_id, [kept], new)
                named[f"{word}_file_id"] = file.id
        if named:
            await rows.change(connection, batch.number, (batch.status,), None, **named)

    async def _errors(self, batch: Batch, unrun: File | None) -> AsyncIterator[bytes]:
        async for data in self._segments.answers(batch.number, ERROR):
            yield data
        if unrun is None:
            return
        done = await self._segments.lines_done(batch.number)
        try:
            async for number, line in self._files.lines(unrun):
                if number not in done:
                    yield not_run(orjson.loads(line)["custom_id"], "batch_expired", EXPIRED)
        except FileMissing:  # deleted meanwhile: who did that knows what was in it
            return

    async def _write(self, pieces: AsyncIterator[bytes]) -> Kept | None:
        """None where there is nothing to write: an empty file is of no use to anybody."""
        async with self._blobs.receive(pieces) as received:
            return await self._blobs.keep(received) if received.bytes else None
