"""Who has to leave so that a new model fits: a pure choice by bytes and by time of last use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Held:
    """What one engine holds."""

    id: str
    memory_bytes: int
    last_used_at: datetime
    evictable: bool  # it is ready, and works on no request


def victims(held: Sequence[Held], needed: int, budget: int) -> Sequence[str] | None:
    """
    Ids to evict, least recently used first, until `needed` bytes fit into `budget`. Empty: they fit as it is.

    None: they do not fit even when everything that may go has gone.
    """
    free = budget - sum(one.memory_bytes for one in held)
    chosen: list[str] = []
    for one in sorted((one for one in held if one.evictable), key=lambda one: one.last_used_at):
        if free >= needed:
            break
        chosen.append(one.id)
        free += one.memory_bytes
    return chosen if free >= needed else None
