"""Files that a person gives to the command, and what is printed of them."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click

from commonweight.errors import InvalidInput, TooLarge
from commonweight.rights import Records, load_records, read_record

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
WIDTH: Final = 96  # columns; wide enough for a clause, narrow enough to read
MAX_FILE_BYTES: Final = 16 * 1024 * 1024  # a question, a record or a receipt has some kilobytes

file_type = click.Path(exists=True, dir_okay=False, path_type=Path)
record_option = click.option(
    "--record", "record_files", multiple=True, type=file_type,
    help="A further record of terms (YAML), as often as wanted; one with a key of the library takes its place.",
)  # fmt: skip


def read_text(file: Path) -> str:
    """The UTF-8 text of a file. Raises InvalidInput, TooLarge."""
    if file.stat().st_size > MAX_FILE_BYTES:
        raise TooLarge(f"{file.name} has {file.stat().st_size:,} bytes; at most {MAX_FILE_BYTES:,} are read.")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file.name} is no UTF-8 text ({error.reason}).", hint="Save it as UTF-8.") from error


def library(record_files: Iterable[Path] = ()) -> Records:
    """The packaged records with those of the files given. Raises RecordError, DocumentError."""
    return load_records().and_more(read_record(read_text(file), file.name) for file in record_files)


def print_json(document: Any) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def wrapped(text: str, first: str = "", others: str = "") -> list[str]:
    """
    Lines of a text. Names of models have hyphens and are kept whole; only a word longer than a line is broken. Names come
    from others: what would command the terminal is shown as a sign.
    """
    text = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)


def item(text: str, *notes: str) -> list[str]:
    """A point of a list with its notes below; empty notes are left out."""
    lines = wrapped(text, "  - ", "    ")
    for note in notes:
        lines += wrapped(note, "      ", "      ") if note else []
    return lines
