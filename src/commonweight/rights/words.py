"""
A text as the words that are compared when licences are matched (docs/identification.md).

Unlike `identify.normalise`, whose digests name text versions for ever, this folding may learn. It forgets what carries no
terms (addresses, list markers), keeps each word as it was written, and marks as light the words of lines that name a holder
and a few words between angle brackets (markup, and what a template leaves open): light ones weigh nothing, yet they are
compared, so that nothing which turns a sentence hides among them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_TAG_WORDS: Final = 8  # <name of author>; what is longer may be a sentence
MAX_HOLDER_WORDS: Final = 20  # a line beginning "Copyright (c) 2024" that is longer has more in it than a holder

_TAG: Final = re.compile(r"<([^<>]{0,200})>")  # markup, and the <year> <owner> of a template, also over the end of a line
_OPEN, _CLOSE = "\x02", "\x03"  # in place of the brackets of these, so that others stay what they are
_BRACKETS: Final = re.compile(f"[{_OPEN}{_CLOSE}]")
_TOKEN: Final = re.compile(rf"[{_OPEN}{_CLOSE}]|[^\W_]+")
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+|\S{1,64}@[\w-]{1,64}\.\S{1,64}", re.IGNORECASE)
_MARKER: Final = re.compile(r"(?<!\S)\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)](?=\s|$)", re.IGNORECASE)  # 1.  a)  (iv)
_HOLDER: Final = re.compile(
    r"\W*(?:portions )?(?:copyright\s*(?:\(c\)|©|\d{4}|\[|\{|<|by\b).*|(?:\(c\)|©)\s*\d{4}.*|all rights reserved\W*)",
    re.IGNORECASE,
)
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
    names a holder and for those between angle brackets: another holder, or one more, makes no other text.
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
    plain = _ADDRESS.sub(" ", _bracketed(html.unescape(unicodedata.normalize("NFKC", text))))
    shown: list[str] = []
    light: list[bool] = []
    for line in plain.splitlines():
        tokens = _TOKEN.findall(_MARKER.sub(" ", line))
        words = sum(token not in (_OPEN, _CLOSE) for token in tokens)
        is_light = names_holder = words <= MAX_HOLDER_WORDS and _HOLDER.fullmatch(_BRACKETS.sub("", line)) is not None
        for token in tokens:
            if token in (_OPEN, _CLOSE):
                is_light = names_holder or token == _OPEN
            else:
                shown.append(token)
                light.append(is_light)
    return Words(tuple(_folded(word) for word in shown), tuple(shown), tuple(light))


def without_markup(text: str) -> str:
    """The text without what stands between angle brackets, for looking up candidates; it is not what is judged."""
    return _TAG.sub(" ", text)


def _bracketed(text: str) -> str:
    """Brackets that belong together as marks of their own, and what is between them on one line."""
    return _TAG.sub(_marked, _BRACKETS.sub(" ", text))


def _marked(tag: re.Match[str]) -> str:
    inside = " ".join(tag[1].split())
    return f" {_OPEN}{inside}{_CLOSE} " if len(inside.split()) <= MAX_TAG_WORDS else f" {inside} "


def _folded(word: str) -> str:
    lower = word.lower()
    return _SPELLING.get(lower, lower)
