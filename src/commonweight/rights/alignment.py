"""
Two sequences of words laid beside each other: which stand in both, in the same order.

Patience diff (Bram Cohen): runs of words that occur once in each are anchors, the longest chain of them in both orders is
kept, and the gaps are compared in turn. Gaps without anchors that are small go through `difflib`; what is beyond the bound
counts as different, which never makes two texts more alike than they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

RUN_WORDS: Final = (6, 3, 1)  # lengths of runs that are tried as anchors, longest first
MAX_SMALL: Final = 160_000  # words times words that difflib compares at once: some hundredths of a second
MAX_WORK: Final = 6_000_000  # words looked at in all: some seconds; two texts of 60,000 words take a tenth of it


@dataclass(frozen=True, slots=True)
class Change:
    """Where the two differ: words `known_start` to `known_end` of the first stand as those of the second."""

    known_start: int
    known_end: int
    text_start: int
    text_end: int


_Gap = tuple[int, int, int, int]
_Block = tuple[int, int, int]  # start in the one, start in the other, length


def align(known: Sequence[str], text: Sequence[str]) -> tuple[int, tuple[Change, ...]]:
    """How many words stand in both, and the places where they differ, in order."""
    blocks = sorted(_blocks(known, text))
    common, changes = 0, []
    at, other = 0, 0
    for first, second, length in [*blocks, (len(known), len(text), 0)]:
        if first > at or second > other:
            changes.append(Change(at, first, other, second))
        common += length
        at, other = first + length, second + length
    return common, tuple(changes)


def _blocks(known: Sequence[str], text: Sequence[str]) -> list[_Block]:
    found: list[_Block] = []
    waiting: list[_Gap] = [(0, len(known), 0, len(text))]
    work = 0
    while waiting:
        gap, ends = _without_ends(known, text, waiting.pop())
        found += ends
        work += gap[1] - gap[0] + gap[3] - gap[2]
        if gap[0] == gap[1] or gap[2] == gap[3] or work > MAX_WORK:
            continue
        if (gap[1] - gap[0]) * (gap[3] - gap[2]) <= MAX_SMALL:
            found += _small(known, text, gap)
            continue
        anchors = _anchors(known, text, gap)
        found += anchors
        waiting += _between(anchors, gap) if anchors else []
    return found


def _without_ends(known: Sequence[str], text: Sequence[str], gap: _Gap) -> tuple[_Gap, list[_Block]]:
    """The gap without what both begin and end with."""
    start, end, other, stop = gap
    blocks: list[_Block] = []
    head = 0
    while start + head < end and other + head < stop and known[start + head] == text[other + head]:
        head += 1
    if head:
        blocks.append((start, other, head))
    start, other, tail = start + head, other + head, 0
    while end - tail > start and stop - tail > other and known[end - tail - 1] == text[stop - tail - 1]:
        tail += 1
    if tail:
        blocks.append((end - tail, stop - tail, tail))
    return (start, end - tail, other, stop - tail), blocks


def _small(known: Sequence[str], text: Sequence[str], gap: _Gap) -> list[_Block]:
    start, end, other, stop = gap
    matcher = SequenceMatcher(None, known[start:end], text[other:stop], autojunk=False)
    return [(start + block.a, other + block.b, block.size) for block in matcher.get_matching_blocks() if block.size]


def _anchors(known: Sequence[str], text: Sequence[str], gap: _Gap) -> list[_Block]:
    """Runs that occur once on both sides, as many as lie in the same order, grown as far as they agree."""
    for length in RUN_WORDS:
        first, second = _once(known, gap[0], gap[1], length), _once(text, gap[2], gap[3], length)
        pairs = sorted((at, second[run]) for run, at in first.items() if run in second)
        if pairs:
            return _grown(known, text, gap, _rising(pairs), length)
    return []


def _once(words: Sequence[str], start: int, end: int, length: int) -> dict[tuple[str, ...], int]:
    places: dict[tuple[str, ...], int] = {}
    twice: set[tuple[str, ...]] = set()
    for at in range(start, end - length + 1):
        run = tuple(words[at : at + length])
        if run in places:
            twice.add(run)
        places[run] = at
    return {run: at for run, at in places.items() if run not in twice}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of the pairs that rises on the right side too."""
    ends: list[int] = []
    at_end: list[int] = []
    before: list[int] = []
    for number, (_, right) in enumerate(pairs):
        place = bisect_left(ends, right)
        before.append(at_end[place - 1] if place else -1)
        ends[place : place + 1] = [right]
        at_end[place : place + 1] = [number]
    chain: list[tuple[int, int]] = []
    at = at_end[-1] if at_end else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]


def _grown(
    known: Sequence[str], text: Sequence[str], gap: _Gap, pairs: Sequence[tuple[int, int]], length: int
) -> list[_Block]:
    blocks: list[_Block] = []
    at, other = gap[0], gap[2]
    for first, second in pairs:
        if first < at or second < other:  # inside the run before
            continue
        size = length
        while first + size < gap[1] and second + size < gap[3] and known[first + size] == text[second + size]:
            size += 1
        blocks.append((first, second, size))
        at, other = first + size, second + size
    return blocks


def _between(blocks: Sequence[_Block], gap: _Gap) -> list[_Gap]:
    gaps: list[_Gap] = []
    at, other = gap[0], gap[2]
    for first, second, size in [*blocks, (gap[1], gap[3], 0)]:
        gaps.append((at, first, other, second))
        at, other = first + size, second + size
    return gaps
