"""
Words by which repositories are found: what goes into the index, and what is asked of it. Pure.

Both databases are given tokens of ASCII letters and digits that are made here, so that they find the same and neither's
own idea of a word counts:

    kmodel          the kind
    t5f0c…          a tag, by a hash of it in lower case
    g6c6c61         three signs of the full name that follow each other (hexadecimal): names are found by any part of them
    wllama          a word of a tag or of the card's text
    x6d61c3b1…      the same, where it has other signs than ASCII letters and digits (hexadecimal)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

GRAM: Final = 3
MAX_WORDS: Final = 1_000  # different ones of one card; a long card has some hundred
MAX_WORD: Final = 40  # signs; longer ones are addresses and hashes
MAX_SEARCHED: Final = 10  # words of one search; more make nothing clearer
MAX_SEARCH: Final = 200  # signs of a search

_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Term:
    token: str
    is_prefix: bool = False


#: All of these clauses, of each one of its ways, of each way all of its terms.
Clause = tuple[tuple[Term, ...], ...]
Expression = tuple[Clause, ...]


def tokens_of_name(kind: str, full_name: str) -> list[str]:
    return [f"k{kind}", *_grams(full_name.lower())]


def tokens_of_contents(tags: Iterable[str], text: str) -> list[str]:
    tags = list(tags)
    words = dict.fromkeys(_words(" ".join(tags)))
    for word in _words(text):
        if len(words) >= MAX_WORDS:
            break
        words.setdefault(word)
    return [*dict.fromkeys(tag_token(tag) for tag in tags), *map(_word_token, words)]


def is_of_name(token: str) -> bool:
    return token[0] in "kg"


def tag_token(tag: str) -> str:
    return "t" + hashlib.blake2b(tag.lower().encode(errors="replace"), digest_size=8).hexdigest()


def expression_of(kind: str, tags: Sequence[str], search: str) -> Expression:
    """Of a kind, with all of these tags, and each word of the search in the name, a tag or the text (there as it begins)."""
    clauses: list[Clause] = [((Term(f"k{kind}"),),)]
    clauses += [((Term(tag_token(tag)),),) for tag in tags]
    return (*clauses, *map(_clause, searched_words(search)))


def searched_words(search: str) -> list[str]:
    return search[:MAX_SEARCH].replace("\0", " ").lower().split()[:MAX_SEARCHED]


def _clause(word: str) -> Clause:
    parts = _words(word)
    ways: list[tuple[Term, ...]] = []
    if len(word) >= GRAM:
        ways.append(tuple(Term(one) for one in _grams(word)))
    if parts:
        ways.append(tuple(Term(_word_token(one), is_prefix=number == len(parts) - 1) for number, one in enumerate(parts)))
    return tuple(ways) or ((Term(_word_token("\0")),),)


def is_short(word: str) -> bool:
    """Whether a searched word has too few signs to be found as a part of a name by the index."""
    return len(word) < GRAM


def for_sqlite(expression: Expression) -> str:
    """SQLite, FTS5, section 3 (full-text query syntax)."""
    return _written(expression, " AND ", " OR ", " *")


def for_postgresql(expression: Expression) -> str:
    """PostgreSQL, section 8.11.2 (tsquery)."""
    return _written(expression, " & ", " | ", ":*")


def _written(expression: Expression, both: str, either: str, prefix: str) -> str:
    def way(terms: Sequence[Term]) -> str:
        return "(" + both.join(term.token + (prefix if term.is_prefix else "") for term in terms) + ")"

    return both.join("(" + either.join(map(way, clause)) + ")" for clause in expression)


def _grams(text: str) -> list[str]:
    found = (text[at : at + GRAM] for at in range(len(text) - GRAM + 1))
    return list(dict.fromkeys("g" + one.encode(errors="replace").hex() for one in found))


def _words(text: str) -> list[str]:
    return [one[:MAX_WORD] for one in _WORD.findall(text.lower())]


def _word_token(word: str) -> str:
    return f"w{word}" if word.isascii() and word.isalnum() else "x" + word.encode(errors="replace").hex()
