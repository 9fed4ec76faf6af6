"""
Candidates for a text from ScanCode's matcher and licence data (extra `commonweight[licences]`).

Loading takes seconds and more than a gigabyte, so this runs in commands and in a child of the worker, never in a server.
ScanCode finds; what it finds is judged by `rights.matching`, by our own score.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from commonweight.rights.likeness import is_piece
from commonweight.rights.matching import MAX_CANDIDATES, Found, KnownText, TextMatch, match_text
from commonweight.rights.words import NO_WORDS, Words, words_of

PACKAGE: Final = "scancode-toolkit-mini"
REMEMBERED: Final = 512  # known texts kept as words; about 100 KB for a long one
SIBLINGS: Final = 12  # licences with almost the same words that are compared too; families have some ten versions
WHOLE: Final = 0.95  # share of a notice that must stand here before a licence counts as named by it

_LOADS_LIBMAGIC: Final = "typecode.magic2"
_BY_HASH: Final = "1-"  # ScanCode's mark of a match word for word


def installed_version() -> str:
    """The matcher's version, "" where the extra is not installed. Loads nothing."""
    if importlib.util.find_spec("licensedcode") is None:
        return ""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return ""


def match_with_scancode(text: str) -> TextMatch:
    """What a text is. The first call in a process loads the matcher."""
    return match_text(text, _loaded())


@cache
def _loaded() -> ScanCode:
    return ScanCode()


class ScanCode:
    """A finder over ScanCode's index, which comes ready with its wheel."""

    def __init__(self) -> None:
        """Raises ImportError where the extra is not installed."""
        # ScanCode's module for types of files loads libmagic, a library that many systems lack. Texts come here as
        # strings, no file is ever looked at: an empty module takes its place.
        sys.modules.setdefault(_LOADS_LIBMAGIC, types.ModuleType(_LOADS_LIBMAGIC))
        from licensedcode.cache import get_cache

        loaded: Any = get_cache()
        self.version = f"ScanCode {installed_version()}"
        self._index = loaded.index
        self._licences = loaded.db
        self._whole = {rid for rid, rule in enumerate(loaded.index.rules_by_rid) if rule.is_from_license}
        self._words: OrderedDict[str, Words] = OrderedDict()
        self._pieces: dict[str, bool] = {}  # by rule: at most some thousand

    @property
    def keys(self) -> list[str]:
        """Names of the licences whose text is known."""
        return sorted(key for key, licence in self._licences.items() if licence.text)

    def text_of(self, key: str) -> str:
        """The text of a licence, by ScanCode's name of it. Raises KeyError."""
        return str(self._licences[key].text)

    def holders_of(self, key: str) -> list[str]:
        """Copyright holders that stand in the text of a licence. Raises KeyError."""
        return [str(holder) for holder in self._licences[key].ignorable_holders or ()]

    def find(self, text: str) -> Found:
        matches = self._index.match(query_string=text)
        texts = [match for match in matches if match.rule.is_license_text or match.rule.is_from_license]
        texts.sort(key=lambda match: -match.len())
        rules = [match.rule for match in texts]
        if rules and not any(_is_own_text(match) for match in texts):
            rules += self._siblings(text)
        known = {(one.key, len(one.words)): one for rule in rules for one in self._texts_of(rule)}
        notices = [match for match in matches if match not in texts and match.coverage() >= 100 * WHOLE]
        share = sum(match.len() for match in notices) / max(1, len(matches[0].query.tokens)) if matches else 0.0
        named = {key: self._named(key) for match in notices for key in match.rule.license_keys()}
        return Found(tuple(known.values())[:MAX_CANDIDATES], tuple(named.values()), share)

    def _siblings(self, text: str) -> list[Any]:
        """
        Texts with almost the same words, such as the versions of a licence. A match names one of them only, and which one
        was meant may hang on a word of the title.
        """
        from licensedcode import match_set, query

        asked = query.build_query(query_string=text, idx=self._index, text_line_threshold=15, bin_line_threshold=50)
        alike = match_set.compute_candidates(
            asked.whole_query_run(), self._index, self._whole, top=SIBLINGS, high_resemblance=True
        )
        return [candidate[2] for candidate in alike]

    def _texts_of(self, rule: Any) -> Iterator[KnownText]:
        """The matched text, where it is of one licence, and the own text of each licence in it."""
        keys: Iterable[str] = rule.license_keys()
        own = list(keys)
        if len(own) == 1 and rule.is_license_text and not self._is_piece(rule, own[0]):
            yield self._known(own[0], rule.identifier, rule.text)
        for key in own:
            yield self._known(key, key, self._licences[key].text)

    def _is_piece(self, rule: Any, key: str) -> bool:
        """
        Whether a text that stands for a licence is but a piece of its own text: one of those for `bsd-simplified` leaves out
        the disclaimer, and would have its licence known by the rest.
        """
        if rule.identifier not in self._pieces:
            text, whole = self._known(key, rule.identifier, rule.text), self._known(key, key, self._licences[key].text)
            self._pieces[rule.identifier] = is_piece(text.words, whole.words)
        return self._pieces[rule.identifier]

    def _known(self, key: str, name: str, text: str) -> KnownText:
        if name not in self._words:
            self._words[name] = words_of(text or "")
            if len(self._words) > REMEMBERED:
                self._words.popitem(last=False)
        licence = self._licences[key]
        return KnownText(key, licence.name, self._words[name], _is_policy(licence.name))

    def _named(self, key: str) -> KnownText:
        licence = self._licences[key]
        return KnownText(key, licence.name, NO_WORDS, _is_policy(licence.name))


def _is_own_text(match: Any) -> bool:
    """
    Whether a licence's own text stands here word for word. Other texts that stand for a licence do not show which one of a
    family is meant: one of those for `unicode` is the text of 2016 without its title.
    """
    return bool(match.rule.is_from_license) and match.matcher.startswith(_BY_HASH)


def _is_policy(title: str) -> bool:
    """Rules of use are no licence, though they stand among them: `llama-4-license-2025` is one."""
    lower = title.lower()
    return "acceptable use" in lower or "prohibited use" in lower or lower.endswith("use policy")
