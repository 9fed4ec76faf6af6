"""How many replicas a model needs by what is asked of it. Pure; times are readings of one clock, in seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass

UP_AFTER_S = 3.0  # a queue that stands for so long is no burst
DOWN_AFTER_S = 60.0  # loading costs seconds to minutes: what has just been needed may be needed again
FULL_ENOUGH = 0.6  # of the slots that would remain: fewer replicas must not be full at once


def replicas_for(load: int, queued: int, slots: int, count: int) -> int:
    """
    Replicas that fit `load` requests (under way and waiting) at `slots` each, where there are `count` now: more only where
    some wait, fewer only where the rest would not be full.
    """
    if queued:
        return max(count, math.ceil(load / max(1, slots)))
    fewer = math.ceil(load / (max(1, slots) * FULL_ENOUGH))
    return min(count, max(1, fewer)) if count else 0


@dataclass
class Steady:
    """Follows a number only after it has stood for a while."""

    count: int
    desired: int = 0
    since: float = 0.0

    def follow(self, desired: int, now: float) -> int:
        """The number to have now, where `desired` is what this moment asks for."""
        if desired == self.count:
            self.desired = desired
            return self.count
        if (desired > self.count) != (self.desired > self.count) or self.desired == self.count:
            self.since = now
        self.desired = desired
        if now - self.since >= (UP_AFTER_S if desired > self.count else DOWN_AFTER_S):
            self.count = self.desired
        return self.count
