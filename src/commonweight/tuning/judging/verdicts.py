"""What a comparison comes to, in one word and one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from commonweight.tuning.judging.intervals import difference, is_other, is_same
from commonweight.tuning.judging.report import Behaviour, Difference, Doubt, JudgedBy, Measure
from commonweight.tuning.judging.sheet import Sheet, commonest_target, is_constant
from commonweight.tuning.judging.values import Held, Limits, Verdict

RUNS_ON: Final = 0.5  # of the answers that were cut go on when they may: it is no long-winded model, but one without an end


@dataclass(frozen=True)
class Found:
    """What a verdict rests on: the measure that decides, the difference by it, how the contestant answers."""

    measure: Measure
    difference: Difference
    behaviour: Behaviour
    sheet: Sheet


def verdict(found: Found, held: Sequence[Held], limits: Limits) -> tuple[Verdict, str]:
    """The silent failures come first: by its score alone a constant answer may look better than a base that says nothing."""
    if found.sheet.runs_on > RUNS_ON:
        return Verdict.NEVER_STOPS, _never_stops(found.behaviour)
    if is_constant(found.behaviour, held):
        return Verdict.CONSTANT, _constant(found.behaviour)
    judge = found.sheet.judged_by
    if judge is not None and judge.doubt:
        return Verdict.CANNOT_TELL, _doubted(found, judge)
    if is_other(found.difference) and found.difference.value > 0 and not _beats_guessing(found, held, limits):
        return Verdict.CANNOT_TELL, _guessing(found, held)
    return _plain(found, limits)


def _plain(found: Found, limits: Limits) -> tuple[Verdict, str]:
    seen = found.difference
    size, interval = in_points(seen.value, found.measure), between(seen, found.measure)
    told = f"{size} by {found.measure.name} ({interval}) on {seen.items} items"
    if is_other(seen):
        better = seen.value > 0
        word = "Better" if better else "Worse"
        return (Verdict.BETTER if better else Verdict.WORSE), f"{word} than the base: {told}."
    if is_same(seen, limits):
        return Verdict.SAME, f"As good as the base: {told}."
    more = f" About {seen.needed} items would tell." if seen.needed else ""
    return Verdict.CANNOT_TELL, f"{seen.items} items are too few to tell it from the base: {told}.{more}"


def in_points(value: float, measure: Measure) -> str:
    """A difference for people: points (hundredths), or nats where the measure has those."""
    return f"{value:+.2f} nats" if measure.in_nats else f"{100 * value:+.1f} points"


def between(seen: Difference, measure: Measure) -> str:
    factor, digits = (1.0, 2) if measure.in_nats else (100.0, 1)
    return f"95 % interval {factor * seen.low:+.{digits}f} to {factor * seen.high:+.{digits}f}"


def _beats_guessing(found: Found, held: Sequence[Held], limits: Limits) -> bool:
    """
    Whether it is right more often than who answers the commonest target to everything. Asked of yes/no measures of answers:
    those that say which of two is better have no such guess.
    """
    if found.measure.name != "exact":
        return True
    pairs = [(mark, item) for mark, item in zip(found.sheet.marks["exact"], held, strict=True) if mark is not None]
    guess, _ = commonest_target([item for _, item in pairs])
    guessed = [float(item.target == guess) for _, item in pairs]
    above = difference(guessed, [mark for mark, _ in pairs], yes_no=True, limits=limits)
    return is_other(above) and above.value > 0


def _doubted(found: Found, judge: JudgedBy) -> str:
    """No winner by a judge that cannot judge; what the next measure says is told, and decides nothing."""
    seen = found.difference
    why = {
        Doubt.UNREAD: f"gave no verdict that can be read: {judge.unread} of {2 * seen.items} named no answer",
        Doubt.ORDER: f"contradicts itself: with the order of the two answers swapped it said the same of {judge.steady:.0%} "
        f"of {seen.items} items",
        Doubt.KNOWN: f"cannot tell a right answer from a wrong one: of pairs whose better answer is known it told "
        f"{judge.known or 0:.0%}",
    }[judge.doubt]
    told = f"{in_points(seen.value, found.measure)} by {found.measure.name} ({between(seen, found.measure)})"
    return f"No winner is called: {judge.model}, which was to judge, {why}. Name a better judge, or none. Besides: {told}."


def _never_stops(seen: Behaviour) -> str:
    return (
        f"It does not stop: {seen.stops:.0%} of its answers end by themselves; of the others most went on, given more room. "
        "Examples have to end with the token that ends an answer, and the loss has to count it."
    )


def _constant(seen: Behaviour) -> str:
    return (
        f"It answers the same whatever is asked: {seen.commonest:.0%} of its answers are one and the same. "
        "It learned the form of the answers, and not what they hang on."
    )


def _guessing(found: Found, held: Sequence[Held]) -> str:
    _, share = commonest_target(held)
    seen = found.difference
    return (
        f"Better than the base ({in_points(seen.value, found.measure)}), but no better that can be told than always giving "
        f"the commonest answer, which is right in {share:.0%}."
    )
