"""Lines that are the same, and questions that are answered in several ways. Memory: 28 bytes a line, never what it says."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

SHOWN: Final = 50  # pairs of lines that are named


@dataclass(frozen=True)
class Pairs:
    """How many lines, and the first of them, each with the line that it is like."""

    count: int
    first: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Answers:
    """How many different ones there are, and the share of the most common one."""

    distinct: int
    most_common: float


class Alike:
    """Hashes of eight bytes: of two million lines, two that are not alike are taken for such once in ten million files."""

    def __init__(self) -> None:
        self._lines = array("I")
        self._asked, self._answered, self._whole = array("Q"), array("Q"), array("Q")

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, line: int, asked: bytes, answered: bytes) -> None:
        """One line, by the hashes of what is asked and of what is answered."""
        self._lines.append(line)
        self._asked.append(int.from_bytes(asked, "little"))
        self._answered.append(int.from_bytes(answered, "little"))
        self._whole.append(int.from_bytes(digest((asked, answered)), "little"))

    def duplicates(self) -> Pairs:
        """Lines that say again what an earlier one says."""
        whole, order = _sorted(self._whole)
        return self._pairs(order, whole[1:] == whole[:-1])

    def contradictions(self) -> Pairs:
        """Lines that answer a question otherwise than an earlier line did."""
        asked, order = _sorted(self._asked)
        whole = np.frombuffer(self._whole, dtype=np.uint64)[order]
        return self._pairs(order, (asked[1:] == asked[:-1]) & (whole[1:] != whole[:-1]))

    def answers(self) -> Answers:
        counts = np.unique(np.frombuffer(self._answered, dtype=np.uint64), return_counts=True)[1]
        return Answers(len(counts), float(counts.max() / counts.sum()) if len(counts) else 0.0)

    def _pairs(self, order: np.ndarray[Any, Any], same: np.ndarray[Any, Any]) -> Pairs:
        lines = np.frombuffer(self._lines, dtype=np.uint32)
        later, earlier = lines[order[1:][same]], lines[order[:-1][same]]
        first = sorted(zip(later.tolist(), earlier.tolist(), strict=True))[:SHOWN]
        return Pairs(len(later), tuple(first))


def _sorted(hashes: array[int]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The hashes in order, and where each stood; equal ones as they came."""
    found = np.frombuffer(hashes, dtype=np.uint64)
    order = np.argsort(found, kind="stable")
    return found[order], order


def digest(parts: Iterable[bytes]) -> bytes:
    """Eight bytes of some texts; where one ends and the next begins makes a difference."""
    whole = hashlib.blake2b(digest_size=8)
    for part in parts:
        whole.update(b"%d:" % len(part))
        whole.update(part)
    return whole.digest()
