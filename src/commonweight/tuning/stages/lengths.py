"""Before training: the lines whose answers the base would not read whole, by number. Nothing is left out silently."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from commonweight.tuning.data import CountFailed, TokenCounts, write_canonical
from commonweight.tuning.steps import Work
from commonweight.tuning.training import TrainingSpec
from commonweight.tuning.values import Level

CANONICAL: Final = "given_canonical.jsonl"
#: Tokens that a template may write around each message, and before all of them. No token is of less than a byte.
A_MESSAGE: Final = 32
A_CHAT: Final = 256
NAMED: Final = 10  # lines that an event names
Count = Callable[[Path, Path, int], Awaitable[TokenCounts]]


class Lengths:
    """`count` counts tokens of a file of canonical lines for a base (`TokenCounter.count`): asked only where it matters."""

    def __init__(self, count: Count) -> None:
        self._count = count

    async def tell(self, work: Work, given: Path, spec: TrainingSpec) -> None:
        """Warn of the lines in the file that was `given` which do not fit. What cannot be counted is said, no failure."""
        lines = given.with_name(CANONICAL)
        await asyncio.to_thread(write_canonical, given, lines)
        try:
            if await asyncio.to_thread(most_tokens, lines) <= spec.max_tokens:
                return
            counts = await self._count(lines, spec.base, spec.max_tokens)
        except CountFailed as failed:
            await work.say(f"Its tokens could not be counted: {failed.sentence}", level=Level.WARN)
            return
        finally:
            lines.unlink(missing_ok=True)
        if counts.cut:
            await work.say(sentence(counts), level=Level.WARN)


def most_tokens(path: Path) -> int:
    """No line of these canonical ones can have more tokens."""
    with path.open("rb") as file:
        return max((_most(line) for line in file), default=0)


def _most(line: bytes) -> int:
    document = orjson.loads(line)
    asked = document.get("input", document).get("messages", ())
    return len(line) - sum(map(_not_said, asked)) + A_MESSAGE * (len(asked) + 1) + A_CHAT


def _not_said(message: Mapping[str, Any]) -> int:
    """Bytes of a plain message that are JSON's alone; what has more fields counts whole."""
    if message.keys() != {"role", "content"}:
        return 0
    return len(orjson.dumps(message)) - len(message["content"].encode())


def sentence(counts: TokenCounts) -> str:
    """What does not fit, with its lines and the remedy."""
    named = ", ".join(str(finding.line) for finding in counts.errors[:NAMED])
    more = " and others" if counts.cut > NAMED else ""
    head = f"{counts.cut:,} examples have answers that do not fit into {counts.max_tokens:,} tokens, in lines {named}{more}:"
    return f"{head} what does not fit whole is not learnt ({counts.cut_away:,} lose all). {counts.remedy()}"
