"""
The jobs that have licence texts read: after each commit, and all of them again when the matcher or the records are others.

A job reads for a while and leaves the rest to another behind it, so that it keeps no other job waiting for long. What has
been read is kept per text, so a job that is run again goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import CommonweightError, NotFound
from commonweight.hub import Hub, LicenceFile, Repository, Revision
from commonweight.identity import on_nobodys_behalf
from commonweight.jobs import enqueue, ensure
from commonweight.rights import Records
from commonweight.rights.matching import TOO_LONG, TextMatch
from commonweight.vetting.reading import ReadingFailed, TextMatcher
from commonweight.vetting.text_store import FAILED, Reading, keep_reading, note_read_for, read_for, readings_of
from commonweight.vetting.texts import MAX_LICENCE_BYTES, LicenceTexts

READ_TEXTS: Final = "read_texts"  # {"repository_id": …, "commit": …}
READ_ALL_TEXTS: Final = "read_all_texts"  # {"kind": "model", "after": 0}: the newest commits of all repositories
TURN_SECONDS: Final = 20.0  # of reading; then other jobs have their turn
BATCH: Final = 100  # repositories looked at in one turn; each costs some queries
MAX_ATTEMPTS: Final = 3  # at a text whose reading failed; then it stays so until the matcher is another
RETRY: Final = timedelta(minutes=10)  # what took the process's memory may be gone by then
_KINDS: Final = ("model", "dataset")

Report = Callable[[float, str], Awaitable[None]]
Handler = Callable[[Mapping[str, Any], Report], Awaitable[None]]

_EVERYTHING: Final = on_nobodys_behalf("vetting")


class TextReader:
    def __init__(
        self,
        database: Database,
        hub: Hub,
        texts: LicenceTexts,
        records: Records,
        matcher: TextMatcher,
        clock: Clock,
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        self._database = database
        self._hub = hub
        self._texts = texts
        self._records = records
        self._matcher = matcher
        self._clock = clock
        self._turn_seconds = turn_seconds

    async def close(self) -> None:
        await self._matcher.close()

    async def start(self) -> None:
        """Have all texts looked at where the matcher, or the records, are others than they were. For whoever owns jobs."""
        if not self._matcher.version:
            return
        records = hashlib.sha256("\n".join(sorted(terms.digest for terms in self._records)).encode()).hexdigest()
        async with self._database.write() as connection:
            if await read_for(connection) != (self._matcher.version, records):
                await note_read_for(connection, self._matcher.version, records)
                await enqueue(connection, self._clock.now(), READ_ALL_TEXTS, {"kind": _KINDS[0], "after": 0})

    # Jobs

    async def on_commit(self, payload: Mapping[str, Any], report: Report) -> None:
        """After the job `read_revision` has read a commit: another reads its texts, if there are any to be read."""
        repository = await self._hub.by_id(int(payload["repository_id"]))
        if repository is None or not self._matcher.version:
            return
        if await self._wanted(Revision(repository, payload["commit"])):
            async with self._database.write() as connection:
                await enqueue(connection, self._clock.now(), READ_TEXTS, dict(payload))

    async def on_read_texts(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `read_texts`."""
        repository = await self._hub.by_id(int(payload["repository_id"]))
        if repository is None or not self._matcher.version:
            return
        revision, until = Revision(repository, payload["commit"]), time.monotonic() + self._turn_seconds
        wanted, failed, done = await self._wanted(revision), False, 0
        for done, file in enumerate(wanted, 1):
            await report((done - 1) / len(wanted), f"reading {file.path} ({done} of {len(wanted)})"[:200])
            failed |= (await self._read(revision, file)).match.state == FAILED
            if time.monotonic() > until:
                break
        now = self._clock.now()
        async with self._database.write() as connection:
            if done < len(wanted):
                await enqueue(connection, now, READ_TEXTS, dict(payload))
            elif failed:
                await ensure(connection, now, READ_TEXTS, dict(payload), now + RETRY)

    async def on_read_all(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `read_all_texts`: a job for each newest commit with texts that no digest tells of."""
        kind, after = str(payload["kind"]), int(payload["after"])
        found = await self._hub.list(_EVERYTHING, kind, limit=BATCH, after=after, sort="createdAt", descending=False)
        heads = [revision for one in found if (revision := await self._with_texts(one))]
        rest = {"kind": kind, "after": after + len(found)}
        if len(found) < BATCH:
            rest = {"kind": _KINDS[-1], "after": 0} if kind == _KINDS[0] else {}
        async with self._database.write() as connection:
            now = self._clock.now()
            for head in heads:
                await enqueue(connection, now, READ_TEXTS, {"repository_id": head.repository.id, "commit": head.commit})
            if rest:
                await enqueue(connection, now, READ_ALL_TEXTS, rest)

    async def _with_texts(self, repository: Repository) -> Revision | None:
        try:
            head = await self._hub.resolve(repository)
            return head if await self._texts.unread(head, await self._hub.facts(head)) else None
        except NotFound:  # without a commit, or deleted meanwhile
            return None

    # One text

    async def _wanted(self, revision: Revision) -> list[LicenceFile]:
        """What this matcher has not read yet; one text lies under several paths."""
        try:
            files = await self._texts.unread(revision, await self._hub.facts(revision))
        except NotFound:
            return []
        async with self._database.read() as connection:
            kept = await readings_of(connection, {file.oid for file in files})
        by_oid = {file.oid: file for file in files if self._is_wanted(kept.get(file.oid))}
        return list(by_oid.values())

    def _is_wanted(self, kept: Reading | None) -> bool:
        if kept is None or kept.matcher != self._matcher.version:
            return True
        return kept.match.state == FAILED and kept.attempts < MAX_ATTEMPTS

    async def _read(self, revision: Revision, file: LicenceFile) -> Reading:
        try:
            match, problem = await self._match(revision, file), ""
        except ReadingFailed as error:
            match, problem = TextMatch(FAILED, matcher=self._matcher.version), error.detail[:200]
        async with self._database.write() as connection:
            before = (await readings_of(connection, [file.oid])).get(file.oid)
            again = before.attempts if before and before.matcher == self._matcher.version else 0
            reading = Reading(file.oid, self._matcher.version, match, problem, again + 1 if problem else 0)
            await keep_reading(connection, reading, self._clock.now())
        return reading

    async def _match(self, revision: Revision, file: LicenceFile) -> TextMatch:
        if file.size > MAX_LICENCE_BYTES:
            return TextMatch(TOO_LONG, matcher=self._matcher.version)
        try:
            text = await self._texts.read(revision, file)
        except CommonweightError as error:  # its bytes cannot be had: that is said of this text, and the next is read
            raise ReadingFailed(error.detail) from None
        return await self._matcher.match(text)
