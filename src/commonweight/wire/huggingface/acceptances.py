"""What was accepted, as a table for those who keep contracts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from commonweight.clock import iso_z
from commonweight.hub import AcceptedTerms

COLUMNS: Final = (
    "acceptance",
    "repository",
    "commit",
    "user",
    "full_name",
    "accepted_at",
    "terms_sha256",
    "terms_were_shown",
    "licence",
    "licence_texts",
    "fields",
    "status_now",
    "status_since",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets run when a cell begins with it


def as_csv(found: Iterable[AcceptedTerms]) -> str:
    """RFC 4180, with a line of names first."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(one) for one in _row(accepted)] for accepted in found)
    return table.getvalue()


def _row(one: AcceptedTerms) -> Iterator[Any]:
    yield from (one.id, one.repository, one.commit, one.user, one.fullname, iso_z(one.accepted_at), one.terms)
    yield "yes" if one.is_shown else "not said"
    yield one.licence
    yield "; ".join(f"{text['path']} {text['hash']}" for text in one.licence_texts)
    yield orjson.dumps(dict(one.fields)).decode() if one.fields else ""
    yield one.status
    yield iso_z(one.changed_at) if one.changed_at else ""


def _cell(value: Any) -> str:
    """A text that a spreadsheet would run gets a mark in front, which it shows as text."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
