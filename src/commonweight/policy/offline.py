"""
The subject of a verdict without a server: from files on a disk, or from what another hub says of a repository.

    subject = await offline_subject(Snapshot("acme/tiny", {"README.md": b"..."}), parents, records)

Cards, licence texts and lineages are read by the code that reads them for repositories kept here. Parents are looked for
among the snapshots given and in the packaged catalogue; one that is in neither stays without a licence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
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
from commonweight.vetting import LicenceTexts, Said, claims_of_contents, said_of

CARD: Final = "README.md"
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


async def offline_subject(root: Snapshot, parents: Iterable[Snapshot], records: Records) -> Subject:
    """What a verdict on `root` is about."""
    shelf = _Shelf((root, *parents))
    # The stand-ins have the few methods of the hub and the catalogue that lineages are followed by.
    hub = cast(Hub, shelf)
    subjects = Subjects(hub, cast(KnownModels, PackagedModels()), records, LicenceTexts(hub, records), shelf)
    return await subjects.of_revision(shelf.revision(root))


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
