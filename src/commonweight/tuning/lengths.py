"""Whether the base reads every example whole: counted by its own tokenizer, and only where a line may be too long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from commonweight.tuning.data import TokenCounts, write_canonical

CANONICAL: Final = "canonical.jsonl"
#: Tokens that a template may write around each message, and before all of them. No token is of less than a byte.
A_MESSAGE: Final = 32
A_CHAT: Final = 256
NAMED: Final = 10  # lines that a warning names
Count = Callable[[Path, Path, int], Awaitable[TokenCounts]]


class Lengths:
    """`count` counts tokens of a file of canonical lines for a base (`TokenCounter.count`): asked only where it matters."""

    def __init__(self, count: Count) -> None:
        self.count = count

    async def of(self, given: Path, base: Path, sure: int, most: int) -> TokenCounts | None:
        """
        Of the examples in `given` for the base in a folder, where at most `most` tokens are read. None where no line can
        have more than `sure`. Raises CountFailed.
        """
        lines = given.with_name(f"{given.stem}_{CANONICAL}")
        await asyncio.to_thread(write_canonical, given, lines)
        try:
            if await asyncio.to_thread(most_tokens, lines) <= sure:
                return None
            return await self.count(lines, base, most)
        finally:
            lines.unlink(missing_ok=True)


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
