"""
What each format costs a model: all of them answer the general set by the way that serves everybody, and are held against the
original. What the comparison comes to, in a word and a sentence.

Perplexity is e to the power of the mean negative log-probability of a token (natural logarithm), here over general texts.
"""

from __future__ import annotations

import asyncio
import enum
import hashlib
import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from commonweight.errors import Unavailable
from commonweight.tuning.judging import (
    Answer,
    Ask,
    Contestant,
    Difference,
    Limits,
    NotAnswering,
    Report,
    Result,
    Score,
    judge_formats,
)

Tell = Callable[[int, int], Awaitable[None]]

BROKEN_TIMES: Final = 2.0  # the perplexity of the original, at the least: no format of four bits and more comes near that
LIKELY, KNOWS, AGREES = "likely", "knows", "agrees"


class State(enum.StrEnum):
    """What a format comes to against the original."""

    REFERENCE = "reference"  # it is what the others are compared with
    AS_GOOD = "as_good"  # what it loses lies within the margin
    LOSES = "loses"
    CANNOT_TELL = "cannot_tell"  # too few texts
    BROKEN = "broken"
    NOT_SCORED = "not_scored"


class NotScored(Unavailable):
    """Nothing could be compared; the message says why."""

    code = "not_scored"


@dataclass(frozen=True)
class Span:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class FormatScore:
    """
    `perplexity` of general texts, `rise` of it over the original's (0.05: a twentieth more); `knows`: the share of general
    questions answered rightly, `agrees`: word for word as the original, both with `items`. None where nothing is known.
    """

    state: State
    sentence: str
    perplexity: Span | None = None
    rise: Span | None = None
    knows: Score | None = None
    agrees: Score | None = None

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> FormatScore:
        """The inverse of `document`."""
        perplexity, rise = [Span(**one) if (one := document[name]) else None for name in ("perplexity", "rise")]
        knows, agrees = [Score(**one) if (one := document[name]) else None for name in (KNOWS, AGREES)]
        return cls(State(document["state"]), document["sentence"], perplexity, rise, knows, agrees)


async def compared(contestants: Sequence[Contestant], ask: Ask, tell: Tell, limits: Limits) -> Report:
    """
    The others against the first of them that answers: a machine that is too small for the floats may hold the rest.

    Raises NotScored.
    """
    reasons = []
    for at in range(len(contestants) - 1):
        try:
            return await judge_formats(contestants[at], contestants[at + 1 :], ask, limits, tell)
        except NotAnswering as error:
            reasons.append(error.detail)
    raise NotScored(reasons[0] if reasons else "One format alone was made: there is nothing to compare it with.")


def score_of(report: Report, label: str, limits: Limits) -> FormatScore:
    """What a format comes to, by its label."""
    if label == report.base.label:
        return _with_scores(State.REFERENCE, "What the others are compared with.", report.base.scores, None)
    result = next((one for one in report.results if one.label == label), None)
    if result is None:
        reason = report.settings.get("silent", {}).get(label, "It was not asked.")
        return FormatScore(State.NOT_SCORED, f"Not scored: {reason}")
    state, sentence = _verdict(report, result, limits)
    return _with_scores(state, sentence, result.scores, result.differences.get(LIKELY))


def _with_scores(state: State, sentence: str, scores: Mapping[str, Score], apart: Difference | None) -> FormatScore:
    likely = scores.get(LIKELY)
    perplexity = Span(*(math.exp(-one) for one in (likely.value, likely.high, likely.low))) if likely else None
    agrees = None if state is State.REFERENCE else scores.get(AGREES)
    return FormatScore(state, sentence, perplexity, rise_of(apart) if apart else None, scores.get(KNOWS), agrees)


def rise_of(likely: Difference) -> Span:
    """A difference of mean log-probabilities as that of perplexities: 0.05 is a twentieth more."""
    return Span(*(math.expm1(-one) for one in (likely.value, likely.high, likely.low)))


def _verdict(report: Report, result: Result, limits: Limits) -> tuple[State, str]:
    original = report.base.label
    if LIKELY not in report.base.scores:
        return _by_answers(result, original, limits)
    apart = result.differences.get(LIKELY)
    if apart is None:
        return State.BROKEN, f"Broken: it gives texts no likelihood, to which {original} gives one."
    rise, of_texts = rise_of(apart), f"on {apart.items} texts"
    told = f"perplexity {percent(rise.value)} ({percent(rise.low)} to {percent(rise.high)}) {of_texts}"
    if apart.high <= -math.log(BROKEN_TIMES):
        return State.BROKEN, f"Broken: its perplexity is {1 + rise.value:,.1f} times that of {original} {of_texts}."
    if apart.low >= -limits.margin:
        return State.AS_GOOD, f"As good as {original}: {told}."
    if apart.high < 0:
        return State.LOSES, f"Loses against {original}: {told}."
    return State.CANNOT_TELL, f"{apart.items} texts are too few to tell it from {original}: {told}."


def _by_answers(result: Result, original: str, limits: Limits) -> tuple[State, str]:
    """Where the engine tells no likelihoods, the right answers decide; of forty only large losses can be told."""
    apart = result.differences[KNOWS]
    told = f"{100 * apart.value:+.1f} points ({100 * apart.low:+.1f} to {100 * apart.high:+.1f}) of right answers"
    if apart.high < 0:
        return State.LOSES, f"Loses against {original}: {told}."
    if apart.low >= -limits.margin:
        return State.AS_GOOD, f"As good as {original}: {told}."
    return State.CANNOT_TELL, f"{apart.items} questions are too few to tell it from {original}: {told}."


def percent(share: float) -> str:
    """0.0312 -> "+3.1 %", 12.0 -> "+1,200 %"."""
    return f"{100 * share:+,.1f} %" if abs(share) < 1 else f"{100 * share:+,.0f} %"


class Remembering:
    """An `Ask` that keeps answers in a file: a turn that follows a killed one does not ask for them again."""

    def __init__(self, ask: Ask, file: Path) -> None:
        self._ask = ask
        self._file = file
        self._known: dict[str, Any] | None = None

    async def __call__(self, path: str, body: Mapping[str, Any]) -> Answer:
        if self._known is None:
            self._known = await asyncio.to_thread(self._read)
        key = hashlib.sha256(json.dumps([path, body], sort_keys=True).encode()).hexdigest()
        if key in self._known:
            return Answer(200, self._known[key])
        answer = await self._ask(path, body)
        if answer.status == 200:
            self._known[key] = answer.body
            await asyncio.to_thread(self._write, key, answer.body)
        return answer

    def _read(self) -> dict[str, Any]:
        lines = self._file.read_bytes().splitlines() if self._file.exists() else []
        return dict(found for line in lines if (found := _line(line)) is not None)

    def _write(self, key: str, body: Any) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as file:
            file.write(json.dumps([key, body]).encode() + b"\n")


def _line(line: bytes) -> tuple[str, Any] | None:
    """None for one that was cut by a power cut."""
    try:
        key, body = json.loads(line)
    except (ValueError, TypeError):
        return None
    return str(key), body
