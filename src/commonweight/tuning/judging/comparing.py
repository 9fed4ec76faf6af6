"""Two sheets side by side: scores, differences, examples won and lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from commonweight.tuning.judging.asking import NotAnswering, Said
from commonweight.tuning.judging.intervals import difference, is_other, score
from commonweight.tuning.judging.looking import LABEL
from commonweight.tuning.judging.report import Base, Difference, Example, Measure, Result, Score
from commonweight.tuning.judging.sheet import Sheet, behaviour, by_class
from commonweight.tuning.judging.values import POINT, Held, Limits, Target
from commonweight.tuning.judging.verdicts import Found, verdict

MAX_SHOWN = 2000  # characters of each text of an example
FEW = 3  # examples of a contestant that is not the first: a report stays below a megabyte


@dataclass(frozen=True)
class Comparison:
    """What all comparisons of one run share. `measures`: the one that decides first."""

    kind: str
    measures: Sequence[Measure]
    held: Sequence[Held]
    limits: Limits

    def base(self, sheet: Sheet) -> Base:
        """The base's own scores. A measure that compares two has none for it."""
        general = score(sheet.general, yes_no=True, limits=self.limits) if sheet.general else None
        one = sheet.contestant
        return Base(
            label=one.label,
            model=one.name,
            scores=self._scores(sheet),
            behaviour=behaviour(sheet.said),
            classes=self._classes(sheet),
            general=general,
            artefact=one.artefact,
            about=one.about,
        )

    def result(self, base: Sheet, other: Sheet, before: Sheet | None, *, is_first: bool = False) -> Result:
        """`before`: the contestant that the other was quantised from. Of the first one more examples are kept."""
        differences = {one.name: found for one in self.measures if (found := self.difference(one, base, other))}
        decides = next((one for one in self.measures if one.name in differences), None)
        if decides is None:
            raise NotAnswering(f"No item was answered both by {base.contestant.label} and by {other.contestant.label}.")
        seen = Found(decides, differences[decides.name], behaviour(other.said), other)
        value, sentence = verdict(seen, self.held, self.limits)
        forgetting = self._forgetting(base, other)
        quantising = self.difference(decides, before, other) if before else None
        kept = self.limits.examples if is_first else min(FEW, self.limits.examples)
        won, lost = self._examples(decides, base, other, kept)
        one = other.contestant
        return Result(
            label=one.label,
            model=one.name,
            verdict=value,
            sentence=sentence,
            scores=self._scores(other),
            differences=differences,
            behaviour=seen.behaviour,
            classes=self._classes(other),
            forgetting=forgetting,
            quantising=quantising,
            too_far=quantising is not None and quantising.value < -self.limits.quantising,
            won=won,
            lost=lost,
            warnings=[*self._quantised_words(one.quantised_from, quantising), *_forgetting_words(base, forgetting)],
            artefact=one.artefact,
            about=one.about,
            judged_by=other.judged_by,
        )

    def difference(self, measure: Measure, base: Sheet, other: Sheet) -> Difference | None:
        """Over the items that both have a mark for; None where there is none."""
        if measure.name not in base.marks or measure.name not in other.marks:
            return None
        pairs = _pairs(base.marks[measure.name], other.marks[measure.name])
        if not pairs:
            return None
        left, right = [one for _, one, _ in pairs], [one for _, _, one in pairs]
        return difference(left, right, yes_no=measure.yes_no, limits=self.limits)

    def _scores(self, sheet: Sheet) -> dict[str, Score]:
        found: dict[str, Score] = {}
        for measure in self.measures:
            values = [mark for mark in sheet.marks.get(measure.name, ()) if mark is not None]
            if values:
                found[measure.name] = score(values, yes_no=measure.yes_no, limits=self.limits)
        return found

    def _classes(self, sheet: Sheet) -> dict[str, Score]:
        if self.kind != LABEL or "exact" not in sheet.marks:
            return {}
        return {name: score(own, yes_no=True, limits=self.limits) for name, own in by_class(sheet, self.held).items()}

    def _forgetting(self, base: Sheet, other: Sheet) -> Difference | None:
        if not base.general or not other.general:
            return None
        return difference(base.general, other.general, yes_no=True, limits=self.limits)

    def _quantised_words(self, before: str, found: Difference | None) -> list[str]:
        if found is None or found.value >= -self.limits.quantising:
            return []
        lost, limit = -found.value / POINT, self.limits.quantising / POINT
        sure = "" if is_other(found) else f" {found.items} items are too few to be sure of it."
        return [f"It lost {lost:.1f} points against {before}; the limit is {limit:.1f}.{sure}"]

    def _examples(self, measure: Measure, base: Sheet, other: Sheet, most: int) -> tuple[list[Example], list[Example]]:
        pairs = _pairs(base.marks[measure.name], other.marks[measure.name])
        ordered = sorted(pairs, key=lambda one: (-abs(one[2] - one[1]), one[0]))  # the largest differences first
        won = [item for item, left, right in ordered if right > left]
        lost = [item for item, left, right in ordered if right < left]
        return [self._example(at, base, other) for at in won[:most]], [self._example(at, base, other) for at in lost[:most]]

    def _example(self, item: int, base: Sheet, other: Sheet) -> Example:
        held = self.held[item]
        texts = (_asked(held), _written(held.target), _written(base.said[item]), _written(other.said[item]))
        return Example(item, *(text[:MAX_SHOWN] for text in texts))


def _pairs(base: Sequence[float | None], other: Sequence[float | None]) -> list[tuple[int, float, float]]:
    both = enumerate(zip(base, other, strict=True))
    return [(item, left, right) for item, (left, right) in both if left is not None and right is not None]


def _forgetting_words(base: Sheet, found: Difference | None) -> list[str]:
    if found is None or not is_other(found) or found.value > 0:
        return []
    knew = fmean(base.general)
    return [
        f"It forgot: of {found.items} general questions the base answers {knew:.0%}, it answers {knew + found.value:.0%}."
        " Fewer epochs, a lower learning rate or some general examples among yours keep more."
    ]


def _asked(held: Held) -> str:
    if held.prompt is not None:
        return held.prompt
    asked = [one for one in held.messages if one["role"] == "user"] or list(held.messages)
    content = asked[-1].get("content") if asked else ""
    return content if isinstance(content, str) else str(content)


def _written(said: Said | Target) -> str:
    calls = "\n".join(_call(one) for one in said.calls)
    return "\n".join(part for part in (said.text, calls) if part)


def _call(call: Mapping[str, object]) -> str:
    return f"{call.get('name')}({call.get('arguments')})"
