"""The records of terms, as far as standing verdicts rest on them: what a shape declares, and for how long that holds."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import orjson

from commonweight.rights import ALWAYS_RESTS_ON, ENGINE_VERSION, Question, Records, Terms, facts_asked

REMEMBERED: Final = 20_000  # shapes; about a kilobyte each
ENGINE: Final = "engine"  # in the list of digests: no licence has a key without a hyphen or digit like this one's

_PROBE: Final = {"acts": ["evaluate"]}  # any use: what a lineage declares is the same for all


@dataclass(frozen=True)
class ShapeTerms:
    """
    What a shape declares, under one library on one day.

    `licences` are all the names by which people may speak of its terms; `index` those under which it is found; `asked` the
    places of facts that its terms ask for; `basis` a digest that changes when a record of its terms, or the engine, does.
    """

    licences: frozenset[str]
    index: tuple[str, ...]
    asked: frozenset[str]
    basis: str


class Library:
    """Records, and what they say of shapes; remembered by digest of the shape."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._kept: OrderedDict[tuple[str, date], ShapeTerms] = OrderedDict()
        self._asked: dict[str, frozenset[str]] = {}

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """Of each record by its key, and of the engine: what a process stands for."""
        return {**{terms.key: terms.digest for terms in self.records}, ENGINE: ENGINE_VERSION}

    @cached_property
    def digest(self) -> str:
        return digest(dict(self.digests))

    @cached_property
    def prefixes(self) -> tuple[str, ...]:
        """What names have to begin with, by some licence: the shapes of lineages tell names apart by them."""
        return tuple(sorted({duty.text for terms in self.records for duty in terms.naming if duty.text}))

    def terms_of(self, shape_digest: str, shape: Mapping[str, Any], today: date) -> ShapeTerms:
        key = (shape_digest, today)
        if key not in self._kept:
            self._kept[key] = self._read(shape, today)
            if len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
        return self._kept[key]

    def _read(self, shape: Mapping[str, Any], today: date) -> ShapeTerms:
        question = Question.from_document({"use": _PROBE, "subject": dict(shape)}, today=today, name="shape")
        declared = set()
        for node in question.subject.nodes.values():
            ways = [*node.licences.values(), *(way for ways in node.choices.values() for way in ways)]
            declared |= {licence for way in ways for licence in way}
        means = {one: self.records.resolve(one, today)[0] for one in declared}
        resolved = {terms.key: terms for terms in means.values() if terms is not None}
        raw = {one.key for one in declared}
        said = sorted((*map(str, one), terms.digest if terms else "") for one, terms in means.items())
        return ShapeTerms(
            licences=frozenset(raw | resolved.keys() | {name for terms in resolved.values() for name in terms.names}),
            index=tuple(sorted({name.lower() for name in raw} | resolved.keys())),
            asked=frozenset(ALWAYS_RESTS_ON | {place for terms in resolved.values() for place in self.asked_by(terms)}),
            basis=digest([said, ENGINE_VERSION]),
        )

    def asked_by(self, terms: Terms) -> frozenset[str]:
        """See `rights.facts_asked`."""
        if terms.key not in self._asked:
            self._asked[terms.key] = facts_asked(terms)
        return self._asked[terms.key]

    def asking_for(self, places: Iterable[str]) -> tuple[str, ...]:
        """Keys of the terms that ask for some of these places of facts."""
        wanted = frozenset(places)
        return tuple(terms.key for terms in self.records if wanted & self.asked_by(terms))

    def names_of(self, keys: Iterable[str]) -> tuple[str, ...]:
        """
        Under what the shapes that declare these licences are found: keys, and all names of their records, in lower case.
        """
        found = {key.lower() for key in keys}
        for key in keys:
            terms = self.records.get(key)
            found |= {key} | ({name.lower() for name in terms.names} if terms else set())
        return tuple(sorted(found))


def digest(value: Any) -> str:
    """SHA-256 in hexadecimal over JSON with sorted keys."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
