"""Examples from a data set repository of the hub, at a revision: which of its files, and under which licence."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol

from commonweight.errors import InvalidInput
from commonweight.files import Finding
from commonweight.hub import Entry, EntryNotFound, Hub, Repository, Revision
from commonweight.identity import Caller
from commonweight.tuning.data.columns import Columns, InvalidMapping
from commonweight.tuning.data.opening import Opened
from commonweight.tuning.data.repairing import Repaired, write_repaired
from commonweight.tuning.data.tables import ENDINGS, examples_in

MAX_FILES: Final = 10_000  # of one repository, looked through
MAX_BYTES: Final = 8 << 30  # as much as an upload may have
_NAMED: Final = 8  # files or problems that an error names
_TRAIN: Final = re.compile(r"(?:^|[/_.-])train(?:ing)?(?:[/_.-]|$)", re.IGNORECASE)


class DatasetRefused(InvalidInput):
    """What is named is no data set to learn from, or not everything in it can be learnt."""

    code = "invalid_dataset"


class Downloads(Protocol):
    """Whether the policy lets bytes of a revision out to a caller; `policy.Gate` is one."""

    async def check_download(self, caller: Caller, revision: Revision, path: str = "", /) -> None:
        """Raises NotAllowed."""
        ...


@dataclass(frozen=True)
class DatasetUsed:
    """`licence` is the tag of the card (apache-2.0, …), `other: name` where it says so, "" where it says nothing."""

    repository: str
    commit: str
    paths: Sequence[str]
    licence: str
    lines: int
    changed: int

    def to_json(self) -> dict[str, Any]:
        """As a tuning keeps it."""
        path = self.paths[0] if len(self.paths) == 1 else ", ".join(self.paths[:_NAMED])
        where = {"name": self.repository, "repository": self.repository, "commit": self.commit, "path": path}
        return {**where, "licence": self.licence, "lines": self.lines, "changed": self.changed}


class DatasetReader:
    """Reads data sets of the hub with the rights of who asks. What it reads of them is on disk for as long as it takes."""

    def __init__(self, hub: Hub, downloads: Downloads | None = None) -> None:
        self._hub = hub
        self._downloads = downloads

    async def __call__(self, caller: Caller, dataset: Mapping[str, Any], out: Path) -> Mapping[str, Any]:
        """
        Write the lines of `{"repository", "revision"?, "path"?, "mapping"?}` to `out`, mended; what was used, as JSON.

        `path` is a file, a folder or a pattern (`data/train-*.parquet`); without it the data files of the training split.
        Raises DatasetRefused, RepositoryNotFound, RevisionNotFound, GatedRepository, NotAnExample, what the policy raises.
        """
        revision = await self._revision(caller, dataset)
        entries = chosen(await self._files(revision), str(dataset.get("path") or ""))
        _check_size(entries)
        if self._downloads is not None:
            for entry in entries:
                await self._downloads.check_download(caller, revision, entry.path)
        columns = _columns(dataset.get("mapping"))
        with TemporaryDirectory(dir=out.parent) as folder:
            paths = [await self._fetch(revision.repository, entry, Path(folder)) for entry in entries]
            done = await asyncio.to_thread(_write, paths, columns, out)
        if not done.found.accepted:
            raise _refusal(done, revision.repository.full_name)
        used = [entry.path for entry in entries]
        name, licence = revision.repository.full_name, await self.licence(revision)
        return DatasetUsed(name, revision.commit, used, licence, done.written, done.changed).to_json()

    async def licence(self, revision: Revision) -> str:
        """What the card says."""
        facts = await self._hub.facts(revision)
        tag = ", ".join(facts.licences)
        return f"{tag}: {facts.licence_name}" if facts.licence_name and tag in ("", "other") else tag

    async def _revision(self, caller: Caller, dataset: Mapping[str, Any]) -> Revision:
        namespace, slash, name = str(dataset.get("repository", "")).removeprefix("datasets/").partition("/")
        if not (namespace and slash and name):
            message = f"{str(dataset.get('repository'))[:200]!r} names no data set; expected namespace/name."
            raise DatasetRefused(message)
        repository = await self._hub.find(caller, "dataset", namespace, name)
        await self._hub.check_files(caller, repository)
        return await self._hub.resolve(repository, str(dataset.get("revision") or "main"))

    async def _files(self, revision: Revision) -> list[Entry]:
        try:
            entries = await self._hub.tree(revision, recursive=True, limit=MAX_FILES)
        except EntryNotFound:
            return []
        return [entry for entry in entries if entry.is_file]

    async def _fetch(self, repository: Repository, entry: Entry, folder: Path) -> tuple[str, Path]:
        """The name of a file and where its bytes lie."""
        path = folder / str(len(list(folder.iterdir())))
        with path.open("wb") as file:
            async for piece in self._hub.read(repository, entry):
                await asyncio.to_thread(file.write, piece)
        return entry.path, path


def chosen(files: Sequence[Entry], path: str) -> list[Entry]:
    """The files that are meant, by path. Raises DatasetRefused, which names those that there are."""
    data = [entry for entry in files if _is_data(entry.path)]
    if path:
        wanted = path.strip("/")
        found = [entry for entry in data if entry.path.startswith(f"{wanted}/") or fnmatchcase(entry.path, wanted)]
        found = [entry for entry in files if entry.path == wanted] or found
    else:
        found = data if len(data) == 1 else [entry for entry in data if _TRAIN.search(entry.path)]
    if not found:
        there = ", ".join(repr(entry.path[:100]) for entry in data[:_NAMED]) or f"none that ends in {', '.join(ENDINGS)}"
        wish = f"no file {path[:200]!r}" if path else "several files, and none is called a training split"
        raise DatasetRefused(f"There is {wish}. Files of data: {there}.", hint='Name one with "path".')
    if len({Path(entry.path).suffix for entry in found}) > 1:
        names = ", ".join(repr(entry.path[:100]) for entry in found[:_NAMED])
        raise DatasetRefused(f"Files of several kinds are meant: {names}.", hint='Name one kind with "path".')
    return sorted(found, key=lambda entry: entry.path)


def _is_data(path: str) -> bool:
    name = path.rpartition("/")[2]
    hidden = name.startswith((".", "_")) or name in ("dataset_infos.json", "dataset_info.json")
    return Path(name).suffix.lower() in ENDINGS and not (hidden or name.lower().endswith((".txt", "readme.txt")))


def _check_size(entries: Sequence[Entry]) -> None:
    total = sum(entry.size for entry in entries)
    if total > MAX_BYTES:
        raise DatasetRefused(f"The files have {total:,} bytes together; at most {MAX_BYTES:,} are read.")


def _columns(mapping: Any) -> Columns:
    if isinstance(mapping, str):
        return Columns.parse(mapping)
    if mapping is None or isinstance(mapping, Mapping):
        return Columns(dict(mapping or {}))
    raise InvalidMapping(f"Got {str(mapping)[:100]!r}.")


def _write(paths: Sequence[tuple[str, Path]], columns: Columns, out: Path) -> Repaired:
    with out.open("wb") as file:
        return write_repaired(_all(paths, columns), file)


def _all(paths: Sequence[tuple[str, Path]], columns: Columns) -> Iterator[Opened]:
    for name, path in paths:
        yield from examples_in(path, columns, name)


def _refusal(done: Repaired, name: str) -> DatasetRefused:
    first: list[Finding] = [finding for group in done.found.errors for finding in group.first[:1]][:_NAMED]
    problems = sum(group.count for group in done.found.errors)
    said = " ".join(finding.sentence() for finding in first)
    hint = 'Say which column is what, as {"mapping": {"prompt": "question", "completion": "answer"}}, or mend the data set.'
    return DatasetRefused(f"{name} has {problems:,} lines that are no examples, or more. {said}", hint=hint)
