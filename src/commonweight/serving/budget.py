"""
Who has to leave so that a new model fits: a pure choice by what it costs.

Unloading a model costs the seconds of loading it again, times the chance that somebody wants it soon. What is given up per
byte freed decides: a large model that loads slowly and is used all the time stays, a small one that nobody has asked for
in an hour goes, and so does a large one for which several small ones would have to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HALF_LIFE_S = 600.0  # a use ten minutes ago counts half
SOON_S = 600.0  # what is wanted again within it should have stayed


class Interest:
    """How often something is used of late: uses that count ever less. Times are readings of one clock, in seconds."""

    def __init__(self, now: float) -> None:
        self._uses = 1.0  # somebody had it loaded
        self._at = now

    def add(self, uses: int, now: float) -> None:
        self._uses = self._faded(now) + uses
        self._at = now

    def chance(self, now: float) -> float:
        """That it is used again soon, if uses come as they did of late: 1 - exp(-rate * time)."""
        rate = self._faded(now) * math.log(2) / HALF_LIFE_S
        return 1.0 - math.exp(-rate * SOON_S)

    def _faded(self, now: float) -> float:
        return self._uses * math.pow(0.5, max(0.0, now - self._at) / HALF_LIFE_S)


@dataclass(frozen=True)
class Held:
    """What one engine holds, and what it costs to let it go."""

    id: str
    memory_bytes: int
    reload_seconds: float
    chance: float  # that it is wanted again soon
    evictable: bool  # it is ready, works on no request, and nobody has pinned it

    @property
    def cost(self) -> float:
        """Seconds that somebody will wait, on average."""
        return self.reload_seconds * self.chance


def victims(held: Sequence[Held], needed: int, budget: int) -> Sequence[str] | None:
    """
    Ids to evict, cheapest per byte first, until `needed` bytes fit into `budget`; none of them in vain. Empty: they fit as
    it is. None: they do not fit even when everything that may go has gone.
    """
    free = budget - sum(one.memory_bytes for one in held)
    chosen: list[Held] = []
    for one in sorted((one for one in held if one.evictable), key=lambda one: one.cost / max(1, one.memory_bytes)):
        if free >= needed:
            break
        chosen.append(one)
        free += one.memory_bytes
    if free < needed:
        return None
    for one in sorted(chosen, key=lambda one: -one.cost):  # a small cheap one may have been chosen before a large one
        if free - one.memory_bytes >= needed:
            chosen.remove(one)
            free -= one.memory_bytes
    return [one.id for one in chosen]
