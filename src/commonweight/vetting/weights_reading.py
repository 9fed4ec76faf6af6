"""Reads the headers of a commit, each file once for the installation, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from commonweight.errors import RangeRefused
from commonweight.hub import Entry, Hub, Revision, RevisionFacts
from commonweight.storage import NotStored, StoredBytesDamaged
from commonweight.vetting.weights_heads import ADAPTER, CONFIG, FIRST_BYTES, claims_of, is_read, wanted_bytes
from commonweight.vetting.weights_store import ClaimStore
from commonweight.vetting.weights_values import BaseClaim, Claims, FileClaims, LicenceClaim

MAX_PATHS: Final = 5_000  # of one commit that are looked through for files with headers
MAX_HEADS: Final = 64  # files of one commit whose headers are read; the shards of one model say the same
MAX_READ: Final = 32 << 20  # bytes read of one commit for its claims
MAX_CLAIMED: Final = 16  # licences, and bases, of one commit
_BROKEN: Final = (NotStored, StoredBytesDamaged, RangeRefused)


def file_key(entry: Entry) -> str:
    """
    The name of a file's content; "" for a large one whose bytes this repository does not hold: an id is never a right, also
    not to what was read of it elsewhere.
    """
    if entry.large is None:
        return f"git:{entry.oid}"
    return f"sha256:{entry.large.sha256}" if entry.large.is_stored else ""


class HeadReader:
    def __init__(self, hub: Hub, store: ClaimStore) -> None:
        self._hub = hub
        self._store = store

    async def read(self, revision: Revision, facts: RevisionFacts) -> Claims:
        """What the headers of a commit claim; kept. Raises IntegrityError where the repository is gone by now."""
        entries = await self._entries(revision, facts)
        known = await self._store.of_files(sorted({key for key in map(file_key, entries) if key}))
        read: dict[str, FileClaims] = {}
        found: list[tuple[str, FileClaims]] = []
        left = MAX_READ
        for entry in entries:
            key = file_key(entry)
            claims = known.get(key) or read.get(key)
            if claims is None and key and left > 0:
                content, damaged = await self._head(revision, entry)
                left -= len(content)
                claims = FileClaims(note="Its bytes cannot be read.") if damaged else await _claims(entry, content)
                if not damaged:
                    read[key] = claims
            found.append((entry.path, claims or FileClaims(note=_why_not(key))))
        together = joined(found, revision.repository.full_name)
        await self._store.keep(revision, read, together)
        return together

    async def _entries(self, revision: Revision, facts: RevisionFacts) -> Sequence[Entry]:
        configs = await self._hub.entries(revision, [CONFIG, ADAPTER])
        weights: list[Entry] = []
        if facts.has_gguf or facts.has_safetensors:
            listed = await self._hub.tree(revision, recursive=True, limit=MAX_PATHS)
            weights = [one for one in listed if is_read(one.path) and one.path not in (CONFIG, ADAPTER)]
        nearest = sorted(weights, key=lambda one: (one.path.count("/"), one.path))[:MAX_HEADS]
        return [one for one in (*configs, *nearest) if one.is_file]

    async def _head(self, revision: Revision, entry: Entry) -> tuple[bytes, bool]:
        """The first bytes of a file, and whether they could not be read."""
        try:
            first = await self._bytes(revision, entry, 0, min(FIRST_BYTES, entry.size))
            wanted = wanted_bytes(entry.path, entry.size, first)
            rest = await self._bytes(revision, entry, len(first), wanted) if wanted > len(first) else b""
        except _BROKEN:
            return b"", True
        return first + rest, False

    async def _bytes(self, revision: Revision, entry: Entry, start: int, end: int) -> bytes:
        return b"".join([piece async for piece in self._hub.read(revision.repository, entry, start, end)])


async def _claims(entry: Entry, content: bytes) -> FileClaims:
    if len(content) <= FIRST_BYTES:
        return claims_of(entry.path, content, entry.size)
    return await asyncio.to_thread(claims_of, entry.path, content, entry.size)


def _why_not(key: str) -> str:
    return "Enough was read of this commit." if key else "Its bytes are not stored here."


def joined(found: Sequence[tuple[str, FileClaims]], own_name: str) -> Claims:
    """
    What the files of a commit claim together. Nothing is its own base; what a configuration calls its origin counts where no
    other file names a base.
    """
    licences: dict[tuple[str, str], LicenceClaim] = {}
    bases: dict[str, BaseClaim] = {}
    for path, claims in sorted(found, key=lambda one: (one[0] == CONFIG, one[0])):
        if claims.licence:
            key = (claims.licence.lower(), claims.licence_name.lower())
            licences.setdefault(key, LicenceClaim(claims.licence, claims.licence_name, path))
        if path == CONFIG and bases:
            continue
        relation = "merge" if len(claims.bases) > 1 else claims.relation
        for name in claims.bases:
            if name.lower() != own_name.lower():
                bases.setdefault(name.lower(), BaseClaim(name, relation, path))
    notes = tuple((path, claims.note) for path, claims in found if claims.note)
    return Claims(tuple(licences.values())[:MAX_CLAIMED], tuple(bases.values())[:MAX_CLAIMED], notes[:MAX_HEADS])


def claims_of_contents(files: Mapping[str, bytes | None], own_name: str) -> Claims:
    """The same from contents at hand: of large files, their first bytes."""
    read = [(path, content) for path, content in sorted(files.items()) if content and is_read(path)]
    return joined([(path, claims_of(path, content, _size(path, content))) for path, content in read], own_name)


def _size(path: str, content: bytes) -> int:
    """Of a file of weights only the beginning may be at hand."""
    return len(content) if path in (CONFIG, ADAPTER) else max(len(content), 1 << 62)
