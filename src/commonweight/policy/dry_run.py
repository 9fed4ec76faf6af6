"""What another policy would stop, over every verdict that stands: no verdict is decided, and nothing is written."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from commonweight.db import Connection, Database
from commonweight.policy import marking
from commonweight.policy.marking import OfActs
from commonweight.policy.rules import AREAS, Met, Rules

SHOWN: Final = 200  # models that are named for each measure that begins or ends
BREATH: Final = 500  # shapes between two moments in which other tasks of the process may run; some milliseconds


@dataclass(frozen=True)
class DryRun:
    """
    By measure, how many models meet it under the policy that holds and under the other; and the first models that meet a
    measure only under the one or the other.

    `reasons`: of those models, by measure and model, the act and value that ask for it. `values`: by area and value, how
    many models have that value for an act of the area. Approvals are not counted in: they are given one by one.
    """

    before: Mapping[str, int]
    after: Mapping[str, int]
    begins: Mapping[str, tuple[str, ...]]
    ends: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, Mapping[str, tuple[str, str]]]
    values: Mapping[str, Mapping[str, int]]
    models: int


@dataclass
class _Tally:
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    begins: dict[str, list[str]] = field(default_factory=dict)
    ends: dict[str, list[str]] = field(default_factory=dict)
    reasons: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    values: dict[str, Counter[str]] = field(default_factory=lambda: {area: Counter() for area in AREAS})
    models: int = 0

    def count(self, one: OfActs, old: Iterable[str], new: Iterable[str]) -> None:
        self.models += one.models
        self.before.update(dict.fromkeys(old, one.models))
        self.after.update(dict.fromkeys(new, one.models))
        for area, acts in AREAS.items():
            values = {one.acts[act][0] for act in acts if act in one.acts}
            self.values[area].update(dict.fromkeys(values, one.models))

    def done(self) -> DryRun:
        begins, ends = ({measure: tuple(named) for measure, named in one.items()} for one in (self.begins, self.ends))
        return DryRun(self.before, self.after, begins, ends, self.reasons, self.values, self.models)


class DryRunner:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self, use_id: int, now: Rules, other: Rules) -> DryRun:
        tally = _Tally()
        async with self._database.read() as connection:
            for number, one in enumerate(await marking.groups_of_acts(connection, use_id)):
                if number % BREATH == 0:
                    await asyncio.sleep(0)
                old, new = (_by_measure(rules.met(one.acts)) for rules in (now, other))
                tally.count(one, old, new)
                await _name(connection, tally, one, old, new)
        return tally.done()


def _by_measure(met: Iterable[Met]) -> dict[str, Met]:
    """Of each measure the first act and value that ask for it."""
    found: dict[str, Met] = {}
    for one in met:
        found.setdefault(one.measure, one)
    return found


async def _name(connection: Connection, tally: _Tally, one: OfActs, old: Mapping[str, Met], new: Mapping[str, Met]) -> None:
    """The models of a shape that meet a measure under one policy only."""
    for mine, other, into in ((new, old, tally.begins), (old, new, tally.ends)):
        for measure in sorted(mine.keys() - other.keys()):
            named = into.setdefault(measure, [])
            if len(named) < SHOWN:
                heads = await marking.heads_of(connection, one.shape_id, SHOWN - len(named))
                reason = (mine[measure].act, mine[measure].value)
                tally.reasons.setdefault(measure, {}).update({head.subject: reason for head in heads})
                named += [head.subject for head in heads]
