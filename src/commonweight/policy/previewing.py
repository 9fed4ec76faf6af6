"""What other facts would change: the verdicts that they touch are decided in memory, and nothing is written."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.policy import marking
from commonweight.policy.asking import Asked, HeldPermission, PersonsDecision
from commonweight.policy.asking_store import AskedUses
from commonweight.policy.causes import title_of
from commonweight.policy.deciding import Decider
from commonweight.policy.differences import fact_differences
from commonweight.policy.facts import checked_organisation, checked_use
from commonweight.policy.given import given_decisions, given_permissions
from commonweight.policy.library import Library
from commonweight.policy.revising import reach_of_facts
from commonweight.policy.shaping import take_apart, unpack
from commonweight.policy.values import Subject, Use, VerdictChange
from commonweight.rights import RightsError

TRIED: Final = 1_000  # verdicts on shapes, those of most models first; they take one or two seconds
SHOWN: Final = 200  # models that are named
_WITHOUT_LICENCE: Final = frozenset({"none", "own"})  # of findings: no licence is named in their ids
BREATH: Final = 10  # verdicts between two moments in which other tasks of the process may run


@dataclass(frozen=True)
class Proposal:
    """
    Other facts of a use, of the organisation, or decisions; None where they stay. With the organisation all of its uses are
    tried, else the one.
    """

    use_id: int | None = None
    use: Mapping[str, Any] | None = None
    organisation: Mapping[str, Any] | None = None
    decisions: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Preview:
    """
    `counts`: by value before and after, how many models (over all uses tried). `changes` are the first of them. Where the
    facts touch more than was `tried`, the rest is not in the counts.
    """

    changes: tuple[VerdictChange, ...]
    counts: Mapping[tuple[str, str], int]
    tried: int
    touched: int


class Previewer:
    def __init__(self, database: Database, library: Library, decider: Decider, uses: AskedUses, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._decider = decider
        self._uses = uses
        self._clock = clock

    async def preview(self, proposal: Proposal, uses: Sequence[Use]) -> Preview:
        """`uses` are those there are. Raises InvalidUse for facts that cannot be."""
        async with self._database.read() as connection:
            asked = (await self._uses.load(connection)).uses
        ids = [use.id for use in uses if proposal.organisation is not None or use.id == proposal.use_id]
        proposed = {number: self._proposed(asked[number], proposal, number) for number in ids if number in asked}
        found, touched = await self._touched({number: asked[number] for number in proposed}, proposed, proposal)
        return await self._tried(found, touched, proposed)

    async def with_record(self, record: HeldPermission | PersonsDecision) -> Preview:
        """What recording a permission, an exception or a reading would change, over all uses that it is for."""
        async with self._database.read() as connection:
            asked = (await self._uses.load(connection)).uses
        proposed = {number: _with(one, record) for number, one in asked.items() if _use_of(record) in (None, number)}
        without = record.licence in _WITHOUT_LICENCE
        licences = None if without else self._library.names_of([record.licence])
        found: list[marking.Standing] = []
        total = 0
        for number in proposed:
            async with self._database.read() as connection:
                rows, count = await marking.standing_for(connection, number, licences, TRIED)
            found, total = found + rows, total + count
        return await self._tried(sorted(found, key=lambda one: -one.models)[:TRIED], total, proposed)

    async def of_one_model(self, record: PersonsDecision, subject: Subject, before: Mapping[int, str]) -> Preview:
        """
        As `with_record`, of a decision about one model: shapes that stand do not know its name yet. `before` is the value of
        its verdict by use.
        """
        async with self._database.read() as connection:
            loaded = await self._uses.load(connection)
        asked, kept = loaded.uses, {*loaded.named, *record.named_nodes}
        shaped = take_apart(subject.document, self._library.prefixes, kept)
        counts: Counter[tuple[str, str]] = Counter()
        changes: list[VerdictChange] = []
        for number, value in before.items():
            decided = self._decider.decide_shape(_with(asked[number], record), shaped.digest, shaped.document)
            if decided.value != value:
                counts[value, decided.value] += 1
                changes.append(VerdictChange(subject.key, subject.title, value, decided.value, ""))
        return Preview(tuple(changes), counts, len(before), len(before))

    async def _tried(self, found: Sequence[marking.Standing], touched: int, proposed: Mapping[int, Asked]) -> Preview:
        counts: Counter[tuple[str, str]] = Counter()
        changes: list[VerdictChange] = []
        for number, one in enumerate(found):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            after, headline = self._decide(proposed[one.use_id], one)
            if after != one.value:
                counts[one.value, after] += one.models
                changes += [_change(subject, one, after, headline) for subject in await self._subjects(one, changes)]
        return Preview(tuple(changes), counts, len(found), touched)

    def _proposed(self, asked: Asked, proposal: Proposal, use_id: int) -> Asked:
        if proposal.use is not None and use_id == proposal.use_id:
            asked = replace(asked, use=checked_use(proposal.use, self._clock))
        if proposal.organisation is not None:
            organisation = dict(proposal.organisation)
            held = organisation.pop("permissions", None)
            asked = replace(asked, organisation=checked_organisation(organisation, self._clock))
            if held is not None:
                asked = replace(asked, permissions=given_permissions(held, self._clock))
        if proposal.decisions is not None and use_id == proposal.use_id:
            asked = replace(asked, decisions=given_decisions(proposal.decisions, self._clock))
        return asked

    async def _touched(
        self, before: Mapping[int, Asked], after: Mapping[int, Asked], proposal: Proposal
    ) -> tuple[list[marking.Standing], int]:
        """Verdicts that can come out otherwise, those of most models first; and how many there are."""
        found: list[marking.Standing] = []
        total = 0
        for use_id, old in before.items():
            new = after[use_id]
            places = {
                *fact_differences(old.organisation, new.organisation, "organisation"),
                *fact_differences(old.use, new.use, "use"),
            }
            reach = reach_of_facts(self._library, [use_id], places)
            if old.permissions != new.permissions or old.decisions != new.decisions:
                reach = replace(reach, licences=None)
            async with self._database.read() as connection:
                rows, count = await marking.standing_for(connection, use_id, reach.licences, TRIED)
            found += rows
            total += count
        return sorted(found, key=lambda one: -one.models)[:TRIED], total

    def _decide(self, asked: Asked, one: marking.Standing) -> tuple[str, Mapping[str, Any]]:
        try:
            decided = self._decider.decide_shape(asked, one.shape_digest, unpack(one.shape))
        except RightsError:
            return one.value, {}
        return decided.value, decided.template

    async def _subjects(self, one: marking.Standing, changes: Sequence[VerdictChange]) -> list[marking.Named]:
        if len(changes) >= SHOWN:
            return []
        async with self._database.read() as connection:
            return await marking.heads_of(connection, one.shape_id, SHOWN - len(changes))


def _use_of(record: HeldPermission | PersonsDecision) -> int | None:
    return record.use_id if isinstance(record, PersonsDecision) else None


def _with(asked: Asked, record: HeldPermission | PersonsDecision) -> Asked:
    if isinstance(record, HeldPermission):
        return replace(asked, permissions=(*asked.permissions, record))
    return replace(asked, decisions=(*asked.decisions, record))


def _change(named: marking.Named, one: marking.Standing, after: str, template: Mapping[str, Any]) -> VerdictChange:
    headline = named.said(template.get("headline", ""))
    return VerdictChange(named.subject, title_of(named.subject), one.value, after, headline)
