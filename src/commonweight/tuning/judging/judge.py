"""A whole comparison: everybody is asked the same, in one run, by the same way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from commonweight.errors import InvalidInput
from commonweight.tuning.judging.asking import Asker, NotAnswering, Sleep, longer, question_of, tokens_for
from commonweight.tuning.judging.comparing import Comparison
from commonweight.tuning.judging.general import general_hash, general_marks, general_questions
from commonweight.tuning.judging.held import items_hash
from commonweight.tuning.judging.judge_model import (
    LEAST_KNOWN,
    LEAST_STEADY,
    MOST_UNREAD,
    Judged,
    judged,
    known_pairs,
    knows,
)
from commonweight.tuning.judging.looking import JUDGED, LEANS, MEASURES, PREFERS, TEXT, kind_of
from commonweight.tuning.judging.preference import NotRendered, leanings
from commonweight.tuning.judging.report import Doubt, JudgedBy, Measure, Report
from commonweight.tuning.judging.sheet import STOPS, Sheet, behaviour, marked
from commonweight.tuning.judging.values import Ask, Contestant, Held, Limits, Render, Tell

ASKED_AGAIN: Final = 5  # answers that were cut
CODE: Final = "2"  # goes up when the same answers would get other marks


@dataclass(frozen=True)
class Conditions:
    """
    How it is judged. `judge_model` compares free texts; `render` makes prompts for likelihoods, of preference data;
    `general`: whether forgetting is looked at; `settings`: what else scores rest on, stored with them.
    """

    judge_model: str | None = None
    render: Render | None = None
    general: bool = True
    limits: Limits = Limits()
    settings: Mapping[str, Any] | None = None


async def judge(
    items: Sequence[Held], base: Contestant, contestants: Sequence[Contestant], ask: Ask,
    conditions: Conditions = Conditions(), tell: Tell | None = None, sleep: Sleep = asyncio.sleep,
) -> Report:  # fmt: skip
    """
    Ask base and contestants every item and compare them. The first contestant is the one that is served: the verdict is its,
    and only it and the base are asked the general set.

    Raises InvalidInput without items or contestants, NotAnswering where a model does not answer.
    """
    if not items or not contestants:
        raise InvalidInput("Judging needs at least one item and one contestant.", hint="Hold examples out.")
    run = _Run(items, ask, conditions, tell, sleep)
    run.expect(1 + len(contestants))
    own = await run.sheet(base, with_general=True)
    others = [await run.tried(await run.sheet(one, with_general=at == 0)) for at, one in enumerate(contestants)]
    return await run.report(own, others)


class _Run:
    def __init__(self, items: Sequence[Held], ask: Ask, conditions: Conditions, tell: Tell | None, sleep: Sleep) -> None:
        self._items = items
        self._conditions = conditions
        self._tell = tell
        self._kind = kind_of(items)
        self._tokens = tokens_for(items, conditions.limits)
        self._asker = Asker(ask, conditions.limits, self._came, sleep)
        self._answers = self._wanted = 0
        self._warnings: list[str] = []

    @property
    def _judges(self) -> bool:
        return self._kind == TEXT and self._conditions.judge_model is not None

    @property
    def _compares_pairs(self) -> bool:
        return self._conditions.render is not None and all(one.rejected is not None for one in self._items)

    def expect(self, models: int) -> None:
        """How many answers there will be of so many models, the base among them."""
        count, limits = len(self._items), self._conditions.limits
        each = count * (3 if self._compares_pairs else 1)
        general = 2 * len(general_questions(limits.seed)) if self._conditions.general else 0
        known = 2 * len(known_pairs(self._items))  # asked once, of the judge itself
        self._wanted = models * each + general + (2 * count * (models - 1) + known if self._judges else 0)

    async def sheet(self, contestant: Contestant, *, with_general: bool) -> Sheet:
        seed = self._conditions.limits.seed
        said = await self._asker.say(contestant.name, [question_of(one, self._tokens, seed) for one in self._items])
        sheet = marked(contestant, self._kind, said, self._items)
        if self._compares_pairs:
            sheet = await self._with_leanings(sheet)
        if with_general and self._conditions.general:
            answers = await self._asker.say(contestant.name, general_questions(seed))
            sheet = replace(sheet, general=general_marks(answers))
        return sheet

    async def tried(self, sheet: Sheet) -> Sheet:
        """Where most answers were cut, some are asked for again with more room: is it long-winded, or without an end?"""
        if behaviour(sheet.said).stops >= STOPS:
            return sheet
        cut = [item for item, one in zip(self._items, sheet.said, strict=True) if not (one.stopped or one.problem)]
        asked = sorted(cut, key=lambda one: items_hash([one]))[:ASKED_AGAIN]  # whatever their order
        limits = self._conditions.limits
        self._wanted += len(asked)
        room = longer(self._tokens, limits)
        again = await self._asker.say(sheet.contestant.name, [question_of(one, room, limits.seed) for one in asked])
        return replace(sheet, runs_on=sum(not one.stopped for one in again) / max(1, len(again)))

    async def _with_leanings(self, sheet: Sheet) -> Sheet:
        assert self._conditions.render is not None
        try:
            found = await leanings(self._asker, sheet.contestant.name, self._items, self._conditions.render)
        except NotRendered as error:
            self._warn(f"No likelihoods of {sheet.contestant.label}: {error.detail}")
            return sheet
        if all(one is None for one in found):
            self._warn(f"The engine of {sheet.contestant.label} tells no log-probabilities of prompts: no likelihoods.")
            return sheet
        prefers = [None if one is None else float(one > 0) for one in found]
        return replace(sheet, marks={**sheet.marks, PREFERS.name: prefers, LEANS.name: found})

    async def report(self, base: Sheet, others: Sequence[Sheet]) -> Report:
        pairs = await self._judged(base, others)
        by_label = {other.contestant.label: other for _, other in pairs}
        comparison = Comparison(self._kind, self._measures(base, pairs), self._items, self._conditions.limits)
        results = []
        for at, (left, other) in enumerate(pairs):
            before = by_label.get(other.contestant.quantised_from)
            results.append(await asyncio.to_thread(comparison.result, left, other, before, is_first=at == 0))
        return Report(
            targets=self._kind,
            primary=next(one.name for one in comparison.measures if one.name in results[0].differences),
            measures=comparison.measures,
            items=len(self._items),
            items_hash=items_hash(self._items),
            base=await asyncio.to_thread(comparison.base, base),
            results=results,
            settings=self._settings(),
            warnings=self._warnings,
        )

    async def _judged(self, base: Sheet, others: Sequence[Sheet]) -> list[tuple[Sheet, Sheet]]:
        """Each beside the base, with what the model that judges says of the pair, where there is one."""
        model, pairs = self._conditions.judge_model, [(base, other) for other in others]
        if not self._judges or model is None:
            return pairs
        try:
            known = await knows(self._asker, model, self._items)
        except NotAnswering as error:
            self._warn(f"Nobody judged: {error.detail}")
            return pairs
        return [await self._pair(model, known, base, other) for other in others]

    async def _pair(self, model: str, known: float | None, base: Sheet, other: Sheet) -> tuple[Sheet, Sheet]:
        label = other.contestant.label
        try:
            found = await judged(self._asker, model, self._items, base.said, other.said)
        except NotAnswering as error:
            self._warn(f"Nobody judged {label}: {error.detail}")
            return base, other
        doubt = _doubt(found, known)
        if found.unread and doubt is not Doubt.UNREAD:
            self._warn(f"{found.unread} verdicts of {model} on {label} named no answer; they count for neither.")
        other = replace(other, judged_by=JudgedBy(model, found.steady, known, found.unread, doubt))
        if doubt:
            return base, other
        mirrored = [None if mark is None else 1 - mark for mark in found.marks]
        with_base = replace(base, marks={**base.marks, JUDGED.name: mirrored})
        return with_base, replace(other, marks={**other.marks, JUDGED.name: found.marks})

    def _measures(self, base: Sheet, pairs: Sequence[tuple[Sheet, Sheet]]) -> list[Measure]:
        """The one that decides first: what was asked for in the data before what is like it in the wording."""
        judged_ones = [JUDGED] if self._judges else []
        likelihoods = [PREFERS, LEANS] if PREFERS.name in base.marks else []
        return [*likelihoods, *judged_ones, *MEASURES[self._kind]]

    def _settings(self) -> dict[str, Any]:
        sampling = {"temperature": 0, "max_tokens": self._tokens}
        own = {"code": CODE, "sampling": sampling, "limits": asdict(self._conditions.limits)}
        general = {"general_set": general_hash()} if self._conditions.general else {}
        judge_model = {"judge_model": self._conditions.judge_model} if self._judges else {}
        return {**own, **general, **judge_model, **(self._conditions.settings or {})}

    def _warn(self, sentence: str) -> None:
        self._warnings.append(sentence)

    async def _came(self) -> None:
        self._answers += 1
        if self._tell is not None:
            await self._tell(self._answers, self._wanted)


def _doubt(found: Judged, known: float | None) -> Doubt:
    """Why the word of the judge does not count."""
    if found.unread > MOST_UNREAD * 2 * len(found.marks):
        return Doubt.UNREAD
    if found.steady < LEAST_STEADY:
        return Doubt.ORDER
    return Doubt.KNOWN if known is not None and known < LEAST_KNOWN else Doubt.NONE
