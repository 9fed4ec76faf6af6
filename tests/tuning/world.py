"""Tunings of two accounts over a disk folder; what may begin, and what the stages do, a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.files import File, Purpose
from commonweight.identity import Caller, Role
from commonweight.tuning import Base, NewTuning, Start, Status, TunedNames, Tuning, TuningWork
from tests.files.world import FilesWorld, files_world, jsonl

BASE = Base("tiny", "ada/tiny", 1, "0" * 40, path="tiny.gguf")


async def always(caller: Caller, new: NewTuning, training: File | None, validation: File | None) -> Start:
    """A `MayStart` that lets all begin, from a base that nobody looks at."""
    return Start(BASE)


def chats(count: int = 12) -> bytes:
    """Lines of examples."""
    return jsonl(
        [
            {"messages": [{"role": "user", "content": f"Ticket {i}"}, {"role": "assistant", "content": f"team {i % 3}"}]}
            for i in range(count)
        ]
    )


@dataclass
class TuningWorld:
    files: FilesWorld
    work: TuningWork
    ada: Caller
    bob: Caller

    @property
    def database(self) -> Database:
        return self.files.database

    @property
    def clock(self) -> SetClock:
        return self.files.clock

    async def examples(self, count: int = 12) -> File:
        """A file of Ada's."""
        return await self.files.put(chats(count), Purpose.FINE_TUNE)

    async def make(self, **said: Any) -> Tuning:
        """A tuning of Ada's."""
        file = await self.examples()
        return await self.work.tunings.create(self.ada, NewTuning("tiny", file.id, **said))

    async def now(self, tuning: Tuning) -> Tuning:
        return await self.work.tunings.get(tuning.account_id, tuning.id)

    async def until(self, tuning: Tuning, status: Status, seconds: float = 10) -> Tuning:
        async with asyncio.timeout(seconds):
            while (found := await self.now(tuning)).status is not status:
                await asyncio.sleep(0.005)
        return found

    async def said(self, tuning: Tuning) -> list[str]:
        """The messages of its events, oldest first."""
        events = await self.work.tunings.events(tuning.account_id, tuning.id, limit=1000)
        return [event.message for event in reversed(events.items)]


@asynccontextmanager
async def tuning_world(database: Database, clock: SetClock, home: Path) -> AsyncIterator[TuningWorld]:
    async with files_world(database, clock, home) as files:
        work = TuningWork(database, files.files, TunedNames(database, clock), always, clock)
        callers = []
        for name in ("ada", "bob"):
            account = await files.identity.account(name)
            token = await files.identity.create_token(account, "key", Role.WRITE)
            callers.append(await files.identity.authenticate(f"Bearer {token}"))
        yield TuningWorld(files, work, *callers)
