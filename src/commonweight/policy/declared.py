"""
What a repository, or a catalogue entry, says about itself, as a node of a question (docs/rights-io.md, subject.nodes).

Licences are named twice over: by the card's tag and by the texts that lie in the repository. Both count, since a tag
does not undo a text nor a text a tag; where they agree, the text is what is cited.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.hub import KnownModel, Revision, RevisionFacts
from commonweight.rights import Records, identify_tag
from commonweight.rights.matching import NEAR_BY, NO_TEXT, TOO_COSTLY, TOO_LONG, UNKNOWN
from commonweight.vetting import BY_DIGEST, FAILED, LicenceText, LicenceTexts, is_licence, is_licences_folder

UNIDENTIFIED: Final = "unidentified-text"

_ARTEFACT_OF_FILE: Final = (
    (re.compile(r"code", re.IGNORECASE), "inference_code"),
    (re.compile(r"data", re.IGNORECASE), "data"),
)
_READ_IN_VAIN: Final = frozenset({NEAR_BY, UNKNOWN, NO_TEXT, TOO_LONG, TOO_COSTLY, FAILED})
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


async def hosted_node(
    revision: Revision, facts: RevisionFacts, texts: LicenceTexts, records: Records, node_id: str
) -> dict[str, Any]:
    """The node of a repository kept here, from its card and the licence texts in it."""
    found = await texts.of(revision, facts)
    named = [*_by_tags(facts, records), *(one for text in found for one in _by_text(text))]
    if not named and found:
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


def _by_text(text: LicenceText) -> Iterable[_Named]:
    """
    What a text says. One that was read and is none that is known counts as that: whatever the tag, nobody knows what it
    says. One that names licences without being one leaves the word to the tag.
    """
    artefact = _artefact_of(text.path)
    if text.state in _READ_IN_VAIN and text.size:
        yield _Named(artefact, {"key": UNIDENTIFIED, "by": "file"})
    for licence in text.names:
        digest = {"text_digest": text.digest} if text.by == BY_DIGEST else {}
        yield _Named(artefact, {"key": licence.key, "by": "file", **digest})


def _artefact_of(path: str) -> str:
    """LICENSE-CODE speaks of the code; a plain LICENSE, or LICENSE-MODEL, of everything that has none of its own."""
    folder, _, name = path.rpartition("/")
    if is_licences_folder(folder):  # there a name is that of a licence, such as bigcode-openrail-m
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
        "agreement": any(is_licence(file.path) for file in facts.licence_files),
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
