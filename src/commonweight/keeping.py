"""
What looks after stored bytes: removes what nothing refers to, reads everything again, and says how it stands.

The rooms know how; here it is put together for jobs, for the command, and for administrators.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import NotAllowed
from commonweight.files import Blobs, PieceSource
from commonweight.hub import Collected, Collection, Explanation, GitSource, names_of_scopes
from commonweight.identity import Caller, record
from commonweight.jobs import Handler, NotDone, Progress, enqueue, ensure, hurry, unfinished
from commonweight.storage import Scrubbed, Scrubber, Seen, Storage

SCRUB: Final = "scrub_storage"
EVERY: Final = timedelta(days=7)  # from the end of a round to the beginning of the next


@dataclass(frozen=True, slots=True)
class Damaged:
    """Something that is damaged, and the repositories (`models/namespace/name`) with files that it concerns."""

    seen: Seen
    repositories: Sequence[str]


@dataclass(frozen=True, slots=True)
class Kept:
    """How it stands: what nothing refers to, how far scrubbing is, what is damaged."""

    explanation: Explanation
    scrubbed: Scrubbed
    damaged: Sequence[Damaged]


class Keeping:
    def __init__(
        self,
        database: Database,
        storage: Storage,
        blobs: Blobs,
        clock: Clock,
        bytes_per_second: int,
        moving: Mapping[str, Handler],
    ) -> None:
        """
        `bytes_per_second`: how quickly the job reads what is stored; 0: there is no such job. `moving`: the handlers that
        move stored bytes to where they are to lie.
        """
        self._moving = moving
        self._database = database
        self._storage = storage
        self._clock = clock
        self._rate = bytes_per_second
        self.collection = Collection(database, storage.collector, clock)
        sources = [*storage.sources(), GitSource(database, storage), PieceSource(database, blobs)]
        self.scrubber = Scrubber(sources, storage.damages, storage.notes, clock)

    def handlers(self) -> dict[str, Handler]:
        """Jobs that go through everything, by kind: they have a runner of their own, so that nothing waits for them."""
        return {**self.collection.handlers(), SCRUB: self.on_scrub, **self._moving}

    async def start(self) -> None:
        """Have them come again and again; a second call changes nothing."""
        await self.collection.start()
        async with self._database.write() as connection:
            if self._rate and not await unfinished(connection, SCRUB):
                await enqueue(connection, self._clock.now(), SCRUB, {})

    async def on_scrub(self, payload: Mapping[str, Any], report: Progress) -> None:
        """The job `scrub_storage`: one turn, and then a pause that makes the rate; a round ends and the next one waits."""
        if not self._rate:
            return
        done = await self.scrubber.go_on()
        if done is not None:
            raise NotDone(timedelta(seconds=done / self._rate))
        async with self._database.write() as connection:
            now = self._clock.now()
            await ensure(connection, now, SCRUB, {}, now + EVERY)

    async def damaged(self) -> list[Damaged]:
        """What was found damaged, the newest first."""
        names = await names_of_scopes(self._database)
        return [
            Damaged(seen, [name for scope in sorted(seen.scopes) for name in names.get(scope, ())])
            for seen in await self._storage.damages.seen()
        ]

    # For administrators

    async def look(self, caller: Caller) -> Kept:
        """As the last collection saw it. Raises NotAllowed."""
        _check(caller)
        return Kept(await self.collection.known(), await self.scrubber.state(), await self.damaged())

    async def collect(self, caller: Caller) -> Collected:
        """Remove what is due, now. Raises NotAllowed."""
        _check(caller)
        collected = await self.collection.collect()
        async with self._database.write() as connection:
            told = {"files": collected.files, "git_objects": collected.git_objects, "xorbs": collected.xorbs.count}
            await record(connection, self._clock.now(), caller, "storage.collect", "storage", **told)
        return collected

    async def scrub(self, caller: Caller) -> None:
        """Have the next round begin now; nothing where one is under way. Raises NotAllowed."""
        _check(caller)
        async with self._database.write() as connection:
            now = self._clock.now()
            if not await unfinished(connection, SCRUB):
                await enqueue(connection, now, SCRUB, {})
            await hurry(connection, now, SCRUB, {})
            await record(connection, now, caller, "storage.scrub", "storage")


def _check(caller: Caller) -> None:
    if not caller.is_admin:
        raise NotAllowed("What is stored concerns everybody's files.", hint="Ask an administrator of this installation.")
