"""
Conditions in records: a small language that cannot do anything but ask for facts.

    condition := both ("or" both)*            both := part ("and" part)*
    part      := "not" part | "given" part | "(" condition ")" | fact [test] | call [test]
    test      := ("==" | "!=") literal | "in" REGION | "in" "(" literal, ... ")" | ("<"|"<="|">"|">="|"==") number
    call      := word "(" literal, ... ")"

The answer has three values: True, False, and None where a fact that matters is missing. What was missing, used and
assumed is written into the trace of the scope. A branch that does not matter leaves no missing facts behind:
`A and B` with A false asks nothing about B, in whichever order they stand. `given A` is True only where A is known to be
so: what nobody said counts as not so, asks nothing, and is an assumption where the fact has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from commonweight.rights.errors import ExpressionError
from commonweight.rights.lexer import Token, tokens_of
from commonweight.rights.vocabulary import REGIONS

_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
ALWAYS_KNOWN: Final = frozenset({"act", "object"})
MAX_DEPTH: Final = 30  # nested brackets; records use two or three


class Missing(NamedTuple):
    """A fact that is not known: its name in the question document, and the question to a person."""

    fact: str
    question: str


class Trace:
    """What the evaluation of one condition touched."""

    __slots__ = ("assumed", "missing", "used")

    def __init__(self) -> None:
        self.missing: list[Missing] = []
        self.used: list[str] = []
        self.assumed: list[str] = []


class Span(NamedTuple):
    """A measured quantity, known only to lie within bounds (both included)."""

    low: float
    high: float


class Scope(Protocol):
    """Where a condition finds its facts. Each method notes what it used, assumed or missed in `trace`."""

    @property
    def trace(self) -> Trace: ...

    def fact(self, name: str) -> object | None:
        """The value of a fact, or None where it is missing."""

    def measure(self, kind: str, arguments: tuple[str, ...]) -> Span:
        """The bounds of a quantity."""

    def miss(self, kind: str, arguments: tuple[str, ...], line: float) -> None:
        """Note that a quantity is not known well enough; `line` is the number that it is compared with."""

    def holds(self, name: str, arguments: tuple[str, ...]) -> bool | None:
        """The answer of a named test."""

    def go_without(self, missing: Sequence[Missing]) -> None:
        """Decide without these facts: note what is assumed in their place."""


Test = Callable[[Scope], bool | None]


@dataclass(frozen=True, slots=True)
class Language:
    """
    The names that conditions may use: facts and named tests with their possible words (None: any), and measures with the
    scopes and moments that they take (a month is always one).
    """

    facts: Mapping[str, Collection[str] | None]
    measures: Collection[str]
    tests: Mapping[str, Collection[str] | None]
    scopes: Collection[str] = ()
    moments: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """
    A compiled condition. Call `holds(scope)`. `tests` are the named tests in it, with their arguments; `facts` and
    `measures` are the names it asks for; where those are the act and the object alone, `known` keeps its answers by these
    two: they leave no trace.
    """

    source: str
    holds: Test = field(compare=False, repr=False)
    tests: tuple[tuple[str, tuple[str, ...]], ...] = ()
    facts: frozenset[str] = frozenset()
    measures: frozenset[str] = frozenset()
    known: dict[tuple[str, str], bool | None] | None = field(default=None, compare=False, repr=False)


def compile_condition(source: str, language: Language, where: str) -> Condition:
    """Read a condition once, so that asking it is cheap. Raises ExpressionError naming column and expectation."""
    parser = _Parser(tokens_of(source, where), language, where)
    test = parser.condition(0)
    parser.expect("end", "", "the end")
    facts, measures = frozenset(parser.facts), frozenset(parser.measures)
    plain = facts <= ALWAYS_KNOWN and not measures and not parser.tests
    return Condition(source, test, tuple(parser.tests), facts, measures, {} if plain else None)


class _Parser:
    def __init__(self, tokens: tuple[Token, ...], language: Language, where: str) -> None:
        self._tokens = tokens
        self._language = language
        self._where = where
        self._next = 0
        self.tests: list[tuple[str, tuple[str, ...]]] = []
        self.facts: list[str] = []
        self.measures: list[str] = []

    def condition(self, depth: int) -> Test:
        if depth > MAX_DEPTH:
            raise ExpressionError(self._where, f"more than {MAX_DEPTH} brackets in brackets", "a flatter condition")
        parts = [self._both(depth)]
        while self._take_word("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else _settled_by(True, tuple(parts))

    def _both(self, depth: int) -> Test:
        parts = [self._part(depth)]
        while self._take_word("and"):
            parts.append(self._part(depth))
        return parts[0] if len(parts) == 1 else _settled_by(False, tuple(parts))

    def _part(self, depth: int) -> Test:
        if depth > MAX_DEPTH:
            raise ExpressionError(self._where, f"more than {MAX_DEPTH} levels", "a flatter condition")
        if self._take_word("not"):
            return _negated(self._part(depth + 1))
        if self._take_word("given"):
            return _given(self._part(depth + 1))
        if self._take_mark("("):
            inner = self.condition(depth + 1)
            self.expect("mark", ")", "a closing bracket")
            return inner
        word = self.expect("word", None, "a fact or a test")
        return self._call(word) if self._take_mark("(") else self._fact(word)

    def _fact(self, word: Token) -> Test:
        name = word.text
        if name not in self._language.facts:
            raise self._unknown(word, "fact", self._language.facts)
        self.facts.append(name)
        allowed = self._language.facts[name]
        if self._take_mark("=="):
            return _member(name, frozenset({self._literal(allowed)}))
        if self._take_mark("!="):
            return _negated(_member(name, frozenset({self._literal(allowed)})))
        if self._take_word("in"):
            return _member(name, self._set(allowed))
        return _truth(name)

    def _set(self, allowed: Collection[str] | None) -> frozenset[str]:
        if self._take_mark("("):
            return frozenset(self._arguments(allowed))
        region = self.expect("word", None, "a region or a bracket")
        if region.text not in REGIONS:
            raise self._unknown(region, "region", REGIONS)
        return REGIONS[region.text]

    def _call(self, word: Token) -> Test:
        if word.text in self._language.measures:
            return self._comparison(word.text, self._measure_arguments(word))
        arguments = self._arguments(self._language.tests.get(word.text))
        if word.text not in self._language.tests:
            raise self._unknown(word, "test", (*self._language.measures, *self._language.tests))
        self.tests.append((word.text, arguments))
        return _named(word.text, arguments)

    def _measure_arguments(self, word: Token) -> tuple[str, ...]:
        """Scope, moment, and for money a currency that is not US dollars."""
        arguments = self._arguments(None)
        expected = f"({'|'.join(self._language.scopes)}, a month or {'|'.join(self._language.moments)}[, a currency])"
        if not 2 <= len(arguments) <= 3 or arguments[0] not in self._language.scopes:
            came = f"{word.text}({', '.join(arguments)}) at column {word.column}"
            raise ExpressionError(self._where, came, f"{word.text}{expected}")
        moment, currency = arguments[1], arguments[2] if len(arguments) == 3 else "USD"
        if (moment not in self._language.moments and not _MONTH.fullmatch(moment)) or not _CURRENCY.fullmatch(currency):
            came = f"{word.text}({', '.join(arguments)}) at column {word.column}"
            raise ExpressionError(self._where, came, f"{word.text}{expected}")
        self.measures.append(word.text)
        return (arguments[0], moment, currency)

    def _comparison(self, kind: str, arguments: tuple[str, ...]) -> Test:
        mark = self.expect("mark", None, "a comparison")
        if mark.text not in _COMPARE:
            raise ExpressionError(self._where, f"'{mark.text}' at column {mark.column}", " ".join(_COMPARE))
        return _measured(kind, arguments, mark.text, float(self.expect("number", None, "a number").text))

    def _arguments(self, allowed: Collection[str] | None) -> tuple[str, ...]:
        found: list[str] = []
        while not self._take_mark(")"):
            if found:
                self.expect("mark", ",", "a comma or a closing bracket")
            found.append(self._literal(allowed))
        return tuple(found)

    def _literal(self, allowed: Collection[str] | None) -> str:
        token = self._tokens[self._next]
        if token.kind not in ("word", "month", "number", "text"):
            raise ExpressionError(self._where, f"'{token.text}' at column {token.column}", "a word, month or text")
        self._next += 1
        text = token.text[1:-1] if token.kind == "text" else token.text
        if allowed is not None and text not in allowed:
            raise self._unknown(token, "word", allowed)
        return text

    def expect(self, kind: str, text: str | None, what: str) -> Token:
        token = self._tokens[self._next]
        if token.kind != kind or (text is not None and token.text != text):
            came = f"'{token.text}' at column {token.column}" if token.text else "the end"
            raise ExpressionError(self._where, came, what)
        self._next += 1
        return token

    def _take(self, kind: str, text: str) -> bool:
        token = self._tokens[self._next]
        if token.kind != kind or token.text != text:
            return False
        self._next += 1
        return True

    def _take_word(self, text: str) -> bool:
        return self._take("word", text)

    def _take_mark(self, text: str) -> bool:
        return self._take("mark", text)

    def _unknown(self, token: Token, what: str, known: Collection[str]) -> ExpressionError:
        came = f"the {what} '{token.text}' at column {token.column}"
        return ExpressionError(self._where, came, f"one of {', '.join(sorted(known))}")


def _settled_by(deciding: bool, parts: tuple[Test, ...]) -> Test:
    """`or` is settled by True, `and` by False: then nothing that other parts missed or assumed matters."""

    def test(scope: Scope) -> bool | None:
        trace = scope.trace
        missing, assumed = len(trace.missing), len(trace.assumed)
        answer: bool | None = not deciding
        for part in parts:
            before = len(trace.assumed)
            found = part(scope)
            if found is deciding:
                del trace.missing[missing:]
                del trace.assumed[assumed:before]
                return deciding
            answer = None if found is None else answer
        return answer

    return test


def _negated(inner: Test) -> Test:
    def test(scope: Scope) -> bool | None:
        found = inner(scope)
        return None if found is None else not found

    return test


def _given(inner: Test) -> Test:
    def test(scope: Scope) -> bool | None:
        trace = scope.trace
        before = len(trace.missing)
        found = inner(scope)
        if found is None:
            missing = trace.missing[before:]
            del trace.missing[before:]
            scope.go_without(missing)
        return found is True

    return test


def _truth(name: str) -> Test:
    def test(scope: Scope) -> bool | None:
        found = scope.fact(name)
        return None if found is None else bool(found)

    return test


def _member(name: str, words: frozenset[str]) -> Test:
    def test(scope: Scope) -> bool | None:
        found = scope.fact(name)
        return None if found is None else found in words

    return test


def _named(name: str, arguments: tuple[str, ...]) -> Test:
    return lambda scope: scope.holds(name, arguments)


def _measured(kind: str, arguments: tuple[str, ...], mark: str, line: float) -> Test:
    compare = _COMPARE[mark]

    def test(scope: Scope) -> bool | None:
        found = compare(scope.measure(kind, arguments), line)
        if found is None:
            scope.miss(kind, arguments, line)
        return found

    return test


def _above(span: Span, line: float) -> bool | None:
    return True if span.low > line else False if span.high <= line else None


def _below(span: Span, line: float) -> bool | None:
    return True if span.high < line else False if span.low >= line else None


def _equal(span: Span, line: float) -> bool | None:
    if span.low > line or span.high < line:
        return False
    return True if span.low == span.high else None


_COMPARE: Final[dict[str, Callable[[Span, float], bool | None]]] = {
    ">": _above,
    "<": _below,
    ">=": lambda span, line: None if (below := _below(span, line)) is None else not below,
    "<=": lambda span, line: None if (above := _above(span, line)) is None else not above,
    "==": _equal,
}
