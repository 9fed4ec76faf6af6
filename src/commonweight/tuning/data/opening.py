"""What a file of examples holds, however it was saved: lines, one array, objects over several lines, other encodings."""

from __future__ import annotations

import ast
import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, Final

import orjson

from commonweight.files import BOM, MAX_LINE_BYTES
from commonweight.tuning.data.canonical import NotAnExample

_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PIECE: Final = 1 << 20
_LITERAL: Final = 200_000  # characters of a Python literal: its parser takes a hundred times as much memory
_GAP: Final = re.compile(r"[\s,\[\]]*")  # what stands between the objects of an array


@dataclass(frozen=True)
class Opened:
    """
    A line, or an object of an array, by its number from 1; `raw` are its bytes. `document` is None for what is no object,
    and `said` what had to be done to read it: codes and sentences.
    """

    number: int
    raw: bytes
    document: dict[str, Any] | None
    said: tuple[tuple[str, str], ...] = ()


def opened(path: Path) -> Iterator[Opened]:
    """The objects of a file, in order. A blank line gives none and says so. Raises NotAnExample for a line without end."""
    with path.open("rb") as file:
        mark = file.read(4)
        file.seek(0)
        if mark.startswith(_UTF16):
            yield from _said_of_first(_objects_or_lines(_Lines.utf16(file)), "not_utf8", "the file was in UTF-16")
        elif mark.startswith(BOM):
            file.seek(len(BOM))
            lines = _objects_or_lines(_Lines(file.read, file.readline))
            yield from _said_of_first(lines, "byte_order_mark", "the byte order mark was left out")
        else:
            yield from _objects_or_lines(_Lines(file.read, file.readline))


class _Lines:
    """The lines of a file as UTF-8. The first may be given back, to be read again."""

    def __init__(self, read: Callable[[int], bytes], readline: Callable[[int], bytes]) -> None:
        self._read = read
        self._readline = readline
        self._given_back = b""

    @classmethod
    def utf16(cls, file: IO[bytes]) -> _Lines:
        text = TextIOWrapper(file, encoding="utf-16", errors="replace", newline="\n")
        return cls(lambda size: text.read(size).encode(), lambda size: text.readline(size).encode())

    def read(self, size: int) -> bytes:
        given, self._given_back = self._given_back, b""
        return given or self._read(size)

    def line(self, number: int) -> bytes:
        """The next line, with its end. Raises NotAnExample for one that is too long."""
        line = self.beginning()
        if len(line.rstrip(b"\r\n")) > MAX_LINE_BYTES:
            message = f"Line {number} has more than {MAX_LINE_BYTES} bytes: that is no example, and cannot be repaired."
            raise NotAnExample(message, hint="Take the line out.")
        return line

    def beginning(self) -> bytes:
        """The next line, or the beginning of one that is too long for an example: a whole array may stand there."""
        given, self._given_back = self._given_back, b""
        return given or self._readline(MAX_LINE_BYTES + 2)

    def give_back(self, line: bytes) -> None:
        self._given_back = line


def _said_of_first(found: Iterator[Opened], code: str, message: str) -> Iterator[Opened]:
    for i, one in enumerate(found):
        yield one if i else Opened(one.number, one.raw, one.document, ((code, message), *one.said))


def _objects_or_lines(lines: _Lines) -> Iterator[Opened]:
    number, first = 1, lines.beginning()
    while first and not first.strip():
        yield _blank(number)
        number, first = number + 1, lines.beginning()
    lines.give_back(first)
    if first.lstrip().startswith(b"[") or first.strip() == b"{":
        yield from _objects(lines)
        return
    while line := lines.line(number):
        raw = line.strip()
        yield _read(number, raw) if raw else _blank(number)
        number += 1


def _blank(number: int) -> Opened:
    return Opened(number, b"", None, (("blank_line", "a blank line was left out"),))


def _read(number: int, raw: bytes) -> Opened:
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _read_kindly(number, raw)
    return Opened(number, raw, document if isinstance(document, dict) else None)


def _read_kindly(number: int, raw: bytes) -> Opened:
    """What is nearly JSON: in another encoding, with a comma behind it, with bare control characters, or as of Python."""
    said: list[tuple[str, str]] = []
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
        said.append(("invalid_json_line", "bytes that are no UTF-8 were read as Windows-1252"))
    bare = text.rstrip().rstrip(",")
    for read, message in ((_strict, ""), (_loose, "was read as JSON that is not strict"), (_python, "was read as Python")):
        document = read(bare)
        if isinstance(document, dict):
            if bare != text.rstrip():
                said.append(("invalid_json_line", "a comma at the end was left out"))
            return Opened(number, raw, document, (*said, *([("invalid_json_line", message)] if message else [])))
    return Opened(number, raw, None, ())


def _strict(text: str) -> Any:
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None


def _loose(text: str) -> Any:
    try:
        return plain(json.loads(text, strict=False))
    except (ValueError, RecursionError):
        return None


def _python(text: str) -> Any:
    """A dictionary as Python prints it, with single quotes."""
    if len(text) > _LITERAL or not text.startswith("{"):
        return None
    try:
        return plain(ast.literal_eval(text))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def plain(value: Any) -> Any:
    """As strict JSON has it: no half of a pair of surrogates, no sets, no NaN. Raises ValueError, RecursionError."""
    try:
        return orjson.loads(orjson.dumps(_whole(value)))
    except orjson.JSONEncodeError as error:
        raise ValueError(str(error)) from None


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {_whole(name): _whole(one) for name, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, (list, tuple)) else value


def _objects(lines: _Lines) -> Iterator[Opened]:
    """
    The objects of an array, or objects that go over several lines; numbered as they come. One at a time is held. What cannot
    be read ends it, as one more that is no object. Raises NotAnExample where that is too long.
    """
    decoder, decode = json.JSONDecoder(strict=False), codecs.getincrementaldecoder("utf-8")(errors="replace").decode
    text, at, number, over = "", 0, 0, False
    said: tuple[tuple[str, str], ...] = (("invalid_json_line", "objects of an array, or over several lines, became lines"),)
    while True:
        at = _GAP.match(text, at).end()  # type: ignore[union-attr]
        value, end = _next(decoder, text, at)
        if end is not None and (over or end < len(text) or isinstance(value, dict)):
            number += 1
            yield _object(number, text[at:end], value, said)
            at, said = end, ()
            continue
        if over:
            if text[at:]:
                yield Opened(number + 1, text[at:].encode(), None)
            return
        if len(text) - at > MAX_LINE_BYTES:
            message = f"What begins as object {number + 1} of the array is no JSON, or has more than {MAX_LINE_BYTES} bytes."
            raise NotAnExample(message, hint="Take it out.")
        piece = lines.read(_PIECE)
        over = not piece
        text, at = text[at:] + decode(piece, over), 0


def _next(decoder: json.JSONDecoder, text: str, at: int) -> tuple[Any, int | None]:
    """The value that begins here and where it ends; None where it is not whole."""
    try:
        return decoder.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, None


def _object(number: int, raw: str, value: Any, said: tuple[tuple[str, str], ...]) -> Opened:
    try:
        document = plain(value) if isinstance(value, dict) else None
    except (ValueError, RecursionError):
        document = None
    return Opened(number, raw.encode("utf-8", "replace"), document, said)
