"""
A push: what a pack brings, and the moves of all its names, in one database transaction.

A pack is unpacked and checked in a child process. Blobs over 64 KiB are durable before the transaction begins; nothing
points to them until it ends. After a crash there is all of a push or nothing, and perhaps blobs that nothing names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.hub import refs
from commonweight.hub.attributes import LARGE_BYTES
from commonweight.hub.committing import READ_REVISION
from commonweight.hub.fetching import Fetching
from commonweight.hub.graph import read_node
from commonweight.hub.objects import IDS_AT_ONCE, INLINE_BYTES, GitObject, mention, store
from commonweight.hub.paths import MAX_DEPTH
from commonweight.hub.push_pointers import Pointers, listed
from commonweight.hub.push_rules import PushRules, RefUpdate
from commonweight.hub.receiving import Bounds, Laid, PackRefused, Unpacked, laid_out, names_of, unpack
from commonweight.hub.repositories import by_id, change, not_found
from commonweight.hub.values import Repository
from commonweight.identity import Caller
from commonweight.jobs import enqueue
from commonweight.storage import LargeFile, Storage, WorkPool

BOUNDS: Final = Bounds(
    objects=250_000,  # rows of one transaction: some ten seconds on SQLite, where others wait for up to thirty
    object_bytes=LARGE_BYTES,  # what `preupload` asks for as a large file
    total_bytes=2 << 30,  # on the disk of what is being received, while it is
    references=1_000_000,
    depth=MAX_DEPTH,
)
MAX_PACK_BYTES: Final = 1 << 30
MAX_UNPACKING: Final = 2  # pushes of one process at once; each may take a processor and a gigabyte
UNPACK_SECONDS: Final = 300.0  # BOUNDS are reached in about a minute
BATCH_BYTES: Final = 4 << 20  # of objects read back at once
BATCH: Final = 1000
KIND_NUMBERS: Final = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one update: `refused` is a reason in a few words, or nothing."""

    name: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """What somebody wants pushed. `pack` is a file, or None where nothing is to come. `atomic`: all names or none."""

    caller: Caller
    repository: Repository
    updates: Sequence[RefUpdate]
    pack: Path | None
    atomic: bool = False


@dataclass(frozen=True, slots=True)
class _Brought:
    """
    What a pack brought: the file with its objects, the keys of those that lie in storage already, and large files of a
    guest's own.
    """

    unpacked: Unpacked
    objects: Path
    keys: Mapping[str, str]
    shared: Sequence[LargeFile]


