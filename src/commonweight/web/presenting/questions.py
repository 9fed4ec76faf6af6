"""Questions about facts (docs/rights-io.md): where each answer stands, and what can be answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

NONE_OF_THESE: Final = "none"  # an answer: known, and empty


@dataclass(frozen=True)
class Question:
    """
    `part` and `key` are the place in the facts. `kind`: flag (yes, no, not known), one, many, text, names (with commas),
    country, countries, figures.

    `choices` maps values to text; `hints` explains them.
    """

    part: str
    key: str
    kind: str
    text: str
    help: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.part}.{self.key}"


@dataclass(frozen=True)
class QuestionGroup:
    """Questions under a title. `folds` where few organisations have to answer them."""

    title: str
    questions: tuple[Question, ...]
    folds: bool = False


Groups = tuple[QuestionGroup, ...]
