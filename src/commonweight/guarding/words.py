"""Words and phrases that must not be said, whatever their case and the spaces between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from commonweight.guarding.values import Found, Thing


class Words:
    """Looks for phrases as whole words. None of them is empty."""

    def __init__(self, phrases: Sequence[str]) -> None:
        split = [phrase.lower().split() for phrase in phrases]
        longest_first = sorted(split, key=len, reverse=True)
        inner = "|".join(r"\s+".join(re.escape(word) for word in words) for words in longest_first)
        self._pattern = re.compile(rf"(?<!\w)(?:{inner})(?!\w)", re.IGNORECASE)
        self._beginnings = {tuple(words[:count]) for words in split for count in range(1, len(words))}
        self._most = max((len(words) for words in split), default=1) - 1

    def find(self, text: str) -> Iterator[Found]:
        for match in self._pattern.finditer(text):
            yield Found(match.start(), match.end(), Thing.WORD)

    def open_words(self, words: Sequence[str]) -> int:
        """How many of the last words of an unfinished text may be the beginning of a phrase."""
        lowered = [_bare(word) for word in words[-self._most :]] if self._most else []
        return next((len(lowered) - i for i in range(len(lowered)) if tuple(lowered[i:]) in self._beginnings), 0)


def _bare(word: str) -> str:
    """A word without quotes and brackets before it."""
    return word.lower().lstrip("\"'([{<*_«„“‘¿¡-")
