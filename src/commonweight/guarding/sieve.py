"""
One text that comes in pieces, let through as far as it is clean.

A piece is held back just as long as a match could still begin in it: the last word, since it may grow; groups of digits
before it, since a number may be written with spaces; the beginning of a phrase that is looked for; a private key from its
first line on. Everything before is looked at and goes out. What goes out is the same however the text is cut (a test cuts
it everywhere).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from commonweight.guarding.finder import Finder
from commonweight.guarding.secrets import KEY_BLOCK_OPENS
from commonweight.guarding.values import Action, Found, Side, Thing, Told

BEFORE: Final = 80  # characters that have gone out and are looked at again: a word in front tells what a number is
LONGEST_WORD: Final = 2_048  # characters without a space that are held back; what is longer is swallowed where it matches
END_OF_LONG: Final = 512  # characters that are held back of a longer word
NUMBER_REACH: Final = 64  # characters that a number with spaces takes at most
PHRASE_REACH: Final = 256  # and a phrase; longer ones are not accepted
PIECE: Final = 512  # characters of a whole text that are looked at at once: in most of them there is nothing
#: Writing that puts no spaces between words ends a word too; nothing that is looked for is written in it.
_SIGN: Final = r"[!-~\u00a1-\u024f\u0370-\u052f]"
_LAST_WORD: Final = re.compile(_SIGN + r"*\Z")
_WORDS: Final = re.compile(_SIGN + "+")
_OF_A_NUMBER: Final = re.compile(r"[^,;:!?]*\d[^,;:!?]*|[A-Z]{1,6}|[+(\-–/.]+")
_BEGINS_A_NUMBER: Final = re.compile(r"[\d+(]|^[A-Z]{2}$")  # two letters, as of a British national insurance number
_NUMBER_GOES_ON: Final = re.compile(r"[0-9A-Z+()\-–/.]|\Z")
_KEY_ENDS: Final = re.compile(r"-----END [A-Z0-9 ]{0,40}-----")
_QUOTE: Final = re.compile(r'(?<!\\)(?:\\\\)*"')
_TOKEN_ENDS: Final = re.compile(r"[^\w.+/=-]")


@dataclass(frozen=True)
class Rule:
    """What a guardrail does with what its finder finds."""

    guardrail: int
    side: Side
    action: Action
    finder: Finder


@dataclass
class _Hit:
    """Matches that overlap, as one; what is done with it is what the strictest of them asks for."""

    start: int
    end: int
    thing: Thing
    action: Action
    by: list[tuple[int, Action, Thing]] = field(default_factory=list)


class Sieve:
    """
    `told` gets what was done. Once it has refused, nothing comes out any more. `json`: the text is JSON, and stays it where
    a number in it is masked.
    """

    def __init__(self, rules: Sequence[Rule], told: Told, *, json: bool = False) -> None:
        self._rules = rules
        self._phrases = [rule.finder.words for rule in rules if rule.finder.words]
        self._told = told
        self._before = ""
        self._held = ""
        self._swallow: re.Pattern[str] | None = None  # what ends the match that is being swallowed
        self._json = json
        self._in_string = False
        self.refused = False

    def push(self, piece: str) -> str:
        """What may go out now."""
        self._held += piece
        if self.refused or (self._swallow is not None and not self._swallowed(self._swallow)):
            return ""
        cut = self._cut()
        return self._let_out(cut) if cut > 0 else ""

    def end(self) -> str:
        """The rest."""
        if self.refused or (self._swallow is not None and not self._swallowed(self._swallow)):
            return ""
        return self._let_out(len(self._held), last=True)

    def _swallowed(self, ends: re.Pattern[str]) -> bool:
        """Drop what belongs to the match; True once it is over."""
        match = ends.search(self._held)
        if match is None:
            self._held = self._held[-NUMBER_REACH:] if ends is _KEY_ENDS else ""
            return False
        self._held = self._held[match.end() if ends is _KEY_ENDS else match.start() :]
        self._swallow = None
        return True

    def _cut(self) -> int:
        """Up to where no match can begin that goes on beyond what is here."""
        held = self._held
        last = _LAST_WORD.search(held)
        start = last.start() if last else len(held)
        if len(held) - start > LONGEST_WORD:
            return len(held) - END_OF_LONG
        opening = KEY_BLOCK_OPENS.search(held)
        if opening is not None:
            return opening.start()
        words = list(_WORDS.finditer(held, max(0, start - PHRASE_REACH), start))
        back = _words_of_a_number(held, words, start) if _NUMBER_GOES_ON.match(held, start) else 0
        if self._phrases:
            said = [word.group() for word in words]
            back = max(back, *(phrases.open_words(said) for phrases in self._phrases))
        return words[-back].start() if back else start

    def _let_out(self, cut: int, *, last: bool = False) -> str:
        held, out, at = self._held, [], 0
        for hit in self._hits(cut):
            is_open = hit.end >= len(held) and _is_open_key(held, hit)
            if hit.end > cut and not last and not is_open and len(held) - hit.start <= LONGEST_WORD:
                cut = max(hit.start, at)  # it may go on: wait for the rest of it
                break
            for one in hit.by:
                self._told.note(*one)
            if hit.action is Action.NOTE:
                continue
            out.append(held[at : hit.start])
            at_last, at = at, min(hit.end, len(held))
            if hit.action is Action.REFUSE:
                self.refused, self._held = True, ""
                return "".join(out)
            out.append(self._placeholder(hit.thing, held[at_last : hit.start]))
            if hit.end >= len(held) and not last:
                self._swallow = _KEY_ENDS if is_open else _TOKEN_ENDS
        cut = max(cut, at)
        out.append(held[at:cut])
        self._read_quotes(held[at:cut])
        self._held = held[cut:]
        gone = "".join(out)
        self._before = (self._before + gone)[-BEFORE:]
        return gone

    def _placeholder(self, thing: Thing, before: str) -> str:
        """What stands in place of a match; `before` went out since the last one."""
        self._read_quotes(before)
        return f'"{thing.placeholder}"' if self._json and not self._in_string else thing.placeholder

    def _read_quotes(self, text: str) -> None:
        """Whether JSON is inside a string after this."""
        if self._json and len(_QUOTE.findall(text)) % 2:
            self._in_string = not self._in_string

    def _hits(self, cut: int) -> list[_Hit]:
        """What begins in the part that is to go out, in order and apart from each other."""
        at = len(self._before)
        text = self._before + self._held
        found: list[tuple[Found, Rule]] = []
        for rule in self._rules:
            new = at if rule.action is Action.NOTE else 0  # what began earlier was noted then
            found += [(one, rule) for one in rule.finder.find(text) if one.end > at and new <= one.start < at + cut]
        hits: list[_Hit] = []
        for one, rule in sorted(found, key=lambda pair: (pair[0].start, -pair[0].end)):
            start, end, by = max(0, one.start - at), one.end - at, (rule.guardrail, rule.action, one.thing)
            if not hits or start >= hits[-1].end:
                hits.append(_Hit(start, end, one.thing, rule.action, [by]))
                continue
            hit = hits[-1]
            hit.end = max(hit.end, end)
            if rule.guardrail not in [guardrail for guardrail, _, _ in hit.by]:
                hit.by.append(by)
            if rule.action.strictness > hit.action.strictness:
                hit.thing, hit.action = one.thing, rule.action
        return hits


def sifted(rules: Sequence[Rule], told: Told, text: str) -> str:
    """A whole text, as it would go out in pieces."""
    sieve = Sieve(rules, told)
    return "".join([sieve.push(text[at : at + PIECE]) for at in range(0, len(text), PIECE)]) + sieve.end()


def _words_of_a_number(held: str, words: Sequence[re.Match[str]], start: int) -> int:
    """How many of the words before `start`, the last ones, may be the beginning of a number that is written with spaces."""
    first, next_begins = 0, start
    for count, word in enumerate(reversed(words), 1):
        goes_on = "\n" not in held[word.end() : next_begins] and start - word.start() <= NUMBER_REACH
        if not goes_on or not _OF_A_NUMBER.fullmatch(word.group()):
            break
        next_begins = word.start()
        if _BEGINS_A_NUMBER.search(word.group()):
            first = count
    return first


def _is_open_key(held: str, hit: _Hit) -> bool:
    """Whether a private key has begun of which the last line is not here yet."""
    begins = held.startswith("-----BEGIN", hit.start)
    return begins and hit.thing is Thing.SECRET and not _KEY_ENDS.search(held, hit.start, hit.end)
