"""Files that may run code: looked through after a commit, each content once for the installation, and told to readers."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import CommonweightError, NotFound, RangeRefused
from commonweight.hub import Entry, Hub, Repository, Revision
from commonweight.identity import on_nobodys_behalf
from commonweight.jobs import Handler, NotDone, enqueue
from commonweight.storage import NotStored, Storage, StoredBytesDamaged
from commonweight.vetting.scans import kinds, store
from commonweight.vetting.scans.store import Key
from commonweight.vetting.scans.values import QUEUED, SAFE, UNSCANNED, Scan, ScanFinding
from commonweight.vetting.weights_reading import file_key

SCAN: Final = "scan_files"  # the job that looks through the files of a commit
SCAN_ALL: Final = "scan_all_files"  # the job that does so for what was there before this scanner
MAX_PATHS: Final = 20_000  # of one commit
MAX_SMALL: Final = 32 << 20  # bytes that go to the scanner in memory; longer ones lie as a file for it
MAX_WHOLE: Final = 64 << 30  # of a file that is written whole for the scanner
FIRST_BYTES: Final = 64 << 10
TURN: Final = 30.0  # seconds; then other commits have their turn
BATCH: Final = 50  # repositories of one turn of `SCAN_ALL`
KINDS: Final = ("model", "dataset", "space")
CANNOT: Final = "It cannot be looked through: its bytes cannot be read, or there is no room to lay it out."
TOO_LARGE: Final = "It is larger than what is looked through."
REASONS: Final = (CANNOT, TOO_LARGE)

_BROKEN: Final = (NotStored, StoredBytesDamaged, RangeRefused)
_EVERYTHING: Final = on_nobodys_behalf("vetting")
Report = Callable[[float, str], Awaitable[None]]


class Scanner(Protocol):
    """What looks through contents. `version` is kept with each verdict."""

    version: str

    async def look(self, path: str, content: Any, size: int) -> Scan | int: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was found in a revision: by path, files that are looked through."""

    files: Mapping[str, Scan]

    @property
    def is_done(self) -> bool:
        """Whether somebody has looked at each of them: right after a commit nobody has."""
        return all(one.scanner for one in self.files.values())

    @property
    def issues(self) -> Mapping[str, Scan]:
        """Those in which something was found."""
        return {path: one for path, one in self.files.items() if one.verdict not in (SAFE, QUEUED, UNSCANNED)}


