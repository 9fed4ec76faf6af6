"""
Which facts of a question the terms of a record can ask for: where none of them changes, no verdict under these terms does.

Read out of the record's conditions, not out of one evaluation, so it holds for every question.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from commonweight.rights.expression import Condition
from commonweight.rights.language import FACTS, MEASURES
from commonweight.rights.terms import Terms

#: What every verdict rests on, whatever the terms: the fields of a question that select acts, artefacts and the day.
ALWAYS_RESTS_ON: Final = frozenset({"use.acts", "use.artefacts", "use.date"})

_PLACE_OF_TEST: Final = {
    "business": "organisation.business",
    "competes": "organisation.competes_with",
    "purpose": "use.purposes",
    "used_in": "use.where_used",
    "shown_in": "use.where_outputs_shown",
    "improves": "use.improves",
}
#: Facts that are read out of others too.
_WITH: Final = {
    "org.seat": ("organisation.kind", "organisation.domicile"),
    "use.commercial": ("use.paid",),
    "use.human_review": ("use.purposes",),
    "use.consent": ("use.purposes",),
}
_FIGURES: Final = frozenset(f"organisation.{kind}" for kind in MEASURES)  # sizes bound each other: all of them count
_COMMERCIAL: Final = ("use.commercial", "use.paid")


def facts_asked(terms: Terms) -> frozenset[str]:
    """Places in the question document (`organisation.mau`, `use.purposes`) that these terms can ask for."""
    found = set(_of_conditions(terms.conditions))
    if any(ban.purposes for ban in terms.bans):
        found.add("use.purposes")
    commercial = terms.grants["commercial"]
    if commercial.value != "yes" or commercial.when is not None:
        found.update(_COMMERCIAL)
    if terms.naming:
        found.add("use.planned_name")
    return frozenset(found)


def _of_conditions(conditions: Iterable[Condition]) -> Iterable[str]:
    for condition in conditions:
        for name in condition.facts:
            yield FACTS[name].place
            yield from _WITH.get(name, ())
        if condition.measures:
            yield from _FIGURES
        for test, _arguments in condition.tests:
            if test in _PLACE_OF_TEST:
                yield _PLACE_OF_TEST[test]
