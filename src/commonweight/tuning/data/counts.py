"""How many tokens examples have, how many of them are learnt, and which answers would be cut."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from commonweight.files import Finding

NOT_LEARNT: Final = -100  # the label of a token that is only read, as torch and transformers have it
SHOWN: Final = 50  # lines that are named


@dataclass(frozen=True)
class TokenCounts:
    """
    `trained` of the `tokens` are learnt in one epoch, as far as `max_tokens` lets them. `median`, `nine_in_ten`, `longest`:
    so many tokens have to be read for half of the lines, for nine in ten, for all.

    `errors` name the first of the `cut` lines: those with an answer that does not fit whole, of which `cut_away` lose all
    that could be learnt. `no_tokens`: lines of which nothing is learnt however much is read.
    """

    lines: int
    tokens: int
    trained: int
    median: int
    nine_in_ten: int
    longest: int
    max_tokens: int
    cut: int
    cut_away: int
    no_tokens: int
    errors: Sequence[Finding]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "errors": [asdict(finding) for finding in self.errors]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TokenCounts:
        """From what `to_json` wrote."""
        return cls(**{**document, "errors": tuple(Finding(**finding) for finding in document["errors"])})

    def remedy(self) -> str:
        """What to do where something is cut; empty where nothing is."""
        if not self.cut:
            return ""
        return f"Set max_tokens to {self.longest}, if memory lets you, or shorten or leave out the lines that are named."


class Tally:
    """Adds up lines, of which each is one or several rows of labels (a token's own number where it is learnt)."""

    def __init__(self, max_tokens: int) -> None:
        self._max = max_tokens
        self._lengths = array("I")
        self._tokens = self._trained = 0
        self._cut = self._cut_away = self._none = 0
        self._errors: list[Finding] = []

    def add(self, rows: Sequence[Sequence[int]]) -> None:
        """The next line. Of none of its rows a token needs to be learnt."""
        line = len(self._lengths) + 1
        self._lengths.append(max(map(len, rows), default=0))
        self._tokens += sum(map(len, rows))
        runs = [run for labels in rows for run in _runs(labels)]
        whole = [run for run in runs if run[1] <= self._max]
        self._trained += sum(end - start for start, end in whole)
        if not runs:
            self._none += 1
            self._say(line, "no_trainable_tokens", "Nothing of it is learnt.")
        elif len(whole) < len(runs):
            self._cut += 1
            self._cut_away += not whole
            self._say(line, *self._cut_short(runs, lost=not whole))

    def _cut_short(self, runs: Sequence[tuple[int, int]], *, lost: bool) -> tuple[str, str]:
        end = max(end for _, end in runs)
        said = f"Its last answer ends at token {end:,}; at most {self._max:,} are read"
        if lost:
            return "answer_cut_away", f"{said}, so that nothing of it would be learnt."
        return "answer_cut", f"{said}, and an answer without its end would teach not to stop: it would be left out."

    def _say(self, line: int, code: str, message: str) -> None:
        if len(self._errors) < SHOWN:
            self._errors.append(Finding(line, code, message))

    def counts(self) -> TokenCounts:
        lengths = np.frombuffer(self._lengths, dtype=np.uint32) if self._lengths else np.zeros(1, dtype=np.uint32)
        return TokenCounts(
            lines=len(self._lengths),
            tokens=self._tokens,
            trained=self._trained,
            median=int(np.percentile(lengths, 50, method="higher")),
            nine_in_ten=int(np.percentile(lengths, 90, method="higher")),
            longest=int(lengths.max()),
            max_tokens=self._max,
            cut=self._cut,
            cut_away=self._cut_away,
            no_tokens=self._none,
            errors=tuple(self._errors),
        )


def _runs(labels: Sequence[int]) -> list[tuple[int, int]]:
    """Where tokens that are learnt stand together: the first, and behind the last."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for at, label in enumerate([*labels, NOT_LEARNT]):
        if label != NOT_LEARNT and start is None:
            start = at
        elif label == NOT_LEARNT and start is not None:
            runs.append((start, at))
            start = None
    return runs
