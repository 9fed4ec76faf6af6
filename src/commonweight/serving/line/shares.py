"""
How many of a model's slots each process may use: pure.

Several processes (web processes on one or more hosts, workers that run batches) send requests to the same engines. Each
says once a second what it has under way and waiting; each works out its share from what all have said. So the queue is
fair within a process at every moment, and over all processes within a second or two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LEFT_BY_BATCHES = 1  # slots that batches leave free where there are several, so that a person need not wait for one to end


@dataclass(frozen=True)
class Wish:
    """What one process has for a model, under way and waiting."""

    interactive: int = 0
    batch: int = 0
    weight: float = 0.0  # of the accounts with interactive requests, added up


@dataclass(frozen=True)
class Share:
    """How many requests a process may have under way."""

    total: int  # at most, of both lanes
    batch: int  # a request of a batch may begin while fewer than this are under way


def share_of(mine: Wish, others: Mapping[str, Wish], slots: int) -> Share:
    """
    The share of this process in `slots`.

    What all ask for fits: each may have what it asks for and everything that is left over, since what it was asked may
    grow at any moment. It does not fit: slots go round by weight, nobody gets more than it asked for, and everybody who
    asks has at least one (so with more processes than slots an engine's own queue holds the rest).
    """
    if not slots:
        return Share(0, 0)
    wishes = {"": mine, **others}
    asked = sum(wish.interactive for wish in wishes.values())
    spare = max(0, slots - asked)
    total = mine.interactive + spare if asked <= slots else _granted(wishes, slots)[""]
    idle = slots - asked - (LEFT_BY_BATCHES if slots > 1 else 0) - sum(wish.batch for wish in others.values())
    return Share(max(1, min(total, slots)), max(0, mine.interactive + idle))


def _granted(wishes: Mapping[str, Wish], slots: int) -> dict[str, int]:
    """Slots one by one to whoever has the least of them for its weight: the highest-averages method of Jefferson."""
    granted = dict.fromkeys(wishes, 0)
    for _ in range(slots):
        asking = [name for name, wish in wishes.items() if granted[name] < wish.interactive]
        if not asking:
            break
        granted[min(asking, key=lambda name: ((granted[name] + 1) / (wishes[name].weight or 1.0), name))] += 1
    return granted
