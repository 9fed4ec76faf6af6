"""
Which licence a text is, where it is none of the recorded ones word for word (docs/rights.md).

A finder names the known texts that this one may be; this module judges them, by the words of both. A text is identified
only where all of it is accounted for: one known text, or several one after the other, and beside them no more than a
preface. Anything else is near to what it resembles, and near decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Protocol

from commonweight.rights.alignment import Change
from commonweight.rights.likeness import ACCEPTING, CAPPED, MAX_PREFACE, NEAR, Likeness, likeness, turns
from commonweight.rights.words import Words, without_markup, words_of

IDENTIFIED: Final = "identified"  # these licences, and nothing else
NAMED: Final = "named"  # no text of a licence, but a notice that names some
NEAR_BY: Final = "near"  # resembles one, and differs where it may matter
UNKNOWN: Final = "unknown"  # like no known text
NO_TEXT: Final = "no_text"  # binary, or empty
TOO_LONG: Final = "too_long"  # longer than any licence: not compared
TOO_COSTLY: Final = "too_costly"  # the comparison did not come to an end in time

MAX_CHARACTERS: Final = 262_144  # four times the longest licence known; what is longer holds the licences of many works
MAX_WORDS: Final = 60_000  # of such a text
MAX_CANDIDATES: Final = 24  # known texts that one text is compared with: some hundredths of a second each
MAX_RIVALS: Final = 3  # licences that a text may be equally well
MAX_PARTS: Final = 8  # licences in one file
MAX_DIFF: Final = 80  # pieces of a difference that are kept: a page
MAX_PIECE: Final = 60  # words of one piece
CONTEXT: Final = 6  # words shown before and after a difference
MAX_NOTICE: Final = 300  # words of a text that only names licences
MOSTLY: Final = 0.75  # share of such a text that the notice must be
_RUBBISH: Final = 0.05  # share of characters that no text has


@dataclass(frozen=True, slots=True)
class KnownText:
    """A text that is known, by the matcher's name of its licence. `is_policy`: rules of use, not a licence."""

    key: str
    title: str
    words: Words
    is_policy: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a finder says of a text: known texts it may be, and licences that it only names, with the share that does."""

    candidates: tuple[KnownText, ...]
    named: tuple[KnownText, ...] = ()
    named_share: float = 0.0


class Finder(Protocol):
    """Finds candidates. It need not be right: what it names is judged here."""

    version: str

    def find(self, text: str) -> Found: ...


@dataclass(frozen=True, slots=True)
class Likened:
    """A known licence, how much of its text stands here, and how much of what stands here is not its."""

    key: str
    title: str
    score: float
    held: float
    foreign: float
    is_policy: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a comparison: `same`, `missing` (only in the known text), `foreign` (only here) or `gap` (left out)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class TextMatch:
    """
    What a text is. `licences` are those it is made of, or the nearest one; `diff` compares it with the nearest known text,
    bounded; `matcher` says which data it was compared with.
    """

    state: str
    licences: tuple[Likened, ...] = ()
    diff: tuple[Piece, ...] = ()
    matcher: str = ""

    @property
    def score(self) -> float:
        """That of the weakest licence that it is made of; 0 where there is none."""
        return min((one.score for one in self.licences), default=0.0)

    def to_document(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "licences": [asdict(one) for one in self.licences],
            "diff": [[piece.kind, piece.text] for piece in self.diff],
            "matcher": self.matcher,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> TextMatch:
        """The inverse of `to_document`."""
        licences = tuple(Likened(**one) for one in document["licences"])
        return cls(document["state"], licences, tuple(Piece(*one) for one in document["diff"]), document["matcher"])


def match_text(text: str, finder: Finder) -> TextMatch:
    """What a text is, by the finder's candidates. Never raises for any text; its cost is bounded, but for the finder's."""
    if not _is_text(text):
        return TextMatch(NO_TEXT, matcher=finder.version)
    if len(text) > MAX_CHARACTERS:
        return TextMatch(TOO_LONG, matcher=finder.version)
    words = words_of(text)
    if len(words) > MAX_WORDS:
        return TextMatch(TOO_LONG, matcher=finder.version)
    return _judged(words, _found(text, finder), finder.version)


def _found(text: str, finder: Finder) -> Found:
    """What the finder says of the text as it stands, and where there is markup in it also without that."""
    found, plain = finder.find(text), without_markup(text)
    if plain == text:
        return found
    more = finder.find(plain)
    candidates = {(one.key, one.words): one for one in (*found.candidates, *more.candidates)}
    return replace(max(found, more, key=lambda one: one.named_share), candidates=tuple(candidates.values()))


def _is_text(text: str) -> bool:
    odd = sum(
        not (char.isprintable() or char in "\t\n\r\f\v\ufeff\u00ad\u200b") or char == "\ufffd" for char in text[:65_536]
    )
    return "\0" not in text and bool(text.strip()) and odd <= _RUBBISH * min(len(text), 65_536)


def _judged(words: Words, found: Found, version: str) -> TextMatch:
    candidates = found.candidates[:MAX_CANDIDATES]
    parts = _parts(words, candidates)
    if parts:
        return TextMatch(IDENTIFIED, parts, matcher=version)
    if found.named and len(words) <= MAX_NOTICE and found.named_share >= MOSTLY:
        return TextMatch(
            NAMED, tuple(_likened(one, Likeness(0.0, 0.0, 1.0)) for one in found.named[:MAX_PARTS]), matcher=version
        )
    judged = sorted(((likeness(one.words, words), one) for one in candidates), key=_by_likeness)
    if not judged or judged[0][0].score < NEAR:
        return TextMatch(UNKNOWN, matcher=version)
    like, nearest = judged[0]
    rivals = {one.key: _likened(one, other, CAPPED) for other, one in judged[:MAX_RIVALS] if other.score >= ACCEPTING}
    return TextMatch(
        NEAR_BY,
        tuple({nearest.key: _likened(nearest, like, CAPPED), **rivals}.values()),
        _diff(nearest.words, words, like.changes),
        version,
    )


def _by_likeness(pair: tuple[Likeness, KnownText]) -> tuple[float, float, str]:
    return (-pair[0].score, -pair[0].held, pair[1].key)


def _likened(known: KnownText, like: Likeness, most: float = 1.0) -> Likened:
    numbers = (round(min(like.score, most), 4), round(like.held, 4), round(like.foreign, 4))
    return Likened(known.key, known.title, *numbers, known.is_policy)


@dataclass(frozen=True, slots=True)
class _Stretch:
    start: int
    end: int


def _parts(words: Words, candidates: Sequence[KnownText]) -> tuple[Likened, ...]:
    """The licences that the text is made of, in order; none where words are left over that no licence accounts for."""
    waiting = [_Stretch(0, len(words))]
    parts: list[tuple[int, Likened]] = []
    while waiting:
        stretch = waiting.pop()
        here = words.part(stretch.start, stretch.end)
        if _is_preface(here) and (parts or not candidates):
            continue
        best = _best(here, candidates)
        if best is None or len(parts) == MAX_PARTS:
            return ()
        like, known, start, end = best
        parts.append((stretch.start + start, _likened(known, like)))
        waiting += [_Stretch(stretch.start, stretch.start + start), _Stretch(stretch.start + end, stretch.end)]
    return tuple(part for _, part in sorted(parts, key=lambda pair: pair[0]))


def _is_preface(words: Words) -> bool:
    return words.weight(0, len(words)) <= MAX_PREFACE and not turns(words.folded)


def _best(words: Words, candidates: Iterable[KnownText]) -> tuple[Likeness, KnownText, int, int] | None:
    """The known text that stands here best, above the accepting score, and where. None where several do equally well."""
    found = [one for known in candidates if (one := _placed(words, known))]
    best = max(found, key=lambda one: (one[0].common, one[0].score, one[1].key), default=None)
    if best is None or best[0].held == 1:
        return best
    # Where words of the best one are missing too, another that has as many words here may as well be meant.
    others = [one for one in found if one[1].key != best[1].key and one[0].common >= best[0].common]
    return None if others else best


def _placed(words: Words, known: KnownText) -> tuple[Likeness, KnownText, int, int] | None:
    like = likeness(known.words, words)
    start, end = like.where(len(words))
    if like.score < ACCEPTING <= like.held and (start, end) != (0, len(words)):
        like = likeness(known.words, words.part(start, end))
    else:
        start, end = 0, len(words)
    return (like, known, start, end) if like.score >= ACCEPTING else None


def _diff(known: Words, text: Words, changes: Sequence[Change]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = 0
    for change in changes:
        pieces += _same(text.shown[at : change.text_start], is_first=at == 0, is_last=False)
        pieces += _piece("missing", known.shown[change.known_start : change.known_end])
        pieces += _piece("foreign", text.shown[change.text_start : change.text_end])
        at = change.text_end
        if len(pieces) > MAX_DIFF:
            return (*pieces[:MAX_DIFF], Piece("gap", ""))
    return (*pieces, *_same(text.shown[at:], is_first=at == 0, is_last=True))


def _same(words: Sequence[str], *, is_first: bool, is_last: bool) -> list[Piece]:
    """Words that agree, as far as they stand beside a difference."""
    if len(words) <= 2 * CONTEXT:
        return _piece("same", words)
    head = [] if is_first else _piece("same", words[:CONTEXT])
    tail = [] if is_last else _piece("same", words[-CONTEXT:])
    return [*head, Piece("gap", ""), *tail]


def _piece(kind: str, words: Sequence[str]) -> list[Piece]:
    if not words:
        return []
    cut = [Piece("gap", "")] if len(words) > MAX_PIECE else []
    return [Piece(kind, " ".join(words[:MAX_PIECE])), *cut]
