"""
Which licence is meant: from a hub's tag, and from the text itself.

Normalisation of a text (docs/rights.md): Unicode NFKC, lower case; lines that only name a copyright holder or a known
title are dropped; then only the words remain, one space apart. The hash of that names the text version.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from commonweight.rights.errors import RightsError
from commonweight.rights.records import Records
from commonweight.rights.terms import Terms

MAX_LICENCE_TEXT: Final = 1_000_000  # characters; the longest licence known has some 60,000
# Tags that name a family and no version: the text has to be found (licences.md section 9).
FAMILY_TAGS: Final = frozenset({"cc", "gpl", "lgpl", "agpl", "bsd", "openrail", "odc-by", "odbl", "gfdl"})
EMPTY_TAGS: Final = frozenset({"", "other", "unknown", "none"})

_HOLDER: Final = re.compile(
    r"^\W*(?:copyright\s*(?:\(c\)|©|\d{4}|\[|\{|<).*|(?:\(c\)|©)\s*\d{4}.*|all rights reserved\W*)$", re.MULTILINE
)
_TITLE: Final = re.compile(r"^\W*(?:the )?mit licen[cs]e\W*(?:\(mit\))?\W*$", re.MULTILINE)
_APACHE_TITLE: Final = re.compile(
    r"^(?:apache license )?(?:version 2 0 )?(?:january 2004 )?(?:https? www apache org licenses )?(?=terms and conditions)"
)
_WORD: Final = re.compile(r"[^\W_]+")
_TERMS_IN_A_LINE: Final = frozenset({
    "not", "no", "non", "nor", "never", "only", "except", "unless", "without", "may", "must", "shall", "cannot",
    "prohibited", "forbidden", "restricted", "commercial", "noncommercial", "permission", "permitted", "granted",
    "provided",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class TagIdentity:
    """
    What a tag means. `kind` is licence, family or none; `key` is what to write into a question for it.

    `terms` is the record where one exists; the sentence can be printed.
    """

    tag: str
    kind: str
    key: str
    terms: Terms | None
    sentence: str


@dataclass(frozen=True, slots=True)
class TextIdentity:
    """The digest of a normalised text, and the record whose text it is, if any."""

    digest: str
    terms: Terms | None


def identify_tag(tag: str, records: Records, licence_name: str = "") -> TagIdentity:
    """The meaning of a card's `license` tag; `licence_name` is the card's `license_name`, which counts with `other`."""
    word = tag.strip().lower()
    if word in FAMILY_TAGS:
        return TagIdentity(tag, "family", word, None, f"'{tag}' names a family of licences; which one, only the text tells.")
    if word == "other" and licence_name.strip():
        word = licence_name.strip().lower()
    if word in EMPTY_TAGS:
        return TagIdentity(tag, "none", "none", None, f"The tag '{tag}' names no licence.")
    versions = records.named(word)
    if not versions:
        return TagIdentity(tag, "licence", word, None, f"The text of licence '{word}' has not been recorded.")
    newest = versions[-1]
    key = newest.key if len(versions) == 1 else word
    return TagIdentity(tag, "licence", key, newest, f"'{tag}' is the tag of {newest.title}.")


def identify_text(text: str, records: Records) -> TextIdentity:
    """
    The record whose text this is, word for word but for layout, title and holder. None where a line that seems to name a
    holder says more: the digest does not cover it. Raises RightsError above the bound.
    """
    digest = text_digest(text)
    terms = records.with_text(digest)
    return TextIdentity(digest, None if terms and _hides_terms(text) else terms)


def _hides_terms(text: str) -> bool:
    """Whether a line that `normalise` drops has terms: `Copyright (c) 2024 Ada. Not for commercial use.`"""
    lines = _HOLDER.findall(unicodedata.normalize("NFKC", text).lower())
    return any(_TERMS_IN_A_LINE.intersection(_WORD.findall(line)) for line in lines)


def text_digest(text: str) -> str:
    """`sha256:` and the hash of the normalised text. Raises RightsError for a text beyond the bound."""
    return "sha256:" + hashlib.sha256(normalise(text).encode()).hexdigest()


def normalise(text: str) -> str:
    """See the module's description. Raises RightsError for a text beyond `MAX_LICENCE_TEXT` characters."""
    if len(text) > MAX_LICENCE_TEXT:
        raise RightsError("licence text", f"{len(text):,} characters", f"at most {MAX_LICENCE_TEXT:,}", "Is it a licence?")
    folded = unicodedata.normalize("NFKC", text).lower()
    kept = _TITLE.sub("", _HOLDER.sub("", folded))
    return _APACHE_TITLE.sub("", " ".join(_WORD.findall(kept)))
