"""
Adapters as their trainers save them (PEFT: adapter_config.json and safetensors) on bases that are served as GGUF.

The engine of such a base reads adapters as GGUF: one is converted on the host that needs it, in a child process, and kept
there by the hashes of what it was made of.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from commonweight.errors import CommonweightError
from commonweight.hub import Entry, EntryNotFound, Hub, Repository, Revision, TooMuch
from commonweight.serving import FileChoiceError, LoadFailed, ModelNotFound, Source
from commonweight.storage import LargeFile, Storage
from commonweight.tuning.converting import Converter, check_adapter

CONFIG: Final = "adapter_config.json"
WEIGHTS: Final = "adapter_model.safetensors"
MAX_CONFIG: Final = 1 << 20  # bytes; some hundred are usual
KEPT_BYTES: Final = 4 << 30  # of converted adapters on one host; each has some MB to some hundred
WRITER: Final = "1"  # changes where the same adapter would be written otherwise
_PREFIX: Final = "peft"


@dataclass(frozen=True)
class PeftHandle:
    """By what the worker finds an adapter of PEFT, and the file that it goes on."""

    repository_id: int
    base_scope: int
    base_sha256: str

    def __str__(self) -> str:
        return f"{_PREFIX}:{self.repository_id}:{self.base_scope}:{self.base_sha256}"

    @classmethod
    def parse(cls, handle: str) -> Self | None:
        """None for the handle of something else."""
        kind, *parts = handle.split(":")
        return cls(int(parts[0]), int(parts[1]), parts[2]) if kind == _PREFIX else None


async def peft_source(hub: Hub, revision: Revision, entries: Mapping[str, Entry], base: tuple[int, str]) -> Source:
    """
    What an engine of the GGUF file `base` (scope and SHA-256) loads of an adapter's repository.

    Raises FileChoiceError, with the remedy for adapters that are more than GGUF can say.
    """
    name, commit = revision.repository.full_name, revision.commit
    try:
        config = json.loads(await hub.read_small(revision, CONFIG, MAX_CONFIG))
    except (EntryNotFound, TooMuch, ValueError, RecursionError):
        raise FileChoiceError(f"{CONFIG} of {name} cannot be read.", hint="Publish it as PEFT writes it.") from None
    try:
        check_adapter(config)
    except CommonweightError as error:
        raise FileChoiceError(f"{name}: {error.detail}", hint=error.hint) from None
    handle = PeftHandle(revision.repository.id, *base)
    return Source(name, commit, WEIGHTS, entries[WEIGHTS].size, str(handle))


def is_peft(paths: Mapping[str, Any]) -> bool:
    return CONFIG in paths and WEIGHTS in paths


class PeftAdapters:
    """Converts, and keeps what it converted in a folder of this host."""

    def __init__(self, hub: Hub, storage: Storage, converter: Converter, folder: Path, kept_bytes: int = KEPT_BYTES) -> None:
        self._hub = hub
        self._storage = storage
        self._converter = converter
        self._folder = folder
        self._kept_bytes = kept_bytes
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._used: Counter[Path] = Counter()

    @asynccontextmanager
    async def materialise(self, source: Source, handle: PeftHandle) -> AsyncIterator[Path]:
        """
        The adapter as GGUF, kept while the context is open.

        Raises ModelNotFound where something of it is gone, LoadFailed where it cannot be converted.
        """
        revision = await self._revision(source, handle)
        contents = {path: await self._content(revision, path) for path in (CONFIG, WEIGHTS)}
        path = self._folder / f"{_key(contents, handle)}.gguf"
        self._used[path] += 1
        try:
            async with self._locks[path.name]:
                if not path.exists():
                    await self._make(source, handle, contents, path)
            path.touch()
            yield path
        finally:
            self._used[path] -= 1
            if not self._used[path]:
                del self._used[path]
                self._locks.pop(path.name, None)

    async def _revision(self, source: Source, handle: PeftHandle) -> Revision:
        repository = await self._hub.by_id(handle.repository_id)
        if repository is None:
            raise ModelNotFound(source.name, "Its repository is gone.")
        return Revision(repository, source.commit)

    async def _content(self, revision: Revision, path: str) -> LargeFile | bytes:
        entry, repository = await self._hub.entry(revision, path), revision.repository
        if entry.large is None:
            return await self._hub.read_small(revision, path, max(entry.size, 1))
        return await self._large(repository, entry.large.sha256, path)

    async def _large(self, repository: Repository, sha256: str, path: str) -> LargeFile:
        found = await self._storage.large_file(repository.scope, sha256)
        if found is None:
            raise ModelNotFound(repository.full_name, f"The bytes of {path} are no longer kept here.")
        return found

    async def _make(self, source: Source, handle: PeftHandle, contents: Mapping[str, LargeFile | bytes], path: Path) -> None:
        base = await self._storage.large_file(handle.base_scope, handle.base_sha256)
        if base is None:
            raise ModelNotFound(source.name, "The file of its base is no longer kept here.")
        self._folder.mkdir(parents=True, exist_ok=True)
        told = {"repository": source.repository, "commit": source.commit, "base_sha256": handle.base_sha256}
        try:
            async with self._storage.snapshot(contents) as adapter:
                with await self._storage.materialise(base) as file:
                    await self._converter.adapter_to_gguf(adapter, file, path, told)
        except CommonweightError as error:
            raise LoadFailed(f"The adapter {source.name} cannot be served: {error.detail}", hint=error.hint) from error
        await asyncio.to_thread(self._make_room)

    def _make_room(self) -> None:
        """Forget what was not used for longest; it can be made again."""
        files = sorted(self._folder.glob("*.gguf"), key=lambda path: path.stat().st_mtime)
        total = sum(path.stat().st_size for path in files)
        for path in files:
            if total <= self._kept_bytes:
                return
            if not self._used[path]:
                total -= path.stat().st_size
                path.unlink(missing_ok=True)


def _key(contents: Mapping[str, LargeFile | bytes], handle: PeftHandle) -> str:
    """Tells apart what would be written differently: the adapter, the base, the way of writing."""
    parts = [WRITER, handle.base_sha256]
    for path, content in sorted(contents.items()):
        digest = hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else content.sha256
        parts.append(f"{path}={digest}")
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
