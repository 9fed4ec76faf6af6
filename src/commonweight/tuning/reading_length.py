"""
How many tokens a training reads of an example: what was asked for, else 1,024, else as many as the longest example has,
where the base reads so many and the machine has room.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from commonweight.tuning.asked import AUTO
from commonweight.tuning.data import CountFailed, TokenCounts
from commonweight.tuning.lengths import sentence
from commonweight.tuning.training import TrainingSpec

#: Counts at most so many tokens of each example; None where no example can have more than the first number.
Counted = Callable[[int, int], Awaitable[TokenCounts | None]]
UNCOUNTED: Final = "Its tokens could not be counted: {}"


HasRoom = Callable[[TrainingSpec, int], Awaitable[bool]]
"""(a spec, tokens of the longest example) -> whether such a training fits."""


@dataclass(frozen=True)
class Settled:
    """A spec, and what is to be said of it: how far it reads, and what it cuts."""

    spec: TrainingSpec
    told: Sequence[str] = ()
    warnings: Sequence[str] = ()


async def settle(spec: TrainingSpec, asked: Any, context: int, counted: Counted, has_room: HasRoom) -> Settled:
    """
    `asked` is what was said of `max_tokens`; `context` how many tokens the base reads, 0 where nobody knows. What cannot be
    counted is said, and no failure.
    """
    may_grow = asked in (None, AUTO) and context > spec.max_tokens
    try:
        counts = await counted(spec.max_tokens, context if may_grow else spec.max_tokens)
        if counts is None:
            return Settled(spec)
        if not may_grow or counts.longest <= spec.max_tokens:
            return Settled(spec, warnings=_cut(counts))
        grown = replace(spec, max_tokens=min(context, counts.longest))
        if await has_room(grown, grown.max_tokens):
            told = f"It reads {grown.max_tokens:,} tokens of an example, since the longest has {counts.longest:,}."
            return Settled(grown, [told], _cut(counts))
        again = await counted(spec.max_tokens, spec.max_tokens)
        return Settled(spec, warnings=_cut(again) if again else ())
    except CountFailed as failed:
        return Settled(spec, warnings=[UNCOUNTED.format(failed.sentence)])


def _cut(counts: TokenCounts) -> list[str]:
    return [sentence(counts)] if counts.cut else []
