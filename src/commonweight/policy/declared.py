"""
What a repository, or a catalogue entry, says about itself, as a node of a question (docs/rights-io.md, subject.nodes).

Licences are named twice over: by the card's tag and by the texts that lie in the repository. Both count, since a tag
does not undo a text nor a text a tag; where they agree, the text is what is cited.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.hub import EntryNotFound, Hub, KnownModel, Revision, RevisionFacts
from commonweight.rights import Records, RightsError, identify_tag, identify_text

MAX_LICENCE_TEXTS: Final = 16  # nearest to the root of the repository first; more are those of vendored code
MAX_LICENCE_BYTES: Final = 1 << 20  # the longest licence known has 60 KB
REMEMBERED_TEXTS: Final = 2048  # git ids of texts whose licence is known; about 200 bytes each
UNIDENTIFIED: Final = "unidentified-text"
LICENCES_FOLDER: Final = "LICENSES"  # the REUSE specification's name for it

_ARTEFACT_OF_FILE: Final = (
    (re.compile(r"code", re.IGNORECASE), "inference_code"),
    (re.compile(r"data", re.IGNORECASE), "data"),
)
_IS_LICENCE: Final = re.compile(r"(licen[cs]e|copying)", re.IGNORECASE)
_IS_NOTICE: Final = re.compile(r"notice", re.IGNORECASE)
_MODALITIES: Final = {
    "text-generation": ("text",), "text2text-generation": ("text",), "feature-extraction": ("text",),
    "fill-mask": ("text",), "text-classification": ("text",), "token-classification": ("text",),
    "summarization": ("text",), "translation": ("text",), "question-answering": ("text",),
    "sentence-similarity": ("text",), "text-ranking": ("text",), "conversational": ("text",),
    "text-to-image": ("image",), "image-to-image": ("image",), "unconditional-image-generation": ("image",),
    "image-classification": ("image",), "object-detection": ("image",), "image-segmentation": ("image",),
    "image-text-to-text": ("text", "image"), "image-to-text": ("text", "image"),
    "visual-question-answering": ("text", "image"), "document-question-answering": ("text", "image"),
    "any-to-any": ("text", "image", "audio"), "text-to-video": ("video",), "image-to-video": ("video",),
    "text-to-speech": ("audio",), "text-to-audio": ("audio",), "automatic-speech-recognition": ("audio",),
    "audio-classification": ("audio",), "audio-text-to-text": ("text", "audio"), "text-to-3d": ("3d",),
    "image-to-3d": ("3d",),
}  # fmt: skip


@dataclass(frozen=True)
class _Named:
    """One licence named for one artefact (`*` for all that has no licence of its own)."""

    artefact: str
    document: Mapping[str, str]


class LicenceTexts:
    """Which recorded licence a text in the hub is; remembered by git id, since the same id is the same text."""

    def __init__(self, hub: Hub, records: Records) -> None:
        self._hub = hub
        self._records = records
        self._seen: OrderedDict[str, tuple[str, str]] = OrderedDict()

    async def identify(self, revision: Revision, path: str, oid: str) -> tuple[str, str]:
        """Key of the record ("" where it is none of ours) and digest of the text ("" where it cannot be read as one)."""
        if oid not in self._seen:
            self._seen[oid] = await self._read(revision, path)
            if len(self._seen) > REMEMBERED_TEXTS:
                self._seen.popitem(last=False)
        return self._seen[oid]

    async def _read(self, revision: Revision, path: str) -> tuple[str, str]:
        try:
            content = await self._hub.read_small(revision, path, MAX_LICENCE_BYTES)
            found = identify_text(content.decode("utf-8", errors="replace"), self._records)
        except (EntryNotFound, RightsError):
            return "", ""
        return (found.terms.key if found.terms else "", found.digest)


async def hosted_node(
    revision: Revision, facts: RevisionFacts, texts: LicenceTexts, records: Records, node_id: str
) -> dict[str, Any]:
    """The node of a repository kept here, from its card and the licence texts in it."""
    named = [*_by_tags(facts, records), *await _by_files(revision, facts, texts)]
    if not named and any(_is_licence(file.path) for file in facts.licence_files):
        named = [_Named("*", {"key": UNIDENTIFIED, "by": "file"})]
    modality = modality_of(facts)
    return {
        "id": node_id,
        "kind": "dataset" if revision.repository.kind == "dataset" else "model",
        "name": revision.repository.name,
        "revision": revision.commit,
        "publisher": revision.repository.namespace,
        **_licences(named),
        **({"modality": list(modality)} if modality else {}),
        "notices": _notices(facts),
    }


def _by_tags(facts: RevisionFacts, records: Records) -> Iterable[_Named]:
    for tag in facts.licences:
        identity = identify_tag(tag, records, facts.licence_name)
        if identity.kind != "none":
            yield _Named("*", {"key": identity.key, "by": "tag"})


async def _by_files(revision: Revision, facts: RevisionFacts, texts: LicenceTexts) -> list[_Named]:
    found = []
    for file in [file for file in facts.licence_files if _is_licence(file.path)][:MAX_LICENCE_TEXTS]:
        if file.size > MAX_LICENCE_BYTES:
            continue
        key, digest = await texts.identify(revision, file.path, file.oid)
        if key:
            found.append(_Named(_artefact_of(file.path), {"key": key, "by": "file", "text_digest": digest}))
    return found


def _is_licence(path: str) -> bool:
    """By its name; a text in a folder LICENSES is one whatever its name."""
    folder, _, name = path.rpartition("/")
    return bool(_IS_LICENCE.match(name)) or _is_licences_folder(folder)


def _is_licences_folder(folder: str) -> bool:
    return folder.rpartition("/")[2] == LICENCES_FOLDER


def _artefact_of(path: str) -> str:
    """LICENSE-CODE speaks of the code; a plain LICENSE, or LICENSE-MODEL, of everything that has none of its own."""
    folder, _, name = path.rpartition("/")
    if _is_licences_folder(folder):  # there a name is that of a licence, such as bigcode-openrail-m
        return "*"
    return next((artefact for pattern, artefact in _ARTEFACT_OF_FILE if pattern.search(name)), "*")


def _licences(named: Iterable[_Named]) -> dict[str, Any]:
    """`licence` and `licences` of a node. The same licence by tag and by file is named once, by file."""
    by_artefact: dict[str, dict[str, Mapping[str, str]]] = {}
    for one in named:
        by_artefact.setdefault(one.artefact, {})[one.document["key"]] = one.document
    found: dict[str, Any] = {}
    if "*" in by_artefact:
        found["licence"] = _sorted(by_artefact.pop("*"))
    if by_artefact:
        found["licences"] = {artefact: _sorted(rows) for artefact, rows in sorted(by_artefact.items())}
    return found


def _sorted(rows: Mapping[str, Mapping[str, str]]) -> list[dict[str, str]]:
    return [dict(rows[key]) for key in sorted(rows)]


def _notices(facts: RevisionFacts) -> dict[str, bool]:
    names = [file.path.rpartition("/")[2] for file in facts.licence_files]
    return {
        "agreement": any(_is_licence(file.path) for file in facts.licence_files),
        "notice": any(_IS_NOTICE.match(name) for name in names),
    }


def modality_of(facts: RevisionFacts) -> tuple[str, ...]:
    """What goes in or out, by the card's pipeline_tag; empty where that does not say."""
    return _MODALITIES.get(facts.pipeline_tag, ())


def known_node(known: KnownModel, node_id: str) -> dict[str, Any]:
    """The node of an entry of the catalogue."""
    by = "maker" if known.evidence in ("text", "registry") else "secondary"
    named = [_Named("*", {"key": known.licence, "by": by})]
    named += [_Named(artefact, {"key": key, "by": by}) for artefact, key in known.artefact_licences.items()]
    return {
        "id": node_id,
        "kind": known.kind,
        "name": known.name,
        "publisher": known.publisher,
        **_licences(named),
        **({"modality": list(known.modality)} if known.modality else {}),
        **({"released": known.released} if len(known.released) == len("2024-07-23") else {}),
    }


def joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """
    Two descriptions of one thing: what lies here under a name, and what the catalogue says of that name.

    The licences of both count, so that a copy under a well-known name cannot shed the terms known for it.
    """
    by_key = {row["key"]: row for row in [*second.get("licence", []), *first.get("licence", [])]}
    artefacts = {**second.get("licences", {}), **first.get("licences", {})}
    return {
        **second,
        **first,
        **({"licence": _sorted(by_key)} if by_key else {}),
        **({"licences": artefacts} if artefacts else {}),
    }
