"""
What is stored, and who holds it: all SQL of this room.

Names of xorbs are raw hashes on this side and hash strings in the tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, func, select, update

from commonweight.clock import Clock
from commonweight.db import Connection, Database, Lock, insert_ignoring, share
from commonweight.db.tables.collecting import damages
from commonweight.db.tables.storage import large_file_holdings, large_file_xorbs, large_files, xorb_holdings, xorbs
from commonweight.storage.adopting import adopt_all
from commonweight.storage.asked_chunks import note_asked, note_first
from commonweight.storage.damages import XORB
from commonweight.storage.inventory import give_up, refer
from commonweight.storage.shard_check import CheckedFile, not_held
from commonweight.storage.sparing import spare_files, spare_mentioned, spare_xorbs
from commonweight.storage.terms import pack_terms, unpack_terms
from commonweight.storage.values import LargeFile
from commonweight.storage.xet.chunk_table import ChunkTable
from commonweight.storage.xet.hashes import hash_text, parse_hash
from commonweight.storage.xet.shard import Term
from commonweight.storage.xet.xorb import XorbFacts

NAMES_AT_ONCE = 500  # values in one IN list; SQLite's older builds take 999


@dataclass(frozen=True, slots=True)
class StoredXorb:
    """Where a xorb's bytes lie. Two uploads of one xorb may be compressed differently; the first that is whole is kept."""

    key: str
    stored_bytes: int


