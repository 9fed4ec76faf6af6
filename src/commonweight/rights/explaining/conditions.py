"""
A condition in plain words, so that somebody who reads no code can hold it against the clause.

    mau(group, 2023-06) > 700e6 and not use.received_in_product
    -> all products of you and your affiliates together had more than 700,000,000 monthly active users (in 2023-06), and
       you got the model as such, not only inside an integrated product for end users

What is negated is said as its opposite; brackets stay where both "and" and "or" occur.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from commonweight.rights.explaining import phrases
from commonweight.rights.expression import Condition
from commonweight.rights.language import FACTS, MEASURES, PATH_TESTS
from commonweight.rights.lexer import Token, tokens_of
from commonweight.rights.said import joined, say
from commonweight.rights.vocabulary import PURPOSES, RELATION_NAMES

ALL: Final = "all"
ANY: Final = "any"
_PLACES: Final = frozenset({"org.principal_place", "org.domicile", "org.seat", "used_in", "shown_in"})


@dataclass(frozen=True, slots=True)
class Spoken:
    """
    A condition in words: `text` where it is one thing, else `parts` of which `joint` (all, any) must hold.
    """

    text: str = ""
    joint: str = ""
    parts: tuple[Spoken, ...] = ()

    @property
    def sentence(self) -> str:
        """All of it as one sentence, without capital and full stop."""
        if not self.parts:
            return self.text
        first, *others = (part._inside(self.joint) for part in self.parts)
        for other in others:
            first = say(phrases.AND if self.joint == ALL else phrases.OR, first=first, second=other)
        return first

    def _inside(self, joint: str) -> str:
        nested = self.parts and self.joint != joint
        return say(phrases.IN_BRACKETS, inner=self.sentence) if nested else self.sentence


def spoken(condition: Condition) -> Spoken:
    """The words of a compiled condition."""
    return _Speaker(tokens_of(condition.source, "condition")).condition(holds=True)


class _Speaker:
    """Walks the tokens of a condition that has been compiled before, so that nothing has to be checked here."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._tokens = tokens
        self._next = 0

    def condition(self, *, holds: bool) -> Spoken:
        parts = [self._both(holds=holds)]
        while self._took("or"):
            parts.append(self._both(holds=holds))
        return _together(parts, ANY if holds else ALL)

    def _both(self, *, holds: bool) -> Spoken:
        parts = [self._part(holds=holds)]
        while self._took("and"):
            parts.append(self._part(holds=holds))
        return _together(parts, ALL if holds else ANY)

    def _part(self, *, holds: bool) -> Spoken:
        if self._took("not"):
            return self._part(holds=not holds)
        if self._took("given"):
            inner = self._part(holds=True)
            return Spoken(say(_phrase(phrases.GIVEN, holds=holds), inner=inner._inside("")))
        if self._took("("):
            inner = self.condition(holds=holds)
            self._took(")")
            return inner
        name = self._take()
        if not self._took("("):
            return Spoken(self._fact(name, holds=holds))
        words = self._words()
        return Spoken(self._measure(name, words, holds=holds) if name in MEASURES else _test(name, words, holds=holds))

    def _fact(self, name: str, *, holds: bool) -> str:
        if self._took("in"):
            words = self._words() if self._took("(") else (self._take(),)
        elif self._took("=="):
            words = (self._take(),)
        elif self._took("!="):
            words, holds = (self._take(),), not holds
        else:
            return _flag(name, holds=holds)
        return say(_phrase(phrases.MEMBERS[name], holds=holds), words=_listed(_named(name, words)))

    def _measure(self, kind: str, arguments: tuple[str, ...], *, holds: bool) -> str:
        scope, when, *currency = arguments
        compared = self._take()
        compared = compared if holds else phrases.OPPOSITE[compared]
        line = f"{float(self._take()):,.0f}"
        money = currency[0] if currency and currency[0] != "USD" else phrases.DOLLARS
        return say(
            phrases.COUNTED[kind],
            whose=phrases.WHOSE[scope],
            who=phrases.WHO[scope],
            count=say(phrases.COMPARED[compared], line=line),
            money=money,
            when=phrases.WHEN.get(when) or say(phrases.IN_MONTH, month=when),
        )

    def _words(self) -> tuple[str, ...]:
        found: list[str] = []
        while not self._took(")"):
            if not self._took(","):
                found.append(self._take())
        return tuple(found)

    def _take(self) -> str:
        token = self._tokens[self._next]
        self._next += 1
        return token.text[1:-1] if token.kind == "text" else token.text

    def _took(self, text: str) -> bool:
        token = self._tokens[self._next]
        is_it = token.kind in ("word", "mark") and token.text == text
        self._next += is_it
        return is_it


def _together(parts: list[Spoken], joint: str) -> Spoken:
    """One part alone is itself; parts that are joined the same way join."""
    if len(parts) == 1:
        return parts[0]
    flat: list[Spoken] = []
    for part in parts:
        flat += part.parts if part.joint == joint else (part,)
    return Spoken(joint=joint, parts=tuple(flat))


def _phrase(pair: tuple[str, str], *, holds: bool) -> str:
    return pair[0] if holds else pair[1]


def _flag(name: str, *, holds: bool) -> str:
    pair = phrases.FLAGS.get(name)
    if pair is not None:
        return _phrase(pair, holds=holds)
    return say(_phrase(phrases.ANSWERED, holds=holds), question=FACTS[name].question)


def _test(name: str, words: tuple[str, ...], *, holds: bool) -> str:
    return say(_phrase(phrases.TESTS[name], holds=holds), words=_listed(_named(name, words)))


def _named(name: str, words: Iterable[str]) -> list[str]:
    """The words as they are read: places, relations, purposes, acts by their names; keys as they are."""
    if name in _PLACES:
        return [phrases.PLACES.get(word, word) for word in words]
    if name in PATH_TESTS:
        return [RELATION_NAMES[word] for word in words]
    if name == "purpose":
        return [PURPOSES[word].rstrip(".").lower() for word in words]
    known = phrases.WORDS.get(name, {})
    return [known.get(word, word) for word in words]


def _listed(words: list[str]) -> str:
    *first, last = words
    return say(phrases.LAST_OF_LIST, first=joined(first, ", "), last=last) if first else last
