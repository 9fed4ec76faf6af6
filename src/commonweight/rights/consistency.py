"""
What only shows across the fields of a record: a text that is called open and forbids things, a frozen clock without its
month. A record that contradicts itself is refused when it is read, with both fields named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from commonweight.rights.errors import RecordError
from commonweight.rights.terms import Gate, Terms
from commonweight.rights.vocabulary import RELATIONS

RIGHTS_NEEDED: Final = ("use", "modify", "distribute", "host", "commercial", "outputs")
_MONTH: Final = re.compile(r"\b\d{4}-\d{2}\b")
_MOVING: Final = re.compile(r"\b(?:any_time|now)\b")
_TRAINING: Final = re.compile(r"\btrain_on_outputs\b")


class _Named(Protocol):
    @property
    def id(self) -> str: ...


class Contradiction(NamedTuple):
    """Where it shows, what came, and what was expected instead."""

    where: str
    came: str
    expected: str


def check_whole(terms: Terms, path: str) -> None:
    """Raises RecordError for the first contradiction; `path` is the record's file."""
    for found in (*_missing(terms), *_doubled(terms), *_openness(terms), *_times(terms), *_outputs(terms)):
        raise RecordError(f"{path}.{found.where}" if found.where else path, found.came, found.expected)


def _missing(terms: Terms) -> Iterator[Contradiction]:
    rights = [right for right in RIGHTS_NEEDED if right not in terms.grants]
    if rights:
        yield Contradiction("grants", f"nothing for {', '.join(rights)}", "every right that acts need")
    relations = [relation for relation in RELATIONS if relation not in terms.reach]
    if relations:
        yield Contradiction("reach", f"nothing for {', '.join(relations)}", "every relation")


def _doubled(terms: Terms) -> Iterator[Contradiction]:
    ids = [
        *(item.id for item in terms.gates), *(item.id for item in terms.policies), *(item.id for item in terms.bans),
        *(item.id for item in terms.duties), *(item.id for item in terms.ambiguities),
    ]  # fmt: skip
    twice = sorted({item for item in ids if ids.count(item) > 1})
    if twice:
        yield Contradiction("", f"the ids {', '.join(twice)} twice", "each id once in a record")
    alone = [item.id for item in terms.ambiguities if len(item.readings) < 2]
    if alone:
        yield Contradiction("ambiguities", f"one reading of {', '.join(alone)}", "at least two readings")


def _openness(terms: Terms) -> Iterator[Contradiction]:
    stops = [*(gate.id for gate in terms.gates), *(ban.id for ban in terms.bans)]
    if terms.openness == "open" and stops:
        yield Contradiction("openness", f"open, with {', '.join(stops)}", "a class that fits its gates and bans")
    if terms.grants["commercial"].value == "no" and terms.openness not in ("non_commercial", "none_or_unknown"):
        yield Contradiction("openness", f"{terms.openness}, with grants.commercial: no", "non_commercial")


def _times(terms: Terms) -> Iterator[Contradiction]:
    if terms.supersedes == terms.key:
        yield Contradiction("supersedes", "the key of this record", "the text version before it")
    if terms.effective is not None and terms.effective > terms.source.read:
        yield Contradiction("source.read", f"{terms.source.read}, before the text's {terms.effective}", "a later day")
    for gate in terms.gates:
        yield from _clock(gate)


def _clock(gate: Gate) -> Iterator[Contradiction]:
    frozen, moving = bool(_MONTH.search(gate.test.source)), bool(_MOVING.search(gate.test.source))
    where = f"gates.{gate.id}"
    if gate.clock == "frozen" and (moving or not frozen):
        yield Contradiction(where, "clock: frozen with a test that names no month", "the month that the text tests")
    if gate.clock == "continuous" and (frozen or not moving):
        yield Contradiction(where, "clock: continuous with a test of one month", "any_time or now in the test")
    if gate.clock == "none" and gate.test.measures:
        yield Contradiction(where, "clock: none with a figure in the test", "frozen or continuous")


def _outputs(terms: Terms) -> Iterator[Contradiction]:
    trained = terms.reach["trained_on_outputs"].treat_as
    banned = trained == "banned" or any(ban.when and _TRAINING.search(ban.when.source) for ban in terms.bans)
    if terms.outputs.training == "banned" and not banned:
        expected = "a ban on train_on_outputs, or reach.trained_on_outputs: banned"
        yield Contradiction("outputs.training", "banned, and nothing that bans it", expected)
    if terms.outputs.training == "duty" and trained == "none":
        yield Contradiction("outputs.training", "duty, with reach.trained_on_outputs: none", "duty_only or full there")
