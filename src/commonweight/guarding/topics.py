"""
Topics: whether a text is about one, by an embedding model that this installation serves.

A topic is a list of sentences that are about it. A passage is about it where its vector is at least so alike (cosine) to
that of one of them. It is a judgement of likeness, not of meaning: what it finds and misses depends on the model and on
the examples, so a guardrail of topics is tried with `note` first.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from commonweight.guarding.values import Action, Side, Wanted

Vectors = NDArray[np.float32]
#: The vectors of texts by a model: one row for each. Raises GuardUnavailable.
Embed = Callable[[str, Sequence[str]], Awaitable[Vectors]]

PASSAGE: Final = 400  # characters that are judged together: small models read a few hundred tokens
MOST_PASSAGES: Final = 64  # of one request, the last ones: what is asked stands at the end
_ENDS: Final = re.compile(r"(?<=[.!?。！？])\s+|\n+")


@dataclass
class TopicRule:
    """The topics of one guardrail. The vectors of its examples are asked for once in a process."""

    guardrail: int
    side: Side
    action: Action
    wanted: Wanted
    _examples: Vectors | None = field(default=None, repr=False)

    async def is_about(self, embed: Embed, passages: Sequence[str]) -> bool:
        """Whether one of the passages is about one of the topics. Raises GuardUnavailable."""
        if not passages:
            return False
        if self._examples is None:
            examples = [example for topic in self.wanted.topics for example in topic.examples]
            self._examples = _unit(await embed(self.wanted.judge, examples))
        vectors = _unit(await embed(self.wanted.judge, passages))
        return bool((vectors @ self._examples.T).max() >= self.wanted.likeness)


def passages_of(text: str) -> list[str]:
    """A text in passages: sentences, the long ones cut. Empty ones are left out."""
    found: list[str] = []
    for sentence in _ENDS.split(text):
        found += [sentence[at : at + PASSAGE].strip() for at in range(0, len(sentence), PASSAGE)]
    return [passage for passage in found if any(sign.isalnum() for sign in passage)][-MOST_PASSAGES:]


def end_of_passage(text: str) -> int:
    """Up to where an unfinished text holds whole passages."""
    ends = [match.end() for match in _ENDS.finditer(text)]
    return ends[-1] if ends else (len(text) if len(text) >= PASSAGE else 0)


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), np.float32)
