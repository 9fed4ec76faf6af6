"""
The job `batch`: takes a batch through its states, a turn at a time.

Each turn begins by putting up a *fence*, a word of its own in the row of the batch. Whatever a turn writes asks for its
own word; one that was believed dead and goes on finds another's and stops. So two workers never both write.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from commonweight.batches import rows
from commonweight.batches.finishing import Finisher
from commonweight.batches.lines import RunLine
from commonweight.batches.turn import Pace, Report, Tools, Turn
from commonweight.batches.values import Batch, Status
from commonweight.db import Database
from commonweight.files import File, FileMissing
from commonweight.jobs import Handler, NotDone

BATCH: Final = "batch"
GONE = "The input file was deleted or has expired before all of its requests were run."


class BatchRuns:
    """In the worker. `run_line` asks a model; all else is kept in the database and the object store."""

    def __init__(
        self, database: Database, tools: Tools, finisher: Finisher, run_line: RunLine, pace: Pace | None = None
    ) -> None:
        self._database = database
        self._tools = tools
        self._finisher = finisher
        self._run_line = run_line
        self._pace = pace or Pace()

    def handlers(self) -> dict[str, Handler]:
        """Jobs of this room that take long, by kind: for a runner of their own."""
        return {BATCH: self.on_batch}

    async def on_batch(self, payload: Mapping[str, Any], report: Report) -> None:
        """One turn of a batch. Raises NotDone where another is to follow."""
        fence = secrets.token_hex(8)
        async with self._database.write() as connection:
            batch = await rows.put_up(connection, int(payload["batch"]), fence)
        if batch is None:
            return
        if batch.status is Status.VALIDATING:
            batch = await self._validate(batch, fence)
        if batch is not None and batch.status is Status.IN_PROGRESS and not self._is_late(batch):
            batch = await self._turn(batch, fence, report)
        if batch is not None:
            await self._end(batch, fence)

    def _is_late(self, batch: Batch) -> bool:
        return self._tools.clock.now() >= batch.expires_at

    async def _validate(self, batch: Batch, fence: str) -> Batch | None:
        """The lines were checked when the file came; what is left is whether it is there and for this endpoint."""
        file = await self._file(batch)
        problem = _missing() if file is None else _mismatch(batch, file)
        if file is None or problem is not None:
            await self._finisher.finish(batch, fence, Status.FAILED, [problem] if problem else [])
            return None
        values: dict[str, Any] = {"total": int(file.facts["lines"]), "model": file.facts.get("model")}
        begun = {**values, "status": Status.IN_PROGRESS.value, "in_progress_at": self._tools.clock.now()}
        async with self._database.write() as connection:
            started = await rows.change(connection, batch.number, (Status.VALIDATING,), fence, **begun)
            return started or await rows.change(connection, batch.number, (Status.CANCELLING,), fence, **values)

    async def _turn(self, batch: Batch, fence: str, report: Report) -> Batch | None:
        """The batch as it stands after a turn, where it is to be ended; None: nothing more to do. Raises NotDone."""
        file = await self._file(batch)
        if file is None:
            await self._finisher.finish(batch, fence, Status.FAILED, [_missing()])
            return None
        turn = Turn(batch, fence, tools=self._tools, run_line=self._run_line, pace=self._pace, report=report)
        try:
            await turn.run(file)
        except FileMissing:
            await self._finisher.finish(batch, fence, Status.FAILED, [_missing()])
            return None
        after = turn.batch
        if after is None or after.status is not Status.IN_PROGRESS or self._is_late(after):
            return after
        if after.counts.completed + after.counts.failed < after.counts.total:
            raise NotDone(timedelta(seconds=turn.pause))
        return after

    async def _end(self, batch: Batch, fence: str) -> None:
        """All lines are done, or no further one will be."""
        if batch.status is Status.CANCELLING:
            await self._finisher.finish(batch, fence, Status.CANCELLED)
            return
        counts = batch.counts
        if counts.completed + counts.failed < counts.total:
            await self._finisher.finish(batch, fence, Status.EXPIRED, unrun=await self._file(batch))
            return
        async with self._database.write() as connection:
            now, before = self._tools.clock.now(), (Status.IN_PROGRESS, Status.FINALIZING)
            values = {"status": Status.FINALIZING.value, "finalizing_at": now}
            final = await rows.change(connection, batch.number, before, fence, **values)
        if final is not None:
            await self._finisher.finish(final, fence, Status.COMPLETED)
        else:  # cancelled in the last moment: all the same, everything is done
            await self._finisher.finish(batch, fence, Status.CANCELLED)

    async def _file(self, batch: Batch) -> File | None:
        try:
            return await self._tools.files.get(batch.account_id, batch.input_file_id)
        except FileMissing:
            return None


def _missing() -> dict[str, Any]:
    return {"code": "input_file_missing", "line": None, "message": GONE, "param": "input_file_id"}


def _mismatch(batch: Batch, file: File) -> dict[str, Any] | None:
    """What is wrong with running this file as this batch; None where nothing is."""
    url = file.facts.get("url")
    if url == batch.endpoint:
        return None
    message = f"The requests of the file are for {url}; the batch was made for {batch.endpoint}."
    return {"code": "mismatched_endpoint", "line": 1, "message": message, "param": "url"}
