"""What is at a revision: folders, entries, bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from commonweight.db import Database
from commonweight.errors import RangeRefused
from commonweight.hub.errors import EntryNotFound, TooMuch
from commonweight.hub.objects import DIRECTORY, SUBMODULE, BlobInfo, Blobs
from commonweight.hub.refs import missing
from commonweight.hub.remembered import GitMemory
from commonweight.hub.trees import Item, folders_at, join, listed
from commonweight.hub.values import Entry, LargePointer, Repository, Revision
from commonweight.storage import LargeFile, NotStored, Storage

PIECE_BYTES = 1 << 20  # bodies go out in pieces of this size (DESIGN, Decisions)
MAX_SMALL_BYTES = 1 << 20  # what is read whole into memory: cards, licences, configurations


class Reader:
    def __init__(self, database: Database, storage: Storage, git: GitMemory) -> None:
        self._database = database
        self._storage = storage
        self._blobs = Blobs(storage)
        self._git = git

    async def tree(self, revision: Revision, path: str, recursive: bool, after: str, limit: int | None) -> list[Entry]:
        """Entries below a folder in the order of their paths, those behind `after`; a file gives itself."""
        return await self._entries(revision.repository, await self._listing(revision, path, recursive, after, limit))

    async def _listing(self, revision: Revision, path: str, recursive: bool, after: str, limit: int | None) -> list[Item]:
        oid = root = await self._root(revision)
        if path:
            item = await self._find(revision, root, [path])
            if not item:
                raise entry_missing(revision, path)
            if item[0][1] != DIRECTORY:
                return [one for one in item if one[0] > after]
            oid = item[0][2]
        folders = partial(self._git.folders, revision.repository.scope)
        if recursive:
            return await listed(folders, oid, path, after, limit)
        folder = (await folders([oid])).get(oid, {})
        return sorted((join(path, name), *item) for name, item in folder.items() if join(path, name) > after)[:limit]

    async def entries(self, revision: Revision, paths: Sequence[str]) -> list[Entry]:
        """Those of the paths that exist, in the order asked for."""
        return await self._entries(revision.repository, await self._find(revision, await self._root(revision), paths))

    async def _root(self, revision: Revision) -> str:
        """The id of a revision's root folder. Raises RevisionNotFound."""
        root = await self._git.root(revision.repository.scope, revision.commit)
        if root is None:
            raise missing(revision.repository, revision.commit)
        return root

    async def _find(self, revision: Revision, root: str, paths: Collection[str]) -> list[Item]:
        wanted = {path.rpartition("/")[0] for path in paths}
        folders = await folders_at(partial(self._git.folders, revision.repository.scope), root, wanted)
        found: list[Item] = []
        for path in paths:
            folder, _, name = path.rpartition("/")
            item = folders.get(folder, {}).get(name)
            if item is not None:
                found.append((path, *item))
        return found

    async def _entries(self, repository: Repository, items: Sequence[Item]) -> list[Entry]:
        blobs = [oid for _, mode, oid in items if mode not in (DIRECTORY, SUBMODULE)]
        infos = await self._git.blobs(repository.scope, blobs)
        stored = await self._stored(repository, infos)
        return [_entry(item, infos.get(item[2]), stored) for item in items]

    async def _stored(self, repository: Repository, infos: Mapping[str, BlobInfo]) -> Mapping[str, LargeFile]:
        wanted = {info.large_sha256 for info in infos.values() if info.large_sha256}
        return await self._storage.large_files(repository.scope, wanted) if wanted else {}

    async def read(self, repository: Repository, entry: Entry, start: int, end: int | None) -> AsyncIterator[bytes]:
        """Bytes `start` to `end` (exclusive). Raises RangeRefused, NotStored."""
        if start > entry.size or (start == entry.size and entry.size > 0):
            raise RangeRefused(f"The range begins at byte {start}; {entry.path} has {entry.size} bytes.")
        if entry.large is None:
            data = (await self.blob(repository, entry))[start:end]
            for at in range(0, len(data), PIECE_BYTES):
                yield data[at : at + PIECE_BYTES]
            return
        large = await self._storage.large_file(repository.scope, entry.large.sha256)
        if large is None:
            raise NotStored(f"The bytes of {entry.path} ({entry.large.sha256}) are not stored in {repository.full_name}.")
        async for piece in self._storage.read(large, start, end):
            yield piece

    async def blob(self, repository: Repository, entry: Entry) -> bytes:
        """The git blob itself: of a large file, its pointer. Raises NotStored."""
        async with self._database.read() as connection:
            data = await self._blobs.read(connection, repository.scope, entry.oid)
        if data is None:
            raise NotStored(f"The git object {entry.oid} of {entry.path} is not stored in {repository.full_name}.")
        return data

    async def read_small(self, revision: Revision, entry: Entry, limit: int) -> bytes:
        """All bytes of a file of at most `limit`. Raises TooMuch."""
        if entry.size > limit:
            raise TooMuch(f"{entry.path} has {entry.size} bytes; at most {limit} are read here.")
        return b"".join([piece async for piece in self.read(revision.repository, entry, 0, None)])


def entry_missing(revision: Revision, path: str) -> EntryNotFound:
    where = f"{revision.repository.full_name} at {revision.commit[:8]}"
    return EntryNotFound(f"There is no {path!r} in {where}.", commit=revision.commit)


def _entry(item: Item, info: BlobInfo | None, stored: Mapping[str, LargeFile]) -> Entry:
    path, mode, oid = item
    if mode == DIRECTORY:
        return Entry(path, "directory", oid, 0)
    if info is None:  # a submodule has no bytes here
        return Entry(path, "file", oid, 0)
    plain = Entry(path, "file", oid, info.size)
    if info.large_sha256 is None or info.large_size is None:
        return plain
    file = stored.get(info.large_sha256)
    xet_hash = file.xet_hash if file is not None and file.in_chunks else None
    large = LargePointer(info.large_sha256, info.large_size, xet_hash, info.size, is_stored=file is not None)
    return replace(plain, size=info.large_size, large=large)
