"""Fingerprints in the database. Every look is by digest or by file, and bounded, whatever is common."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, select, union_all

from commonweight.db import Connection, insert_ignoring, upsert, upsert_all
from commonweight.db.tables import vetting_weights as tables
from commonweight.vetting.fingerprints import Mark

READ_BY: Final = 1  # counts up when files are fingerprinted otherwise
MAX_HOLDERS: Final = 64  # files looked at for one mark, and repositories for one file, oldest first: a base is among those
AT_ONCE: Final = 500  # bound parameters of one statement
MAX_IN_COMMON: Final = 50_000  # marks of two repositories that are laid side by side
LOOKS_AT_ONCE: Final = 40  # limited looks in one statement

_files, _marks, _holdings = tables.weight_files, tables.weight_marks, tables.weight_holdings


@dataclass(frozen=True)
class Marked:
    """A file that was fingerprinted. `counts` says what the marks are a sample of."""

    id: int
    file: str
    size: int
    counts: Mapping[str, Any]


@dataclass(frozen=True)
class Holding:
    """A repository that has, or had, a file."""

    repository_id: int
    file_id: int
    since: datetime


async def marked(connection: Connection, files: Collection[str]) -> dict[str, Marked]:
    """Those of these files that were fingerprinted before."""
    found: dict[str, Marked] = {}
    for some in _pieces(sorted(files)):
        query = select(_files).where(_files.c.file.in_(some), _files.c.read_by == READ_BY)
        for row in await connection.execute(query):
            found[row.file] = Marked(row.id, row.file, row.size, row.counts)
    return found


async def keep(
    connection: Connection, now: datetime, file: str, size: int, counts: Mapping[str, Any], marks: Iterable[Mark]
) -> Marked:
    """Write down a file with its marks."""
    row = {"file": file, "size": size, "read_by": READ_BY, "counts": dict(counts), "read_at": now}
    await upsert(connection, _files, row, keys=["file"])
    number = await connection.scalar(select(_files.c.id).where(_files.c.file == file))
    assert number is not None, "it was written a moment ago"
    different = {(mark.kind, mark.digest): mark.bytes for mark in marks}
    rows = [{"kind": kind, "digest": digest, "file_id": number, "bytes": size} for (kind, digest), size in different.items()]
    await insert_ignoring(connection, _marks, rows)
    return Marked(number, file, size, counts)


async def hold(connection: Connection, repository_id: int, commit: str, held: Mapping[int, tuple[str, datetime]]) -> None:
    """That a commit has these files, by number: path, and since when. The earliest day stays."""
    mine = select(_holdings.c.file_id, _holdings.c.since).where(_holdings.c.repository_id == repository_id)
    before = {row.file_id: row.since for row in await connection.execute(mine)}
    rows = [
        {"repository_id": repository_id, "file_id": file_id, "path": path, "commit": commit,
         "since": min(since, before.get(file_id, since))}
        for file_id, (path, since) in held.items()
    ]  # fmt: skip
    await upsert_all(connection, _holdings, rows, keys=["repository_id", "file_id"])


async def some_marks(connection: Connection, file_ids: Sequence[int], kind: int, limit: int) -> list[int]:
    """Digests of these files, the smallest first: the same are kept of any two files that share them."""
    found: set[int] = set()
    for some in _pieces(file_ids):
        # Sorted here, and the kind hidden from the index: SQLite would rather walk all marks of a kind in their order.
        mine = and_(_marks.c.file_id.in_(some), _marks.c.kind + 0 == kind)
        found.update(await connection.scalars(select(_marks.c.digest).where(mine)))
    return sorted(found)[:limit]


async def files_with(connection: Connection, kind: int, digests: Sequence[int]) -> dict[int, int]:
    """Files with any of these marks, the oldest `MAX_HOLDERS` of each: how many of the marks each has."""
    found: dict[int, int] = {}
    for at in range(0, len(digests), LOOKS_AT_ONCE):
        looks = [
            select(_marks.c.file_id)
            .where(_marks.c.kind == kind, _marks.c.digest == digest)
            .order_by(_marks.c.file_id)
            .limit(MAX_HOLDERS)
            .subquery()
            for digest in digests[at : at + LOOKS_AT_ONCE]
        ]
        for number in await connection.scalars(union_all(*(select(look.c.file_id) for look in looks))):
            found[number] = found.get(number, 0) + 1
    return found


async def holders(connection: Connection, file_ids: Sequence[int]) -> list[Holding]:
    """Repositories with these files, the oldest `MAX_HOLDERS` of each."""
    found: list[Holding] = []
    for at in range(0, len(file_ids), LOOKS_AT_ONCE):
        looks = [
            select(_holdings.c.repository_id, _holdings.c.file_id, _holdings.c.since)
            .where(_holdings.c.file_id == file_id)
            .order_by(_holdings.c.since, _holdings.c.repository_id)
            .limit(MAX_HOLDERS)
            .subquery()
            for file_id in file_ids[at : at + LOOKS_AT_ONCE]
        ]
        rows = await connection.execute(union_all(*(select(look) for look in looks)))
        found += [Holding(row.repository_id, row.file_id, row.since) for row in rows]
    return found


async def held_files(connection: Connection, repository_id: int) -> dict[int, datetime]:
    """Numbers of the files that a repository has or had, and since when."""
    query = select(_holdings.c.file_id, _holdings.c.since).where(_holdings.c.repository_id == repository_id)
    return {row.file_id: row.since for row in await connection.execute(query.limit(4 * AT_ONCE))}


async def files_of(connection: Connection, file_ids: Sequence[int]) -> list[Marked]:
    found: list[Marked] = []
    for some in _pieces(file_ids):
        rows = await connection.execute(select(_files).where(_files.c.id.in_(some)))
        found += [Marked(row.id, row.file, row.size, row.counts) for row in rows]
    return found


async def in_common(connection: Connection, mine: Sequence[int], theirs: Sequence[int]) -> dict[int, dict[int, int]]:
    """By kind, the marks of my files that theirs have too, each with the bytes that it stands for."""
    other = _marks.alias("other")
    query = (
        select(_marks.c.kind, _marks.c.digest, func.max(_marks.c.bytes).label("bytes"))
        .join(other, and_(other.c.kind == _marks.c.kind, other.c.digest == _marks.c.digest))
        .where(_marks.c.file_id.in_(mine[:AT_ONCE]), other.c.file_id.in_(theirs[:AT_ONCE]))
        .group_by(_marks.c.kind, _marks.c.digest)
        .order_by(_marks.c.kind, _marks.c.digest)
        .limit(MAX_IN_COMMON)
    )
    found: dict[int, dict[int, int]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.kind, {})[row.digest] = row.bytes
    return found


async def count_marks(connection: Connection, file_ids: Sequence[int]) -> dict[int, int]:
    """By kind, how many different marks these files have."""
    mine = select(_marks.c.kind, _marks.c.digest).where(_marks.c.file_id.in_(file_ids[:AT_ONCE])).distinct().subquery()
    rows = await connection.execute(select(mine.c.kind, func.count().label("number")).group_by(mine.c.kind))
    return {row.kind: int(row.number) for row in rows}


def _pieces(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[at : at + AT_ONCE] for at in range(0, len(values), AT_ONCE))
