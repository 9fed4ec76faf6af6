"""All that is wrong with a file of examples, and all that is odd, grouped by kind: bounded, however long the file is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from commonweight.files import Finding, LineChecker
from commonweight.tuning.data.lines import TuningLines
from commonweight.tuning.data.personal import Personal
from commonweight.tuning.data.warnings import document_of

OF_A_CODE: Final = 5  # findings that are shown whole,
LINES_OF_A_CODE: Final = 50  # and lines that are named
PIECE: Final = 1 << 20  # bytes that are read at once


@dataclass(frozen=True)
class Group:
    """Findings of one kind: how many, the first of them, and the first lines."""

    code: str
    count: int
    first: Sequence[Finding]
    lines: Sequence[int]

    def document(self) -> dict[str, Any]:
        first = [document_of(finding) for finding in self.first]
        return {"code": self.code, "count": self.count, "lines": list(self.lines), "first": first}


@dataclass(frozen=True)
class Findings:
    """`errors` refuse a file, `warnings` do not. `facts` are those that `TuningLines` keeps with a file."""

    errors: Sequence[Group]
    warnings: Sequence[Group]
    facts: Mapping[str, Any]

    @property
    def accepted(self) -> bool:
        return not self.errors

    def document(self) -> dict[str, Any]:
        """As JSON."""
        known = {name: value for name, value in self.facts.items() if not name.startswith("warning")}
        return {
            "accepted": self.accepted,
            "errors": [group.document() for group in self.errors],
            "warnings": [group.document() for group in self.warnings],
            "facts": known,
        }


class Groups:
    """A `Sink` that takes all findings and keeps of each kind the first."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, list[Finding]] = {}
        self._lines: dict[str, list[int]] = {}

    def add(self, finding: Finding) -> bool:
        code = finding.code
        self._counts[code] = self._counts.get(code, 0) + 1
        first, lines = self._first.setdefault(code, []), self._lines.setdefault(code, [])
        if len(first) < OF_A_CODE:
            first.append(finding)
        if finding.line and len(lines) < LINES_OF_A_CODE and finding.line not in lines[-1:]:
            lines.append(finding.line)
        return True

    def groups(self) -> list[Group]:
        """In the order in which their kinds were seen first."""
        return [Group(code, count, self._first[code], self._lines[code]) for code, count in self._counts.items()]


class FileCheck:
    """A whole file, piece by piece: `feed`, `feed`, …, `end`."""

    def __init__(self, personal: Callable[[], Personal] = Personal.looking) -> None:
        self._lines = TuningLines(personal, of_a_kind=LINES_OF_A_CODE)
        self._errors = Groups()
        self._checker = LineChecker(self._lines, self._errors)

    def feed(self, piece: bytes) -> None:
        self._checker.feed(piece)

    def end(self) -> Findings:
        """What was found."""
        self._checker.end()
        kept: dict[str, list[Finding]] = {}
        for finding in self._lines.warnings.kept():
            kept.setdefault(finding.code, []).append(finding)
        warnings = [_warned(code, count, kept[code]) for code, count in self._lines.warnings.counts.items()]
        return Findings(self._errors.groups(), warnings, self._lines.facts())


def _warned(code: str, count: int, kept: Sequence[Finding]) -> Group:
    return Group(code, count, kept[:OF_A_CODE], [finding.line for finding in kept if finding.line])


def check_file(source: Path | Iterable[bytes], personal: Callable[[], Personal] = Personal.looking) -> Findings:
    """All findings of a file, or of its bytes in pieces. What is no file of lines is said once; a repair reads it."""
    check = FileCheck(personal)
    for piece in pieces_of(source) if isinstance(source, Path) else source:
        check.feed(piece)
    return check.end()


def pieces_of(path: Path) -> Iterable[bytes]:
    """The bytes of a file."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
