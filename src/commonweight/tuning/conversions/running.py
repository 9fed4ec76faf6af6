"""
The job `convert`: takes a conversion through its states.

A turn begins by putting up a *fence*, a word of its own in the row; whatever it writes asks for it. A turn that was killed
is followed by another one, which goes on with the files that are whole and the answers that came; a repository that is
published already is not published again.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import CommonweightError, NotAllowed
from commonweight.hub import Hub, Revision
from commonweight.identity import NO_TOKEN, Caller, Identity
from commonweight.jobs import Handler
from commonweight.storage import Storage
from commonweight.tuning.conversions import rows
from commonweight.tuning.conversions.conversions import CONVERT
from commonweight.tuning.conversions.publishing import ConversionPublisher, Published
from commonweight.tuning.conversions.scorer import Made, Scorer
from commonweight.tuning.conversions.values import Conversion, ConversionStatus
from commonweight.tuning.conversions.work import ConversionWork
from commonweight.tuning.converting import Converter

LOOK_SECONDS: Final = 1.0  # between two looks at what its owner wants, and two notes of how far it is
SCORING: Final = 0.5  # of a conversion's share; which half takes longer hangs on the model
GONE: Final = "The model that was to be converted is gone."
REVOKED: Final = "The key that asked for this was revoked or has expired."


class JobReport(Protocol):
    async def __call__(self, fraction: float, message: str = "") -> None: ...


class _Stopped(Exception):
    """Its owner cancelled it, or another turn has it: `cancelled` tells which."""

    def __init__(self, *, cancelled: bool) -> None:
        super().__init__()
        self.cancelled = cancelled


@dataclass
class _Turn:
    """What this turn may write, how far it is, and what is known of what it made."""

    conversion: Conversion
    fence: str
    share: float = 0.0
    what: str = ""
    scored: Mapping[str, int] = field(default_factory=dict)
    published: Published | None = None
    report: dict[str, Any] = field(default_factory=dict)

    async def tell(self, share: float, what: str) -> None:
        """How far making the files is."""
        self.share, self.what = share * (1 - SCORING if self.conversion.is_scored else 1), what

    async def tell_scored(self, came: int, wanted: int) -> None:
        """How many answers came, of how many."""
        self.share, self.what = 1 - SCORING + SCORING * came / wanted, "scoring"
        self.scored = {"scored": came, "to_score": wanted}

    def has_published(self, published: Published) -> None:
        self.published = published
        self.report.setdefault("files", list(published.files))

    def columns(self) -> dict[str, Any]:
        """Of the row, as things stand."""
        progress = {"share": round(self.share, 4), "what": self.what, **self.scored}
        if self.published is None:
            return {"progress": progress}
        head = self.published.head
        return {
            "progress": progress,
            "report": self.report,
            "repository_id": head.repository.id,
            "commit": head.commit,
        }


class ConversionRuns:
    """In the worker. `home` holds a folder for each conversion at work on this host."""

    def __init__(
        self, database: Database, hub: Hub, storage: Storage, identity: Identity, publisher: ConversionPublisher,
        scorer: Scorer, converter: Converter, home: Path, clock: Clock, look: float = LOOK_SECONDS,
    ) -> None:  # fmt: skip
        self._database = database
        self._hub = hub
        self._storage = storage
        self._identity = identity
        self._publisher = publisher
        self._scorer = scorer
        self._converter = converter
        self._home = home
        self._clock = clock
        self._look = look

    def handlers(self) -> dict[str, Handler]:
        """Jobs of this room that take long, by kind: for a runner of their own."""
        return {CONVERT: self.on_convert}

    async def sweep(self) -> None:
        """Remove the folders of conversions that are over, as after a worker that died or another host that ended them."""
        async with self._database.read() as connection:
            kept = {conversion.id for conversion in await rows.still_open(connection)}
        for folder in self._home.glob("conv-*"):
            if folder.name not in kept:
                await asyncio.to_thread(shutil.rmtree, folder, True)

    async def on_convert(self, payload: Mapping[str, Any], report: JobReport) -> None:
        """The job. What it was given and cannot be converted ends it; what fails otherwise is tried again by the queue."""
        fence = secrets.token_hex(8)
        async with self._database.write() as connection:
            conversion = await rows.put_up(connection, int(payload["conversion"]), fence)
        if conversion is None:
            await self.sweep()
            return
        turn = _Turn(conversion, fence)
        work = ConversionWork(self._hub, self._storage, self._converter, self._home / conversion.id)
        try:
            await self._watched(turn, asyncio.create_task(self._convert(turn, work)), report)
            done = turn.columns() | {"progress": {"share": 1.0, "what": ""}}
            await self._end(turn, ConversionStatus.SUCCEEDED, **done)
        except _Stopped as stopped:
            if not stopped.cancelled:
                return  # another turn has it, and its folder
            await self._withdraw(conversion)
            await self._end(turn, ConversionStatus.CANCELLED, report=None, repository_id=None, commit=None)
        except CommonweightError as error:
            document = {"code": error.code, "message": error.detail, "hint": error.hint}
            await self._end(turn, ConversionStatus.FAILED, error=document)
        await work.forget()

    async def _convert(self, turn: _Turn, work: ConversionWork) -> None:
        """What an earlier turn published is not made again; its scores are asked for where they are missing."""
        conversion = turn.conversion
        caller, source = await self._caller(conversion), await self._source(conversion)
        published = await self._publisher.published(caller, conversion)
        if published is None:
            made = await work.make(conversion, source, turn.tell)
            await turn.tell(1.0, "publishing")
            published = await self._publisher.publish(caller, conversion, source, made)
        turn.has_published(published)
        if conversion.is_scored:
            await self._score(turn, Made(conversion, source, published, caller), work)

    async def _score(self, turn: _Turn, made: Made, work: ConversionWork) -> None:
        """What stands against scores is told; the files are as good without."""
        try:
            scored = await self._scorer.score(made, work, turn.tell_scored)
        except CommonweightError as error:
            turn.report["not_scored"] = error.sentence
            return
        turn.has_published(scored.published)
        turn.report |= {"files": list(scored.files), "judging": scored.report.to_json(examples=False)}

    async def _caller(self, conversion: Conversion) -> Caller:
        if conversion.token_id == NO_TOKEN:
            return await self._identity.at_the_command_line(conversion.account_id)
        caller = await self._identity.caller_by_token_id(conversion.token_id)
        if caller.account is None:
            raise ConversionEnded(REVOKED, hint="Convert again with a key that is valid.")
        return caller

    async def _source(self, conversion: Conversion) -> Revision:
        repository = await self._hub.by_id(conversion.source.repository_id)
        if repository is None:
            raise ConversionEnded(GONE)
        return Revision(repository, conversion.source.commit)

    async def _watched(self, turn: _Turn, work: asyncio.Task[None], report: JobReport) -> None:
        """Until the work is done, while its owner may stop it. Raises _Stopped."""
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=self._look)
                await self._note(turn, report)
            work.result()
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError, CommonweightError):
                await work

    async def _note(self, turn: _Turn, report: JobReport) -> None:
        async with self._database.write() as connection:
            found = await rows.change(connection, turn.conversion.number, turn.fence, **turn.columns())
        if found is None:
            raise _Stopped(cancelled=False)
        if found.wanted == "cancel":
            raise _Stopped(cancelled=True)
        await report(turn.share, turn.what)

    async def _withdraw(self, conversion: Conversion) -> None:
        """A draft that its owner gave up goes; one that the key may not delete (any more) stays with its namespace."""
        with contextlib.suppress(NotAllowed, ConversionEnded):
            await self._publisher.withdraw(await self._caller(conversion), conversion)

    async def _end(self, turn: _Turn, status: ConversionStatus, **values: Any) -> None:
        values |= {"status": status.value, "finished_at": self._clock.now()}
        async with self._database.write() as connection:
            await rows.change(connection, turn.conversion.number, turn.fence, **values)


class ConversionEnded(CommonweightError):
    """What it needed is gone."""

    code = "conversion_ended"
