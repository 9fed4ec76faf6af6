"""
Ask only what can change the answer.

    guided(document, {"use.production": ["no"]}, records) -> the verdict, what is still asked, what was answered

A question is asked where some answer to it gives another verdict than leaving it open: at once, or together with answers to
other open questions. An answer that no longer changes anything is put aside (and kept, should it matter again).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, product
from typing import Any, Final

from commonweight.rights.asking.answers import Answers, put, with_answers
from commonweight.rights.asking.ask import Ask, Choice, asks_of
from commonweight.rights.asking.lines import Stretch
from commonweight.rights.errors import RightsError
from commonweight.rights.memory import Engine
from commonweight.rights.verdict import Verdict

#: Verdicts worked out for one question before it is asked anyway: two questions with ten answers each, and some more. A
#: verdict takes about a millisecond.
MAX_PROBES: Final = 300

Answer = tuple[tuple[tuple[str, str], ...], frozenset[str]]  # what a verdict comes to: each act's value, duties owed


@dataclass(frozen=True, slots=True)
class _World:
    """A question with some answers put in, and what comes of it with one more left open, and with each answer to that."""

    document: Mapping[str, Any]
    left_open: Answer
    answered: Sequence[Answer | None]


@dataclass(frozen=True, slots=True)
class Guided:
    """
    Where the asking stands. `open` can still change the answer, those first that settle most; `given` were answered and
    matter; `idle` are keys of answers that do not matter now. `unreadable` are questions that no answer
    settles: a text has to be read.
    """

    verdict: Verdict
    document: Mapping[str, Any]
    open: tuple[Ask, ...]
    given: tuple[Ask, ...]
    idle: tuple[str, ...]
    unreadable: tuple[Ask, ...]

    @property
    def is_settled(self) -> bool:
        """Whether no answer can change the verdict any more."""
        return not self.open


class Asking:
    """Asks about questions under one library of terms. Not for several threads at once."""

    def __init__(self, engine: Engine, today: date) -> None:
        self._engine = engine
        self._today = today

    def guided(self, document: Mapping[str, Any], answers: Answers) -> Guided:
        """
        The state after these answers to a question document (docs/rights-io.md). Raises QuestionError for answers that are
        none, and for facts that cannot all be so.
        """
        kept = {key: values for key, values in answers.items() if any(value.strip() for value in values)}
        given, idle = self._sorted_out(document, kept)
        complete = with_answers(document, {key: values for key, values in kept.items() if key not in idle})
        verdict = self._decide(complete)
        asks = asks_of(verdict, self._engine.records)
        matter = (self._asked(complete, ask, asks) for ask in asks)
        return Guided(
            verdict=verdict,
            document=complete,
            open=tuple(sorted((ask for ask in matter if ask), key=lambda ask: (-len(ask.settles), ask.key))),
            given=given,
            idle=idle,
            unreadable=tuple(ask for ask in asks if not ask.is_answerable),
        )

    def _sorted_out(self, document: Mapping[str, Any], answers: Answers) -> tuple[tuple[Ask, ...], tuple[str, ...]]:
        """
        Those answered questions that would be asked again without their answer, and the keys of the others. One after the
        other, so that of two answers of which either is enough one stays.
        """
        kept, given, idle = dict(answers), [], []
        for key in answers:
            without = with_answers(document, {other: values for other, values in kept.items() if other != key})
            asks = asks_of(self._decide(without), self._engine.records)
            again = next((ask for ask in asks if ask.key == key), None)
            asked = again and self._asked(without, again, asks)
            if asked:
                given.append(asked)
            else:
                idle.append(key)
                del kept[key]
        return tuple(given), tuple(idle)

    def _asked(self, document: Mapping[str, Any], ask: Ask, asks: Sequence[Ask]) -> Ask | None:
        """
        The question with the answers that can be so, where some answer changes the verdict; None where none does. Where that
        would take too long to find out, it is asked.
        """
        others = [other for other in asks if other.key != ask.key and other.is_answerable]
        tried: list[_World] = []
        matters = False
        for world in self._worlds(document, ask, others) if ask.is_answerable else ():
            tried.append(world)
            matters = matters or any(outcome not in (None, world.left_open) for outcome in world.answered)
            if len(tried) * len(ask.choices) > MAX_PROBES:
                return self._shown(ask, tried)
            if matters and ask.kind != "figure":  # which lines of a figure come to the same shows in all worlds only
                break
        return self._shown(ask, tried) if matters else None

    def _worlds(self, document: Mapping[str, Any], ask: Ask, others: Sequence[Ask]) -> Iterator[_World]:
        """What it comes to without an answer and with each: as things are, then with the other questions answered."""
        for world in _with_others(document, others):
            left_open = self._answer(world)
            if world is not None and left_open is not None:
                yield _World(world, left_open, [self._answer(_put(world, ask.key, choice)) for choice in ask.choices])

    def _shown(self, ask: Ask, tried: Sequence[_World]) -> Ask:
        """The question with the answers that can be so; lines of a figure between which nothing changes are not drawn."""
        come_to = [[world.answered[number] for world in tried] for number in range(len(ask.choices))]
        possible = [(choice, come) for choice, come in zip(ask.choices, come_to, strict=True) if come[0] is not None]
        shown = possible[:1]
        for choice, come in possible[1:]:
            wider = _together(shown[-1][0], choice) if ask.kind == "figure" and shown[-1][1] == come else None
            # Two figures may come to the same by different clauses, and then "one of the two" settles neither.
            if wider and [self._answer(_put(world.document, ask.key, wider)) for world in tried] == come:
                shown[-1] = (wider, come)
            else:
                shown.append((choice, come))
        return replace(ask, choices=tuple(choice for choice, _ in shown))

    def _answer(self, document: Mapping[str, Any] | None) -> Answer | None:
        """What the verdict comes to; None where the facts cannot all be so."""
        if document is None:
            return None
        try:
            verdict = self._decide(document)
        except RightsError:
            return None
        acts = tuple((act, value.value) for act, value in verdict.acts.items())
        return acts, frozenset(duty.id for duty in verdict.duties if not duty.settled_by)

    def _decide(self, document: Mapping[str, Any]) -> Verdict:
        return self._engine.decide(dict(document), today=self._today)


def _with_others(document: Mapping[str, Any], others: Sequence[Ask]) -> Iterator[Mapping[str, Any] | None]:
    """The document as it is, then with one of the other questions answered in each way, then with two of them, and so on."""
    for size in range(len(others) + 1):
        for asked in combinations(others, size):
            for choices in product(*(other.choices for other in asked)):
                world: Mapping[str, Any] | None = document
                for other, choice in zip(asked, choices, strict=True):
                    world = _put(world, other.key, choice)
                yield world


def _put(document: Mapping[str, Any] | None, key: str, choice: Choice) -> Mapping[str, Any] | None:
    return None if document is None else put(document, key, (choice.key,))


def _together(lower: Choice, upper: Choice) -> Choice | None:
    """One answer for both; None where that would be any figure at all."""
    low, high = Stretch.of_key(lower.key), Stretch.of_key(upper.key)
    assert low is not None, "figures are answered by stretches"
    assert high is not None, "figures are answered by stretches"
    if low.low is None and high.high is None:
        return None
    both = low.and_next(high)
    return Choice(both.key, both.text)
