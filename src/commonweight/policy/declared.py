"""
What a repository, or a catalogue entry, says about itself, as a node of a question (docs/rights-io.md, subject.nodes).

Licences are named up to three times over: by the card's tag, by the texts that lie in the repository, and by the headers of
its weights. All count, since none undoes another; where they agree, the text is what is cited, then the tag.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonweight.hub import KnownModel, Revision, RevisionFacts, Step, is_licence
from commonweight.rights import Records, TagIdentity, identify_tag
from commonweight.rights.attachment import NO_LICENCE, UNIDENTIFIED
from commonweight.rights.matching import NEAR_BY, NO_TEXT, TOO_COSTLY, TOO_LONG, UNKNOWN
from commonweight.vetting import (
    BY_DIGEST,
    EVERYTHING,
    FAILED,
    NOT_COMPARED,
    WAITING,
    LicenceClaim,
    LicenceText,
    LicenceTexts,
)

UNREAD: Final = frozenset({WAITING, NOT_COMPARED})
READ_IN_VAIN: Final = frozenset({NEAR_BY, UNKNOWN, NO_TEXT, TOO_LONG, TOO_COSTLY, FAILED})
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
    """One licence named for one artefact (`*` for all that has no licence of its own), or for some of it."""

    artefact: str
    document: Mapping[str, str]
    is_part: bool = False


async def hosted_node(
    revision: Revision,
    facts: RevisionFacts,
    texts: LicenceTexts,
    records: Records,
    node_id: str,
    headers: Iterable[LicenceClaim] = (),
) -> dict[str, Any]:
    """The node of a repository kept here, from its card, the licence texts in it, and what headers of its files name."""
    found = await texts.of(revision, facts)
    licences = licences_of(facts, found, records, headers)
    unread = sorted(text.path for text in found if text.state in UNREAD and not text.is_of_card)
    modality = modality_of(facts)
    return {
        "id": node_id,
        "kind": "dataset" if revision.repository.kind == "dataset" else "model",
        "name": revision.repository.name,
        "revision": revision.commit,
        "publisher": revision.repository.namespace,
        **licences,
        **({"modality": list(modality)} if modality else {}),
        "notices": _notices(facts),
        **({"unread": unread} if unread else {}),
    }


def stated_node(step: Step, node_id: str, records: Records) -> dict[str, Any]:
    """The node of a parent that lies nowhere: by the licence that was stated for it alone."""
    identity = identify_tag(step.licence, records)
    named = [] if identity.kind == "none" else [_Named(EVERYTHING, {"key": identity.key, "by": "tag"})]
    return {"id": node_id, "kind": step.kind, "name": step.name, **_licences(named)}


def licences_of(
    facts: RevisionFacts, texts: Iterable[LicenceText], records: Records, headers: Iterable[LicenceClaim] = ()
) -> dict[str, Any]:
    """`licence` and `licences` of a node (docs/rights-io.md), from a card, what is known of the texts, and headers."""
    found = tuple(texts)
    named = [_Named(EVERYTHING, {"key": key, "by": "header"}) for _, key in named_in_headers(headers, records)]
    named += [_Named(EVERYTHING, {"key": one.key, "by": "tag"}) for one in tags_of(facts, records) if one.kind != "none"]
    named += [one for text in found for one in _by_text(text)]
    spoken_of = {one.artefact for one in named}
    unread = [one for text in found if not text.is_of_card for one in _named(text, {"key": UNIDENTIFIED, "by": "file"})]
    if EVERYTHING not in spoken_of:  # of what nobody names a licence, a text that nobody has read speaks
        named += [one for one in unread if one.artefact not in spoken_of]
    return _licences(named, facts.elsewhere)


def tags_of(facts: RevisionFacts, records: Records) -> list[TagIdentity]:
    """What the card's tags mean."""
    return [identify_tag(tag, records, facts.licence_name) for tag in facts.licences]


def named_in_headers(headers: Iterable[LicenceClaim], records: Records) -> Iterator[tuple[LicenceClaim, str]]:
    """Each claim that names a licence, with the key to write into a question for it."""
    for claim in headers:
        identity = identify_tag(claim.tag, records, claim.name)
        if identity.kind != "none":
            yield claim, identity.key


def was_read_in_vain(text: LicenceText) -> bool:
    """Whether a file was read and is none of the known texts; a section of a card may be no more than a sentence."""
    return text.state in READ_IN_VAIN and bool(text.size) and not text.is_of_card


def _by_text(text: LicenceText) -> Iterable[_Named]:
    """
    What a text says. One that was read and is none that is known counts as that: whatever the tag, nobody knows what it
    says. One that names licences without being one leaves the word to the tag.
    """
    if was_read_in_vain(text):
        yield from _named(text, {"key": UNIDENTIFIED, "by": "file"})
    for licence in text.names:
        digest = {"text_digest": text.digest} if text.by == BY_DIGEST else {}
        yield from _named(text, {"key": licence.key, "by": "file", **digest})


def _named(text: LicenceText, document: Mapping[str, str]) -> Iterable[_Named]:
    for artefact in text.artefacts:
        yield _Named(artefact, document, is_part=bool(text.folder) and artefact != EVERYTHING)


def _licences(named: Iterable[_Named], elsewhere: Collection[str] = ()) -> dict[str, Any]:
    """
    `licence` and `licences` of a node. The same licence by tag and by file is named once, by file. What holds for a part
    of an artefact stands beside what holds for the whole; where nothing does, the rest of it has no licence.
    """
    whole: dict[str, dict[str, Mapping[str, str]]] = {}
    parts: dict[str, dict[str, Mapping[str, str]]] = {}
    for one in named:
        (parts if one.is_part else whole).setdefault(one.artefact, {})[one.document["key"]] = one.document
    for artefact, rows in parts.items():
        others = whole.get(artefact) or whole.get(EVERYTHING) or {}
        if not others and artefact in elsewhere:
            others = {NO_LICENCE: {"key": NO_LICENCE, "by": "file"}}
        whole[artefact] = {**others, **rows}
    found: dict[str, Any] = {}
    if EVERYTHING in whole:
        found["licence"] = _sorted(whole.pop(EVERYTHING))
    if whole:
        found["licences"] = {artefact: _sorted(rows) for artefact, rows in sorted(whole.items())}
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
    artefacts = {
        artefact: _sorted({row["key"]: row for row in _of_both(artefact, first, second)})
        for artefact in {*first.get("licences", {}), *second.get("licences", {})}
    }
    return {
        **second,
        **first,
        **({"licence": _sorted(by_key)} if by_key else {}),
        **({"licences": artefacts} if artefacts else {}),
    }


def _of_both(artefact: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """What the catalogue tells apart stays so; what lies here stands beside what the catalogue says of the same."""
    mine, theirs = (one.get("licences", {}).get(artefact) for one in (first, second))
    return theirs if mine is None else [*(theirs or second.get("licence", [])), *mine]
