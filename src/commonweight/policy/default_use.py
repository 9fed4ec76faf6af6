"""The use whose verdicts decide what is served, through a few seconds of memory."""

from __future__ import annotations

import time
from typing import Final

from commonweight.policy.uses import Uses
from commonweight.policy.values import Use

USE_SECONDS: Final = 2.0  # a changed use reaches pages of another process after at most this


class DefaultUse:
    def __init__(self, uses: Uses) -> None:
        self._uses = uses
        self._kept: tuple[float, Use] | None = None

    async def get(self) -> Use:
        """The default use; *internal evaluation by a company, facts unknown* until somebody says more."""
        kept = self._kept
        if kept is None or kept[0] < time.monotonic():
            kept = self._kept = (time.monotonic() + USE_SECONDS, await self._uses.standing())
        return kept[1]

    def forget(self) -> None:
        self._kept = None
