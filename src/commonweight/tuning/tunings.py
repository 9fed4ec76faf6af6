"""The room's object for whoever asks: makes, lists, pauses and cancels tunings, and shows what happened in them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from sqlalchemy import String, cast, insert, or_, select
from sqlalchemy.sql import Select

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import tuning as tables
from commonweight.files import File, FileMissing, Files, Purpose, new_id
from commonweight.identity import Caller
from commonweight.jobs import enqueue, hurry, unfinished
from commonweight.tuning import curves, rows
from commonweight.tuning.errors import TuningClosed, TuningMissing, TuningRefused
from commonweight.tuning.values import OPEN, Checkpoint, Event, Level, NewTuning, Page, Start, Status, Tuning, Wanted

CHECK: Final = "check_tuning"  # the kinds of the jobs that look at one before it waits for its turn,
TUNE: Final = "tune"  # and that run it
MAX_SEED: Final = 2**31 - 1


def _not_sent(new: NewTuning) -> list[dict[str, str]]:
    """Integrations are kept, as OpenAI's contract has it, and named: what is learnt here is told to nobody outside."""
    return [
        {
            "message": f"integrations[{number}] ({one.get('type')}) is kept, and nothing is sent to it: no metrics leave "
            "this server. Read them from the events of the job, or from its result file when it is done."
        }
        for number, one in enumerate(new.integrations or ())
    ]


class MayStart(Protocol):
    async def __call__(self, caller: Caller, new: NewTuning, training: File | None, validation: File | None) -> Start:
        """Whether a tuning may begin here, and from what. Raises TuningRefused, NotDerivable, ModelNotFound, …"""
        ...


