"""
What differs between two versions of a text: by what the records say, not by how they word it.

    {"section": "depends", "id": "mau700", "change": "changed", "before": "...", "after": "..."}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from commonweight.rights.explaining.record import described
from commonweight.rights.records import Records
from commonweight.rights.said import ENGLISH
from commonweight.rights.terms import Terms

Item = Mapping[str, Any]

#: Sections that are lists, the field that names an entry, and how an entry is told in a sentence.
_LISTS: Final[tuple[tuple[str, str, Callable[[Item], str]], ...]] = (
    ("rights", "right", lambda item: f"{item['says']} {item['reason']}"),
    ("depends", "id", lambda item: item["reason"]),
    ("policies", "id", lambda item: f"{item['title']}: {item['observe']}"),
    ("forbids", "id", lambda item: _with_purposes(item)),
    ("asks", "id", lambda item: item["reason"] + (f' "{item["text"]}"' if item.get("text") else "")),
    ("reaches", "relation", lambda item: item["says"]),
    ("ends", "event", lambda item: item["note"]),
    ("readings", "id", lambda item: item["question"]),
)
_SINGLE: Final[tuple[tuple[str, Callable[[Item], str]], ...]] = (
    ("openness", lambda item: item["says"]),
    ("propagates", lambda item: item["says"]),
    ("outputs", lambda item: f"{item['owner_says']} {item['training_says']}"),
)
#: Fields that tell the same in other words, or where it stands: a change there alone is none.
_WORDING: Final = frozenset({
    "reason", "note", "clause", "evidence", "says", "name", "observe", "watch", "remedy", "read", "text_digests", "url",
    "title", "question", "readings", "doubt", "where",
})  # fmt: skip


def versions_of(terms: Terms, records: Records) -> tuple[Terms, ...]:
    """The texts of one family, oldest first."""
    family = (other for other in records if other.family == terms.family)
    return tuple(sorted(family, key=lambda other: (other.effective or date.min, other.key)))


def version_before(terms: Terms, records: Records) -> Terms | None:
    """The text that this one replaced: the one it names, else the next older one of its family."""
    named = records.get(terms.supersedes) if terms.supersedes else None
    if named is not None and named.key != terms.key:
        return named
    older = [other for other in versions_of(terms, records) if _age(other) < _age(terms)]
    return older[-1] if older and terms.effective else None


def _age(terms: Terms) -> date:
    return terms.effective or date.min


def differences(old: Terms, new: Terms, records: Records, language: str = ENGLISH) -> list[dict[str, str]]:
    """What changed from one text to the other, section by section, in a language. Raises UnknownLanguage."""
    earlier, later = described(old, records, language), described(new, records, language)
    found: list[dict[str, str]] = []
    for section, tell in _SINGLE:
        found += _changed(section, section, earlier[section], later[section], tell)
    for section, key, tell in _LISTS:
        found += _of_list(section, _by(key, earlier[section]), _by(key, later[section]), tell)
    return found


def _by(key: str, items: list[Item]) -> dict[str, Item]:
    return {item[key]: item for item in items}


def _of_list(
    section: str, earlier: Mapping[str, Item], later: Mapping[str, Item], tell: Callable[[Item], str]
) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for name in dict.fromkeys((*earlier, *later)):
        found += _changed(section, name, earlier.get(name), later.get(name), tell)
    return found


def _changed(
    section: str, name: str, old: Item | None, new: Item | None, tell: Callable[[Item], str]
) -> list[dict[str, str]]:
    if old is not None and new is not None and _meaning(old) == _meaning(new):
        return []
    change = "added" if old is None else "removed" if new is None else "changed"
    return [{
        "section": section,
        "id": name,
        "change": change,
        "before": "" if old is None else tell(old),
        "after": "" if new is None else tell(new),
    }]  # fmt: skip


def _with_purposes(item: Item) -> str:
    purposes = ", ".join(purpose["says"] for purpose in item["purposes"])
    return f"{item['reason']} ({purposes})" if purposes else str(item["reason"])


def _meaning(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in _WORDING}
