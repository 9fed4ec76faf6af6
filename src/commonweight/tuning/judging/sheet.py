"""The sheet of one contestant: what it answered, and the marks for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from commonweight.tuning.judging.asking import Said
from commonweight.tuning.judging.marking import canonical_text, marks, same_text
from commonweight.tuning.judging.report import Behaviour, JudgedBy
from commonweight.tuning.judging.values import Contestant, Held, Target

CONSTANT: Final = 0.9  # of the answers are one and the same
APART: Final = 0.2  # by so much more often than what should be answered most often
FEWEST_ANSWERS: Final = 10  # two answers alike are no silence
STOPS: Final = 0.5  # of the answers have to end by themselves


@dataclass(frozen=True)
class Sheet:
    """
    `marks` by measure, one for each item; None where the measure says nothing of it. `general`: marks on the general set,
    empty where it was not asked. `runs_on`: of answers that were cut and asked for again with more room, the share that was
    cut once more; 0 where most ended by themselves. `judged_by`: the model that compared it with the base; where its word
    does not count there are no marks by it.
    """

    contestant: Contestant
    said: Sequence[Said]
    marks: Mapping[str, Sequence[float | None]]
    general: Sequence[float] = field(default=())
    runs_on: float = 0.0
    judged_by: JudgedBy | None = None


def marked(contestant: Contestant, kind: str, said: Sequence[Said], held: Sequence[Held]) -> Sheet:
    """The marks of answers; an item without an answer has none."""
    rows = [None if one.problem else marks(kind, one, item.target) for one, item in zip(said, held, strict=True)]
    names = next((list(row) for row in rows if row is not None), [])
    return Sheet(contestant, said, {name: [row[name] if row else None for row in rows] for name in names})


def behaviour(said: Sequence[Said]) -> Behaviour:
    """How a model answers, right or wrong; of the questions that got an answer."""
    came = [one for one in said if not one.problem]
    if not came:
        return Behaviour(0.0, 0.0, 0.0, 0.0, len(said))
    counted = Counter(canonical_text(one) for one in came)
    stops = sum(one.stopped for one in came) / len(came)
    length = float(median(len(one.text) for one in came))
    return Behaviour(stops, length, len(counted) / len(came), max(counted.values()) / len(came), len(said) - len(came))


def is_constant(found: Behaviour, held: Sequence[Held]) -> bool:
    """Whether it answers (nearly) the same to everything, although the right answers differ."""
    if len(held) - found.failed < FEWEST_ANSWERS or found.commonest < CONSTANT:
        return False
    return commonest_target(held)[1] <= found.commonest - APART


def commonest_target(held: Sequence[Held]) -> tuple[Target, float]:
    """What should be answered most often, and its share: who always says so is right that often."""
    keys = [canonical_text(Said(one.target.text, one.target.calls)) for one in held]
    key, count = Counter(keys).most_common(1)[0]
    return held[keys.index(key)].target, count / len(held)


def by_class(sheet: Sheet, held: Sequence[Held]) -> dict[str, list[float]]:
    """Marks of exactness by what should be answered, of labels."""
    classes: dict[str, list[float]] = {}
    for mark, item in zip(sheet.marks["exact"], held, strict=True):
        if mark is not None:
            classes.setdefault(same_text(item.target.text), []).append(mark)
    return dict(sorted(classes.items()))
