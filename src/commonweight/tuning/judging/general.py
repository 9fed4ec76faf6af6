"""
What a model knew before: a fixed small set of general questions (`general.json`, in words of our own), so that what a
tuning made it forget shows. A right answer holds one of the words that are named.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import orjson

from commonweight.tuning.judging.asking import Question, Said, question_of
from commonweight.tuning.judging.values import Held, Target

ANSWER_TOKENS: Final = 24  # a short sentence; the word is in it or it is not


@dataclass(frozen=True)
class Known:
    question: str
    answers: Sequence[str]


@cache
def general_set() -> tuple[Known, ...]:
    """The questions, with every answer that is right."""
    content = (files("commonweight.tuning.judging") / "general.json").read_bytes()
    return tuple(Known(one["question"], tuple(one["answers"])) for one in orjson.loads(content))


def general_hash() -> str:
    """SHA-256 of the questions and answers: scores of different sets cannot be compared."""
    plain = [[one.question, *one.answers] for one in general_set()]
    return hashlib.sha256(orjson.dumps(plain)).hexdigest()


def general_questions(seed: int) -> list[Question]:
    held = [Held([{"role": "user", "content": one.question}], Target("")) for one in general_set()]
    return [question_of(one, ANSWER_TOKENS, seed) for one in held]


def general_marks(said: Sequence[Said]) -> list[float]:
    """1 where a right answer stands in the text as a word of its own, else 0; in the order of the set."""
    return [float(_holds(one.text, known.answers)) for one, known in zip(said, general_set(), strict=True)]


def _holds(text: str, answers: Sequence[str]) -> bool:
    bare = _bare(text)
    return any(re.search(rf"(?<!\w){re.escape(_bare(answer))}(?!\w)", bare) for answer in answers)


def _bare(text: str) -> str:
    """Without capitals and accents, and without commas inside of numbers."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one for one in decomposed if not unicodedata.combining(one))
    return re.sub(r"(?<=\d),(?=\d{3})", "", letters)
