"""
Remember what has been read and decided, for whoever decides much.

    engine = Engine(records)
    verdict = engine.decide(document, today=date(2026, 11, 24))

Questions come in families: one organisation asks about a million models, one model is asked about for ten uses, and most
lineages end in the same few hundred bases. So each part of a question is read once, the ways of terms through a lineage are
followed once, and a question that was answered is not decided again. All of it is a memory of pure functions: with and
without it the answers are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final, TypeVar

import orjson

from commonweight.rights.engine import decide
from commonweight.rights.lineage import Lineage
from commonweight.rights.question import Question
from commonweight.rights.question_reader import read_question
from commonweight.rights.records import Records
from commonweight.rights.said import ENGLISH
from commonweight.rights.verdict import Verdict

T = TypeVar("T")

# Entries of each kind. What is remembered as objects is kept small: the garbage collector walks all of it again and again,
# and with some hundred thousand objects that costs more than the memory saves.
MAX_ANSWERS: Final = 2_000  # whole answers as bytes, some 12 KB each
MAX_PARTS: Final = 8_000  # organisations, uses, decisions, nodes and edges, some 1 KB each
MAX_STEMS: Final = 4_000  # what reaches one ancestor, some 2 KB each
MAX_LINEAGES: Final = 64  # subjects, and the ways of terms in them: one model is asked about for some uses in a row


class Engine:
    """Decides under one library of terms. Not for several threads at once."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._parts = Remembered(MAX_PARTS)
        self._subjects = Remembered(MAX_LINEAGES)
        self._stems = Remembered(MAX_STEMS)
        self._lineages = Remembered(MAX_LINEAGES)
        self._answers = Remembered(MAX_ANSWERS)

    def decide(self, document: Any, *, today: date | None = None, name: str = "question") -> Verdict:
        """As `decide(Question.from_document(document), records)`. Raises QuestionError, DocumentError."""
        return self._decided(read_question(document, today, name, self._recall))

    def answer(self, document: Any, *, today: date | None = None, language: str = ENGLISH) -> bytes:
        """
        The document of the verdict as JSON in UTF-8; of a question that was answered before, as it was answered.

        Raises QuestionError, DocumentError, UnknownLanguage.
        """
        return self._answers.recall(
            (today, language), document, lambda: orjson.dumps(self.decide(document, today=today).to_document(language))
        )

    def _recall(self, kind: str, made_from: Any, make: Callable[[], T]) -> T:
        return (self._subjects if kind == "subject" else self._parts).recall(kind, made_from, make)

    def _decided(self, question: Question) -> Verdict:
        day = question.use.date
        lineage: Lineage = self._lineages.of_key(
            (question.subject.digest, day), lambda: Lineage(question.subject, self.records, day, self._stems.of_key)
        )
        return decide(question, self.records, lineage)


_NOTHING: Final[Any] = object()  # in place of what is not remembered: None may be


class Remembered:
    """
    Results of pure functions, by what they were made from: the newest half of `most`, and of the half before it those that
    were asked for again. Two halves cost one look-up for most that is asked, an order kept by use costs three.
    """

    def __init__(self, most: int) -> None:
        self._half = max(1, most // 2)
        self._newer: dict[object, Any] = {}
        self._older: dict[object, Any] = {}

    def recall(self, kind: object, made_from: Any, make: Callable[[], T]) -> T:
        """What `make` made of this, or makes now. What JSON cannot hold is made each time."""
        try:
            key = orjson.dumps((kind, made_from), option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:
            return make()
        return self.of_key(key, make)

    def of_key(self, key: object, make: Callable[[], T]) -> T:
        """As `recall`, by a key that stands for what it is made from."""
        found: T = self._newer.get(key, _NOTHING)
        if found is not _NOTHING:
            return found
        found = self._older.get(key, _NOTHING)
        made = make() if found is _NOTHING else found
        if len(self._newer) >= self._half:
            self._older, self._newer = self._newer, {}
        self._newer[key] = made
        return made
