"""
The jobs `check_tuning` and `tune`: take a tuning through its stages.

Each turn begins by putting up a *fence*, a word of its own in the row. Whatever a turn writes asks for its own word; one
that was believed dead and goes on finds another's and stops. So two workers never both write. A stage that was broken off is
begun again; training goes on from its last checkpoint where its folder is on this host.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import CommonweightError
from commonweight.files import FileMissing, Files
from commonweight.identity import Caller, Identity
from commonweight.jobs import Handler, enqueue
from commonweight.tuning import rows
from commonweight.tuning.names import TunedNames, tuned_name
from commonweight.tuning.steps import Step, StepFailed, Stopped, Work
from commonweight.tuning.telling import MADE, Overtaken, Telling
from commonweight.tuning.tunings import CHECK, TUNE
from commonweight.tuning.values import Base, Level, Stage, Status, Tuning, Wanted

ORDER: Final = (
    Stage.PREPARING,
    Stage.TRAINING,
    Stage.CONVERTING,
    Stage.PUBLISHING,
    Stage.JUDGING,
    Stage.FINISHING,
)
IN_FOLDER: Final = frozenset({Stage.TRAINING, Stage.CONVERTING, Stage.PUBLISHING})  # they read what lies on this host
MOVED: Final = "Its work so far lies on another machine, which does not run it any more: training begins anew on this one."
GONE: Final = "The file {} was deleted or has expired before the job ran."
REVOKED: Final = "The key that made this job was revoked or has expired."


class Report(Protocol):
    async def __call__(self, fraction: float, message: str = "") -> None: ...


class Salvage(Protocol):
    async def __call__(self, work: Work) -> bool:
        """Keep what a cancelled tuning had learned; whether there was something that can be called now."""
        ...


@dataclass(frozen=True)
class Pace:
    """Times in seconds."""

    look: float = 1.0  # between two looks at what its owner wants
    stop: float = 30.0  # a stage that was asked to stop may take; then it is broken off
    salvage: float = 120.0  # that keeping what a cancelled one had learned may take


class TuningRuns:
    """In the worker. `home` holds a folder for each tuning at work on this host."""

    def __init__(
        self,
        database: Database,
        names: TunedNames,
        identity: Identity,
        steps: Mapping[Stage, Step],
        home: Path,
        clock: Clock,
        pace: Pace | None = None,
        salvage: Salvage | None = None,
    ) -> None:
        self._database = database
        self._names = names
        self._identity = identity
        self._steps = steps
        self._home = home
        self._clock = clock
        self._pace = pace or Pace()
        self._salvage = salvage

    def handlers(self) -> dict[str, Handler]:
        """Jobs of this room that take long, by kind: for a runner of their own."""
        return {TUNE: self.on_tune}

    def folder(self, tuning_id: str) -> Path:
        """Of a tuning, on this host."""
        return self._home / tuning_id

    async def sweep(self) -> None:
        """Remove the folders of tunings that are over, as after a worker that died or another host that ended them."""
        found = [folder for folder in self._home.glob("*") if folder.is_dir()] if self._home.exists() else []
        async with self._database.read() as connection:
            kept = {tuning.id for tuning in await rows.open_tunings(connection)}
        for folder in found:
            if folder.name not in kept:
                await asyncio.to_thread(shutil.rmtree, folder, True)

    async def on_tune(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `tune`: as far as it comes. A paused one is left, until resuming it makes another job."""
        fence, number = secrets.token_hex(8), int(payload["tuning"])
        async with self._database.write() as connection:
            tuning = await rows.put_up(connection, number, fence)
        if tuning is None:
            await self.sweep()
            return
        caller = await self._identity.caller_by_token_id(tuning.token_id)
        telling = self._telling(tuning, fence, caller)
        try:
            await self._go(telling, caller, report)
        except Overtaken:
            await self.sweep()
        except StepFailed as failed:
            await self._end(telling, Status.FAILED, failed.message, error=failed.as_document())

    def _telling(self, tuning: Tuning, fence: str, caller: Caller) -> Telling:
        owner = caller.account.name if caller.account else ""
        name = tuned_name(tuning, Base.from_document(tuning.base).name if tuning.base else tuning.model, owner)
        return Telling(self._database, self._clock, tuning, fence, name)

    async def _go(self, telling: Telling, caller: Caller, report: Report) -> None:
        """Raises StepFailed, Overtaken."""
        await self._begin(telling)
        while (stage := _next(telling.tuning)) is not None:
            if not await self._may_go_on(telling, caller):
                return
            if caller.token is None:
                raise StepFailed("invalid_api_key", REVOKED, hint="Make the job again with a key that is valid.")
            if stage in IN_FOLDER and not self._has_folder(telling.tuning):
                await telling.change(MOVED, level=Level.WARN, progress={MADE: {}, "step": 0})
                continue
            await telling.change(status=Status.RUNNING.value, stage=stage.value)
            await report(ORDER.index(stage) / len(ORDER), stage.value)
            made = await self._run(stage, telling, caller)
            if made is not None:
                await telling.say(progress={MADE: {**telling.tuning.progress.get(MADE, {}), stage.value: made}})
        done = telling.tuning.progress[MADE][Stage.FINISHING.value]
        named = {name: done[name] for name in ("fine_tuned_model",) if done.get(name)}
        await self._end(telling, Status.SUCCEEDED, "The job has successfully completed.", **named)

    def _has_folder(self, tuning: Tuning) -> bool:
        return self.folder(tuning.id).is_dir()

    async def _begin(self, telling: Telling) -> None:
        tuning = telling.tuning
        if tuning.started_at is None and tuning.wanted is Wanted.RUN:
            await telling.change("Fine-tuning job started", started_at=self._clock.now(), status=Status.RUNNING.value)

    async def _may_go_on(self, telling: Telling, caller: Caller) -> bool:
        """Whether its owner wants it to; what else they want is done."""
        tuning = await telling.look()
        if tuning.wanted is Wanted.CANCEL:
            kept = await self._salvaged(telling, caller)
            await self._end(telling, Status.CANCELLED, "The job was cancelled.", forget=not kept)
            return False
        return tuning.wanted is Wanted.RUN or not await telling.rest()

    async def _salvaged(self, telling: Telling, caller: Caller) -> bool:
        """Whether something of a cancelled one can be called. What goes wrong with that is said, and stops nothing."""
        if self._salvage is None or caller.token is None or not self._has_folder(telling.tuning):
            return False
        try:
            return await asyncio.wait_for(self._salvage(self._work(telling, caller)), self._pace.salvage)
        except (CommonweightError, TimeoutError) as error:
            said = error.sentence if isinstance(error, CommonweightError) else "It took too long."
            await telling.say(f"What it had learned could not be kept: {said}", level=Level.WARN)
            return False

    def _work(self, telling: Telling, caller: Caller) -> Work:
        folder, made = self.folder(telling.tuning.id), telling.tuning.progress.get(MADE, {})
        return Work(telling.tuning, caller, folder, made, telling.say, telling.keep, telling.keep_only)

    async def _run(self, stage: Stage, telling: Telling, caller: Caller) -> Mapping[str, Any] | None:
        """What the stage gave back; None where it was stopped. Raises StepFailed, Overtaken."""
        work = self._work(telling, caller)
        await asyncio.to_thread(work.folder.mkdir, parents=True, exist_ok=True)
        task = asyncio.ensure_future(self._steps[stage].run(work))
        try:
            await self._watch(stage, task, telling)
            return await task
        except Stopped:
            return None
        except CommonweightError as error:
            if error.status >= 500:
                raise
            raise StepFailed(error.code, error.sentence) from error
        finally:
            await _break_off(task)

    async def _watch(self, stage: Stage, task: asyncio.Future[Any], telling: Telling) -> None:
        """Until it is done, or its owner wants it stopped. Raises Stopped, Overtaken."""
        while not task.done():
            await asyncio.wait({task}, timeout=self._pace.look)
            if task.done() or (tuning := await telling.look()).wanted is Wanted.RUN:
                continue
            if await self._steps[stage].stop(tuning.wanted):
                await asyncio.wait({task}, timeout=self._pace.stop)
            if not task.done():
                raise Stopped

    async def _end(self, telling: Telling, status: Status, message: str, *, forget: bool = True, **columns: Any) -> None:
        level = Level.ERROR if status is Status.FAILED else Level.INFO
        values: dict[str, Any] = {"status": status.value, "stage": Stage.NONE.value, "finished_at": self._clock.now()}
        await telling.change(message, level=level, **{**values, **columns})
        if status is not Status.SUCCEEDED and forget:
            await self._names.forget(telling.tuning.number)
        await asyncio.to_thread(shutil.rmtree, self.folder(telling.tuning.id), True)


