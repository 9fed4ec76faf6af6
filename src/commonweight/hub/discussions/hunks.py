"""The lines in which two texts differ, in hunks with three lines around, as `diff -u` has them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

AROUND: Final = 3  # lines of context, as everywhere

SAME, GONE, CAME = " ", "-", "+"


@dataclass(frozen=True, slots=True)
class Line:
    """`old` and `new` are its numbers in the two texts, from 1; None where it is not in one. `ends` without a newline."""

    mark: str  # " " | "-" | "+"
    text: str
    old: int | None
    new: int | None
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Hunk:
    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: Sequence[Line]

    @property
    def header(self) -> str:
        """
        "@@ -1,3 +1,4 @@"
        """
        return f"@@ -{_span(self.old_start, self.old_count)} +{_span(self.new_start, self.new_count)} @@"


class Effort:
    """What comparing may cost: `left` is a number of lines before times lines after, in the parts that differ."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, cost: int) -> bool:
        """Whether there was as much."""
        if cost > self.left:
            return False
        self.left -= cost
        return True


def hunks_of(before: bytes, after: bytes, effort: Effort) -> list[Hunk] | None:
    """The hunks between two texts; None where comparing them would cost more than is left."""
    old, new = _lines(before), _lines(after)
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    old_middle, new_middle = old[first : len(old) - last], new[first : len(new) - last]
    if not effort.take(len(old_middle) * len(new_middle)):
        return None
    codes = SequenceMatcher(None, old_middle, new_middle, autojunk=False).get_opcodes()
    shifted = [(tag, a + first, b + first, c + first, d + first) for tag, a, b, c, d in codes if tag != "equal"]
    return [_hunk(old, new, group) for group in _groups(shifted)]


_Code = tuple[str, int, int, int, int]


def _groups(codes: Sequence[_Code]) -> Iterator[list[_Code]]:
    group: list[_Code] = []
    for code in codes:
        if group and code[1] - group[-1][2] > 2 * AROUND:
            yield group
            group = []
        group.append(code)
    if group:
        yield group


def _hunk(old: Sequence[bytes], new: Sequence[bytes], codes: Sequence[_Code]) -> Hunk:
    start, new_start = max(0, codes[0][1] - AROUND), max(0, codes[0][3] - AROUND)
    end, new_end = min(len(old), codes[-1][2] + AROUND), min(len(new), codes[-1][4] + AROUND)
    lines: list[Line] = []
    at, new_at = start, new_start
    for _, a, b, c, d in codes:
        lines += [_line(SAME, old[at + n], at + n, new_at + n) for n in range(a - at)]
        lines += [_line(GONE, old[n], n, None) for n in range(a, b)]
        lines += [_line(CAME, new[n], None, n) for n in range(c, d)]
        at, new_at = b, d
    lines += [_line(SAME, old[at + n], at + n, new_at + n) for n in range(end - at)]
    count, new_count = end - start, new_end - new_start
    return Hunk(start + (count > 0), count, new_start + (new_count > 0), new_count, lines)


def _line(mark: str, raw: bytes, old: int | None, new: int | None) -> Line:
    text = raw.decode(errors="replace")
    ends = not text.endswith("\n")
    number = None if old is None else old + 1
    return Line(mark, text.removesuffix("\n"), number, None if new is None else new + 1, ends)


def _lines(text: bytes) -> list[bytes]:
    """With their newlines: so the last line without one differs from the same with one."""
    lines = [line + b"\n" for line in text.split(b"\n")]
    last = lines.pop().removesuffix(b"\n")
    return [*lines, last] if last else lines


def _common(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _span(start: int, count: int) -> str:
    return str(start) if count == 1 else f"{start},{count}"
