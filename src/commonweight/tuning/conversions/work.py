"""One turn's work on a conversion: files in a folder of this host, each kept until all are published."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from commonweight.hub import Entry, Hub, Revision
from commonweight.serving import checkpoint_files
from commonweight.storage import LargeFile, Storage
from commonweight.tuning.conversions.values import Conversion
from commonweight.tuning.converting import ConversionFailed, Converter, GgufMade, Quantisation, check_all_there

MAX_FILES: Final = 2_000
MAX_SMALL: Final = 64 << 20
SPARE: Final = 1 << 30  # bytes of the disk that stay free
WHOLE: Final = "whole"  # the name of the file that all formats are made of, where it is made here
Tell = Callable[[float, str], Awaitable[None]]


class ConversionWork:
    """Makes the files of a conversion. What an earlier turn finished on this host is not made again."""

    def __init__(self, hub: Hub, storage: Storage, converter: Converter, folder: Path) -> None:
        self._hub = hub
        self._storage = storage
        self._converter = converter
        self._folder = folder

    async def make(self, conversion: Conversion, source: Revision, tell: Tell) -> list[tuple[Path, Mapping[str, Any]]]:
        """Each format's file with its report, in the order asked. Raises NotConvertible, ConversionFailed, CacheFull."""
        self._folder.mkdir(parents=True, exist_ok=True)
        entries = await self._entries(conversion, source)
        self._check_room(entries, conversion)
        smaller = [kind for kind in conversion.formats if not _is_whole(conversion, kind)]
        first = 0 if _is_one_file(conversion, entries) else 1
        parts = first + len(smaller)
        said = Quantisation.F16.value if not conversion.source.path else "source"
        async with self._whole(conversion, source, entries, _part(tell, 0, parts, said)) as (whole, report):
            reports = {kind: report for kind in conversion.formats if _is_whole(conversion, kind)}
            for place, kind in enumerate(smaller, first):
                part = _part(tell, place, parts, kind.value)
                make = partial(self._quantise, conversion, whole, kind, part)
                reports[kind] = await self._once(kind.value, make)
        name = conversion.target.partition("/")[2].removesuffix("-GGUF").removesuffix("-gguf")
        return [
            (self._file(WHOLE if _is_whole(conversion, kind) else kind.value),
             {**reports[kind], "path": f"{name}-{kind.value}.gguf"})
            for kind in conversion.formats
        ]  # fmt: skip

    @property
    def answers(self) -> Path:
        """Where answers are kept that scores are made of."""
        return self._folder / "answers.jsonl"

    async def whole(self, conversion: Conversion, source: Revision, tell: Tell) -> Path:
        """The floats of a checkpoint, or a model that lay in parts, as one file of this host."""
        self._folder.mkdir(parents=True, exist_ok=True)
        async with self._whole(conversion, source, await self._entries(conversion, source), tell) as (path, _):
            return path

    @asynccontextmanager
    async def _whole(
        self, conversion: Conversion, source: Revision, entries: Mapping[str, Entry], tell: Tell
    ) -> AsyncIterator[tuple[Path, Mapping[str, Any]]]:
        """What all formats are made of, as long as this is open: a file made here and its report, or the source's own."""
        path = conversion.source.path
        if _is_one_file(conversion, entries):
            async with self._storage.snapshot(await self._contents(source, entries)) as folder:
                yield folder / path, {}
            return

        async def make() -> Mapping[str, Any]:
            async with self._storage.snapshot(await self._contents(source, entries)) as folder:
                if path:
                    parts = [folder / part for part in entries]
                    return _report(await self._converter.join(parts, self._file(WHOLE), tell))
                return _report(await self._converter.to_gguf(folder, self._file(WHOLE), origin_of(conversion), tell=tell))

        report = await self._once(WHOLE, make)
        yield self._file(WHOLE), report

    async def _once(self, name: str, make: Callable[[], Awaitable[Mapping[str, Any]]]) -> Mapping[str, Any]:
        """The report that lies beside a file says that it is whole."""
        beside = self._file(name).with_suffix(".json")
        if beside.exists() and self._file(name).exists():
            found: Mapping[str, Any] = json.loads(beside.read_bytes())
            return found
        report = await make()
        part = beside.with_suffix(".part")
        part.write_text(json.dumps(report))
        part.replace(beside)
        return report

    async def _quantise(self, conversion: Conversion, whole: Path, kind: Quantisation, tell: Tell) -> Mapping[str, Any]:
        """Where the source is a GGUF file, what it says of itself stays but for where it comes from."""
        again = bool(conversion.source.path)
        metadata = origin_of(conversion) if again else None
        made = await self._converter.quantise(whole, self._file(kind.value), kind, tell, again=again, metadata=metadata)
        return {**_report(made), "likeness": await self._converter.compare(whole, made.path)}

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.gguf"

    async def _entries(self, conversion: Conversion, source: Revision) -> Mapping[str, Entry]:
        listed = await self._hub.tree(source, recursive=True, limit=MAX_FILES)
        entries = {entry.path: entry for entry in listed if entry.is_file}
        path = conversion.source.path
        return {one: entries[one] for one in (check_all_there(path, entries) if path else checkpoint_files(entries))}

    async def _contents(self, source: Revision, entries: Mapping[str, Entry]) -> Mapping[str, LargeFile | bytes]:
        return {path: await self._content(source, entry) for path, entry in entries.items()}

    async def _content(self, source: Revision, entry: Entry) -> LargeFile | bytes:
        if entry.large is None:
            return await self._hub.read_small(source, entry.path, MAX_SMALL)
        found = await self._storage.large_file(source.repository.scope, entry.large.sha256)
        if found is None:
            raise ConversionFailed(f"The bytes of {entry.path} are no longer kept here.")
        return found

    def _check_room(self, entries: Mapping[str, Entry], conversion: Conversion) -> None:
        """The source in the cache, the whole file where it is made here, and half as much for each format, roughly."""
        weights = sum(entry.size for path, entry in entries.items() if path.lower().endswith((".safetensors", ".gguf")))
        copies = 1 if _is_one_file(conversion, entries) else 2
        needed = int(weights * (copies + len(conversion.formats) / 2)) + SPARE
        free = shutil.disk_usage(self._folder).free
        if free < needed:
            raise ConversionFailed(
                f"This takes about {needed >> 20} MB of the disk; {free >> 20} MB are free.",
                hint="Make room, or ask for fewer formats at once.",
            )

    async def forget(self) -> None:
        """Everything that lies on this host for it."""
        await asyncio.to_thread(shutil.rmtree, self._folder, True)


def origin_of(conversion: Conversion) -> Mapping[str, str]:
    """What a file says of where it comes from."""
    return {
        "name": conversion.target.partition("/")[2],
        "repository": conversion.target,
        "base_repository": conversion.source.repository,
        "base_commit": conversion.source.commit,
        "made_by": "Commonweight",
    }


def _report(made: GgufMade) -> dict[str, Any]:
    document = made.document()
    document["warnings"] = list(made.warnings)
    for name in ("tokens", "template"):
        parity = getattr(made, name)
        document[name] = parity and {**dataclasses.asdict(parity), "differing": list(parity.differing)}
    return document


def _is_whole(conversion: Conversion, kind: Quantisation) -> bool:
    """Whether a format is what the others are made of, and so made already."""
    return kind is Quantisation.F16 and not conversion.source.path


def _is_one_file(conversion: Conversion, entries: Mapping[str, Entry]) -> bool:
    """Whether the source is a GGUF file as it is."""
    return bool(conversion.source.path) and len(entries) == 1


def _part(tell: Tell, place: int, parts: int, what_for: str) -> Tell:
    async def told(share: float, what: str) -> None:
        await tell((place + share) / parts, f"{what_for}: {what}")

    return told
