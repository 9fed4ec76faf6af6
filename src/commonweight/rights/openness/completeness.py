"""Completeness: which class of the framework a release reaches, and what is missing for the next, with counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from commonweight.rights.openness.component import Component
from commonweight.rights.openness.framework import CLASSES, COMPONENTS, PARTS, RULES, Part, needed
from commonweight.rights.openness.terms import PartTerms
from commonweight.rights.said import Say, joined, mark, plain, say


class Completeness(StrEnum):
    """Which parts were released."""

    OPEN_SCIENCE = "open_science"
    OPEN_TOOLING = "open_tooling"
    OPEN_MODEL = "open_model"
    PARTS = "parts"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


_GRADE_OF_CLASS: Final = {3: Completeness.OPEN_MODEL, 2: Completeness.OPEN_TOOLING, 1: Completeness.OPEN_SCIENCE}


@dataclass(frozen=True, slots=True)
class Graded:
    """A component with its terms. `counts` where it was seen whole and its licence is open for its kind."""

    part: Part
    component: Component
    terms: PartTerms

    @property
    def counts(self) -> bool:
        return self.component.counts and self.terms.counts

    @property
    def counts_if_true(self) -> bool:
        """Counts, if what is claimed is so."""
        return self.component.is_said and self.terms.counts

    @property
    def lacks(self) -> str:
        """Why it does not count, in one sentence; empty where it does."""
        if self.counts:
            return ""
        if self.component.status == "absent":
            return mark("not found") if self.component.looked else mark("not known")
        if not self.component.whole:
            return mark("only part of it")
        if not self.component.shown:
            return mark("claimed, not seen")
        if not self.terms.keys:
            return mark("licence not known")
        return say("not under open terms: {licences}", licences=joined(self.terms.keys, ", "))

    def to_document(self, speak: Say = plain) -> dict[str, Any]:
        return {
            "component": self.part.key,
            "number": self.part.number,
            "name": speak(self.part.name),
            "kind": self.part.kind,
            "class": CLASSES[self.part.needed_in],
            "required": self.part.required,
            **self.component.to_document(speak),
            "terms": self.terms.to_document(speak),
            "counts": self.counts,
            "lacks_for_class": speak(self.lacks) if self.lacks else "",
        }


@dataclass(frozen=True, slots=True)
class Reach:
    """
    How far a release comes: `level` 3, 2, 1, or 0 for none. `counts` has for each class (3, 2, 1) how many of its needs are
    met, of how many; `missing` what the next class still wants; `by_stand_in` which need another component meets.
    """

    level: int
    counts: Mapping[int, tuple[int, int]]
    missing: tuple[str, ...]
    by_stand_in: tuple[tuple[str, str], ...] = ()

    @property
    def grade(self) -> Completeness:
        return _GRADE_OF_CLASS.get(self.level, Completeness.PARTS)

    def to_document(self) -> dict[str, Any]:
        return {
            "class": CLASSES.get(self.level, ""),
            "grade": self.grade.value,
            "counts": {CLASSES[level]: {"met": met, "of": of} for level, (met, of) in self.counts.items()},
            "missing": list(self.missing),
            "stand_ins": dict(self.by_stand_in),
        }


@dataclass(frozen=True, slots=True)
class Classes:
    """
    The classes reached: by what was `checked`, by what is `claimed` too, and both again with training data of any licence,
    as the framework's paper words it.
    """

    checked: Reach
    claimed: Reach
    checked_any_data: Reach
    claimed_any_data: Reach
    rules: str = RULES

    def to_document(self) -> dict[str, Any]:
        return {
            "rules": self.rules,
            "checked": self.checked.to_document(),
            "claimed": self.claimed.to_document(),
            "any_data_licence": {
                "checked": self.checked_any_data.to_document(),
                "claimed": self.claimed_any_data.to_document(),
            },
        }


def classes_of(graded: Mapping[str, Graded]) -> Classes:
    """The four figures for all components of the framework."""

    def checked(one: Graded) -> bool:
        return one.counts

    def claimed(one: Graded) -> bool:
        return one.counts_if_true

    def any_data(counts: Callable[[Graded], bool], seen: Callable[[Component], bool]) -> Callable[[Graded], bool]:
        return lambda one: seen(one.component) if one.part.key == "data" else counts(one)

    return Classes(
        reach(graded, checked),
        reach(graded, claimed),
        reach(graded, any_data(checked, lambda one: one.counts)),
        reach(graded, any_data(claimed, lambda one: one.is_said)),
    )


def reach(graded: Mapping[str, Graded], counts: Callable[[Graded], bool]) -> Reach:
    """The class that is reached where `counts` says which components do."""
    have = {key for key, one in graded.items() if counts(one)}
    stood_in = {
        part.key: other for part in PARTS.values() for other in part.instead if other in have and part.key not in have
    }
    met = {level: _met(level, have, stood_in) for level in CLASSES}
    level = 0
    for higher in CLASSES:  # 3, 2, 1
        if met[higher][0] < met[higher][1]:
            break
        level = higher
    wanted = needed(_next(level)) if level != 1 else ()
    missing = tuple(part.key for part in wanted if part.key not in have and part.key not in stood_in)
    return Reach(level, met, missing, tuple(sorted(stood_in.items())))


def _met(level: int, have: set[str], stood_in: Mapping[str, str]) -> tuple[int, int]:
    """Needs met, of how many. A paper that replaces the report is one component for both: class I then needs one fewer."""
    keys = [part.key for part in needed(level)]
    doubled = [key for key in keys if key in stood_in and stood_in[key] in keys]
    counted = [key for key in keys if key in have or key in stood_in]
    return len(counted) - len(doubled), len(keys) - len(doubled)


def _next(level: int) -> int:
    return 3 if level == 0 else level - 1


def words_for(keys: tuple[str, ...]) -> str:
    """Components in a sentence."""
    return joined((COMPONENTS[key] for key in keys), ", ")