class _Undone(Exception):
    """Takes back the transaction."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        super().__init__()
        self.outcomes = outcomes


class Pushes:
    def __init__(
        self, database: Database, storage: Storage, clock: Clock, rules: PushRules, bounds: Bounds = BOUNDS
    ) -> None:
        self._database = database
        self._storage = storage
        self._clock = clock
        self._rules = rules
        self._bounds = bounds
        self._fetching = Fetching(database, storage)
        self._pointers = Pointers(database, storage)
        self._turns = asyncio.Semaphore(MAX_UNPACKING)

    async def push(self, push: Push) -> list[Outcome]:
        """
        What became of each update, in their order. Raises PackRefused where nothing of the pack may enter, with one reason.
        """
        refused = {one.name: await self._rules.why_not(push.caller, push.repository, one) for one in push.updates}
        wanted = [one for one in push.updates if not refused[one.name]]
        if not wanted or (push.atomic and len(wanted) < len(push.updates)):
            return [Outcome(one.name, refused[one.name] or "atomic push failed") for one in push.updates]
        with self._storage.scratch.path() as target:
            unpacked = await self._unpacked(push, wanted, target)
            commits = await self._commits(push.repository, wanted, unpacked)
            brought = await self._brought(push, wanted, unpacked, target) if unpacked else None
            done = await self._write(push, wanted, commits, brought)
        return [Outcome(one.name, refused[one.name] or done[one.name]) for one in push.updates]

    async def _unpacked(self, push: Push, wanted: Sequence[RefUpdate], target: Path) -> Unpacked | None:
        tips = [one.new for one in wanted if not one.deletes]
        if push.pack is None or not tips:
            return None
        pool = WorkPool(children=1)  # of its own: uploads must not wait for it
        try:
            async with self._turns, asyncio.timeout(UNPACK_SECONDS):
                return await pool.run(unpack, push.pack, target, tips, self._bounds)
        except TimeoutError:
            raise PackRefused(f"unpacking took more than {UNPACK_SECONDS:.0f} seconds; push the history in steps") from None
        finally:
            await pool.close()

    async def _commits(
        self, repository: Repository, wanted: Sequence[RefUpdate], unpacked: Unpacked | None
    ) -> Mapping[str, str]:
        """The commit that each new id comes to. Raises PackRefused for one that is no commit and no tag of one."""
        tips = unpacked.tips if unpacked else {}
        found: dict[str, str] = {}
        for one in wanted:
            if one.deletes:
                continue
            tip = tips.get(one.new)
            end, kind = (tip.id, tip.kind) if tip else (one.new, None)
            if kind is None:
                end, kind = await self._fetching.peeled(repository, end)
            if kind != "commit" or (one.name.startswith("refs/heads/") and end != one.new):
                raise PackRefused(f"{one.name} would stand at {one.new}, which is no commit" + ("" if kind else " here"))
            found[one.new] = end
        return found

    async def _brought(self, push: Push, wanted: Sequence[RefUpdate], unpacked: Unpacked, target: Path) -> _Brought:
        """What may enter, with the blobs that do not fit into rows on the disk. Raises PackRefused."""
        if unpacked.oversized:
            sizes = dict(unpacked.oversized)
            names = await asyncio.to_thread(names_of, target, sizes)
            told = [f"{names.get(oid, oid.hex())} ({size / 2**20:.1f} MB)" for oid, size in sizes.items()]
            most = f"files over {self._bounds.object_bytes >> 20} MB are kept with git-lfs"
            raise PackRefused(f"{most}: {listed(told)}. Run: git lfs migrate import --above=10mb, and push again")
        repository = push.repository
        await _check_outside(unpacked, partial(self._fetching.kinds, repository))
        shared = await self._pointers.check(push.caller, repository, wanted, unpacked, target)
        return _Brought(unpacked, target, await self._kept(repository.scope, target), shared)

    async def _write(
        self, push: Push, wanted: Sequence[RefUpdate], commits: Mapping[str, str], brought: _Brought | None
    ) -> dict[str, str]:
        repository, now = push.repository, self._clock.now()
        try:
            async with self._database.write() as connection:
                await self._check_there(connection, repository, wanted, commits, brought)
                done = await self._move_all(connection, push, wanted, commits, now)
                await change(connection, repository, updated_at=now)  # one push after the other from here on
                if brought is not None:
                    if brought.shared and not await self._storage.adopt_all(connection, repository.scope, brought.shared):
                        raise PackRefused("what was uploaded for it was removed meanwhile; run: git lfs push --all")
                    await _store(connection, repository.scope, brought)
                await self._after(connection, push, [one for one in wanted if not done[one.name]], commits, now)
        except _Undone as undone:
            return {one.name: one.refused for one in undone.outcomes}
        return done

    async def _move_all(
        self, connection: Connection, push: Push, wanted: Sequence[RefUpdate], commits: Mapping[str, str], now: datetime
    ) -> dict[str, str]:
        """In the order of their names, so that two pushes cannot wait for each other. Raises _Undone."""
        done: dict[str, str] = {}
        for one in sorted(wanted, key=lambda update: update.name):
            done[one.name] = await self._move(connection, push.repository, one, commits, now)
        failed = [one for one in wanted if done[one.name]]
        if len(failed) == len(wanted) or (push.atomic and failed):
            raise _Undone([Outcome(one.name, done[one.name] or "atomic push failed") for one in wanted])
        return done

    async def _move(
        self, connection: Connection, repository: Repository, one: RefUpdate, commits: Mapping[str, str], now: datetime
    ) -> str:
        """Why not, or nothing."""
        if one.is_new and (other := await refs.clash(connection, repository, one.name)):
            return f"there is {other}, and git cannot keep both names"
        new = None if one.deletes else refs.Standing(one.new, commits[one.new])
        moved = await refs.compare_and_set(connection, repository, one.name, "" if one.is_new else one.old, new, now)
        return "" if moved else "fetch first: it has moved meanwhile"

    async def _check_there(
        self,
        connection: Connection,
        repository: Repository,
        wanted: Sequence[RefUpdate],
        commits: Mapping[str, str],
        brought: _Brought | None,
    ) -> None:
        """
        Everything is checked once more that collection, or who deletes the repository, may have removed while the pack came.

        Raises RepositoryNotFound, PackRefused.
        """
        if await by_id(connection, repository.id) is None:
            raise not_found(repository.kind, repository.full_name)
        if brought is not None:
            await _check_outside(brought.unpacked, partial(mention, connection, repository.scope))
        tips = {one.new for one in wanted if not one.deletes} | set(commits.values())
        missing = tips - set(await mention(connection, repository.scope, tips))
        if missing - set(brought.unpacked.whole if brought else ()):
            raise PackRefused(f"{min(missing)} was removed meanwhile; push again")

    async def _after(
        self, connection: Connection, push: Push, moved: Sequence[RefUpdate], commits: Mapping[str, str], now: datetime
    ) -> None:
        """What follows from a commit by the API, too."""
        for one in moved:
            keeper = self._rules.keeper(one.name)
            if keeper is not None:
                await keeper.moved(connection, push.caller, push.repository, one, now)
            elif one.name.startswith("refs/heads/") and not one.deletes:
                payload = {"repository_id": push.repository.id, "commit": commits[one.new]}
                await enqueue(connection, now, READ_REVISION, payload)

    async def _kept(self, scope: int, path: Path) -> dict[str, str]:
        """Blobs that do not fit into rows go to the disk. Their keys, by id."""
        keys: dict[str, str] = {}
        objects = laid_out(path)
        while (one := await asyncio.to_thread(_next_large, objects)) is not None:
            keys[one.id.hex()] = await self._storage.put_new_blob(f"git/{scope}", one.id.hex(), one.data)
        return keys


async def _check_outside(unpacked: Unpacked, kinds_of: Callable[[Collection[str]], Awaitable[Mapping[str, str]]]) -> None:
    """What did not come is here. Raises PackRefused."""
    for some in unpacked.named_outside(IDS_AT_ONCE):
        kinds = await kinds_of(some)
        for oid, expected in some.items():
            kind = kinds.get(oid)
            if kind != expected:
                what = "did not come" if kind is None else f"is a {kind}"
                raise PackRefused(f"the {expected} {oid} is named and {what}")


async def _store(connection: Connection, scope: int, brought: _Brought) -> None:
    objects = laid_out(brought.objects)
    while batch := await asyncio.to_thread(_next_rows, objects, brought.keys):
        await store(connection, scope, batch)


def _next_large(objects: Iterator[Laid]) -> Laid | None:
    return next((one for one in objects if len(one.data) > INLINE_BYTES and KIND_NUMBERS[one.kind] == "blob"), None)


def _next_rows(objects: Iterator[Laid], keys: Mapping[str, str]) -> list[GitObject]:
    rows: list[GitObject] = []
    size = 0
    for one in objects:
        rows.append(_row(one, keys))
        size += len(one.data)
        if size > BATCH_BYTES or len(rows) >= BATCH:
            break
    return rows


def _row(one: Laid, keys: Mapping[str, str]) -> GitObject:
    kind, oid = KIND_NUMBERS[one.kind], one.id.hex()
    key = keys.get(oid)
    parents = read_node(oid, one.data).parents if kind == "commit" else ()
    return GitObject(oid, kind, len(one.data), None if key else one.data, parents[0] if parents else None, key)