class Tunings:
    """Tunings belong to the account whose key made them, as its files do."""

    def __init__(self, database: Database, files: Files, may_start: MayStart, clock: Clock) -> None:
        self._database = database
        self._files = files
        self._may_start = may_start
        self._clock = clock

    async def create(self, caller: Caller, new: NewTuning) -> Tuning:
        """A tuning, and the job that runs it. Raises TuningRefused and what `may_start` raises."""
        start = await self.estimate(caller, new)
        assert caller.account is not None
        assert caller.token is not None
        row = self._row(caller.account.id, caller.token.id, new_id("ftjob-"), new, start)
        async with self._database.write() as connection:
            tuning = await self._insert(connection, row)
            await self._tell(connection, tuning, f"Created fine-tuning job: {tuning.id}")
            for warning in start.warnings:
                await rows.add_event(connection, tuning.number, self._clock.now(), warning["message"], level=Level.WARN)
            await enqueue(connection, tuning.created_at, CHECK, {"tuning": tuning.number})
        return tuning

    async def estimate(self, caller: Caller, new: NewTuning) -> Start:
        """What `create` would begin, without beginning it. Raises as `create`."""
        if caller.account is None or caller.token is None:
            raise TuningRefused("A tuning works with the key that made it; none came.")
        account = caller.account.id
        training = await self._file(account, "training_file", new.training_file_id)
        validation = await self._file(account, "validation_file", new.validation_file_id)
        start = await self._may_start(caller, new, training, validation)
        return replace(start, warnings=[*start.warnings, *_not_sent(new)])

    async def _file(self, account_id: int, param: str, file_id: str | None) -> File | None:
        if file_id is None:
            return None
        try:
            file = await self._files.get(account_id, file_id)
        except FileMissing as missing:
            hint = "Upload the examples with purpose 'fine-tune' first."
            raise TuningRefused(missing.detail, hint=hint, param=param, kind="file_not_found") from None
        if file.purpose is not Purpose.FINE_TUNE:
            message = f"File {file.id} has the purpose {file.purpose.value!r}; tuning reads one with purpose 'fine-tune'."
            raise TuningRefused(message, param=param, kind="invalid_file_purpose")
        return file

    def _row(self, account_id: int, token_id: int, tuning_id: str, new: NewTuning, start: Start) -> dict[str, Any]:
        return {
            "id": tuning_id,
            "account_id": account_id,
            "token_id": token_id,
            "address": new.address,
            "model": new.model,
            "base": start.base.as_document(),
            "training_file_id": new.training_file_id,
            "validation_file_id": new.validation_file_id,
            "dataset": None if new.dataset is None else dict(new.dataset),
            "method": dict(new.method),
            "hyperparameters": {},
            "suffix": new.suffix,
            "seed": secrets.randbelow(MAX_SEED + 1) if new.seed is None else new.seed,
            "integrations": None if new.integrations is None else list(new.integrations),
            "metadata": None if new.metadata is None else dict(new.metadata),
            "options": dict(new.options),
            "status": Status.VALIDATING.value,
            "progress": {},
            "estimate": None if start.estimate is None else dict(start.estimate),
            "result_files": [],
            "created_at": self._clock.now(),
        }

    async def _insert(self, connection: Connection, row: dict[str, Any]) -> Tuning:
        written = await connection.execute(insert(tables.tunings).values(row).returning(*tables.tunings.c))
        return rows.tuning_of(written.one())

    async def _tell(self, connection: Connection, tuning: Tuning, message: str) -> None:
        await rows.add_event(connection, tuning.number, self._clock.now(), message)

    async def get(self, account_id: int, tuning_id: str) -> Tuning:
        """Raises TuningMissing."""
        async with self._database.read() as connection:
            return await self._find(connection, account_id, tuning_id)

    async def _find(self, connection: Connection, account_id: int, tuning_id: str) -> Tuning:
        mine = (tables.tunings.c.id == tuning_id) & (tables.tunings.c.account_id == account_id)
        row = (await connection.execute(select(tables.tunings).where(mine))).first()
        if row is None:
            raise TuningMissing(tuning_id)
        return rows.tuning_of(row)

    # What its owner wants of it

    async def cancel(self, account_id: int, tuning_id: str) -> Tuning:
        """
        One that waits is over at once; a worker that runs one stops within seconds. Cancelling twice does no harm.

        Raises TuningMissing, TuningClosed.
        """
        stopped = await self._cancel_waiting(account_id, tuning_id)
        return stopped or await self._want(account_id, tuning_id, Wanted.CANCEL, "cancel", "Cancellation was asked for.")

    async def _cancel_waiting(self, account_id: int, tuning_id: str) -> Tuning | None:
        """Nobody works on it: it need not wait for a worker to hear of it. None: somebody may."""
        async with self._database.write() as connection:
            tuning, now = await self._find(connection, account_id, tuning_id), self._clock.now()
            over: dict[str, Any] = {"status": Status.CANCELLED.value, "wanted": Wanted.CANCEL.value, "finished_at": now}
            waiting = (Status.VALIDATING, Status.QUEUED)
            changed = await rows.change(connection, tuning.number, waiting, None, **over)
            if changed is not None:
                await self._tell(connection, changed, "The job was cancelled before it ran to its end.")
                await self._wake(connection, changed)
            return changed

    async def pause(self, account_id: int, tuning_id: str) -> Tuning:
        """It keeps its place and what was trained until then, and waits. Raises TuningMissing, TuningClosed."""
        return await self._want(account_id, tuning_id, Wanted.PAUSE, "pause", "Paused: it goes on when it is resumed.")

    async def resume(self, account_id: int, tuning_id: str) -> Tuning:
        """It goes on from its last checkpoint. Raises TuningMissing, TuningClosed."""
        return await self._want(account_id, tuning_id, Wanted.RUN, "resume", "Resumed.")

    async def _want(self, account_id: int, tuning_id: str, wanted: Wanted, deed: str, message: str) -> Tuning:
        async with self._database.write() as connection:
            tuning = await self._find(connection, account_id, tuning_id)
            if wanted is Wanted.CANCEL and tuning.status is Status.CANCELLED:
                return tuning
            if tuning.status.over:
                raise TuningClosed(deed, tuning.id, tuning.status.value)
            if tuning.wanted is wanted:
                return tuning
            if tuning.wanted is Wanted.CANCEL:
                raise TuningClosed(deed, tuning.id, "being cancelled")
            changed = await rows.change(connection, tuning.number, OPEN, None, wanted=wanted.value)
            if changed is None:
                raise TuningClosed(deed, tuning.id, "over")
            await self._tell(connection, changed, message)
            await self._wake(connection, changed)
        return changed

    async def _wake(self, connection: Connection, tuning: Tuning) -> None:
        """The job of one that was set aside is done, or at its very end: whatever is wanted next needs another."""
        now, payload = self._clock.now(), {"tuning": tuning.number}
        if tuning.status is Status.VALIDATING:  # its turn comes after the check
            return
        await hurry(connection, now, TUNE, payload)
        if payload not in await unfinished(connection, TUNE, running=tuning.status is not Status.QUEUED):
            await enqueue(connection, now, TUNE, payload)

    # Lists

    async def list(
        self,
        account_id: int,
        *,
        after: str | None = None,
        limit: int = 20,
        metadata: Mapping[str, str] | None = None,
        without_metadata: bool = False,
    ) -> Page[Tuning]:
        """Newest first, after the one named; an unknown one gives an empty page. `metadata`: pairs that all have to fit."""
        columns = tables.tunings.c
        query = select(tables.tunings).where(columns.account_id == account_id)
        for key, value in (metadata or {}).items():
            query = query.where(columns["metadata"][key].as_string() == value)
        if without_metadata:
            query = query.where(or_(columns["metadata"].is_(None), cast(columns["metadata"], String) == "null"))
        async with self._database.read() as connection:
            found, more = await _page(connection, query, tables.tunings, after, limit, columns.account_id == account_id)
        return Page([rows.tuning_of(row) for row in found], more)

    async def events(self, account_id: int, tuning_id: str, *, after: str | None = None, limit: int = 20) -> Page[Event]:
        """Newest first. Raises TuningMissing."""
        events = tables.tuning_events
        async with self._database.read() as connection:
            tuning = await self._find(connection, account_id, tuning_id)
            own = events.c.tuning == tuning.number
            found, more = await _page(connection, select(events).where(own), events, after, limit, own)
        return Page([rows.event_of(row) for row in found], more)

    async def events_since(self, account_id: int, tuning_id: str, number: int, limit: int = 100) -> Sequence[Event]:
        """Oldest first, those after the one with this number: for whoever follows. Raises TuningMissing."""
        events = tables.tuning_events.c
        async with self._database.read() as connection:
            tuning = await self._find(connection, account_id, tuning_id)
            query = select(tables.tuning_events).where(events.tuning == tuning.number, events.number > number)
            found = await connection.execute(query.order_by(events.number).limit(limit))
            return [rows.event_of(row) for row in found]

    async def curve(self, account_id: int, tuning_id: str) -> Mapping[int, Mapping[str, Any]]:
        """What was told of each step: losses, rates, speed. Raises TuningMissing."""
        async with self._database.read() as connection:
            tuning = await self._find(connection, account_id, tuning_id)
            return await curves.evaluated(connection, tuning.number)

    async def checkpoints(
        self, account_id: int, tuning_id: str, *, after: str | None = None, limit: int = 10
    ) -> Page[Checkpoint]:
        """Newest first. Raises TuningMissing."""
        checkpoints = tables.tuning_checkpoints
        async with self._database.read() as connection:
            tuning = await self._find(connection, account_id, tuning_id)
            own = checkpoints.c.tuning == tuning.number
            found, more = await _page(connection, select(checkpoints).where(own), checkpoints, after, limit, own)
        return Page([rows.checkpoint_of(row, tuning.id) for row in found], more)


async def _page(
    connection: Connection, query: Select[Any], table: Any, after: str | None, limit: int, own: Any
) -> tuple[Sequence[Any], bool]:
    """At most `limit` rows, newest first, after the one with the id `after`, and whether more follow."""
    if after is not None:
        last = await connection.scalar(select(table.c.number).where(table.c.id == after, own))
        if last is None:
            return [], False
        query = query.where(table.c.number < last)
    found = list(await connection.execute(query.order_by(table.c.number.desc()).limit(limit + 1)))
    return found[:limit], len(found) > limit
