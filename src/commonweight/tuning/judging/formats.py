"""
A model in other formats: what quantising and converting cost it, where nobody has held-out examples. The original and the
others answer the general set, and read its questions with their answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from commonweight.errors import InvalidInput
from commonweight.tuning.judging.asking import COMPLETIONS, Asker, NotAnswering, Question, Said, Sleep
from commonweight.tuning.judging.comparing import Comparison
from commonweight.tuning.judging.general import ANSWER_TOKENS, general_hash, general_marks, general_questions, general_set
from commonweight.tuning.judging.held import items_hash
from commonweight.tuning.judging.marking import canonical_text
from commonweight.tuning.judging.preference import tokens_of
from commonweight.tuning.judging.report import Measure, Report
from commonweight.tuning.judging.sheet import Sheet
from commonweight.tuning.judging.values import Ask, Contestant, Held, Limits, Target, Tell

GENERAL: Final = "general"
KNOWS = Measure("knows", "answers general questions rightly", yes_no=True)
AGREES = Measure("agrees", "answers word for word as the original", yes_no=True)
LIKELY = Measure("likely", "log-probability of general texts, in nats a token", yes_no=False)
USUAL: Final = Limits()
SILENT: Final = "silent"  # of the settings: formats that gave no answer, with the reason
CODE: Final = "2"  # goes up when the same answers would get other marks


async def judge_formats(
    original: Contestant, formats: Sequence[Contestant], ask: Ask,
    limits: Limits = USUAL, tell: Tell | None = None, sleep: Sleep = asyncio.sleep,
) -> Report:  # fmt: skip
    """
    Each format against the original. The forty questions tell large losses alone; `likely` tells small ones, where the
    engine says how likely the tokens of a prompt are. A format that does not answer is left out, and named in the settings
    (`silent`).

    Raises InvalidInput without formats, NotAnswering where the original does not answer.
    """
    if not formats:
        raise InvalidInput("There is no format to compare with the original.")
    came, wanted = [0], 2 * (1 + len(formats)) * len(general_set())

    async def one_more() -> None:
        came[0] += 1
        if tell is not None:
            await tell(came[0], wanted)

    asker = Asker(ask, limits, one_more, sleep)
    first = await _sheet(asker, original, limits)
    others, silent = [], {}
    for one in formats:
        try:
            others.append(await _sheet(asker, one, limits, first.said))
        except NotAnswering as error:
            silent[one.label] = error.detail
    return await asyncio.to_thread(_report, first, others, silent, limits)


async def _sheet(asker: Asker, one: Contestant, limits: Limits, like: Sequence[Said] | None = None) -> Sheet:
    said = await asker.say(one.name, general_questions(limits.seed))
    bodies = await asker.bodies(one.name, [_reading(known.question, known.answers[0]) for known in general_set()])
    marks: dict[str, Sequence[float | None]] = {
        KNOWS.name: [None if each.problem else mark for each, mark in zip(said, general_marks(said), strict=True)],
        AGREES.name: [_same(left, right) for left, right in zip(said, like or said, strict=True)],
    }
    likely = [_mean(body) for body in bodies]
    return Sheet(one, said, marks | ({LIKELY.name: likely} if any(value is not None for value in likely) else {}))


def _report(first: Sheet, others: Sequence[Sheet], silent: Mapping[str, str], limits: Limits) -> Report:
    held = [Held([{"role": "user", "content": known.question}], Target(known.answers[0])) for known in general_set()]
    comparison = Comparison(GENERAL, (KNOWS, AGREES, LIKELY), held, limits)
    label = first.contestant.label
    named = [replace(one, contestant=replace(one.contestant, quantised_from=label)) for one in others]
    sampling = {"temperature": 0, "max_tokens": ANSWER_TOKENS}
    settings: dict[str, Any] = {"code": CODE, "sampling": sampling, "limits": asdict(limits)}
    return Report(
        targets=GENERAL,
        primary=KNOWS.name,
        measures=list(comparison.measures),
        items=len(held),
        items_hash=items_hash(held),
        base=comparison.base(first),
        results=[comparison.result(first, one, first) for one in named],
        settings={**settings, "general_set": general_hash()} | ({SILENT: dict(silent)} if silent else {}),
        warnings=[f"{label} was not scored: {reason}" for label, reason in silent.items()],
    )


def _reading(question: str, answer: str) -> Question:
    body = {"prompt": f"{question}\n{answer}", "max_tokens": 0, "echo": True, "logprobs": 1, "temperature": 0}
    return Question(COMPLETIONS, body)


def _mean(body: Any) -> float | None:
    """The first token has none."""
    tokens = tokens_of(body)
    return sum(tokens.logprobs[1:]) / (len(tokens.logprobs) - 1) if tokens and len(tokens.logprobs) > 1 else None


def _same(one: Said, other: Said) -> float | None:
    return None if one.problem or other.problem else float(canonical_text(one) == canonical_text(other))
