"""Finds on which other repository the bytes of one suggest that it stands, and how much they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from commonweight.db import Database
from commonweight.hub import Ancestors, Ascents, Hub, Repository, Revision
from commonweight.storage import LargeFile, NotStored, Storage
from commonweight.vetting import fingerprints_store as store
from commonweight.vetting.fingerprints import CHUNK, CONFIG, TENSOR, VOCABULARY
from commonweight.vetting.suspects_values import Evidence
from commonweight.vetting.weights_marking import Own

PROBES: Final = 48  # marks of each kind that others are looked up by; a share of a tenth hits five times
LARGEST_FILES: Final = 16  # looked up as a whole
MAX_FILES: Final = 128  # of others that have most of the probes
MAX_CANDIDATES: Final = 16  # repositories compared in full
MAX_EXACT_CHUNKS: Final = 200_000  # of one side, some 13 GB; beyond it a sample is compared
MAX_PATHS: Final = 8  # equal files that are named
MIN_SHARE: Final = 0.02  # of bytes or tensors; less is headers, padding and chance
STRONG: Final = 0.25
MORE_THAN_EXPLAINED: Final = 0.1  # of the marks, beyond those that are explained already, is needed to suspect one more
ALIKE: Final = 10  # candidates whose weights are in the same tenth are taken by age: a base before its copies


@dataclass(frozen=True)
class Found:
    """
    A repository with what it has in common: `marks` of the bytes, a part of `of_marks`. `later` where it came after: then
    it is the one that may stand on this one. `basis` names the files that were compared.
    """

    repository: Repository
    evidence: Evidence
    above: Ancestors
    since: datetime
    later: bool
    is_declared: bool
    basis: tuple[str, ...]
    marks: frozenset[tuple[int, int]]
    of_marks: int


@dataclass
class _Side:
    """The repository that is asked about: its files, and what it names above itself."""

    revision: Revision
    own: Sequence[Own]
    above: Ancestors
    is_original: bool
    since: datetime
    chunks: dict[bytes, int] | None = field(default=None)  # None: too many to compare exactly, or not looked at yet

    @property
    def weights(self) -> list[Own]:
        return [one for one in self.own if one.is_weights]

    @property
    def bytes(self) -> int:
        return sum(one.entry.size for one in self.weights)


class Finder:
    def __init__(self, database: Database, hub: Hub, storage: Storage, ascents: Ascents) -> None:
        self._database = database
        self._hub = hub
        self._storage = storage
        self._ascents = ascents

    async def find(self, revision: Revision, own: Sequence[Own]) -> list[Found]:
        """Those that have something in common, declared or not, the one with most first. Bounded whatever is common."""
        if not own:
            return []
        side = await self._side(revision, own)
        by_bytes = await self._by_bytes(side)
        found = [one for one in [await self._compare(side, *pair) for pair in by_bytes] if one is not None]
        strong = [one for one in found if one.evidence.weight >= MIN_SHARE]
        if not strong and not side.above.names:
            alike = [await self._compare(side, *pair) for pair in await self._by_descriptions(side)]
            strong = [one for one in alike if one is not None][:1]
        return sorted(strong, key=lambda one: (-one.evidence.weight, one.repository.id))

    async def _side(self, revision: Revision, own: Sequence[Own]) -> _Side:
        above = await self._ascents.above(revision.repository)
        original = await self._ascents.is_known_original(revision.repository)
        since = min(one.since for one in own)
        weights = [one.since for one in own if one.is_weights]
        side = _Side(revision, own, above, original, min(weights, default=since))
        side.chunks = await self._chunks(revision.repository, [one.marked.file for one in side.weights])
        return side

    # Who

    async def _by_bytes(self, side: _Side) -> list[tuple[int, list[store.Holding]]]:
        """Repositories with equal files, chunks or tensors, those with most first; each with the files that were found."""
        ids = [one.marked.id for one in side.weights]
        votes: Counter[int] = Counter()
        async with self._database.read() as connection:
            for kind in (CHUNK, TENSOR):
                votes.update(await store.files_with(connection, kind, await store.some_marks(connection, ids, kind, PROBES)))
            for one in sorted(side.weights, key=lambda one: -one.entry.size)[:LARGEST_FILES]:
                votes[one.marked.id] += PROBES
            held = await store.holders(connection, [number for number, _ in votes.most_common(MAX_FILES)])
        return _grouped(side, held, votes)

    async def _by_descriptions(self, side: _Side) -> list[tuple[int, list[store.Holding]]]:
        """The oldest repositories with the same dimensions and the same vocabulary."""
        ids = [one.marked.id for one in side.own]
        repositories: list[dict[int, list[store.Holding]]] = []
        async with self._database.read() as connection:
            for kind in (CONFIG, VOCABULARY):
                found = await store.files_with(connection, kind, await store.some_marks(connection, ids, kind, 1))
                by: dict[int, list[store.Holding]] = {}
                for one in await store.holders(connection, sorted(found)):
                    by.setdefault(one.repository_id, []).append(one)
                repositories.append(by)
        both = repositories[0].keys() & repositories[1].keys() - {side.revision.repository.id}
        held = {number: repositories[0][number] + repositories[1][number] for number in both}
        oldest = sorted(held, key=lambda number: (min(one.since for one in held[number]), number))
        return [(number, held[number]) for number in oldest[:3]]

    # How much

    async def _compare(self, side: _Side, repository_id: int, seen: list[store.Holding]) -> Found | None:
        repository = await self._hub.by_id(repository_id)
        if repository is None or repository.kind != "model":
            return None
        async with self._database.read() as connection:
            held = await store.held_files(connection, repository_id)
            theirs = await store.files_of(connection, sorted(held))
            mine = [one.marked.id for one in side.own]
            common = await store.in_common(connection, mine, sorted(held))
            counts = await store.count_marks(connection, [one.marked.id for one in side.weights])
        above = await self._ascents.above(repository)
        since = min(one.since for one in seen)
        original = await self._ascents.is_known_original(repository)
        evidence = replace(
            await self._evidence(side, repository, theirs, common, counts),
            why_first="known_original" if original and not side.is_original else "earlier",
            base_since=since.isoformat(),
            own_since=side.since.isoformat(),
        )
        later = (not original, since, repository.id) > (not side.is_original, side.since, side.revision.repository.id)
        declared = await self._ascents.is_above(side.above, repository)
        declared = declared or await self._ascents.is_above(above, side.revision.repository)
        basis = tuple(sorted({one.marked.file for one in side.weights}))
        marks = frozenset((kind, digest) for kind in (CHUNK, TENSOR) for digest in common.get(kind, ()))
        of_marks = counts.get(CHUNK, 0) + counts.get(TENSOR, 0)
        return Found(repository, evidence, above, since, later, declared, basis, marks, of_marks)

    async def _evidence(
        self,
        side: _Side,
        repository: Repository,
        theirs: Sequence[store.Marked],
        common: Mapping[int, Mapping[int, int]],
        counts: Mapping[int, int],
    ) -> Evidence:
        files = {one.file for one in theirs}
        equal = [one for one in side.weights if one.marked.file in files]
        shared, exact = await self._shared(side, repository, [one.file for one in theirs])
        if shared is None:
            marked = counts.get(CHUNK, 0)
            shared = round(side.bytes * len(common.get(CHUNK, ())) / marked) if marked else 0
        shared = min(side.bytes, max(shared, sum(one.entry.size for one in equal)))
        return Evidence(
            bytes=side.bytes, shared_bytes=shared, exact=exact, files=len(side.weights), equal_files=len(equal),
            paths=tuple(one.entry.path for one in equal[:MAX_PATHS]), tensors=len(common.get(TENSOR, ())),
            sampled=counts.get(TENSOR, 0), same_config=CONFIG in common, same_vocabulary=VOCABULARY in common,
        )  # fmt: skip

    async def _shared(self, side: _Side, repository: Repository, files: Sequence[str]) -> tuple[int | None, bool]:
        """Bytes of this side in chunks that the other has too; None where there are too many to compare."""
        if side.chunks is None:
            return None, False
        theirs = await self._chunks(repository, files)
        if theirs is None:
            return None, False
        return sum(length for digest, length in side.chunks.items() if digest in theirs), True

    async def _chunks(self, repository: Repository, files: Sequence[str]) -> dict[bytes, int] | None:
        """
        Chunks of large files, each with the bytes that it makes of them; None beyond the bound. The job reads both sides;
        what it finds is told only to those who may read both.
        """
        sums = [file.removeprefix("sha256:") for file in files if file.startswith("sha256:")]
        found: dict[bytes, int] = {}
        large: Mapping[str, LargeFile] = await self._storage.large_files(repository.scope, sums)
        try:
            for file in large.values():
                async for digest, length in self._storage.chunks(file):
                    found[digest] = found.get(digest, 0) + length
                    if len(found) > MAX_EXACT_CHUNKS:
                        return None
        except NotStored:
            return None
        return found


def _grouped(side: _Side, held: Sequence[store.Holding], votes: Counter[int]) -> list[tuple[int, list[store.Holding]]]:
    by_repository: dict[int, list[store.Holding]] = {}
    for one in held:
        if one.repository_id != side.revision.repository.id:
            by_repository.setdefault(one.repository_id, []).append(one)
    score = {number: sum(votes[one.file_id] for one in rows) for number, rows in by_repository.items()}
    first = {number: min(one.since for one in rows) for number, rows in by_repository.items()}
    order = sorted(by_repository, key=lambda number: (-score[number], first[number], number))
    return [(number, by_repository[number]) for number in order[:MAX_CANDIDATES]]


def suspected(found: Sequence[Found], above: Ancestors) -> list[Found]:
    """
    Those of what was found that are to be suspected. Each explains the marks that it has: first those that are declared,
    then those with most, of equals the oldest. One that adds little to what is explained by then is not suspected, such as
    another fine-tune of the same base, or a copy of it.
    """
    order = sorted(found, key=lambda one: (not one.is_declared, -round(one.evidence.weight * ALIKE), one.since))
    explained: set[tuple[int, int]] = set()
    kept = []
    for one in order:
        if one.later:
            continue
        if not one.is_declared and _adds(one, explained) and not _has_unseen_ancestor_in_common(one, above, found):
            kept.append(one)
        explained |= one.marks
    return kept


def _adds(one: Found, explained: set[tuple[int, int]]) -> bool:
    new = len(one.marks - explained)
    return not explained or not one.of_marks or new >= MORE_THAN_EXPLAINED * one.of_marks


def _has_unseen_ancestor_in_common(one: Found, above: Ancestors, found: Sequence[Found]) -> bool:
    """Both name an ancestor whose bytes were not compared: those may be what they share."""
    seen = {other.repository.id for other in found}
    return above.have_in_common(one.above) and not (above.repositories & one.above.repositories & seen)


def strength(evidence: Evidence) -> str:
    """strong, some or weak (`suspects_values.STRENGTHS`)."""
    if evidence.weight >= STRONG:
        return "strong"
    return "some" if evidence.weight >= MIN_SHARE else "weak"
