"""
Tokens are counted by the tokenizer and the template of the base, in a process of its own: libraries of the extra `tune`
never come into the server.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from commonweight.errors import InvalidInput
from commonweight.processes import environment_without_secrets
from commonweight.tuning.data.counts import TokenCounts

HEAD = "head.gguf"  # of a folder that holds the beginning of a GGUF file alone
_ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "DO_NOT_TRACK": "1"}


class CountFailed(InvalidInput):
    """`code` is that of the failure in the child: not_trainable, not_supported, crashed."""

    def __init__(self, detail: str, *, hint: str = "", code: str = "crashed") -> None:
        super().__init__(detail, hint=hint)
        self.kind = code


class TokenCounter:
    """`python` runs the child; it ends when this process does, and makes no connection."""

    def __init__(self, python: str = sys.executable) -> None:
        self._command = [python, "-P", "-m", "commonweight.tuning.data.count"]

    async def count(self, lines: Path, base: Path, max_tokens: int) -> TokenCounts:
        """
        Of a file of canonical lines and a folder with the tokenizer of its base (and its template, for chats).

        `max_tokens` is the longest example that is trained on. Raises CountFailed.
        """
        child = await asyncio.create_subprocess_exec(
            *self._command,
            str(lines),
            str(base),
            str(max_tokens),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=DEVNULL,
            env={**environment_without_secrets(), **_ENVIRONMENT},
        )
        try:
            out, _ = await child.communicate()
        finally:
            if child.returncode is None:
                child.kill()
        return _read(out)


def _read(out: bytes) -> TokenCounts:
    try:
        told = json.loads(out.splitlines()[-1])
    except (ValueError, IndexError):
        raise CountFailed("Counting tokens broke off.", hint="Look at the examples with: commonweight tune check") from None
    if "failed" in told:
        raise CountFailed(told["message"], hint=told["hint"], code=told["failed"])
    return TokenCounts.from_json(told)
