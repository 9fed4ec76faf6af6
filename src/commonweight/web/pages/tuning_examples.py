"""The examples of a new tuning: taken in, looked at, kept where they are fit."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import orjson

from commonweight.errors import InvalidInput
from commonweight.files import File, Files, NewFile, Purpose, Received
from commonweight.identity import Caller
from commonweight.tuning import TuningRefused
from commonweight.tuning.data import ENDINGS, Columns, NotAnExample, Wishes, check_file, is_table, repair
from commonweight.web.contexts import CheckView, ExampleView, RepairView, TuningForm
from commonweight.web.pages.tuning_datasets import SHOWN, DatasetDesk
from commonweight.web.pages.tunings import account_of
from commonweight.web.presenting.tuning_findings import (
    check_view,
    example_view,
    finding_groups,
    kept_groups,
    repair_view,
)
from commonweight.web.visits import SentFile

KEPT_SECONDS: Final = 24 * 3600  # a file that is not fit yet, so that it can be repaired
PIECE_BYTES: Final = 1 << 20
WISHES: Final = Wishes(without_unmendable=True)  # the rest stays; duplicates do no harm
MAX_NAME: Final = 200  # characters of a file's name


@dataclass(frozen=True)
class Looked:
    """What the form says now, and what was found; None where there are no examples yet."""

    form: TuningForm
    check: CheckView | None = None


class ExampleDesk:
    """Takes examples in: as a file, pasted, one that was uploaded before, or a data set of the hub."""

    def __init__(self, files: Files, datasets: DatasetDesk) -> None:
        self._files = files
        self._datasets = datasets

    async def look(self, caller: Caller, form: TuningForm, sent: SentFile) -> Looked:
        """
        What came newly counts before what was chosen. What is fit becomes a file to learn from, and is chosen then.

        Raises FileRefused, FileMissing, TuningRefused, and what reading tables and data sets raises.
        """
        account = account_of(caller)
        if sent.received is not None and sent.received.bytes:
            return await self._take(account, form, sent.received, sent.filename)
        if form.paste.strip():
            name = "pasted.jsonl" if form.paste.lstrip()[:1] in ("{", "[") else "pasted.csv"
            async with self._files.receive(_whole(form.paste.encode())) as received:
                return await self._take(account, form, received, name)
        if form.file:
            return Looked(form, await self._known(account, form))
        return Looked(form, await self._datasets.look(caller, form) if form.dataset else None)

    async def _take(self, account: int, form: TuningForm, received: Received, filename: str) -> Looked:
        """A table becomes lines first. Raises InvalidMapping, NotAnExample, NotInstalled."""
        if not is_table(filename):
            return await self._take_in(account, form, received, filename)
        with tempfile.NamedTemporaryFile(dir=received.path.parent, suffix=".jsonl") as lines:
            columns, path = columns_of(form), Path(lines.name)
            await asyncio.to_thread(repair, received.path, path, Wishes(), columns=columns, name=filename)
            async with self._files.receive(_pieces(path)) as made:
                return await self._take_in(account, form, made, f"{filename.rpartition('.')[0]}.jsonl")

    async def take_repaired(self, account: int, form: TuningForm) -> Looked:
        """A repaired copy of what was not fit becomes the file to learn from. Raises FileMissing, NotAnExample."""
        raw = await self._files.get(account, form.raw)
        name = f"{raw.filename.removesuffix('.jsonl')}.repaired.jsonl"
        async with self._files.receive(self._files.read(raw)) as received:
            with tempfile.NamedTemporaryFile(dir=received.path.parent, suffix=".jsonl") as copy:
                await asyncio.to_thread(repair, received.path, Path(copy.name), WISHES)
                async with self._files.receive(_pieces(Path(copy.name))) as mended:
                    return await self._take_in(account, form, mended, name)

    async def _take_in(self, account: int, form: TuningForm, received: Received, filename: str) -> Looked:
        name = _as_lines(filename)
        findings = await asyncio.to_thread(check_file, received.path)
        groups = finding_groups(findings.errors, findings.warnings)
        if not findings.accepted:
            check = check_view(filename, findings.facts, groups, (), is_fit=False)
            check = replace(check, repair=await self._repair(received.path))
            raw = await self._files.create(account, received, NewFile(name, Purpose.USER_DATA, KEPT_SECONDS))
            return Looked(replace(form, file="", raw=raw.id), check)
        file = await self._files.create(account, received, NewFile(name, Purpose.FINE_TUNE))
        examples, held_out = await self._first(file), await self._held_out(account, form)
        check = check_view(filename, findings.facts, groups, examples, is_fit=True, held_out=held_out)
        return Looked(replace(form, file=file.id, paste="", raw="", dataset=""), replace(check, download=_content(file)))

    async def _repair(self, path: Path) -> RepairView | None:
        """What mending would do; None where it would not help."""
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".jsonl") as copy:
            try:
                return repair_view(await asyncio.to_thread(repair, path, Path(copy.name), WISHES))
            except NotAnExample:
                return None

    async def _known(self, account: int, form: TuningForm) -> CheckView:
        """A file that was checked when it came."""
        file = await self._files.get(account, form.file)
        if file.purpose is not Purpose.FINE_TUNE:
            raise TuningRefused(f"{file.filename} was not uploaded to learn from.", param="training_file")
        held_out = await self._held_out(account, form)
        groups = kept_groups(file.facts)
        check = check_view(file.filename, file.facts, groups, await self._first(file), is_fit=True, held_out=held_out)
        return replace(check, download=_content(file))

    async def _held_out(self, account: int, form: TuningForm) -> int | None:
        if not form.validation:
            return None
        facts = (await self._files.get(account, form.validation)).facts
        return int(facts.get("examples") or facts.get("lines") or 0)

    async def _first(self, file: File) -> tuple[ExampleView, ...]:
        found: list[ExampleView] = []
        async for number, line in self._files.lines(file):
            try:
                found.append(example_view(number, orjson.loads(line)))
            except (orjson.JSONDecodeError, NotAnExample):
                continue  # of a file from before there was a check
            if len(found) == SHOWN:
                break
        return tuple(found)


def _as_lines(filename: str) -> str:
    """The name under which the examples are kept. Raises InvalidInput for what is no file of lines."""
    stem, dot, ending = filename.rpartition(".")
    if dot and f".{ending.lower()}" not in ENDINGS:
        raise InvalidInput(
            f"{filename[-80:]!r} is no file of examples.",
            hint="Bring JSON lines (.jsonl, one object on each line), CSV or Parquet.",
        )
    return f"{(stem or filename or 'examples')[-MAX_NAME:]}.jsonl"


def columns_of(form: TuningForm) -> Columns:
    """Which column is what; none where nothing was typed: then it is told by their names. Raises InvalidMapping."""
    named = {"user": form.question, "assistant": form.answer, "system": form.system}
    return Columns({part: column for part, column in named.items() if column})


def _content(file: File) -> str:
    return f"/v1/files/{file.id}/content"


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
