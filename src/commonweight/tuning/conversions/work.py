"""One turn's work on a conversion: files in a folder of this host, each kept until all are published."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from commonweight.hub import Entry, Hub, Revision
from commonweight.serving import checkpoint_files
from commonweight.storage import LargeFile, Storage
from commonweight.tuning.conversions.values import Conversion
from commonweight.tuning.converting import ConversionFailed, Converter, GgufMade, Quantisation

MAX_FILES: Final = 2_000
MAX_SMALL: Final = 64 << 20
SPARE: Final = 1 << 30  # bytes of the disk that stay free
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
        entries = await self._entries(source)
        self._check_room(entries, len(conversion.formats))
        kinds = [Quantisation.F16, *(kind for kind in conversion.formats if kind is not Quantisation.F16)]
        reports = {}
        for place, kind in enumerate(kinds):
            part = _part(tell, place, len(kinds), kind)
            reports[kind] = await self._once(kind, lambda k=kind, p=part: self._step(k, conversion, source, entries, p))  # type: ignore[misc]
        name = conversion.target.partition("/")[2].removesuffix("-GGUF").removesuffix("-gguf")
        return [(self._file(kind), {**reports[kind], "path": f"{name}-{kind.value}.gguf"}) for kind in conversion.formats]

    async def _once(self, kind: Quantisation, make: Callable[[], Awaitable[Mapping[str, Any]]]) -> Mapping[str, Any]:
        """The report that lies beside a file says that it is whole."""
        beside = self._file(kind).with_suffix(".json")
        if beside.exists() and self._file(kind).exists():
            found: Mapping[str, Any] = json.loads(beside.read_bytes())
            return found
        report = await make()
        part = beside.with_suffix(".part")
        part.write_text(json.dumps(report))
        part.replace(beside)
        return report

    async def _step(
        self, kind: Quantisation, conversion: Conversion, source: Revision, entries: Mapping[str, Entry], tell: Tell
    ) -> Mapping[str, Any]:
        if kind is Quantisation.F16:
            contents = {path: await self._content(source, entry) for path, entry in entries.items()}
            async with self._storage.snapshot(contents) as checkpoint:
                return _report(await self._converter.to_gguf(checkpoint, self._file(kind), origin_of(conversion), tell=tell))
        whole = self._file(Quantisation.F16)
        made = await self._converter.quantise(whole, self._file(kind), kind, tell)
        return {**_report(made), "likeness": await self._converter.compare(whole, made.path)}

    def _file(self, kind: Quantisation) -> Path:
        return self._folder / f"{kind.value}.gguf"

    async def _entries(self, source: Revision) -> Mapping[str, Entry]:
        listed = await self._hub.tree(source, recursive=True, limit=MAX_FILES)
        entries = {entry.path: entry for entry in listed if entry.is_file}
        return {path: entries[path] for path in checkpoint_files(entries)}

    async def _content(self, source: Revision, entry: Entry) -> LargeFile | bytes:
        if entry.large is None:
            return await self._hub.read_small(source, entry.path, MAX_SMALL)
        found = await self._storage.large_file(source.repository.scope, entry.large.sha256)
        if found is None:
            raise ConversionFailed(f"The bytes of {entry.path} are no longer kept here.")
        return found

    def _check_room(self, entries: Mapping[str, Entry], formats: int) -> None:
        """The floats twice (the source in the cache, the F16 file), and half as much for each format, roughly."""
        weights = sum(entry.size for path, entry in entries.items() if path.endswith(".safetensors"))
        needed, free = int(weights * (2 + formats / 2)) + SPARE, shutil.disk_usage(self._folder).free
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


def _part(tell: Tell, place: int, parts: int, kind: Quantisation) -> Tell:
    async def told(share: float, what: str) -> None:
        await tell((place + share) / parts, f"{kind.value}: {what}")

    return told
