"""
Files of one JSON object per line: what is wrong with them, by line.

`LineChecker` knows only the shape; what a line must hold is a `LineCheck`, one for each purpose. The room is given them
(`Files(…, checks)`), so another room can bring its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

MAX_LINE_BYTES = 8 << 20  # a request with several pictures in base64; some lines at once are held in memory
MAX_FINDINGS = 20  # enough to see what is wrong; a file with the wrong shape would name every line
BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_OPENS = {b"[": "an array", b"{": "an object", b"[{": "an array"}  # lines that are the beginning of something longer


@dataclass(frozen=True)
class Finding:
    """One thing wrong. `line` counts from 1; None: the file as a whole."""

    line: int | None
    code: str
    message: str
    param: str | None = None

    def sentence(self) -> str:
        return self.message if self.line is None else f"Line {self.line}: {self.message}"


class LineCheck(Protocol):
    """What the lines of one purpose must hold. Made anew for each file."""

    def line(self, number: int, document: Mapping[str, Any]) -> Iterable[Finding]:
        """What is wrong with one line; it may remember what it has seen."""
        ...

    def end(self) -> Iterable[Finding]:
        """What is wrong with all of them together."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """What is worth knowing of a file without findings, as JSON."""
        ...


MakeCheck = Callable[[], LineCheck]


class ShapeOnly:
    """Counts lines and asks for nothing more."""

    def __init__(self) -> None:
        self._lines = 0

    def line(self, number: int, document: Mapping[str, Any]) -> Iterable[Finding]:
        self._lines += 1
        return ()

    def end(self) -> Iterable[Finding]:
        return ()

    def facts(self) -> Mapping[str, Any]:
        return {"lines": self._lines}


class Sink(Protocol):
    """Where findings go."""

    def add(self, finding: Finding) -> bool:
        """Take one; whether more are wanted."""
        ...


class First:
    """Keeps the first MAX_FINDINGS."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, finding: Finding) -> bool:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)
        return len(self.findings) < MAX_FINDINGS


class LineChecker:
    """
    Takes a file piece by piece: `feed`, `feed`, …, `end`. It goes on until the `sink` has enough: by default the first
    MAX_FINDINGS, which `end` gives.
    """

    def __init__(self, check: LineCheck, sink: Sink | None = None) -> None:
        self._check = check
        self._first = First()
        self._sink: Sink = sink or self._first
        self._rest = bytearray()
        self._number = 0
        self._blank: int | None = None  # the first of the blank lines just seen: they may only stand at the end
        self._seen = False  # a line that is not blank
        self._over = False

    def feed(self, piece: bytes) -> None:
        """The next bytes. Nothing is looked at any more once there are enough findings."""
        if self._over:
            return
        *lines, rest = piece.split(b"\n")
        if lines:
            self._line(bytes(self._rest + lines[0]))
            self._rest.clear()
            for line in lines[1:]:
                self._line(line)
        self._rest += rest
        if len(self._rest) > MAX_LINE_BYTES:
            self._find("line_too_long", f"has more than {MAX_LINE_BYTES} bytes.", self._number + 1)
            self._over = True

    def end(self) -> list[Finding]:
        """The findings of the whole file; none where they went elsewhere."""
        if self._rest and not self._over:
            self._line(bytes(self._rest))
        if not self._seen:
            self._add([Finding(None, "empty_file", "The file holds no lines.")])
        elif not self._over:
            self._add(self._check.end())
        return self._first.findings

    def facts(self) -> Mapping[str, Any]:
        return self._check.facts()

    def _line(self, line: bytes) -> None:
        self._number += 1
        if self._over:
            return
        if not line.strip():
            self._blank = self._blank or self._number
            return
        self._seen = True
        if self._blank is not None:
            self._find("blank_line", "is blank; one JSON object per line was expected.", self._blank)
            self._blank = None
        document = self._parse(line)
        if document is not None:
            self._add(self._check.line(self._number, document))

    def _parse(self, line: bytes) -> dict[str, Any] | None:
        if self._number == 1:
            line = self._beginning(line)
        if len(line) > MAX_LINE_BYTES:
            self._find("line_too_long", f"has {len(line)} bytes; at most {MAX_LINE_BYTES} are accepted.")
            return None
        if self._over:
            return None
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            self._find("invalid_json_line", f"is not valid JSON: {error}.")
            return None
        if not isinstance(document, dict):
            self._find("invalid_json_line", "is JSON but no object.")
            return None
        return document

    def _beginning(self, line: bytes) -> bytes:
        """The first line without a mark. What begins a file of another kind is said once, and nothing else is looked at."""
        if line.startswith(BOM):
            self._find("byte_order_mark", "begins with a byte order mark; save the file as plain UTF-8.")
            line = line.removeprefix(BOM)
        opens = _OPENS.get(line.strip())
        if line.startswith(_UTF16):
            self._find("not_utf8", "begins as a file in UTF-16 does; save the file as plain UTF-8.")
        elif opens:
            message = f"begins {opens} that goes on in the next line; one JSON object per line was expected."
            self._find("invalid_json_line", message)
        elif line.lstrip().startswith(b"["):
            self._find("invalid_json_line", "is a JSON array; one JSON object per line was expected.")
        else:
            return line
        self._over = True
        return line

    def _find(self, code: str, message: str, line: int | None = None) -> None:
        self._add([Finding(line or self._number, code, message)])

    def _add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if not self._sink.add(finding):
                self._over = True
                return
