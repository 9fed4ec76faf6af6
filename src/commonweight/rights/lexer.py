"""Tokens of the condition language: words, numbers, months, texts, marks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from commonweight.rights.errors import ExpressionError

MAX_EXPRESSION: Final = 2_000  # characters; the longest condition in the records has some 200
_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<month>\d{4}-\d{2}(?!\d))
    | (?P<number>\d+(?:\.\d+)?(?:e\d+)?)
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:[.][A-Za-z0-9_]+)*(?:-[A-Za-z0-9_.+]+)*)
    | (?P<mark><=|>=|==|!=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    column: int


def tokens_of(source: str, where: str) -> tuple[Token, ...]:
    """All tokens of a condition, ended by one of kind `end`. Raises ExpressionError."""
    if len(source) > MAX_EXPRESSION:
        raise ExpressionError(where, f"{len(source)} characters", f"at most {MAX_EXPRESSION}")
    found: list[Token] = []
    place = 0
    end = len(source.rstrip())
    while place < end:
        match = _TOKEN.match(source, place)
        if match is None or match.lastgroup is None:
            raise ExpressionError(where, f"{source[place : place + 12]!r} at column {place + 1}", "a word, number or mark")
        text = match.group(match.lastgroup)
        found.append(Token(match.lastgroup, text, match.start(match.lastgroup) + 1))
        place = match.end()
    return (*found, Token("end", "", end + 1))
