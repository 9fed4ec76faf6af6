"""
The fair queue: who is next, by weight. Pure; knows no time and no engines.

Start-time fair queueing (Goyal, Vin, Cheng, SIGCOMM 1996): each request gets the tag max(virtual time, end of the account's
last request), and moves that end on by its cost divided by the account's weight; the smallest tag is served first, and
virtual time is the tag served last. While two accounts both have requests waiting, what they are served differs by at most
one request each, in units of their weights, however many requests either of them sends.

Lanes are strict: nothing of `batch` is served while something of `interactive` waits.
"""

from __future__ import annotations

import enum
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")

LEAST_WEIGHT = 0.001  # a weight of nought would never be served


class Lane(enum.StrEnum):
    INTERACTIVE = "interactive"
    BATCH = "batch"


class Ticket(Protocol):
    """By what the queue orders requests. Admission makes them from plans."""

    @property
    def account_id(self) -> int: ...
    @property
    def weight(self) -> float: ...
    @property
    def lane(self) -> str: ...


@dataclass(frozen=True)
class PlainTicket:
    """A ticket without a plan."""

    account_id: int = 0
    weight: float = 1.0
    lane: str = Lane.INTERACTIVE


@dataclass(frozen=True, order=True)
class Waiting:
    """One request in the queue. Ordered by who is next."""

    tag: float
    number: int  # of its arrival: what arrived first is first among equals


class FairQueue(Generic[T]):
    """Requests of many accounts, in lanes."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, _Lane] = {lane: _Lane() for lane in Lane}
        self._what: dict[Waiting, tuple[T, Ticket]] = {}
        self._arrived = 0

    def __len__(self) -> int:
        return len(self._what)

    def waiting(self, lane: Lane) -> int:
        """How many wait in a lane."""
        return len(self._lanes[lane].order)

    def push(self, what: T, ticket: Ticket, cost: float = 1.0) -> Waiting:
        """Queue something. What it gives back takes it out again (`remove`) and finds its place (`position`)."""
        self._arrived += 1
        tag = self._lanes[lane_of(ticket)].take_tag(ticket, cost)
        waiting = Waiting(tag, self._arrived)
        insort(self._lanes[lane_of(ticket)].order, waiting)
        self._what[waiting] = (what, ticket)
        return waiting

    def pop(self, lane: Lane) -> T | None:
        """The next of a lane; None where nothing waits in it."""
        one = self._lanes[lane]
        if not one.order:
            return None
        waiting = one.order.pop(0)
        one.served(waiting.tag)
        return self._what.pop(waiting)[0]

    def peek(self, lane: Lane) -> T | None:
        """What `pop` would give."""
        order = self._lanes[lane].order
        return self._what[order[0]][0] if order else None

    def remove(self, waiting: Waiting, cost: float = 1.0) -> bool:
        """Take out one that waits no longer, as if it had never come. False: it was served before."""
        if waiting not in self._what:
            return False
        _, ticket = self._what.pop(waiting)
        lane = self._lanes[lane_of(ticket)]
        lane.order.remove(waiting)
        lane.give_back(ticket, cost)
        return True

    def position(self, waiting: Waiting) -> int:
        """How many are served up to and including this one if nobody else comes; 0: it waits no longer."""
        if waiting not in self._what:
            return 0
        lane = lane_of(self._what[waiting][1])
        before = self.waiting(Lane.INTERACTIVE) if lane is Lane.BATCH else 0
        return before + self._lanes[lane].order.index(waiting) + 1

    def tickets(self) -> Iterator[Ticket]:
        """Of everything that waits."""
        return (ticket for _, ticket in self._what.values())


class _Lane:
    """Virtual time and the order of one lane."""

    def __init__(self) -> None:
        self.order: list[Waiting] = []
        self._now = 0.0
        self._ends: dict[int, float] = {}  # by account: where its last request ends in virtual time

    def take_tag(self, ticket: Ticket, cost: float) -> float:
        tag = max(self._now, self._ends.get(ticket.account_id, 0.0))
        self._ends[ticket.account_id] = tag + _width(ticket, cost)
        return tag

    def give_back(self, ticket: Ticket, cost: float) -> None:
        if ticket.account_id in self._ends:
            self._ends[ticket.account_id] -= _width(ticket, cost)

    def served(self, tag: float) -> None:
        self._now = max(self._now, tag)
        if not self.order:  # ends that lie behind mean nothing any more: memory is bounded by who waits
            self._ends = {account: end for account, end in self._ends.items() if end > self._now}


def lane_of(ticket: Ticket) -> Lane:
    """An unknown lane is the one that gives way."""
    return Lane.INTERACTIVE if ticket.lane == Lane.INTERACTIVE else Lane.BATCH


def _width(ticket: Ticket, cost: float) -> float:
    return cost / max(ticket.weight, LEAST_WEIGHT)