class TuningChecks:
    """The job `check_tuning`, which is short: whether the files are there still; then it waits for its turn."""

    def __init__(self, database: Database, files: Files, clock: Clock) -> None:
        self._database = database
        self._files = files
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """Jobs of this room that are short, by kind."""
        return {CHECK: self.on_check}

    async def on_check(self, payload: Mapping[str, Any], report: Report) -> None:
        """Lines were checked when the files came, the base when the job was made."""
        number = int(payload["tuning"])
        async with self._database.read() as connection:
            tuning = await rows.by_number(connection, number)
        if tuning is None or tuning.status is not Status.VALIDATING:
            return
        missing = await self._missing(tuning)
        async with self._database.write() as connection:
            now = self._clock.now()
            if missing is None:
                queued = await rows.change(connection, number, (Status.VALIDATING,), None, status=Status.QUEUED.value)
                if queued is not None:
                    await rows.add_event(connection, number, now, "Files validated, moving job to queued state")
                    await enqueue(connection, now, TUNE, {"tuning": number})
                return
            values = {"status": Status.FAILED.value, "finished_at": now, "error": missing}
            if await rows.change(connection, number, (Status.VALIDATING,), None, **values):
                await rows.add_event(connection, number, now, missing["message"], level=Level.ERROR)

    async def _missing(self, tuning: Tuning) -> dict[str, Any] | None:
        for param in ("training_file", "validation_file"):
            file_id = getattr(tuning, f"{param}_id")
            if file_id is None:
                continue
            try:
                await self._files.get(tuning.account_id, file_id)
            except FileMissing:
                return {"code": "file_not_found", "message": GONE.format(file_id), "param": param}
        return None


def _next(tuning: Tuning) -> Stage | None:
    """The first stage that gave nothing back yet."""
    made = tuning.progress.get(MADE, {})
    return next((stage for stage in ORDER if stage.value not in made), None)


async def _break_off(task: asyncio.Future[Any]) -> None:
    if not task.done():
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task
