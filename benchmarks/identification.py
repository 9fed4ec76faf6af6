"""
How surely a licence is known by its text: each text of the sample in 20 mutations, and in 6 changes that make another text.

    python benchmarks/identification.py              all licences of our records, and 250 others
    python benchmarks/identification.py --others 20  fewer

Goals: no other licence above the accepting score; recall 0.99. What does not meet them is listed. The matcher's data need
the extra `commonweight[licences]`. About a quarter of an hour of one core, most of it the matcher's.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.mutations import MUTATIONS, TAMPERINGS, Mutation, name_of

from commonweight.rights import load_records
from commonweight.rights.likeness import ACCEPTING
from commonweight.rights.matching import IDENTIFIED, TextMatch, match_text
from commonweight.rights.scancode import ScanCode
from commonweight.rights.words import Words, words_of

LEAST_WORDS = 40  # shorter texts are notices and names, not licences


@dataclass
class Tally:
    """Counts of one mutation, and the cases that did not come out."""

    right: int = 0
    other: int = 0  # word for word a known text of another licence by now, and taken for that
    near: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, str]] = field(default_factory=list)

    @property
    def texts(self) -> int:
        return self.right + self.other + sum(self.near.values()) + len(self.wrong)


def sample(finder: ScanCode, others: int) -> tuple[list[str], list[str]]:
    """Licences of our records, and others spread evenly over the matcher's list."""
    long_enough = [key for key in finder.keys if len(words_of(finder.text_of(key))) >= LEAST_WORDS]
    recorded = {key for terms in load_records() for key in terms.ids.get("scancode", ())}
    ours = [key for key in long_enough if key in recorded]
    rest = [key for key in long_enough if key not in recorded]
    step = max(1, len(rest) // others) if others else len(rest) + 1
    return ours, rest[::step][:others]


def run(finder: ScanCode, keys: Sequence[str], mutations: Sequence[Mutation], *, same: bool) -> dict[str, Tally]:
    """`same`: the mutations say the same as before. Those that change nothing in a text are left out where they must not."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for number, key in enumerate(keys, 1):
        text, holders = finder.text_of(key), finder.holders_of(key)
        for mutation in mutations:
            changed = mutation(text, holders)
            if same or words_of(changed).folded != words_of(text).folded:
                _count(tallies[name_of(mutation)], key, changed, finder)
        if sys.stderr.isatty():
            print(f"\r{number} of {len(keys)}: {key:60}", end="", file=sys.stderr, flush=True)
    return tallies


def _count(tally: Tally, key: str, changed: str, finder: ScanCode) -> None:
    match = match_text(changed, finder)
    found = [one.key for one in match.licences]
    if match.state != IDENTIFIED:
        tally.near[key] += 1
    elif found == [key]:
        tally.right += 1
    elif _is_word_for_word(match, changed, finder):
        tally.other += 1
    else:
        tally.wrong.append((key, " + ".join(found)))


def _is_word_for_word(match: TextMatch, changed: str, finder: ScanCode) -> bool:
    """Whether what is left of a text is the whole text of the one licence that it was taken for, but for holders."""
    here = words_of(changed)
    known = [one.words for one in finder.find(changed).candidates if [one.key] == [found.key for found in match.licences]]
    return any(words.folded == here.folded or _weighty(words) == _weighty(here) for words in known)


def _weighty(words: Words) -> list[str]:
    return [word for word, is_light in zip(words.folded, words.light, strict=True) if not is_light]


def table(tallies: dict[str, Tally], mutations: Sequence[Mutation]) -> list[str]:
    lines = [
        "| mutation | texts | identified | recall | word for word another | another licence |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in [name_of(one) for one in mutations]:
        one = tallies[name]
        lines.append(_row(name, [one]))
    return [*lines, _row("**all**", list(tallies.values()))]


def _row(name: str, tallies: Sequence[Tally]) -> str:
    """Recall is that of the texts that are still their own licence."""
    right, other = sum(one.right for one in tallies), sum(one.other for one in tallies)
    texts, wrong = sum(one.texts for one in tallies), sum(len(one.wrong) for one in tallies)
    return f"| {name} | {texts} | {right} | {right / max(1, texts - other):.4f} | {other} | {wrong} |"


def tampered_table(tallies: dict[str, Tally], mutations: Sequence[Mutation]) -> list[str]:
    lines = ["| change | texts | taken for the original | taken for another |", "| --- | --- | --- | --- |"]
    rows = [(name_of(one), tallies[name_of(one)]) for one in mutations]
    return [*lines, *(f"| {name} | {one.texts} | {one.right} | {len(one.wrong)} |" for name, one in rows)]


def misses(tallies: dict[str, Tally]) -> list[str]:
    lines = []
    for name, one in tallies.items():
        lines += [f"  {name}: {key} was taken for {found}" for key, found in one.wrong]
        if one.near:
            lines.append(f"  {name}, not identified: {', '.join(sorted(one.near))}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--others", type=int, default=250, help="licences beside those of our records")
    asked = parser.parse_args()
    started = time.monotonic()
    finder = ScanCode()
    ours, others = sample(finder, asked.others)
    mutated = run(finder, [*ours, *others], MUTATIONS, same=True)
    tampered = run(finder, [*ours, *others], TAMPERINGS, same=False)
    print(f"\n{finder.version}; {len(ours)} licences of our records and {len(others)} others; accepting score {ACCEPTING}\n")
    print("\n".join(table(mutated, MUTATIONS)), "\n")
    print("\n".join(tampered_table(tampered, TAMPERINGS)), "\n")
    print("Not as it should be:", *(misses(mutated) or ["  nothing"]), sep="\n")
    taken = {name: [key for key, _ in one.wrong] for name, one in tampered.items() if one.wrong}
    print("Changed, and taken for another licence:", taken or "none")
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
