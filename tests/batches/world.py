"""Batches of two accounts over a disk folder, whose lines are run by a script of the test."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from commonweight.batches import Batch, BatchRuns, BatchWork, Line, NewBatch, Outcome, Pace, Status
from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.files import Purpose
from commonweight.identity import Caller, Role
from commonweight.jobs import Jobs, Runner
from tests.files.world import FilesWorld, batch_line, files_world, jsonl

QUICK = Pace(at_once=4, keep_every=0.01, first_pause=0.0, later=7.0, cancel=0.2, trust_key=0.0)
CHAT = "/v1/chat/completions"


def answer(line: Line) -> Outcome:
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
    return Outcome(200, "r1", {"object": "chat.completion", "said": line.custom_id, "usage": usage})


def error(status: int, code: str, **said: Any) -> Outcome:
    return Outcome(status, "r2", {"error": {"message": "no", "type": "x", "param": None, "code": code}}, **said)


@dataclass
class Script:
    """A `RunLine`: what `answers` says of a line, or a good answer. Counts how often each was run."""

    answers: Callable[[Line], Awaitable[Outcome | None]] | None = None
    runs: Counter[str] = field(default_factory=Counter)
    callers: list[Caller] = field(default_factory=list)

    async def __call__(self, caller: Caller, line: Line) -> Outcome:
        self.runs[line.custom_id] += 1
        self.callers.append(caller)
        await asyncio.sleep(0)
        said = await self.answers(line) if self.answers else None
        return said or answer(line)


@dataclass
class BatchWorld:
    files: FilesWorld
    work: BatchWork
    ada: Caller
    bob: Caller

    @property
    def database(self) -> Database:
        return self.files.database

    @property
    def clock(self) -> SetClock:
        return self.files.clock

    async def make(self, ids: Sequence[str], endpoint: str = CHAT, **said: Any) -> Batch:
        """A batch of Ada's with these lines."""
        file = await self.files.put(jsonl([batch_line(name) for name in ids]), Purpose.BATCH)
        return await self.work.batches.create(self.ada, NewBatch(file.id, endpoint, **said))

    def runs(self, script: Script, pace: Pace = QUICK) -> BatchRuns:
        return self.work.runs(script, pace)

    def runner(self, script: Script, owner: str = "worker", pace: Pace = QUICK) -> Runner:
        """A worker's runner of batches, and of the short jobs beside them."""
        handlers = {
            **self.runs(script, pace).handlers(),
            **self.work.tender.handlers(),
            **self.files.collector.handlers(),
        }
        return Runner(Jobs(self.database, self.clock, owner), handlers, only_these=True)

    async def now(self, batch: Batch) -> Batch:
        return await self.work.batches.get(batch.account_id, batch.id)

    async def until(self, batch: Batch, status: Status) -> Batch:
        async with asyncio.timeout(10):
            while (found := await self.now(batch)).status is not status:
                await asyncio.sleep(0.005)
        return found

    async def lines(self, file_id: str | None) -> dict[str, Any]:
        """The documents of a file that a batch made, by custom id; each may stand there once."""
        if file_id is None:
            return {}
        assert self.ada.account is not None
        file = await self.files.files.get(self.ada.account.id, file_id)
        assert file.purpose is Purpose.BATCH_OUTPUT
        documents = [json.loads(line) for line in (await self.files.bytes_of(file)).splitlines()]
        found = {document["custom_id"]: document for document in documents}
        assert len(found) == len(documents)
        return found


@asynccontextmanager
async def batch_world(database: Database, clock: SetClock, home: Path) -> AsyncIterator[BatchWorld]:
    async with files_world(database, clock, home) as files:
        work = BatchWork(database, files.files, files.blobs, files.identity, clock)
        callers = []
        for name in ("ada", "bob"):
            account = await files.identity.account(name)
            token = await files.identity.create_token(account, "key", Role.READ)
            callers.append(await files.identity.authenticate(f"Bearer {token}"))
        yield BatchWorld(files, work, *callers)
