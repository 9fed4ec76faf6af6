"""Asking models by the way that serves everybody, on behalf of whoever wants to know how good they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from commonweight.batches import Line, RunLine
from commonweight.identity import Caller
from commonweight.tuning.judging import Answer, Ask

LONGEST_WAIT: Final = 60.0  # seconds, where the house says that it has no room now
USED_UP: Final = "insufficient_quota"  # nothing is gained by waiting


def asking(
    run_line: RunLine, caller: Caller, address: str, patience: float | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Ask:  # fmt: skip
    """
    Asks as `caller` from `address`, behind all interactive requests; waits where it may not now. A model that lets a
    question wait for longer than `patience` seconds is given up: what it said last is the answer to all further ones.
    """
    given_up: dict[Any, Answer] = {}

    async def ask(path: str, body: Mapping[str, Any]) -> Answer:
        waited, model = 0.0, body.get("model")
        while (answer := given_up.get(model)) is None:
            begun = asyncio.get_running_loop().time()
            outcome = await run_line(caller, Line(0, "", path, body, address))
            answer, wait = Answer(outcome.status, outcome.body), outcome.retry_after
            if outcome.status not in (429, 503) or outcome.code == USED_UP or outcome.final or wait is None:
                return answer
            pause = min(wait, LONGEST_WAIT)
            waited += asyncio.get_running_loop().time() - begun + pause
            if patience is not None and waited > patience:
                given_up[model] = answer
            else:
                await sleep(pause)
        return answer

    return ask
