"""Before a training its owner is told which lines it would not read whole; short lines cost nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from commonweight.tuning.data import CountFailed, TokenCounts
from commonweight.tuning.data.counts import NOT_LEARNT, Tally
from commonweight.tuning.stages import Lengths
from commonweight.tuning.values import Level
from tests.tuning.data.said import chat, jsonl, many


@dataclass
class Owner:
    """Is told."""

    told: list[str] = field(default_factory=list)

    async def say(self, message: str, *, level: Level) -> None:
        assert level is Level.WARN
        self.told.append(message)


@dataclass
class Counts:
    """Takes every letter of a line's last answer for a token that is learnt."""

    asked: int = 0

    async def __call__(self, lines: Path, base: Path, max_tokens: int) -> TokenCounts:
        self.asked += 1
        tally = Tally(max_tokens)
        for line in lines.read_bytes().splitlines():
            tally.add([[NOT_LEARNT] * 5 + [1] * len(line)])
        return tally.counts()


async def told_of(folder: Path, lines: list[Any], count: Any, max_tokens: int = 1024) -> list[str]:
    given, owner = folder / "given.jsonl", Owner()
    given.write_bytes(jsonl(lines))
    spec: Any = SimpleNamespace(base=folder, max_tokens=max_tokens)
    work: Any = owner
    await Lengths(count).tell(work, given, spec)
    assert [path.name for path in folder.iterdir()] == ["given.jsonl"]
    return owner.told


async def test_lines_that_do_not_fit_are_named_with_the_remedy(tmp_path: Path) -> None:
    told = await told_of(tmp_path, [*many(3), chat("a", "word " * 300), *many(2), chat("b", "word " * 400)], Counts())
    assert len(told) == 1
    assert told[0].startswith("2 examples have answers that do not fit into 1,024 tokens, in lines 4, 7: ")
    assert "Set max_tokens to 2" in told[0]


async def test_lines_that_fit_whatever_the_tokenizer_are_not_counted(tmp_path: Path) -> None:
    count = Counts()
    assert await told_of(tmp_path, many(20), count) == []
    assert count.asked == 0
    assert await told_of(tmp_path, many(20), count, max_tokens=400) == []
    assert count.asked == 1


async def test_what_cannot_be_counted_is_said_and_stops_nothing(tmp_path: Path) -> None:
    async def fails(lines: Path, base: Path, max_tokens: int) -> TokenCounts:
        raise CountFailed("No tokenizer.")

    assert await told_of(tmp_path, [chat("a", "word " * 300)], fails) == ["Its tokens could not be counted: No tokenizer."]
