"""
Documents that are kept with places for names and sentences apart from their words; put together when they are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from commonweight.rights import ENGLISH, render


class KeptDocument(Mapping[str, Any]):
    """
    The document form of a verdict, made at the first look. `load` gives its template, with every name in it.

    In a list of hundreds of verdicts few are looked at whole.
    """

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load
        self._english: dict[str, Any] | None = None

    def template(self) -> Any:
        """What the document is made from."""
        return self._load()

    def in_language(self, language: str) -> Mapping[str, Any]:
        """Raises UnknownLanguage."""
        if language == ENGLISH:
            return self._document
        spoken: dict[str, Any] = render(self._load(), language)
        return spoken

    @property
    def _document(self) -> dict[str, Any]:
        if self._english is None:
            self._english = render(self._load())
        return self._english

    def __getitem__(self, key: str) -> Any:
        return self._document[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._document)

    def __len__(self) -> int:
        return len(self._document)


def in_language(document: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """A kept document in a language; one that was kept in English alone stays as it is. Raises UnknownLanguage."""
    return document.in_language(language) if isinstance(document, KeptDocument) else document
