"""
How like a known licence text a text is, and whether what differs may decide.

    held    = words of the known text that stand here, in order  / words of the known text
    own     = words here that belong to the known text           / words here
    score   = the lesser of the two

Length alone would take a licence with one sentence more for the licence itself. So a difference that may change what the
text says keeps the score below `ACCEPTING`, however long the rest is: a long run of other words, a word that turns a
sentence ("not", "only", "commercial"), or another number. Holders' names count as no difference, nor do the same letters in
other words ("sub-license").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from commonweight.rights.alignment import Change, align
from commonweight.rights.words import Words

ACCEPTING: Final = 0.90  # from here on a text counts as the licence that it is like
NEAR: Final = 0.50  # from here on it is shown what a text resembles; below, the resemblance is that of all licences
CAPPED: Final = 0.89  # the most that a text scores where what differs may decide

MAX_RENAMED: Final = 8  # words of a holder's name or a project's, in the place of another
MAX_SLIPPED: Final = 4  # words added or left out within a sentence, as scanners and editors do
MAX_PREFACE: Final = 25  # words before or after a text: whose it is, what it is for
MAX_CUT_HEAD: Final = 40  # words of a title and a preamble left out
END_OF_TERMS: Final = ("end", "of", "terms", "and", "conditions")  # what follows it tells how to apply the licence, or
HOW_TO_APPLY: Final = ("how", "to", "apply")  # is an attachment with more terms: only what begins like this is no part of it
MAX_TITLE: Final = 3  # words before these: "APPENDIX:"
PIECE: Final = 0.5  # share of a text below which a text that says nothing else is a piece of it, not another copy

#: Words that turn what a sentence allows. One of them more, or fewer, makes another text.
TURNING: Final = frozenset({
    "not", "no", "non", "nor", "never", "neither", "without", "except", "unless", "only", "cannot", "prohibit",
    "prohibits", "prohibited", "forbid", "forbidden", "restrict", "restricted", "restriction", "restrictions", "may",
    "must", "shall", "commercial", "commercially", "noncommercial", "nonprofit", "profit", "research", "academic",
    "personal", "internal", "military", "revoke", "revocable", "irrevocable", "exclusive", "nonexclusive",
    "transferable", "sublicensable", "royalty", "fee", "fees", "pay", "paid", "payment", "revenue", "users",
    "derivative", "derivatives", "share", "alike", "sharealike", "noderivatives", "attribution", "advertising",
    "permission", "consent", "registration", "territory", "unmodified", "unchanged", "modified", "amended",
    "addendum", "additional", "exception", "exceptions", "exclude", "excludes", "excluding", "lesser", "affero",
    "nicht", "kein", "keine", "nur", "kommerziell", "kommerziellen",
})  # fmt: skip
_MAGNITUDES: Final = frozenset(
    {"hundred", "thousand", "million", "billion", "percent", "per", "usd", "dollars", "users", "days"}
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """
    See the module's description. `foreign` is 1 - own; `common` counts the words that stand in both; `changes` are the
    places where the two differ, in order, and `deciding` those that may change what the text says.
    """

    score: float
    held: float
    foreign: float
    common: int = 0
    changes: tuple[Change, ...] = ()
    deciding: tuple[Change, ...] = ()

    def where(self, length: int) -> tuple[int, int]:
        """From the first word of a text of `length` words that stands in both to behind the last."""
        if not self.common:
            return 0, 0
        first, last = self.changes[:1], self.changes[-1:]
        start = first[0].text_end if first and first[0].text_start == 0 else 0
        end = last[0].text_start if last and last[0].text_end == length else length
        return start, end


def likeness(known: Words, text: Words) -> Likeness:
    """How like `known` a text is. Both directions count."""
    return _Comparison(known, text).judged()


def is_piece(text: Words, whole: Words) -> bool:
    """Whether a text is less than half of another one, and nothing else."""
    return len(text) < PIECE * len(whole) and likeness(whole, text).foreign <= 1 - ACCEPTING


class _Comparison:
    """The known text and the one at hand, laid beside each other."""

    def __init__(self, known: Words, text: Words) -> None:
        self._known = known
        self._text = text
        self._common, changes = align(known.folded, text.folded)
        self._changes = tuple(self._slid(change) for change in changes if not self._is_respelt(change))

    def judged(self) -> Likeness:
        if not self._common:
            return Likeness(0.0, 0.0, 1.0, 0, self._changes, self._changes)
        missing = sum(self._missing(change) for change in self._changes)
        foreign = sum(self._text.weight(change.text_start, change.text_end) for change in self._changes)
        held, own = self._common / (self._common + missing), self._common / (self._common + foreign)
        deciding = tuple(change for change in self._changes if self._decides(change))
        score = min(held, own, CAPPED) if deciding else min(held, own)
        return Likeness(score, held, 1 - own, self._common, self._changes, deciding)

    def _is_respelt(self, change: Change) -> bool:
        """The same letters in other words, as where a line was broken; the number of a page may stand between."""
        known = self._known.folded[change.known_start : change.known_end]
        text = self._text.folded[change.text_start : change.text_end]
        return bool(known) and "".join(known) == "".join(word for word in text if word in known or not word.isdigit())

    def _slid(self, change: Change) -> Change:
        """
        What is only missing, or only foreign, moved to the beginning where it can as well stand there: of a title that
        begins like the text after it, the alignment may have kept the wrong beginning.
        """
        if change.text_start == change.text_end and _slides(self._known.folded, change.known_start, change.known_end):
            length = change.known_end - change.known_start
            return Change(0, length, change.text_start - change.known_start, change.text_end - change.known_start)
        if change.known_start == change.known_end and _slides(self._text.folded, change.text_start, change.text_end):
            length = change.text_end - change.text_start
            return Change(change.known_start - change.text_start, change.known_end - change.text_start, 0, length)
        return change

    def _missing(self, change: Change) -> int:
        """Words of the known text that are missing, but for holders and an appendix that is left out as a whole."""
        return 0 if self._is_appendix(change) else self._known.weight(change.known_start, change.known_end)

    def _is_appendix(self, change: Change) -> bool:
        start, known = change.known_start, self._known.folded
        if change.known_end != len(known) or tuple(known[max(0, start - len(END_OF_TERMS)) : start]) != END_OF_TERMS:
            return False
        return any(tuple(known[at : at + len(HOW_TO_APPLY)]) == HOW_TO_APPLY for at in range(start, start + MAX_TITLE))

    def _decides(self, change: Change) -> bool:
        missing, foreign = self._missing(change), self._text.weight(change.text_start, change.text_end)
        if change.known_start == 0 and change.text_start == change.text_end:
            return missing > MAX_CUT_HEAD
        if change.known_start == 0 or change.text_start == 0:
            most = MAX_CUT_HEAD, MAX_PREFACE
        elif change.known_end == len(self._known) or change.text_end == len(self._text):
            most = MAX_PREFACE, MAX_PREFACE
        else:
            most = (MAX_RENAMED, MAX_RENAMED) if missing and foreign else (MAX_SLIPPED, MAX_SLIPPED)
        return missing > most[0] or foreign > most[1] or self._turns(change)

    def _turns(self, change: Change) -> bool:
        gone = set() if self._is_appendix(change) else set(self._known.folded[change.known_start : change.known_end])
        come = set(self._text.folded[change.text_start : change.text_end])
        if TURNING & (gone ^ come):
            return True
        if self._only_light(change):
            return False
        lost, won = _numbers(gone - come), _numbers(come - gone)
        return bool(lost and won) or bool((lost or won) and self._beside_a_figure(change))

    def _beside_a_figure(self, change: Change) -> bool:
        """Whether a figure goes on behind what differs: `700 million`, `1 000 000`."""
        after = self._known.folded[change.known_end : change.known_end + 1]
        return bool(after) and (after[0] in _MAGNITUDES or after[0].isdigit())

    def _only_light(self, change: Change) -> bool:
        """A difference within lines that name a holder: years there are no figures of the terms."""
        return not self._missing(change) and not self._text.weight(change.text_start, change.text_end)


def _slides(words: Sequence[str], start: int, end: int) -> bool:
    """Whether the words before `start` also end the stretch: then it is the beginning that is one too many."""
    return 0 < start <= end - start and words[:start] == words[end - start : end]


def _numbers(words: set[str]) -> set[str]:
    return {word for word in words if word[:1].isdigit()}


def turns(words: Sequence[str]) -> bool:
    """Whether a word among them turns what a sentence allows."""
    return not TURNING.isdisjoint(words)