class Catalogue:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def hold_xorb(self, scope: int, name: str) -> bool | None:
        """
        Make a xorb that is stored and whole one of a scope's. Whether it is new there; None where its bytes are needed.
        """
        if await self.xorb(name) is None:
            return None
        async with self._db.write() as connection:
            await share(connection, Lock.COLLECTION)
            there = select(xorbs.c.hash).where(xorbs.c.hash == name, ~_is_damaged(name))
            if await connection.scalar(there) is None:  # collected since, or scrubbing found it damaged
                return None
            return await self._hold(connection, scope, name)

    async def add_xorb(self, scope: int, facts: XorbFacts, key: str) -> tuple[bool, bool]:
        """
        Record a xorb whose object is durable, and announced. Whether it is new to the scope, and whether this object is
        in force: another upload of the same xorb may have been faster. Raises BytesGone.
        """
        name = hash_text(facts.xorb_hash)
        async with self._db.write() as connection:
            await share(connection, Lock.COLLECTION)
            in_force = await self._write_xorb(connection, name, _xorb_row(facts, key) | {"created_at": self._clock.now()})
            if in_force:
                await refer(connection, [key])
                await note_asked(connection, name, facts.table)
            new = await self._hold(connection, scope, name)
        return new, in_force

    async def _write_xorb(self, connection: Connection, name: str, row: Mapping[str, object]) -> bool:
        """Whether the row is now this one. A damaged xorb is replaced: its chunks are the same, however they were packed."""
        await insert_ignoring(connection, xorbs, [row])
        there = await connection.scalar(select(xorbs.c.key).where(xorbs.c.hash == name))
        if there == row["key"]:
            return True
        if await connection.scalar(select(xorbs.c.hash).where(xorbs.c.hash == name, _is_damaged(name))) is None:
            return False
        await connection.execute(update(xorbs).where(xorbs.c.hash == name).values(**row))
        await give_up(connection, [str(there)], self._clock)
        await connection.execute(delete(damages).where(damages.c.kind == XORB, damages.c.subject == name))
        return True

    async def _hold(self, connection: Connection, scope: int, name: str) -> bool:
        """Whether the xorb is new to the scope."""
        held = await _names(connection, xorb_holdings.c.xorb, [name], xorb_holdings.c.scope == scope)
        row = {"scope": scope, "xorb": name, "since": self._clock.now()}
        await insert_ignoring(connection, xorb_holdings, [row])
        await spare_xorbs(connection, [name])
        return not held

    async def xorb(self, name: str) -> StoredXorb | None:
        """Where a xorb lies, whoever holds it."""
        query = select(xorbs.c.key, xorbs.c.stored_bytes).where(xorbs.c.hash == name)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return StoredXorb(row.key, row.stored_bytes) if row else None

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
                query = select(xorbs.c.hash, xorbs.c.key, xorbs.c.stored_bytes).where(xorbs.c.hash.in_(batch))
                for row in await connection.execute(query):
                    found[parse_hash(row.hash)] = StoredXorb(row.key, row.stored_bytes)
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
        """
        Make files part of a scope, all in one transaction. Whether any of them is new there.

        Raises ShardRefused where one of their xorbs was collected since they were checked.
        """
        now = self._clock.now()
        held = [{"scope": scope, "xet_hash": file.xet_hash, "sha256": file.sha256, "since": now} for file in files]
        async with self._db.write() as connection:
            await self.write_files(connection, files)
            here = large_file_holdings.c.scope == scope
            before = await _names(connection, large_file_holdings.c.xet_hash, [file.xet_hash for file in files], here)
            await insert_ignoring(connection, large_file_holdings, held)
            await spare_files(connection, scope, [file.xet_hash for file in files])
        return len(before) < len({file.xet_hash for file in files})

    async def write_files(self, connection: Connection, files: Sequence[CheckedFile]) -> None:
        """
        Write what files are made of, in the caller's transaction; it is to have them held by a scope.

        Raises ShardRefused where one of their xorbs was collected since they were checked.
        """
        rows = [_file_row(file) | {"created_at": self._clock.now()} for file in files]
        needs = [{"xet_hash": file.xet_hash, "xorb": xorb} for file in files for xorb in _xorb_names(file.terms)]
        await spare_xorbs(connection, {row["xorb"] for row in needs})
        await _check_there(connection, {row["xorb"] for row in needs})
        known = await _names(connection, large_files.c.xet_hash, [file.xet_hash for file in files])
        await insert_ignoring(connection, large_files, rows)
        # A file that is known keeps its terms, so the xorbs it needs stay the same too.
        new_needs = [row for row in needs if parse_hash(row["xet_hash"]) not in known]
        await insert_ignoring(connection, large_file_xorbs, new_needs)
        await note_first(connection, [(file.first_chunk, hash_text(file.terms[0].xorb)) for file in files if file.terms])

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

    async def mention(self, scope: int, sha256s: Collection[str]) -> dict[str, LargeFile]:
        """As `files_by_sha256`, for whoever is about to refer to them: what is found stays for the grace of collection."""
        return await spare_mentioned(self._db, scope, await self.files_by_sha256(scope, sha256s))

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

    async def intact_terms(self, xet_hash: str) -> list[Term] | None:
        """As `terms`; None too where part of the file is known to be damaged."""
        mine = large_file_xorbs.c.xet_hash == xet_hash
        damaged = select(large_file_xorbs.c.xorb).where(
            mine, exists().where(damages.c.kind == XORB, damages.c.subject == large_file_xorbs.c.xorb)
        )
        async with self._db.read() as connection:
            if await connection.scalar(damaged.limit(1)) is not None:
                return None
        return await self.terms(xet_hash)

    async def adopt(self, scope: int, file: LargeFile) -> bool:
        """Give a scope a file that is stored. False where it was collected since it was found."""
        async with self._db.write() as connection:
            return await self.adopt_all(connection, scope, [file])

    async def adopt_all(self, connection: Connection, scope: int, files: Sequence[LargeFile]) -> bool:
        """As `adopt`, of all of these or none, in the caller's transaction."""
        return await adopt_all(connection, scope, files, self._clock.now())


def _is_damaged(name: str) -> ColumnElement[bool]:
    return exists().where(damages.c.kind == XORB, damages.c.subject == name)


def _xorb_row(facts: XorbFacts, key: str) -> dict[str, object]:
    table = facts.table
    return {
        "hash": hash_text(facts.xorb_hash),
        "digest": facts.digest,
        "key": key,
        "stored_bytes": facts.stored_bytes,
        "unpacked_bytes": table.unpacked_start(len(table)),
        "chunks": table.pack(),
    }


async def _check_there(connection: Connection, names: Collection[str]) -> None:
    there = await _names(connection, xorbs.c.hash, sorted(names))
    for missing in {parse_hash(name) for name in names} - there:
        raise not_held(missing)


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
