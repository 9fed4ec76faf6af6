"""Verdicts on contents as rows. SQL of `vetting.scans` and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import select

from commonweight.db import Connection, insert_ignoring, upsert
from commonweight.db.tables import scans as tables
from commonweight.vetting.scans.values import QUEUED, Scan

AT_ONCE: Final = 500  # bound parameters of one statement; SQLite allows some thousands
_ROW: Final = 1
_scans, _scanners = tables.file_scans, tables.file_scanners

Key = tuple[str, str]  # name of the content, kind


async def scans_of(connection: Connection, keys: Collection[Key]) -> dict[Key, Scan]:
    """Those that there are; also of an older scanner, until a newer one has looked."""
    files, found = sorted({file for file, _ in keys}), dict[Key, Scan]()
    for at in range(0, len(files), AT_ONCE):
        rows = await connection.execute(select(_scans).where(_scans.c.file.in_(files[at : at + AT_ONCE])))
        found |= {(row.file, row.kind): Scan.from_document(row.verdict, row.document, row.scanner) for row in rows}
    return {key: scan for key, scan in found.items() if key in keys}


async def keep(connection: Connection, key: Key, scan: Scan, now: datetime) -> None:
    """In place of what was said of it before."""
    row = {"file": key[0], "kind": key[1], "scanner": scan.scanner, "verdict": scan.verdict}
    await upsert(connection, _scans, row | {"document": scan.to_document(), "scanned_at": now}, keys=["file", "kind"])


async def queue(connection: Connection, keys: Iterable[Key], now: datetime) -> None:
    """Note that these wait, where nothing is said of them yet."""
    rows = [{"file": file, "kind": kind, "scanner": "", "verdict": QUEUED, "document": {}, "scanned_at": now}
            for file, kind in sorted(keys)]  # fmt: skip
    if rows:
        await insert_ignoring(connection, _scans, rows)


async def scanned_by(connection: Connection) -> str:
    """The scanner that has looked through all files; "" where none has."""
    return await connection.scalar(select(_scanners.c.scanner)) or ""


async def note_scanned_by(connection: Connection, scanner: str) -> None:
    await upsert(connection, _scanners, {"id": _ROW, "scanner": scanner}, keys=["id"])
