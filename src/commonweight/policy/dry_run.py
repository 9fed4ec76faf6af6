"""What another policy would stop, over every verdict that stands: no verdict is decided, and nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from commonweight.db import Database
from commonweight.policy import marking
from commonweight.policy.rules import Rules

SHOWN: Final = 200  # models that are named for each measure that begins or ends


@dataclass(frozen=True)
class DryRun:
    """
    By measure, how many models meet it under the policy that holds and under the other; and the first models that meet a
    measure only under the one or the other.
    """

    before: Mapping[str, int]
    after: Mapping[str, int]
    begins: Mapping[str, tuple[str, ...]]
    ends: Mapping[str, tuple[str, ...]]


class DryRunner:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self, use_id: int, now: Rules, other: Rules) -> DryRun:
        before: Counter[str] = Counter()
        after: Counter[str] = Counter()
        begins: dict[str, list[str]] = {}
        ends: dict[str, list[str]] = {}
        async with self._database.read() as connection:
            for one in await marking.groups_of_acts(connection, use_id):
                old = {met.measure for met in now.met(one.acts)}
                new = {met.measure for met in other.met(one.acts)}
                before.update(dict.fromkeys(old, one.models))
                after.update(dict.fromkeys(new, one.models))
                for measures, found in ((new - old, begins), (old - new, ends)):
                    for measure in measures:
                        named = found.setdefault(measure, [])
                        if len(named) < SHOWN:
                            heads = await marking.heads_of(connection, one.shape_id, SHOWN - len(named))
                            named += [head.subject for head in heads]
        named_in = [{key: tuple(found) for key, found in group.items()} for group in (begins, ends)]
        return DryRun(before, after, *named_in)