class Scans:
    """Asks for no right: callers have asked already whether somebody may know of the files."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        storage: Storage,
        scanner: Scanner,
        clock: Clock,
        turn_seconds: float = TURN,
    ) -> None:
        self._database = database
        self._hub = hub
        self._storage = storage
        self._scanner = scanner
        self._clock = clock
        self._turn_seconds = turn_seconds

    # Showing

    async def of(self, entries: Sequence[Entry]) -> dict[str, Scan]:
        """By path, of those of the files that are looked through at all."""
        keys = {one.path: _key(one) for one in entries if one.is_file and kinds.kind_of(one.path)}
        if not keys:
            return {}
        async with self._database.read() as connection:
            found = await store.scans_of(connection, {key for key in keys.values() if key[0]})
        return {path: found.get(key, Scan(UNSCANNED)) for path, key in keys.items()}

    async def of_revision(self, revision: Revision) -> Scanned:
        return Scanned(await self.of(await self._hub.tree(revision, recursive=True, limit=MAX_PATHS)))

    async def of_large(self, sha256: str) -> list[Scan]:
        """What was found in a large file, as whatever it was looked through."""
        key = f"sha256:{sha256}"
        known = {(key, kind) for kind in kinds.ALL}
        async with self._database.read() as connection:
            return list((await store.scans_of(connection, known)).values())

    # Jobs

    def handlers(self) -> dict[str, Handler]:
        """They have a runner of their own, so that nothing waits for them."""
        return {SCAN: self.on_scan, SCAN_ALL: self.on_scan_all}

    async def close(self) -> None:
        await self._scanner.close()

    async def start(self) -> None:
        """Have everything looked through where the scanner is another than it was. For whoever owns jobs."""
        async with self._database.write() as connection:
            if await store.scanned_by(connection) != self._scanner.version:
                await store.note_scanned_by(connection, self._scanner.version)
                await enqueue(connection, self._clock.now(), SCAN_ALL, {"kind": KINDS[0], "after": 0})

    async def on_commit(self, payload: Mapping[str, Any], _report: Report | None = None) -> None:
        """After the job `read_revision`: another looks through what is new, and until then it waits."""
        repository = await self._hub.by_id(int(payload["repository_id"]))
        if repository is not None:
            await self._enqueue(Revision(repository, str(payload["commit"])))

    async def _enqueue(self, revision: Revision) -> None:
        wanted = await self._wanted(revision)
        if wanted:
            async with self._database.write() as connection:
                now = self._clock.now()
                await store.queue(connection, wanted, now)
                told = {"repository_id": revision.repository.id, "commit": revision.commit}
                await enqueue(connection, now, SCAN, told)

    async def on_scan(self, payload: Mapping[str, Any], report: Report) -> None:
        """The job `scan_files`."""
        repository = await self._hub.by_id(int(payload["repository_id"]))
        if repository is None:
            return
        revision, until = Revision(repository, str(payload["commit"])), time.monotonic() + self._turn_seconds
        try:
            wanted = await self._wanted(revision)
        except NotFound:  # the commit is gone meanwhile
            return
        for done, (key, entry) in enumerate(wanted.items()):
            if done and time.monotonic() >= until:
                raise NotDone
            await report(done / len(wanted), f"looking through {entry.path} ({done + 1} of {len(wanted)})"[:200])
            scan = await self._look(repository, entry)
            async with self._database.write() as connection:
                await store.keep(connection, key, scan, self._clock.now())

    async def on_scan_all(self, payload: Mapping[str, Any], _report: Report) -> None:
        """The job `scan_all_files`: a job for each newest commit with files that this scanner has not seen."""
        kind, after = str(payload["kind"]), int(payload["after"])
        found = await self._hub.list(_EVERYTHING, kind, limit=BATCH, after=after, sort="createdAt", descending=False)
        for one in found:
            try:
                await self._enqueue(await self._hub.resolve(one))
            except NotFound:  # without a commit, or deleted meanwhile
                continue
        rest: dict[str, Any] | None = {"kind": kind, "after": after + len(found)}
        if len(found) < BATCH:
            at = KINDS.index(kind) + 1
            rest = {"kind": KINDS[at], "after": 0} if at < len(KINDS) else None
        if rest is not None:
            async with self._database.write() as connection:
                await enqueue(connection, self._clock.now(), SCAN_ALL, rest)

    # One file

    async def _wanted(self, revision: Revision) -> dict[Key, Entry]:
        """What this scanner has not seen; one content lies under several paths."""
        entries = await self._hub.tree(revision, recursive=True, limit=MAX_PATHS)
        files = {_key(one): one for one in entries if one.is_file and kinds.kind_of(one.path)}
        files = {key: one for key, one in files.items() if key[0]}
        async with self._database.read() as connection:
            found = await store.scans_of(connection, set(files))
        version = self._scanner.version
        return {key: one for key, one in files.items() if key not in found or found[key].scanner != version}

    async def _look(self, repository: Repository, entry: Entry) -> Scan:
        """What cannot be read now has no scanner, so that the next commit tries again."""
        try:
            return await self._content(repository, entry)
        except (*_BROKEN, CommonweightError, OSError):
            return Scan(UNSCANNED, (ScanFinding(UNSCANNED, CANNOT),))

    async def _content(self, repository: Repository, entry: Entry) -> Scan:
        if kinds.kind_of(entry.path) in kinds.BY_HEADER:
            return await self._head(repository, entry)
        if entry.size <= MAX_SMALL:
            return await self._asked(entry, await self._bytes(repository, entry, 0, entry.size))
        if entry.size > MAX_WHOLE:
            return Scan(UNSCANNED, (ScanFinding(UNSCANNED, TOO_LARGE),), scanner=self._scanner.version)
        large = await self._storage.large_file(repository.scope, entry.large.sha256) if entry.large else None
        if large is None:
            raise NotStored("Its bytes are not here.")
        with await self._storage.materialise(large) as path:
            return await self._asked(entry, path)

    async def _head(self, repository: Repository, entry: Entry) -> Scan:
        content, wanted = b"", FIRST_BYTES
        while True:
            content += await self._bytes(repository, entry, len(content), min(wanted, entry.size))
            found = await self._scanner.look(entry.path, content, entry.size)
            if isinstance(found, Scan):
                return found
            wanted = found

    async def _asked(self, entry: Entry, content: Any) -> Scan:
        found = await self._scanner.look(entry.path, content, entry.size)
        assert isinstance(found, Scan)
        return found

    async def _bytes(self, repository: Repository, entry: Entry, start: int, end: int) -> bytes:
        return b"".join([piece async for piece in self._hub.read(repository, entry, start, end)])


def _key(entry: Entry) -> Key:
    return file_key(entry), kinds.kind_of(entry.path)
