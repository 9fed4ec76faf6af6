"""
The schema and the number of rows out of the footer of a Parquet file. Pure.

Formats: Apache Parquet, `parquet.thrift` (FileMetaData, SchemaElement) and Thrift's compact protocol. Whatever a footer
announces, no more is walked over than the bytes that were given.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

MAGIC: Final = b"PAR1"
TAIL_BYTES: Final = 8  # the length of the footer, then the magic
MAX_FOOTER: Final = 16 << 20  # files of thousands of row groups and columns reach some MiB
MAX_COLUMNS: Final = 2_000
MAX_DEPTH: Final = 16

_PHYSICAL: Final = ("bool", "int32", "int64", "int96", "float32", "float64", "binary", "fixed binary")
#: ConvertedType, by number.
_CONVERTED: Final = {0: "string", 1: "map", 3: "list", 5: "decimal", 6: "date", 7: "time", 8: "time", 9: "timestamp",
                     10: "timestamp", 11: "uint8", 12: "uint16", 13: "uint32", 14: "uint64", 15: "int8", 16: "int16",
                     17: "int32", 18: "int64", 19: "json", 20: "bson"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """`type` in plain words: string, int64, list, struct, …"""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Footer:
    columns: tuple[Column, ...]
    rows: int


class BrokenFooter(ValueError):
    """What stands there is no footer of a Parquet file."""


def footer_length(tail: bytes) -> int:
    """Bytes of the footer before the last eight of a file. Raises BrokenFooter."""
    if len(tail) != TAIL_BYTES or tail[4:] != MAGIC:
        raise BrokenFooter("It does not end as a Parquet file does.")
    (length,) = struct.unpack("<I", tail[:4])
    if length > MAX_FOOTER:
        raise BrokenFooter(f"Its footer has {length} bytes; at most {MAX_FOOTER} are read.")
    return int(length)


def read_footer(content: bytes) -> Footer:
    """Raises BrokenFooter."""
    try:
        fields = _Compact(content).structure(0, until=3)
        elements, rows = fields[2], fields[3]
        columns = tuple(_columns([element for element in elements if isinstance(element, dict)]))
        return Footer(columns, rows if isinstance(rows, int) and rows >= 0 else 0)
    except (IndexError, KeyError, TypeError, ValueError, struct.error) as error:
        raise BrokenFooter("Its footer cannot be read.") from error


def _columns(elements: list[dict[int, Any]]) -> list[Column]:
    """The columns at the top: the tree is written depth first, each element with the number of its children."""
    found: list[Column] = []
    at = 1  # behind the root
    while at < len(elements) and len(found) < MAX_COLUMNS:
        element = elements[at]
        found.append(Column(_name(element.get(4)), _type_of(element)))
        at = _behind(elements, at)
    return found


def _behind(elements: list[dict[int, Any]], at: int) -> int:
    left = 1
    while left and at < len(elements):
        left += int(elements[at].get(5) or 0) - 1
        at += 1
    return at


def _name(value: Any) -> str:
    return value.decode(errors="replace").replace("\0", "")[:200] if isinstance(value, bytes) else ""


def _type_of(element: dict[int, Any]) -> str:
    converted = _CONVERTED.get(element.get(6, -1))
    if element.get(5):
        return converted or "struct"
    physical = element.get(1, -1)
    known = _PHYSICAL[physical] if isinstance(physical, int) and 0 <= physical < len(_PHYSICAL) else "unknown"
    is_text = isinstance(element.get(10), dict) and 1 in element[10]  # LogicalType STRING
    return converted or ("string" if is_text else known)


class _Compact:
    """Thrift's compact protocol, as far as a footer needs it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def structure(self, depth: int, until: int | None = None) -> dict[int, Any]:
        """Fields by number; those behind `until` are not read."""
        found: dict[int, Any] = {}
        number = 0
        while True:
            head = self._byte()
            if head == 0:
                return found
            number = number + (head >> 4) if head >> 4 else self._signed()
            if until is not None and number > until:
                return found
            found[number] = self._value(head & 0x0F, depth)

    def _value(self, kind: int, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError("too deep")
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._signed()
        if kind == 7:
            return struct.unpack("<d", self._bytes(8))[0]
        if kind == 8:
            return self._bytes(self._unsigned())
        if kind in (9, 10):
            return self._list(depth)
        if kind == 12:
            return self.structure(depth + 1)
        raise ValueError(f"type {kind}")

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count = self._unsigned() if head >> 4 == 15 else head >> 4
        if count > len(self._content):
            raise ValueError("more values than bytes")
        kind = head & 0x0F
        return [self._byte() == 1 if kind in (1, 2) else self._value(kind, depth + 1) for _ in range(count)]

    def _byte(self) -> int:
        self._at += 1
        return self._content[self._at - 1]

    def _bytes(self, count: int) -> bytes:
        if self._at + count > len(self._content):
            raise ValueError("too short")
        self._at += count
        return self._content[self._at - count : self._at]

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a number of more than 64 bits")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
