"""
The subject of a verdict without a server: from files on a disk, or from what another hub says of a repository.

    subject = await offline_subject(Snapshot("acme/tiny", {"README.md": b"..."}), parents, records)

Cards, licence texts and lineages are read by the code that reads them for repositories kept here. Parents are looked for
among the snapshots given and in the packaged catalogue; one that is in neither stays without a licence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, cast

from commonweight.hub import (
    Card,
    Entry,
    EntryNotFound,
    Hub,
    KnownModels,
    PackagedModels,
    Repository,
    RepositoryNotFound,
    Revision,
    RevisionFacts,
    gather,
    read_card,
)
from commonweight.identity import Caller
from commonweight.policy.subjects import Subjects
from commonweight.policy.values import Subject
from commonweight.rights import Records
from commonweight.rights.matching import TextMatch
from commonweight.vetting import KeptReadings, LicenceTexts, Reading, Said, claims_of_contents, said_of

CARD: Final = "README.md"
OFFLINE: Final = "offline"  # in place of a matcher's version: nothing is kept
Match = Callable[[str, str], TextMatch]  # where a licence text stands, and the text
NO_COMMIT: Final = "0" * 40
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)  # repositories have days that nothing here asks for


@dataclass(frozen=True)
class Snapshot:
    """
    A repository as somebody found it. `files` maps paths to bytes; None where only the name is known, or the file was too
    large to be read. `card` is given where it came otherwise than as README.md.
    """

    name: str
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    card: Mapping[str, Any] | None = None
    kind: str = "model"


async def offline_subject(
    root: Snapshot, parents: Iterable[Snapshot], records: Records, match: Match | None = None
) -> Subject:
    """What a verdict on `root` is about. `match` reads the licence texts that no digest tells of."""
    snapshots = (root, *parents)
    shelf = _Shelf(snapshots)
    # The stand-ins have the few methods of the hub, the catalogue and the readings that lineages are followed by.
    hub = cast(Hub, shelf)
    texts = LicenceTexts(hub, records)
    if match is not None:
        readings = [one for snapshot in snapshots for one in await _readings(shelf, texts, snapshot, match)]
        texts = LicenceTexts(hub, records, cast(KeptReadings, _Readings(readings)), OFFLINE)
    subjects = Subjects(hub, cast(KnownModels, PackagedModels()), records, texts, shelf)
    return await subjects.of_revision(shelf.revision(root))


async def _readings(shelf: _Shelf, texts: LicenceTexts, snapshot: Snapshot, match: Match) -> list[Reading]:
    revision = shelf.revision(snapshot)
    found = []
    for file in await texts.unread(revision, await shelf.facts(revision)):
        try:
            text = await texts.read(revision, file)
        except EntryNotFound:
            continue  # only its name was given
        found.append(Reading(file.oid, OFFLINE, match(f"{snapshot.name}: {file.path}", text)))
    return found


class _Readings:
    """Readings at hand in place of those in a database."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._by_oid = {one.oid: one for one in readings}

    async def of(self, oids: Collection[str]) -> dict[str, Reading]:
        return {oid: self._by_oid[oid] for oid in oids if oid in self._by_oid}


class _Shelf:
    """Snapshots in place of a hub."""

    def __init__(self, snapshots: Iterable[Snapshot]) -> None:
        self._snapshots = {(one.kind, one.name.lower()): one for one in reversed(list(snapshots))}

    def revision(self, snapshot: Snapshot) -> Revision:
        namespace, _, name = snapshot.name.rpartition("/")
        number = list(self._snapshots.values()).index(snapshot) + 1
        repository = Repository(
            id=number, kind=snapshot.kind, namespace=namespace, namespace_id=number, name=name, visibility="public",
            gated="", scope=number, downloads=0, created_at=LONG_AGO, updated_at=LONG_AGO,
        )  # fmt: skip
        return Revision(repository, NO_COMMIT)

    async def find(self, _caller: Caller, kind: str, namespace: str, name: str) -> Repository:
        found = self._snapshots.get((kind, f"{namespace}/{name}".lower()))
        if found is None:
            raise RepositoryNotFound(f"{namespace}/{name} is not among the files given.")
        return self.revision(found).repository

    async def resolve(self, repository: Repository, _asked: str = "main") -> Revision:
        return Revision(repository, NO_COMMIT)

    async def facts(self, revision: Revision) -> RevisionFacts:
        snapshot = self._of(revision)
        entries = [_entry(path, content) for path, content in sorted(snapshot.files.items())]
        return gather(revision, entries, _card(snapshot))

    async def said(self, revision: Revision, facts: RevisionFacts) -> Said:
        """As `vetting.Weights.said`, of the contents given."""
        snapshot = self._of(revision)
        return said_of(claims_of_contents(snapshot.files, snapshot.name), facts)

    async def read_small(self, revision: Revision, path: str, _limit: int = 0) -> bytes:
        content = self._of(revision).files.get(path)
        if content is None:
            raise EntryNotFound(f"{path} was not given with its content.")
        return content

    def _of(self, revision: Revision) -> Snapshot:
        return self._snapshots[revision.repository.kind, revision.repository.full_name.lower()]


def _entry(path: str, content: bytes | None) -> Entry:
    """Texts are told apart by their path and content; no git object has to exist."""
    oid = hashlib.sha256(path.encode() + b"\0" + (content or b"")).hexdigest()[:40]
    return Entry(path, "file", oid, len(content or b""))


def _card(snapshot: Snapshot) -> Card:
    own = snapshot.files.get(CARD)
    return Card(dict(snapshot.card)) if snapshot.card is not None else read_card(own) if own is not None else Card({})


def snapshot_of_metadata(document: Any, name: str = "") -> Snapshot | None:
    """
    The repository that a public hub's `/api/models/namespace/name` describes; None for JSON of another form.
    """
    if not isinstance(document, dict) or not isinstance(document.get("id") or document.get("modelId"), str):
        return None
    tags = [tag for tag in document.get("tags") or () if isinstance(tag, str)]
    given = document.get("cardData")
    card = {**_of_tags(tags), **(given if isinstance(given, dict) else {})}
    if isinstance(document.get("pipeline_tag"), str):
        card.setdefault("pipeline_tag", document["pipeline_tag"])
    listed = document.get("siblings") or ()
    files = {str(one["rfilename"]): None for one in listed if isinstance(one, dict) and one.get("rfilename")}
    return Snapshot(name or str(document.get("id") or document["modelId"]), files, card)


def _of_tags(tags: Iterable[str]) -> dict[str, Any]:
    """`license:mit`, `base_model:quantized:a/b`, `dataset:a/b` as a card says it."""
    found: dict[str, Any] = {}
    for tag in tags:
        kind, _, rest = tag.partition(":")
        if kind == "license" and rest:
            found.setdefault("license", rest)
        elif kind == "dataset" and rest:
            found.setdefault("datasets", []).append(rest)
        elif kind == "base_model" and rest.count(":") == 1:
            relation, _, base = rest.partition(":")
            found.setdefault("base_model", []).append(base)
            found.setdefault("base_model_relation", relation)
    return found
