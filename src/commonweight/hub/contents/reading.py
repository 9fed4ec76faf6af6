"""Reads the headers of one commit within bounds, and keeps what they say in `revision_contents`."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError

from commonweight.clock import Clock
from commonweight.db import Connection, Database, upsert
from commonweight.db.tables.contents import revision_contents as table
from commonweight.errors import NotFound, RangeRefused, Unprocessable
from commonweight.hub.contents import kinds, weights
from commonweight.hub.contents.configs import CONFIGS, config_of
from commonweight.hub.contents.memory import ContentsMemory
from commonweight.hub.contents.parquet import TAIL_BYTES, BrokenFooter, footer_length, read_footer
from commonweight.hub.contents.values import Contents, Finding
from commonweight.hub.objects import IDS_AT_ONCE
from commonweight.hub.reading import Reader
from commonweight.hub.values import Entry, Revision
from commonweight.rights.openness.gguf import GgufHead, read_gguf
from commonweight.rights.openness.heads import header_length, safetensors_header
from commonweight.storage import NotStored, StoredBytesDamaged

RULES: Final = 1  # counted up when the same files would be read otherwise: then they are read again
MAX_ENTRIES: Final = 20_000  # files of one commit that are looked through
MAX_HEADERS: Final = 1_024  # files of one kind whose headers are read; the largest models have some hundred shards
MAX_HEADER: Final = 32 << 20  # bytes of one header; a vocabulary of 256,000 words takes 6 MiB, a shard's tensors 2
MAX_READ: Final = 512 << 20  # bytes read of one commit, one header at a time
MAX_ANSWERED: Final = 64 << 20  # bytes of headers that are held at once, where all of them are answered
FIRST_BYTES: Final = 64 << 10
MAX_NOTES: Final = 50
MAX_COLUMNS: Final = 200  # of a table that are kept
_BROKEN: Final = (NotStored, StoredBytesDamaged, RangeRefused)


class Unreadable(Unprocessable):
    """Why the contents of a file cannot be told."""

    code = "unreadable_file"


class ContentsReader:
    """Reads once per commit; what has been read is taken from the table."""

    def __init__(self, database: Database, reader: Reader, clock: Clock, memory: ContentsMemory) -> None:
        self._database = database
        self._reader = reader
        self._clock = clock
        self._memory = memory

    async def of(self, revision: Revision) -> Contents:
        found = self._memory.get(revision.repository.id, revision.commit)
        if found is None:
            async with self._database.read() as connection:
                found = await _kept(connection, revision)
            found = found or await self.read(revision)
            self._memory.put(revision.repository.id, revision.commit, found)
        return found

    async def of_all(self, revisions: Sequence[Revision]) -> dict[int, Contents]:
        """By repository number: from memory, the rest by one query, and one reading each for what was never read."""
        found: dict[int, Contents] = {}
        for one in revisions:
            if (kept := self._memory.get(one.repository.id, one.commit)) is not None:
                found[one.repository.id] = kept
        missing = [one for one in revisions if one.repository.id not in found]
        async with self._database.read() as connection:
            for at in range(0, len(missing), IDS_AT_ONCE):
                found |= await _kept_of(connection, missing[at : at + IDS_AT_ONCE])
        for one in missing:
            if one.repository.id not in found:
                found[one.repository.id] = await self._unless_deleted(one)
            self._memory.put(one.repository.id, one.commit, found[one.repository.id])
        return found

    async def _unless_deleted(self, revision: Revision) -> Contents:
        """Of a repository that went meanwhile: nothing."""
        try:
            return await self.read(revision)
        except NotFound:
            return Contents()

    async def read(self, revision: Revision) -> Contents:
        """Read the headers and keep what they say. Harmless to repeat; of a repository that is gone nothing is kept."""
        found = await _Reading(self._reader, revision).contents()
        row: dict[str, Any] = {"repository_id": revision.repository.id, "commit": revision.commit, "read_by": RULES}
        row |= {"document": document_of(found), "read_at": self._clock.now()}
        try:
            async with self._database.write() as connection:
                await upsert(connection, table, row, keys=["repository_id", "commit"])
        except IntegrityError:
            pass
        return found


async def _kept(connection: Connection, revision: Revision) -> Contents | None:
    mine = and_(table.c.repository_id == revision.repository.id, table.c.commit == revision.commit)
    row = (await connection.execute(select(table.c.document).where(mine, table.c.read_by >= RULES))).first()
    return contents_of(row.document) if row else None


async def _kept_of(connection: Connection, revisions: Sequence[Revision]) -> dict[int, Contents]:
    wanted = {one.repository.id: one.commit for one in revisions}
    query = select(table).where(table.c.repository_id.in_(list(wanted)), table.c.commit.in_(list(wanted.values())))
    rows = (await connection.execute(query.where(table.c.read_by >= RULES))).all()
    return {row.repository_id: contents_of(row.document) for row in rows if wanted[row.repository_id] == row.commit}


def document_of(contents: Contents) -> dict[str, Any]:
    """Its form in the table."""
    return dataclasses.asdict(contents)


def contents_of(document: Mapping[str, Any]) -> Contents:
    """From its form in the table."""
    findings = tuple(Finding(**one) for one in document["findings"])
    return Contents(**{**document, "tags": tuple(document["tags"]), "findings": findings})


class _Reading:
    """One commit being read."""

    def __init__(self, reader: Reader, revision: Revision, most: int = MAX_READ) -> None:
        """`most` bytes are read."""
        self._reader = reader
        self._revision = revision
        self._left = most
        self._findings: list[Finding] = []
        self._files: dict[str, Entry] = {}

    async def contents(self) -> Contents:
        entries = await self._reader.tree(self._revision, "", True, "", MAX_ENTRIES)
        self._files = {one.path: one for one in entries if one.is_file}
        kind = self._revision.repository.kind
        return await (self._dataset() if kind == "dataset" else self._model() if kind == "model" else _nothing())

    async def _model(self) -> Contents:
        config = config_of({path: await self._json(path) for path in CONFIGS if path in self._files})
        safetensors, gguf = await self._safetensors(), await self._gguf()
        info = kinds.transformers_info(config)
        library = kinds.library_of(self._files.keys(), config, bool(gguf) or self._any_ends(".gguf"))
        task = kinds.task_of(library, info, config, gguf)
        tokenizer = config.get("tokenizer_config", {})
        mask = tokenizer.get("mask_token") if isinstance(tokenizer, dict) else None
        return Contents(
            safetensors=safetensors,
            gguf=gguf,
            config=config,
            transformers=info if library == "transformers" else {},
            pipeline_tag=task,
            library_name=library,
            mask_token=mask if isinstance(mask, str) and task == "fill-mask" else "",
            tags=kinds.tags_of(self._files.keys(), config, task),
            findings=tuple(self._findings[:MAX_NOTES]),
        )

    async def _dataset(self) -> Contents:
        tables = await self._tables()
        tags = kinds.dataset_tags(self._files.keys(), tables.get("rows"))
        return Contents(tables=tables, tags=tags, findings=tuple(self._findings[:MAX_NOTES]))

    def _any_ends(self, ending: str) -> bool:
        return any(path.lower().endswith(ending) for path in self._files)

    def _note(self, path: str, why: str) -> None:
        self._findings.append(Finding(path.encode(errors="replace").decode(), why))

    # Kinds of files

    async def _json(self, path: str) -> Mapping[str, Any]:
        entry = self._files[path]
        try:
            document = json.loads(await self._bytes(entry, 0, entry.size))
        except (Unreadable, ValueError, RecursionError) as error:
            self._note(path, error.sentence if isinstance(error, Unreadable) else "It is no JSON.")
            return {}
        return document if isinstance(document, dict) else {}

    async def _safetensors(self) -> dict[str, Any]:
        paths, total = weights.counted_files(list(self._files)), Counter[str]()
        missing = weights.shards_missing(paths)
        if missing:
            self._note(paths[0], f"{missing} of its shards are not here: their parameters are not counted.")
            return {}
        for path in paths[:MAX_HEADERS]:
            try:
                total += await self._shard(self._files[path])
            except Unreadable as error:
                self._note(path, _why(error))
                return {}  # a part of the sum would look like the whole
        if len(paths) > MAX_HEADERS:
            self._note(paths[0], f"It has {len(paths)} shards; at most {MAX_HEADERS} are read.")
            return {}
        return {"parameters": dict(total), "total": sum(total.values())} if total else {}

    async def _shard(self, entry: Entry) -> Counter[str]:
        header = await self.header(entry)
        found = weights.parameters_of(header)
        if found is None:
            raise Unreadable("Its header describes something that is no tensor.")
        return found

    async def header(self, entry: Entry) -> Mapping[str, Any]:
        """The whole header of a safetensors file. Raises Unreadable."""
        first = await self._bytes(entry, 0, min(FIRST_BYTES, entry.size))
        length = header_length(first, entry.size)
        if length is None:
            raise Unreadable("It is no safetensors file.")
        whole = first + (await self._bytes(entry, len(first), 8 + length) if 8 + length > len(first) else b"")
        header: Mapping[str, Any] | None = await _off_loop(safetensors_header, whole, entry.size)
        if header is None:
            raise Unreadable("Its header is broken.")
        return header

    async def _gguf(self) -> dict[str, Any]:
        paths = weights.gguf_files(list(self._files))[:MAX_HEADERS]
        heads: list[GgufHead] = []
        for path in paths:
            try:
                heads.append(await self.gguf_head(self._files[path]))
            except Unreadable as error:
                self._note(path, _why(error))
                return {}
        whole = all(head.is_whole for head in heads)
        return weights.gguf_facts(heads[0], sum(map(weights.gguf_total, heads)) if whole else 0) if heads else {}

    async def gguf_head(self, entry: Entry) -> GgufHead:
        """Read on, eight times as much each time, until the header ends."""
        content, wanted = b"", FIRST_BYTES
        while True:
            content += await self._bytes(entry, len(content), min(wanted, entry.size))
            head: GgufHead | None = await _off_loop(read_gguf, content, entry.size)
            if head is None:
                raise Unreadable("It is no GGUF file.")
            if head.note == "broken":
                self._note(entry.path, "Its header is broken: what stands before the break was read.")
            if head.note != "short" or len(content) >= entry.size:
                return head
            wanted = len(content) * 8

    async def _tables(self) -> dict[str, Any]:
        paths = [path for path in self._files if path.lower().endswith(".parquet")]
        columns: list[dict[str, str]] = []
        rows: int | None = 0 if 0 < len(paths) <= MAX_HEADERS else None
        for path in paths[:MAX_HEADERS]:
            try:
                footer = read_footer(await self._footer(self._files[path]))
            except (Unreadable, BrokenFooter) as error:
                self._note(path, _why(error))
                rows = None
                continue
            columns = columns or [dataclasses.asdict(one) for one in footer.columns[:MAX_COLUMNS]]
            rows = None if rows is None else rows + footer.rows
        if not paths:
            return {}
        found: dict[str, Any] = {"columns": columns, "files": len(paths)}
        found["bytes"] = sum(self._files[path].size for path in paths)
        return found if rows is None else found | {"rows": rows}

    async def _footer(self, entry: Entry) -> bytes:
        if entry.size < 2 * TAIL_BYTES:
            raise Unreadable("It is too short for a Parquet file.")
        length = footer_length(await self._bytes(entry, entry.size - TAIL_BYTES, entry.size))
        end = entry.size - TAIL_BYTES
        return await self._bytes(entry, max(0, end - length), end)

    async def _bytes(self, entry: Entry, start: int, end: int) -> bytes:
        """Raises Unreadable."""
        if entry.large is not None and not entry.large.xet_hash:
            raise Unreadable("Its bytes are not stored here.")
        if end - start > min(MAX_HEADER, self._left):
            raise Unreadable(f"{end - start} bytes would have to be read, which is too much.")
        self._left -= end - start
        try:
            return b"".join([piece async for piece in self._reader.read(self._revision.repository, entry, start, end)])
        except _BROKEN:
            raise Unreadable("Its bytes cannot be read.") from None


def _why(error: Unreadable | BrokenFooter) -> str:
    return error.sentence if isinstance(error, Unreadable) else str(error)


async def _nothing() -> Contents:
    return Contents()


async def _off_loop(read: Any, content: bytes, size: int) -> Any:
    """Parsing a megabyte takes milliseconds, in which nobody else would be served."""
    return read(content, size) if len(content) <= FIRST_BYTES else await asyncio.to_thread(read, content, size)


async def headers_of(reader: Reader, revision: Revision, entries: Sequence[Entry]) -> dict[str, Mapping[str, Any]]:
    """The whole headers of these safetensors files, by path. Raises Unreadable."""
    reading = _Reading(reader, revision, MAX_ANSWERED)
    return {entry.path: await reading.header(entry) for entry in entries}


async def gguf_head_of(reader: Reader, revision: Revision, entry: Entry) -> GgufHead:
    """The header of this GGUF file. Raises Unreadable."""
    return await _Reading(reader, revision, MAX_ANSWERED).gguf_head(entry)
