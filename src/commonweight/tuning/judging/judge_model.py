"""
A model that judges free texts: shown both answers without names, asked twice with their order swapped, since judges lean
to the one that stands first (L. Zheng et al., "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", 2023). Only what
it says both times counts; otherwise neither won.

Whether it can judge at all is looked at besides: by how often it stays with what it said when the order is swapped, and by
pairs whose better answer is known: the one that was expected beside the one that was expected of another item. One that
fails, or names no answer, calls no winner.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from commonweight.tuning.judging.asking import CHAT, Asker, Question, Said
from commonweight.tuning.judging.values import Held

VERDICT_TOKENS: Final = 512  # models that think aloud do it before the letter
MAX_SHOWN: Final = 6000  # characters of each text
MOST_UNREAD: Final = 0.5  # of its verdicts; beyond that it gives none
LEAST_STEADY: Final = 0.5  # a judge that says the same both times less often answers by the order
KNOWN: Final = 8  # pairs whose better answer is known
LEAST_KNOWN: Final = 0.75  # of them it has to tell; who throws a coin each time tells as many of eight once in 240 times

ASKED: Final = """Two assistants answered the same request. Say which answer is better: right, to the point, as good as the \
expected answer. Neither their order nor their length counts.

Request:
{request}

Expected answer:
{expected}

Answer A:
{first}

Answer B:
{second}

End with one line: "A" where A is better, "B" where B is better, "T" where they are as good as each other."""
_LETTER: Final = re.compile(r"(?<![A-Za-z])(A|B|T)(?![A-Za-z])")


@dataclass(frozen=True)
class Judged:
    """
    By item: 1 where the tuned one was better, 0 where the base was, 0.5 for neither, None where one of them gave no
    answer. `steady`: the share of items where both orders gave the same; `unread`: verdicts that named no answer.
    """

    marks: Sequence[float | None]
    steady: float
    unread: int


async def judged(asker: Asker, model: str, held: Sequence[Held], base: Sequence[Said], tuned: Sequence[Said]) -> Judged:
    """Two questions for each item. Raises NotAnswering."""
    answers = [(left.text, right.text) for left, right in zip(base, tuned, strict=True)]
    forward, swapped = await _both_orders(asker, model, held, answers)
    missing = [bool(left.problem or right.problem) for left, right in zip(base, tuned, strict=True)]
    verdicts = [_mark(one, other) for one, other in zip(forward, swapped, strict=True)]
    marks = [None if gone else mark for gone, mark in zip(missing, verdicts, strict=True)]
    steady = sum(bool(one) and _turned(one) == other for one, other in zip(forward, swapped, strict=True))
    return Judged(marks, steady / len(held), [*forward, *swapped].count(""))


def known_pairs(held: Sequence[Held]) -> list[tuple[Held, str]]:
    """Items, each with what was expected of another one: a wrong answer that reads well. Fewer where few of them differ."""
    others = [*held[1:], *held[:1]]
    pairs = [(item, other.target.text) for item, other in zip(held, others, strict=True)]
    return [(item, wrong) for item, wrong in pairs if wrong.strip() != item.target.text.strip()][:KNOWN]


async def knows(asker: Asker, model: str, held: Sequence[Held]) -> float | None:
    """
    The share of known pairs of which it says both times that the expected answer is the better one; None: there are none.
    Raises NotAnswering.
    """
    pairs = known_pairs(held)
    if not pairs:
        return None
    answers = [(wrong, item.target.text) for item, wrong in pairs]
    forward, swapped = await _both_orders(asker, model, [item for item, _ in pairs], answers)
    return sum(_mark(one, other) == 1.0 for one, other in zip(forward, swapped, strict=True)) / len(pairs)


async def _both_orders(
    asker: Asker, model: str, held: Sequence[Held], answers: Sequence[tuple[str, str]]
) -> tuple[list[str], list[str]]:
    """What it says of each pair as it is, and swapped."""
    rows = list(zip(held, answers, strict=True))
    there = [_question(item, first, second) for item, (first, second) in rows]
    back = [_question(item, second, first) for item, (first, second) in rows]
    letters = [letter_of(one) for one in await asker.say(model, [*there, *back])]
    return letters[: len(rows)], letters[len(rows) :]


def letter_of(said: Said) -> str:
    """A, B or T, where the last line names one of them alone; "" for all else: who says "B is better than A" named two."""
    lines = [line for line in said.text.splitlines() if line.strip()]
    found = set(_LETTER.findall(lines[-1])) if lines else set()
    return found.pop() if len(found) == 1 else ""


def _mark(forward: str, swapped: str) -> float:
    return {("B", "A"): 1.0, ("A", "B"): 0.0}.get((forward, swapped), 0.5)


def _turned(letter: str) -> str:
    return {"A": "B", "B": "A"}.get(letter, letter)


def _question(held: Held, first: str, second: str) -> Question:
    said = "\n".join(f"{one['role']}: {one.get('content') or ''}" for one in held.messages) or (held.prompt or "")
    texts = {"request": said, "expected": held.target.text, "first": first, "second": second}
    asked = ASKED.format(**{name: text[:MAX_SHOWN] for name, text in texts.items()})
    body = {"messages": [{"role": "user", "content": asked}], "temperature": 0, "max_tokens": VERDICT_TOKENS}
    return Question(CHAT, body)
