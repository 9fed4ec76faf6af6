"""
A text as the words that are compared when licences are matched (docs/identification.md).

Unlike `identify.normalise`, whose digests name text versions for ever, this folding may learn. It forgets what carries no
terms (markup, addresses, list markers), keeps each word as it was written, and marks the words of lines that name a holder.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_HOLDER_WORDS: Final = 20  # a line beginning "Copyright (c) 2024" that is longer has more in it than a holder

_TAG: Final = re.compile(r"<[^<>\n]{0,200}>")  # markup, and the <year> <owner> of a template
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+|\S{1,64}@[\w-]{1,64}\.\S{1,64}", re.IGNORECASE)
_MARKER: Final = re.compile(r"(?<!\S)\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)](?=\s|$)", re.IGNORECASE)  # 1.  a)  (iv)
_HOLDER: Final = re.compile(
    r"\W*(?:portions )?(?:copyright\s*(?:\(c\)|©|\d{4}|\[|\{|<|by\b).*|(?:\(c\)|©)\s*\d{4}.*|all rights reserved\W*)",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W_]+")
_SPELLING: Final = {  # British and American
    "licence": "license", "licences": "licenses", "licenced": "licensed", "licencing": "licensing",
    "sublicence": "sublicense", "sublicences": "sublicenses", "sublicenced": "sublicensed",
    "organisation": "organization", "organisations": "organizations", "authorise": "authorize",
    "authorised": "authorized", "unauthorised": "unauthorized", "favour": "favor", "honour": "honor",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """
    `folded` is what is compared, `shown` the same words as they stand in the text. `light` is true for those of a line that
    names a holder: another holder, or one more, makes no other text.
    """

    folded: Sequence[str]
    shown: Sequence[str]
    light: Sequence[bool]

    def __len__(self) -> int:
        return len(self.folded)

    def part(self, start: int, end: int) -> Words:
        return Words(self.folded[start:end], self.shown[start:end], self.light[start:end])

    def weight(self, start: int, end: int) -> int:
        """Words of a stretch that are not light."""
        return end - start - sum(self.light[start:end])


NO_WORDS: Final = Words((), (), ())


def words_of(text: str) -> Words:
    """The words of a text. Takes time in proportion to its length; the caller bounds that."""
    plain = _ADDRESS.sub(" ", _TAG.sub(" ", html.unescape(unicodedata.normalize("NFKC", text))))
    shown: list[str] = []
    light: list[bool] = []
    for line in plain.splitlines():
        found = _WORD.findall(_MARKER.sub(" ", line))
        shown += found
        light += [len(found) <= MAX_HOLDER_WORDS and _HOLDER.fullmatch(line) is not None] * len(found)
    return Words(tuple(_folded(word) for word in shown), tuple(shown), tuple(light))


def _folded(word: str) -> str:
    lower = word.lower()
    return _SPELLING.get(lower, lower)
