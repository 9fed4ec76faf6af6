"""
A model that judges free texts: shown both answers without names, asked twice with their order swapped, since judges lean
to the one that stands first (L. Zheng et al., "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", 2023). Only what
it says both times counts; otherwise neither won.
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
LEAST_STEADY: Final = 0.5  # a judge that says the same both times less often answers by the order

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
    answer. `steady`: the share of items where both orders gave the same; `unread`: verdicts that had no letter.
    """

    marks: Sequence[float | None]
    steady: float
    unread: int


async def judged(asker: Asker, model: str, held: Sequence[Held], base: Sequence[Said], tuned: Sequence[Said]) -> Judged:
    """Two questions for each item. Raises NotAnswering."""
    rows = list(zip(held, base, tuned, strict=True))
    there = [_question(item, left.text, right.text) for item, left, right in rows]
    back = [_question(item, right.text, left.text) for item, left, right in rows]
    said = await asker.say(model, [*there, *back])
    letters = [letter_of(one) for one in said]
    forward, swapped = letters[: len(rows)], letters[len(rows) :]
    missing = [bool(left.problem or right.problem) for _, left, right in rows]
    verdicts = [_mark(one, other) for one, other in zip(forward, swapped, strict=True)]
    marks = [None if gone else mark for gone, mark in zip(missing, verdicts, strict=True)]
    steady = sum(_turned(one) == other for one, other in zip(forward, swapped, strict=True))
    return Judged(marks, steady / len(rows), letters.count(""))


def letter_of(said: Said) -> str:
    """The last of A, B and T that stands alone; "" where none does."""
    found = _LETTER.findall(said.text)
    return found[-1] if found else ""


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
