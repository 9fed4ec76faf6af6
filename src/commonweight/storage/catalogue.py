"""
What is stored, and who holds it: all SQL of this room.

Names of xorbs are raw hashes on this side and hash strings in the tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select

from commonweight.clock import Clock
from commonweight.db import Connection, Database, insert_ignoring
from commonweight.db.tables.storage import large_file_holdings, large_file_xorbs, large_files, xorb_holdings, xorbs
from commonweight.storage.shard_check import CheckedFile
from commonweight.storage.terms import pack_terms, unpack_terms
from commonweight.storage.values import LargeFile
from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.hashes import hash_text, parse_hash
from commonweight.storage.xet.shard import Term
from commonweight.storage.xet.xorb import XorbFacts

NAMES_AT_ONCE = 500  # values in one IN list; SQLite's older builds take 999


@dataclass(frozen=True, slots=True)
class StoredXorb:
    """Where a xorb's bytes lie. Two uploads of one xorb may be compressed differently; the first one is kept."""

    key: str
    stored_bytes: int


def object_key(xorb: str, digest: str) -> str:
    """Where a xorb lies among the objects: by its name, and by its bytes so that two encodings never meet."""
    return f"xorbs/{xorb[:2]}/{xorb}-{digest[:16]}"


class Catalogue:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def add_xorb(self, scope: int, facts: XorbFacts) -> tuple[bool, str]:
        """Record a xorb whose object is durable. Returns whether it is new to the scope, and the key that is in force."""
        name, now = hash_text(facts.xorb_hash), self._clock.now()
        table = facts.table
        row = {
            "hash": name,
            "digest": facts.digest,
            "stored_bytes": facts.stored_bytes,
            "unpacked_bytes": table.unpacked_start(len(table)),
            "chunks": table.pack(),
            "created_at": now,
        }
        async with self._db.write() as connection:
            await insert_ignoring(connection, xorbs, [row])
            digest = await connection.scalar(select(xorbs.c.digest).where(xorbs.c.hash == name))
            held = await _names(connection, xorb_holdings.c.xorb, [name], xorb_holdings.c.scope == scope)
            await insert_ignoring(connection, xorb_holdings, [{"scope": scope, "xorb": name, "since": now}])
        return not held, object_key(name, str(digest))

    async def xorb(self, name: str) -> StoredXorb | None:
        """Where a xorb lies, whoever holds it."""
        query = select(xorbs.c.digest, xorbs.c.stored_bytes).where(xorbs.c.hash == name)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return StoredXorb(object_key(name, row.digest), row.stored_bytes) if row else None

    async def held_bytes(self, scope: int, name: str) -> int | None:
        """The stored size of a xorb, where the scope holds it."""
        query = select(xorbs.c.stored_bytes).join(xorb_holdings, xorb_holdings.c.xorb == xorbs.c.hash)
        async with self._db.read() as connection:
            size: int | None = await connection.scalar(query.where(xorbs.c.hash == name, xorb_holdings.c.scope == scope))
        return size

    async def stored_xorbs(self, names: Collection[bytes]) -> dict[bytes, StoredXorb]:
        """Where xorbs lie; those that are not stored are left out."""
        found: dict[bytes, StoredXorb] = {}
        async with self._db.read() as connection:
            for batch in _batches(names):
                query = select(xorbs.c.hash, xorbs.c.digest, xorbs.c.stored_bytes).where(xorbs.c.hash.in_(batch))
                for row in await connection.execute(query):
                    found[parse_hash(row.hash)] = StoredXorb(object_key(row.hash, row.digest), row.stored_bytes)
        return found

    async def tables(self, names: Collection[bytes]) -> dict[bytes, ChunkTable]:
        """Chunk tables of xorbs; those that are not stored are left out."""
        return {name: ChunkTable.unpack(packed) for name, packed in (await self.packed_tables(names)).items()}

    async def packed_tables(self, names: Collection[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        async with self._db.read() as connection:
            for batch in _batches(names):
                query = select(xorbs.c.hash, xorbs.c.chunks).where(xorbs.c.hash.in_(batch))
                found.update({parse_hash(row.hash): row.chunks for row in await connection.execute(query)})
        return found

    async def stored_names(self, names: Collection[bytes]) -> set[bytes]:
        """Those of these hashes that are names of stored xorbs."""
        async with self._db.read() as connection:
            return await _names(connection, xorbs.c.hash, [hash_text(name) for name in names])

    async def holders(self, names: Collection[bytes]) -> dict[bytes, set[int]]:
        """The scopes that hold each xorb."""
        found: dict[bytes, set[int]] = {name: set() for name in names}
        async with self._db.read() as connection:
            for batch in _batches(names):
                query = select(xorb_holdings.c.xorb, xorb_holdings.c.scope).where(xorb_holdings.c.xorb.in_(batch))
                for row in await connection.execute(query):
                    found[parse_hash(row.xorb)].add(row.scope)
        return found

    async def known_digests(self, xet_hashes: Collection[str]) -> dict[str, str]:
        """The sha256 of files that have been read through before, by Xet name."""
        found: dict[str, str] = {}
        async with self._db.read() as connection:
            for batch in _batches([parse_hash(text) for text in xet_hashes]):
                query = select(large_files.c.xet_hash, large_files.c.sha256).where(large_files.c.xet_hash.in_(batch))
                found.update({row.xet_hash: row.sha256 for row in await connection.execute(query)})
        return found

    async def register(self, scope: int, files: Sequence[CheckedFile]) -> bool:
        """Make files part of a scope, all in one transaction. Whether any of them is new there."""
        now = self._clock.now()
        rows = [_file_row(file) | {"created_at": now} for file in files]
        needs = [{"xet_hash": file.xet_hash, "xorb": xorb} for file in files for xorb in _xorb_names(file.terms)]
        held = [{"scope": scope, "xet_hash": file.xet_hash, "sha256": file.sha256, "since": now} for file in files]
        async with self._db.write() as connection:
            here = large_file_holdings.c.scope == scope
            before = await _names(connection, large_file_holdings.c.xet_hash, [file.xet_hash for file in files], here)
            known = await _names(connection, large_files.c.xet_hash, [file.xet_hash for file in files])
            await insert_ignoring(connection, large_files, rows)
            # A file that is known keeps its terms, so the xorbs it needs stay the same too.
            new_needs = [row for row in needs if parse_hash(row["xet_hash"]) not in known]
            await insert_ignoring(connection, large_file_xorbs, new_needs)
            await insert_ignoring(connection, large_file_holdings, held)
        return len(before) < len({file.xet_hash for file in files})

    async def file_by_sha256(self, scope: int, sha256: str) -> LargeFile | None:
        """The newest way in which a scope holds a file."""
        return await self._file(scope, large_file_holdings.c.sha256 == sha256)

    async def files_by_sha256(self, scope: int, sha256s: Collection[str]) -> dict[str, LargeFile]:
        """The newest way in which a scope holds each of these files."""
        found: dict[str, LargeFile] = {}
        names, held = sorted(set(sha256s)), large_file_holdings.c
        async with self._db.read() as connection:
            for at in range(0, len(names), NAMES_AT_ONCE):
                query = (
                    select(large_files.c.sha256, large_files.c.size, large_files.c.xet_hash)
                    .join(large_file_holdings, held.xet_hash == large_files.c.xet_hash)
                    .where(held.scope == scope, held.sha256.in_(names[at : at + NAMES_AT_ONCE]))
                    .order_by(held.since, large_files.c.xet_hash.desc())  # later ones replace earlier ones below
                )
                for row in await connection.execute(query):
                    found[row.sha256] = LargeFile(row.sha256, row.size, row.xet_hash)
        return found

    async def held_since(self, scope: int, sha256s: Collection[str]) -> dict[str, datetime]:
        """Since when a scope holds each of these files, however they were cut."""
        found: dict[str, datetime] = {}
        names, held = sorted(set(sha256s)), large_file_holdings.c
        async with self._db.read() as connection:
            for at in range(0, len(names), NAMES_AT_ONCE):
                mine = and_(held.scope == scope, held.sha256.in_(names[at : at + NAMES_AT_ONCE]))
                query = select(held.sha256, func.min(held.since).label("since")).where(mine).group_by(held.sha256)
                found.update({row.sha256: row.since for row in await connection.execute(query)})
        return found

    async def file_by_xet_hash(self, scope: int, xet_hash: str) -> LargeFile | None:
        return await self._file(scope, large_file_holdings.c.xet_hash == xet_hash)

    async def _file(self, scope: int, condition: object) -> LargeFile | None:
        query = (
            select(large_files.c.sha256, large_files.c.size, large_files.c.xet_hash)
            .join(large_file_holdings, large_file_holdings.c.xet_hash == large_files.c.xet_hash)
            .where(large_file_holdings.c.scope == scope, condition)  # type: ignore[arg-type]
            .order_by(large_file_holdings.c.since.desc(), large_files.c.xet_hash)
            .limit(1)
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return LargeFile(row.sha256, row.size, row.xet_hash) if row else None

    async def terms(self, xet_hash: str) -> list[Term] | None:
        """The terms of a file, whoever holds it; None where it is not stored."""
        async with self._db.read() as connection:
            packed = await connection.scalar(select(large_files.c.terms).where(large_files.c.xet_hash == xet_hash))
        return None if packed is None else unpack_terms(packed)

    async def adopt(self, scope: int, file: LargeFile) -> None:
        """Give a scope a file that is stored."""
        row = {"scope": scope, "xet_hash": file.xet_hash, "sha256": file.sha256, "since": self._clock.now()}
        async with self._db.write() as connection:
            await insert_ignoring(connection, large_file_holdings, [row])


def _file_row(file: CheckedFile) -> dict[str, object]:
    return {"xet_hash": file.xet_hash, "sha256": file.sha256, "size": file.size, "terms": pack_terms(file.terms)}


def _xorb_names(terms: Sequence[Term]) -> set[str]:
    return {hash_text(term.xorb) for term in terms}


async def _names(connection: Connection, column: object, names: Sequence[str], *conditions: object) -> set[bytes]:
    """Those of these hash strings that a column holds, as raw hashes."""
    found: set[bytes] = set()
    for at in range(0, len(names), NAMES_AT_ONCE):
        query = select(column).where(column.in_(names[at : at + NAMES_AT_ONCE]), *conditions)  # type: ignore[attr-defined, call-overload]
        found.update(parse_hash(name) for name in await connection.scalars(query))
    return found


def _batches(names: Collection[bytes]) -> Iterator[list[str]]:
    texts = [hash_text(name) for name in names]
    for at in range(0, len(texts), NAMES_AT_ONCE):
        yield texts[at : at + NAMES_AT_ONCE]
