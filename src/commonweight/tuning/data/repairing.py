"""A repaired copy of a file of examples, and what was changed in it, line by line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from commonweight.files import Finding
from commonweight.tuning.data.columns import Columns
from commonweight.tuning.data.examples import form_of, problems_of
from commonweight.tuning.data.findings import FileCheck, Findings, Group, Groups
from commonweight.tuning.data.forms import LineForm
from commonweight.tuning.data.lines import MOST
from commonweight.tuning.data.mending import mend
from commonweight.tuning.data.mending_text import Told
from commonweight.tuning.data.opening import Opened
from commonweight.tuning.data.personal import Personal
from commonweight.tuning.data.problems import Problem
from commonweight.tuning.data.tables import examples_in


@dataclass(frozen=True)
class Wishes:
    """What a repair may leave out: lines that say what an earlier one says, and lines that it cannot mend."""

    without_duplicates: bool = False
    without_unmendable: bool = False


@dataclass(frozen=True)
class Repaired:
    """`changes` by the code of what was wrong; `found`: what the copy is still said of by the check."""

    read: int
    written: int
    changed: int
    changes: list[Group]
    found: Findings

    def document(self) -> dict[str, Any]:
        """As JSON."""
        counts = {"read": self.read, "written": self.written, "changed": self.changed}
        return {**counts, "changes": [group.document() for group in self.changes], "found": self.found.document()}


def repair(
    source: Path,
    target: Path,
    wishes: Wishes = Wishes(),
    *,
    columns: Columns | None = None,
    name: str = "",
    tell: Callable[[Finding], None] = lambda change: None,
    personal: Callable[[], Personal] = Personal.looking,
) -> Repaired:
    """
    Write `target`: the lines of `source` mended, which may be a table, too (its `name` tells, `columns` say what is what). A
    line that is right stays byte for byte; one that cannot be mended stays too, unless the wish is to leave it out. Every
    change is told. Raises NotAnExample for what is no text in lines at all, NotInstalled for parquet without pyarrow.
    """
    with target.open("wb") as out:
        return write_repaired(examples_in(source, columns, name), out, wishes, tell=tell, personal=personal)


def write_repaired(
    examples: Iterable[Opened],
    out: IO[bytes],
    wishes: Wishes = Wishes(),
    *,
    tell: Callable[[Finding], None] = lambda change: None,
    personal: Callable[[], Personal] = Personal.looking,
) -> Repaired:
    """As `repair`, of examples that are opened already. Raises what reading them raises."""
    work = _Repair(wishes, tell, personal)
    for one in examples:
        work.line(one, out)
    return work.end()


class _Repair:
    def __init__(self, wishes: Wishes, tell: Callable[[Finding], None], personal: Callable[[], Personal]) -> None:
        self._wishes = wishes
        self._tell = tell
        self._check = FileCheck(personal)
        self._changes = Groups()
        self._seen: set[bytes] = set()  # 16 bytes of each line, where duplicates are to go
        self._form: LineForm | None = None
        self._read = self._written = self._changed = 0

    def line(self, one: Opened, out: IO[bytes]) -> None:
        told = Told([(code, "", message) for code, message in one.said])
        if not one.raw:
            self._say(one.number, told)
            return
        self._read += 1
        document = None if one.document is None else mend(one.document, told)
        wrong = self._wrong(document)
        if wrong and self._wishes.without_unmendable:
            self._changed += 1
            self._say(one.number, Told([(wrong.code, wrong.param, f"the line was left out: {wrong.message}")]))
            return
        raw = _written(one, document, told)
        if self._wishes.without_duplicates and not wrong and self._again(raw, document):
            told.add("duplicate", "", "the line was left out: it says what an earlier one says")
        else:
            self._write(raw, out)
        self._changed += bool(told.changes)
        self._say(one.number, told)

    def _write(self, raw: bytes, out: IO[bytes]) -> None:
        self._written += 1
        out.write(raw + b"\n")
        self._check.feed(raw + b"\n")

    def _wrong(self, document: dict[str, Any] | None) -> Problem | None:
        """The first thing that is still wrong with a line, alone or beside the lines before it."""
        if document is None:
            return Problem("invalid_json_line", "", "It is no JSON object.")
        form = form_of(document)
        if isinstance(form, Problem):
            return form
        if self._form not in (None, form):
            return Problem("mixed_forms", "", f"It is an example of {form.value}, those before are of {self._form}.")
        if wrong := next(problems_of(document, form), None):
            return wrong
        if self._written >= MOST:
            return Problem("too_many_lines", "", f"There are {MOST:,} lines before it.")
        self._form = form
        return None

    def _again(self, raw: bytes, document: Any) -> bool:
        key = hashlib.blake2b(orjson.dumps(document, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
        before = len(self._seen)
        self._seen.add(key)
        return len(self._seen) == before

    def _say(self, number: int, told: Told) -> None:
        for code, param, message in told.changes:
            sentence = f"{f'{param!r}: ' if param else ''}{message[:1].upper() + message[1:] if not param else message}"
            change = Finding(number, code, f"{sentence.removesuffix('.')}.", param or None)
            self._changes.add(change)
            self._tell(change)

    def end(self) -> Repaired:
        return Repaired(self._read, self._written, self._changed, self._changes.groups(), self._check.end())


def _written(one: Opened, document: dict[str, Any] | None, told: Told) -> bytes:
    """The bytes of a line: as they came where nothing was changed, or nothing can be done."""
    on_one_line = one.raw.replace(b"\r", b" ").replace(b"\n", b" ")
    if document is None or (not told.changes and b"\n" not in one.raw):
        return on_one_line if document is None else one.raw
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # nested deeper than can be written: it is wrong, and stays so
        return on_one_line
