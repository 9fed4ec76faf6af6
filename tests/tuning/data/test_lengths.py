"""A training reads its examples whole where base and machine let it; what it does not read is named before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonweight.tuning.data import CountFailed, TokenCounts
from commonweight.tuning.data.counts import NOT_LEARNT, Tally
from commonweight.tuning.lengths import Lengths
from commonweight.tuning.reading_length import Settled, settle
from commonweight.tuning.training import TrainingSpec
from tests.tuning.data.said import chat, jsonl, many

LONG = [*many(3), chat("a", "word " * 300), *many(2), chat("b", "word " * 400)]  # some 1,600 and 2,100 letters


@dataclass
class Counts:
    """Takes every letter of a line for a token that is learnt."""

    asked: int = 0

    async def __call__(self, lines: Path, base: Path, max_tokens: int) -> TokenCounts:
        self.asked += 1
        tally = Tally(max_tokens)
        for line in lines.read_bytes().splitlines():
            tally.add([[NOT_LEARNT] * 5 + [1] * len(line)])
        return tally.counts()


async def settled(
    folder: Path,
    lines: list[Any],
    count: Any,
    *,
    asked: Any = None,
    context: int = 1024,
    room: int = 10_000,
    reads: int = 1024,
) -> Settled:
    given = folder / "given.jsonl"
    given.write_bytes(jsonl(lines))

    async def counted(sure: int, most: int) -> TokenCounts | None:
        return await Lengths(count).of(given, folder, sure, most)

    async def has_room(spec: TrainingSpec, longest: int) -> bool:
        return longest <= room

    spec = TrainingSpec(folder, folder, given, given, max_tokens=reads)
    found = await settle(spec, asked, context, counted, has_room)
    assert [path.name for path in folder.iterdir()] == ["given.jsonl"]
    return found


async def test_lines_that_do_not_fit_are_named_with_the_remedy(tmp_path: Path) -> None:
    found = await settled(tmp_path, LONG, Counts())
    (said,) = found.warnings
    assert said.startswith("2 examples have answers that do not fit into 1,024 tokens, in lines 4, 7: ")
    assert "Set max_tokens to 2" in said
    assert (found.spec.max_tokens, found.told) == (1024, ())


async def test_where_nobody_said_how_far_it_reads_as_far_as_the_longest_example_goes(tmp_path: Path) -> None:
    found = await settled(tmp_path, LONG, Counts(), asked="auto", context=8192)
    assert 2_000 < found.spec.max_tokens < 2_300
    assert found.warnings == []
    assert "since the longest has 2," in found.told[0]


async def test_it_grows_no_further_than_the_base_reads_and_says_what_is_still_cut(tmp_path: Path) -> None:
    found = await settled(tmp_path, LONG, Counts(), context=1_800)
    assert found.spec.max_tokens == 1_800
    assert found.warnings[0].startswith("1 examples have answers that do not fit into 1,800 tokens, in lines 7:")


async def test_it_does_not_grow_past_what_was_asked_for_or_what_the_machine_has_room_for(tmp_path: Path) -> None:
    for more in ({"asked": 1024, "context": 8192}, {"context": 8192, "room": 1_500}):
        found = await settled(tmp_path, LONG, Counts(), **more)
        assert found.spec.max_tokens == 1024
        assert found.warnings[0].startswith("2 examples")


async def test_lines_that_fit_whatever_the_tokenizer_are_not_counted(tmp_path: Path) -> None:
    count = Counts()
    assert (await settled(tmp_path, many(20), count)).warnings == ()
    assert count.asked == 0
    assert (await settled(tmp_path, many(20), count, asked=400, reads=400)).warnings == []
    assert count.asked == 1


async def test_what_cannot_be_counted_is_said_and_stops_nothing(tmp_path: Path) -> None:
    async def fails(lines: Path, base: Path, max_tokens: int) -> TokenCounts:
        raise CountFailed("No tokenizer.")

    assert (await settled(tmp_path, LONG, fails)).warnings == ["Its tokens could not be counted: No tokenizer."]
