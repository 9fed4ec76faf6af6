"""Rows of the room's tables, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from commonweight.db import Connection
from commonweight.db.tables import files as tables
from commonweight.files.blobs import Blobs
from commonweight.files.values import File, Kept, Purpose, Upload, UploadStatus


def file_of(row: Any) -> File:
    return File(
        number=row.number,
        id=row.id,
        account_id=row.account_id,
        filename=row.filename,
        purpose=Purpose(row.purpose),
        bytes=row.bytes,
        created_at=row.created_at,
        expires_at=row.expires_at,
        facts=row.facts,
    )


def upload_of(row: Any, now: datetime) -> Upload:
    """A pending upload whose time is over counts as expired, whether or not that has been noted."""
    status = UploadStatus(row.status)
    if status is UploadStatus.PENDING and row.expires_at <= now:
        status = UploadStatus.EXPIRED
    return Upload(
        number=row.number,
        id=row.id,
        account_id=row.account_id,
        filename=row.filename,
        purpose=Purpose(row.purpose),
        bytes=row.bytes,
        status=status,
        created_at=row.created_at,
        expires_at=row.expires_at,
        seconds=row.file_seconds,
        part_ids=row.part_ids,
        file_id=row.file_id,
    )


async def insert_file(connection: Connection, row: Mapping[str, Any], pieces: Sequence[Kept]) -> File:
    """Write a file of these pieces. `row` holds all but its bytes and its number."""
    values = {**row, "bytes": sum(piece.bytes for piece in pieces)}
    written = await connection.execute(insert(tables.files).values(values).returning(*tables.files.c))
    file = file_of(written.one())
    listed = [
        {"file": file.number, "position": i, "key": piece.key, "bytes": piece.bytes, "sha256": piece.sha256}
        for i, piece in enumerate(pieces)
    ]
    if listed:
        await connection.execute(insert(tables.file_pieces), listed)
    return file


async def pieces_of(connection: Connection, number: int) -> list[Kept]:
    """The blobs of a file, in order."""
    pieces = tables.file_pieces.c
    query = select(pieces.key, pieces.bytes, pieces.sha256).where(pieces.file == number).order_by(pieces.position)
    return [Kept(row.key, row.bytes, row.sha256) for row in await connection.execute(query)]


async def remove_files(connection: Connection, blobs: Blobs, numbers: Sequence[int]) -> None:
    """Remove files; their bytes go with the next collection."""
    pieces = tables.file_pieces.c
    keys = (await connection.scalars(select(pieces.key).where(pieces.file.in_(numbers)))).all()
    await blobs.give_up(connection, keys)
    await connection.execute(tables.files.delete().where(tables.files.c.number.in_(numbers)))
