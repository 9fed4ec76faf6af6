"""What the worker asks: the bytes behind what a name was resolved to, as a file or a folder on its disk."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from commonweight.choosing.peft import CONFIG, WEIGHTS, PeftAdapters, PeftHandle
from commonweight.hub import Entry, EntryNotFound, Hub, Repository, Revision
from commonweight.serving import LoadFailed, ModelNotFound, Source, Target, WeightsFile, checkpoint_files
from commonweight.storage import LargeFile, Storage
from commonweight.vetting.scans import UnsafeFile, UnsafeGuard

MAX_FILES: Final = 2_000  # of one repository, looked through for model files
MAX_SMALL_BYTES: Final = 64 << 20  # one file of a checkpoint that lies in git: tokenizers reach some tens of MiB


class Sources:
    """
    Puts files of the hub on this host's disk. `adapters` converts those that an engine does not read as they are.

    With a `guard` nothing that was found unsafe comes there.
    """

    def __init__(
        self, hub: Hub, storage: Storage, adapters: PeftAdapters | None = None, guard: UnsafeGuard | None = None
    ) -> None:
        self._hub = hub
        self._storage = storage
        self._adapters = adapters
        self._guard = guard

    @asynccontextmanager
    async def materialise(self, source: Source) -> AsyncIterator[Path]:
        """
        The file, or the folder of a checkpoint, kept while the context is open.

        Raises ModelNotFound where it is gone, LoadFailed, CacheFull, StoredBytesDamaged.
        """
        if source.target is Target.SNAPSHOT:
            async with self._storage.snapshot(await self._files(source)) as folder:
                yield folder
            return
        if (peft := PeftHandle.parse(source.handle)) is not None:
            async with self._converted(source, peft) as path:
                yield path
            return
        large = await self.large_file(source)
        await self._check(source.path or source.name, large=large.sha256)
        with await self._storage.materialise(large) as path:
            yield path

    async def _check(self, name: str, *, large: str = "", entries: Sequence[Entry] = ()) -> None:
        try:
            if self._guard is not None:
                await self._guard.check_to_run(name, large=large, entries=entries)
        except UnsafeFile as error:
            raise LoadFailed(error.detail, hint=error.hint) from None

    def _converted(self, source: Source, handle: PeftHandle) -> AbstractAsyncContextManager[Path]:
        if self._adapters is None:
            raise LoadFailed(f"{source.name} is an adapter of PEFT, which this process does not convert.")
        return self._adapters.materialise(source, handle)

    async def large_file(self, source: Source) -> LargeFile:
        """The bytes of a single file. Raises ModelNotFound where they are gone."""
        found = await self._storage.large_file(*parse_handle(source.handle))
        if found is None:
            raise ModelNotFound(source.name, "Its file is no longer kept here.")
        return found

    async def digests(self, source: Source) -> Sequence[WeightsFile]:
        """
        The files that an engine loads of a source, by the SHA-256 of their bytes. What lies in git is read and hashed. Of a
        model elsewhere there are none: nobody here has seen its weights.

        Raises ModelNotFound where they are gone.
        """
        if source.target is Target.REMOTE:
            return []
        if (peft := PeftHandle.parse(source.handle)) is not None:
            return await self._peft_digests(source, peft)
        if source.target is not Target.SNAPSHOT:
            return [WeightsFile(source.path, source.size, parse_handle(source.handle)[1])]
        repository = await self._hub.by_id(int(source.handle))
        if repository is None:
            raise ModelNotFound(source.name, "Its repository is gone.")
        entries = await checkpoint_entries(self._hub, Revision(repository, source.commit))
        return [WeightsFile(entry.path, entry.size, await self._digest(repository, entry)) for entry in entries]

    async def _peft_digests(self, source: Source, handle: PeftHandle) -> Sequence[WeightsFile]:
        """Of the files as they were published: what the engine loads follows from them."""
        repository = await self._hub.by_id(handle.repository_id)
        if repository is None:
            raise ModelNotFound(source.name, "Its repository is gone.")
        entries = [await self._hub.entry(Revision(repository, source.commit), path) for path in (CONFIG, WEIGHTS)]
        return [WeightsFile(entry.path, entry.size, await self._digest(repository, entry)) for entry in entries]

    async def _digest(self, repository: Repository, entry: Entry) -> str:
        if entry.large is not None:
            return entry.large.sha256
        hashed = hashlib.sha256()
        async for piece in self._hub.read(repository, entry):
            hashed.update(piece)
        return hashed.hexdigest()

    async def _files(self, source: Source) -> Mapping[str, LargeFile | bytes]:
        repository = await self._hub.by_id(int(source.handle))
        if repository is None:
            raise ModelNotFound(source.name, "Its repository is gone.")
        entries = await checkpoint_entries(self._hub, Revision(repository, source.commit))
        await self._check(source.name, entries=entries)
        return {entry.path: await self._content(repository, entry) for entry in entries}

    async def _content(self, repository: Repository, entry: Entry) -> LargeFile | bytes:
        if entry.large is not None:
            found = await self._storage.large_file(repository.scope, entry.large.sha256)
            if found is None:
                raise LoadFailed(f"The bytes of {entry.path} are no longer kept in {repository.full_name}.")
            return found
        if entry.size > MAX_SMALL_BYTES:
            raise LoadFailed(f"{entry.path} has {entry.size} bytes in git; at most {MAX_SMALL_BYTES} are read from there.")
        return b"".join([piece async for piece in self._hub.read(repository, entry)])


async def files_of(hub: Hub, revision: Revision) -> list[Entry]:
    """The files of a revision; none where it is empty."""
    try:
        entries = await hub.tree(revision, recursive=True, limit=MAX_FILES)
    except EntryNotFound:
        return []
    return [entry for entry in entries if entry.is_file]


async def checkpoint_entries(hub: Hub, revision: Revision) -> Sequence[Entry]:
    """The files that a checkpoint's engine reads."""
    entries = {entry.path: entry for entry in await files_of(hub, revision)}
    return [entries[path] for path in checkpoint_files(entries)]


def make_handle(scope: int, sha256: str) -> str:
    """By what the worker finds the bytes of a single file; those of a checkpoint by the number of its repository."""
    return f"{scope}:{sha256}"


def parse_handle(handle: str) -> tuple[int, str]:
    """The inverse of `make_handle`: scope and SHA-256."""
    scope, _, sha256 = handle.partition(":")
    return int(scope), sha256
