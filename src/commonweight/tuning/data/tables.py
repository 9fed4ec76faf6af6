"""Examples in tables and in lines: CSV, parquet, JSON lines. Row by row, whatever the size."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import orjson

from commonweight.errors import InvalidInput
from commonweight.tuning.data.canonical import NotAnExample
from commonweight.tuning.data.columns import Columns
from commonweight.tuning.data.opening import Opened, opened, plain

CSV, PARQUET, LINES = (".csv", ".tsv"), (".parquet",), (".jsonl", ".json", ".ndjson", ".txt")
ENDINGS: Final = (*CSV, *PARQUET, *LINES)
_SAMPLE: Final = 64 << 10  # characters by which the sign between columns is told
_ROWS: Final = 256  # of parquet, held at once


class NotInstalled(InvalidInput):
    code = "not_installed"


def is_table(name: str) -> bool:
    """Whether a file of this name is a table, which has to become lines before it can be uploaded."""
    return Path(name).suffix.lower() in (*CSV, *PARQUET)


def examples_in(path: Path, columns: Columns | None = None, name: str = "") -> Iterator[Opened]:
    """
    The examples of a file, by the ending of its name (`name` where the path has another one); anything else is read as
    lines. Raises NotAnExample, NotInstalled.
    """
    ending = Path(name or path.name).suffix.lower()
    columns = columns or Columns()
    if ending in CSV:
        return read_csv(path, columns)
    if ending in PARQUET:
        return read_parquet(path, columns)
    found = opened(path)
    return _mapped(found, columns) if columns.names else found


def _mapped(found: Iterable[Opened], columns: Columns) -> Iterator[Opened]:
    for one in found:
        if one.document is None:
            yield one
        else:
            yield _of_row(one.number, one.document, columns, one.said)


def _of_row(number: int, row: Mapping[Any, Any], columns: Columns, said: tuple[tuple[str, str], ...] = ()) -> Opened:
    """Raises NotAnExample where a column is missing."""
    try:
        document = plain(columns.document(row))
        raw = orjson.dumps(document)
    except (ValueError, RecursionError):  # bytes, dates, …: nothing that could be learnt
        return Opened(number, b"{}", None, said)
    return Opened(number, raw, document, said)


def read_csv(path: Path, columns: Columns) -> Iterator[Opened]:
    """
    The rows of a CSV file, from 1, whose first line names the columns; between these stands a comma, a semicolon or a tab.
    In UTF-8, else in Windows-1252. Raises NotAnExample.
    """
    with path.open(encoding=_encoding_of(path), errors="replace", newline="") as file:
        rows = csv.DictReader(file, delimiter=_delimiter(file), strict=False)
        number = 0
        try:
            for number, row in enumerate(rows, 1):
                row.pop(None, None)  # cells beyond the last column
                yield _of_row(number, row, columns)
        except csv.Error as error:
            message = f"Row {number + 1} of the table cannot be read: {error}."
            raise NotAnExample(message, hint="Save it as CSV with quoted fields, or as JSON lines.") from None


def _encoding_of(path: Path) -> str:
    with path.open("rb") as file:
        mark = file.read(3)
        if mark[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        file.seek(0)
        try:
            for line in file:
                line.decode()
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _delimiter(file: IO[str]) -> str:
    """The sign that stands most often in the line of names; the file is read from its beginning afterwards."""
    head = file.readline(_SAMPLE)
    file.seek(0)
    return max(",;\t", key=head.count)


def read_parquet(path: Path, columns: Columns) -> Iterator[Opened]:
    """The rows of a parquet file, from 1. Raises NotAnExample, NotInstalled without the extra `tune`."""
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        message = "Parquet files are read with pyarrow, which is not installed."
        raise NotInstalled(message, hint="pip install 'commonweight[tune]'") from None
    number = 0
    try:
        with parquet.ParquetFile(path) as table:
            wanted = [name for name in columns.names.values() if name in table.schema_arrow.names] or None
            for batch in table.iter_batches(batch_size=_ROWS, columns=wanted):
                for row in batch.to_pylist():
                    number += 1
                    yield _of_row(number, row, columns)
    except (ArrowException, OSError) as error:
        raise NotAnExample(f"It cannot be read as parquet: {str(error)[:200]}.") from None
