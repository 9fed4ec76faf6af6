"""
Remember what has been read and decided, for whoever decides much.

    engine = Engine(records)
    verdict = engine.decide(document, today=date(2026, 11, 24))

Questions come in families: one organisation asks about a million models, one model is asked about for ten uses, and most
lineages end in the same few hundred bases. So each part of a question is read once, the ways of terms through a lineage are
followed once, and a question that was decided is not decided again. All of it is a memory of pure functions: with and
without it the answers are the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from typing import Any, Final, TypeVar

import orjson

from commonweight.rights.engine import decide
from commonweight.rights.lineage import Lineage
from commonweight.rights.question import Question
from commonweight.rights.question_reader import read_question
from commonweight.rights.records import Records
from commonweight.rights.verdict import Verdict

T = TypeVar("T")

#: Entries of each kind. A verdict with its explanation has some 20 KB, a part some 2 KB: 60 MB at the very most.
MAX_VERDICTS: Final = 2_000
MAX_PARTS: Final = 5_000


class Engine:
    """Decides under one library of terms. Not for several threads at once."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._parts = Remembered(MAX_PARTS)
        self._lineages = Remembered(MAX_PARTS)
        self._verdicts = Remembered(MAX_VERDICTS)

    def decide(self, document: Any, *, today: date | None = None, name: str = "question") -> Verdict:
        """As `decide(Question.from_document(document), records)`. Raises QuestionError, DocumentError."""
        return self._verdicts.recall(
            ("verdict", today), document, lambda: self._decided(read_question(document, today, name, self._parts.recall))
        )

    def _decided(self, question: Question) -> Verdict:
        day = question.use.date
        lineage = self._lineages.of_key((question.subject.digest, day), lambda: Lineage(question.subject, self.records, day))
        return decide(question, self.records, lineage)


class Remembered:
    """The newest results of pure functions, by what they were made from."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[object, Any] = OrderedDict()

    def recall(self, kind: object, made_from: Any, make: Callable[[], T]) -> T:
        """What `make` made of this, or makes now. What JSON cannot hold is made each time."""
        try:
            key = orjson.dumps(made_from, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:
            return make()
        return self.of_key((kind, key), make)

    def of_key(self, key: object, make: Callable[[], T]) -> T:
        """As `recall`, by a key that stands for what it is made from."""
        kept = self._kept
        if key in kept:
            kept.move_to_end(key)
            found: T = kept[key]
            return found
        made = kept[key] = make()
        if len(kept) > self._most:
            kept.popitem(last=False)
        return made
