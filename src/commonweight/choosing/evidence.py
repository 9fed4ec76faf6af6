"""What the files of a repository show of openness: read once per commit, bounded, and kept."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from sqlalchemy import and_, select

from commonweight.clock import Clock
from commonweight.db import Database, upsert
from commonweight.db.tables import choosing as tables
from commonweight.errors import NotFound
from commonweight.hub import Entry, Hub, Revision
from commonweight.rights import SEEN_BY, Release, ReleaseFile, Seen, Wanted, body_of_card, see, see_data_set, wanted
from commonweight.storage import NotStored

MAX_FILES: Final = 2_000  # paths of one commit that are looked through; what is beyond are shards of data
MAX_READ: Final = 48 << 20  # bytes read of one commit: heads of weights, the card, indexes, scripts
MAX_REFS: Final = 500  # branches and tags looked at for checkpoints; Pythia has 154
REMEMBERED: Final = 2_000  # commits whose evidence stays in memory; some ten kilobytes each
CARD: Final = "README.md"

_E = tables.openness_evidence


class EvidenceStore(Protocol):
    """Where evidence is kept."""

    async def get(self, revision: Revision) -> Mapping[str, Any] | None: ...

    async def put(self, revision: Revision, document: Mapping[str, Any]) -> None: ...


class NoStore:
    """Keeps nothing beyond the process."""

    async def get(self, revision: Revision) -> Mapping[str, Any] | None:
        return None

    async def put(self, revision: Revision, document: Mapping[str, Any]) -> None:
        return None


class KeptEvidence:
    """Evidence in the database, by repository and commit."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, revision: Revision) -> Mapping[str, Any] | None:
        """What was seen by the rules of this program."""
        mine = and_(_E.c.repository_id == revision.repository.id, _E.c.commit == revision.commit, _E.c.seen_by == SEEN_BY)
        async with self._database.read() as connection:
            found: Mapping[str, Any] | None = (await connection.scalars(select(_E.c.document).where(mine))).first()
        return found

    async def put(self, revision: Revision, document: Mapping[str, Any]) -> None:
        row = {
            "repository_id": revision.repository.id,
            "commit": revision.commit,
            "seen_by": SEEN_BY,
            "document": dict(document),
            "seen_at": self._clock.now(),
        }
        async with self._database.write() as connection:
            await upsert(connection, _E, row, keys=["repository_id", "commit"])


class Evidence:
    """Reads commits once. Asks for no right: callers have asked already."""

    def __init__(self, hub: Hub, store: EvidenceStore) -> None:
        self._hub = hub
        self._store = store
        self._seen: OrderedDict[tuple[int, str], Seen] = OrderedDict()

    async def of(self, revision: Revision) -> Seen:
        """What the files of a commit show; of a data set, what they show of a model that was trained on it."""
        key = (revision.repository.id, revision.commit)
        if key not in self._seen:
            self._seen[key] = await self._kept(revision)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        self._seen.move_to_end(key)
        return self._seen[key]

    async def _kept(self, revision: Revision) -> Seen:
        kept = await self._store.get(revision)
        if kept is not None:
            return Seen.from_document(kept)
        release = await self.release(revision)
        look = see_data_set if revision.repository.kind == "dataset" else see
        seen = await asyncio.to_thread(look, release)  # a large card takes a part of a second
        await self._store.put(revision, seen.to_document())
        return seen

    async def release(self, revision: Revision) -> Release:
        """The files of a commit as they are looked at, with the contents that are wanted."""
        try:
            entries = await self._hub.tree(revision, recursive=True, limit=MAX_FILES)
        except NotFound:
            entries = []
        files = [entry for entry in entries if entry.is_file]
        facts = await self._hub.facts(revision)
        refs = [
            ref for ref in await self._hub.refs(revision.repository) if ref.name.startswith(("refs/heads/", "refs/tags/"))
        ]
        looked_at = await self._contents(revision, files)
        card = next((one for one in looked_at if one.path == CARD), None)
        return Release(
            tuple(looked_at),
            facts.card,
            body_of_card(card.text) if card else "",
            tuple(ref.short for ref in refs[:MAX_REFS]),
        )

    async def _contents(self, revision: Revision, files: Sequence[Entry]) -> list[ReleaseFile]:
        limits = {one.path: one for one in wanted(entry.path for entry in files)}
        left, found = MAX_READ, []
        for entry in files:
            asked = limits.get(entry.path)
            content, is_stored = (None, True) if asked is None or left <= 0 else await self._head(revision, entry, asked)
            left -= len(content or b"")
            found.append(ReleaseFile(entry.path, entry.size, _digest(entry, content), is_stored, content))
        return found

    async def _head(self, revision: Revision, entry: Entry, asked: Wanted) -> tuple[bytes | None, bool]:
        """The first bytes of a file, and whether they are stored at all."""
        try:
            pieces = self._hub.read(revision.repository, entry, 0, min(asked.limit, entry.size))
            return b"".join([piece async for piece in pieces]), True
        except NotStored:
            return None, False


def _digest(entry: Entry, content: bytes | None) -> str:
    """By content where that is known: of a large file, or of one that was read whole; else by git's id."""
    if entry.large is not None:
        return f"sha256:{entry.large.sha256}"
    if content is not None and len(content) == entry.size:
        return f"sha256:{hashlib.sha256(content).hexdigest()}"
    return f"git:{entry.oid}"
