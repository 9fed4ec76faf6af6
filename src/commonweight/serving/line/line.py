"""The line at one model, in one process: which replicas are ready, what they work on for us, and who waits for a slot."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from commonweight.serving.line.affinity import Blocks, Warmth, rank
from commonweight.serving.line.breaker import Breaker
from commonweight.serving.line.fair import FairQueue, Lane, PlainTicket, Ticket, Waiting, lane_of
from commonweight.serving.line.shares import Share, Wish, share_of
from commonweight.serving.replica import Replica

CLEARLY_BUSIER = 2  # requests more than the least busy replica has: a warm prompt saves less than they cost
REMEMBERED_SHARE = 0.8  # of the mean time of a request, when the next one is added
FIRST_GUESS_S = 2.0  # a request takes this long, until one has been measured
NO_PLAN: Final = PlainTicket()

Prompt = Callable[[], Blocks]


def no_blocks() -> Blocks:
    """A request whose prompt nobody has hashed."""
    return ()


def _say_nothing(position: int) -> None:
    """Nobody wants to know."""


class Ask(NamedTuple):
    """What a request wants of the line."""

    ticket: Ticket = NO_PLAN
    prompt: Prompt = no_blocks  # called only where there are several replicas to choose from
    avoid: Collection[str] = ()  # replicas that have failed this very request
    on_queued: Callable[[int], None] = _say_nothing  # learns its position where it has to wait


@dataclass
class _Desk:
    """One replica as this process sees it."""

    replica: Replica
    under_way: int = 0
    elsewhere: int = 0  # what other processes have there, as last read
    warmth: Warmth = field(default_factory=Warmth)
    breaker: Breaker = field(default_factory=Breaker)

    @property
    def load(self) -> int:
        return self.under_way + self.elsewhere


@dataclass(frozen=True)
class _Waiter:
    ask: Ask
    place: asyncio.Future[Replica]


class Line:
    """Gives out slots. Everything happens between two awaits of one event loop, so nothing here is locked."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._desks: dict[str, _Desk] = {}
        self._gone: dict[str, _Desk] = {}  # no longer ready, with requests of ours under way
        self._others: Mapping[str, Wish] = {}
        self._queue: FairQueue[_Waiter] = FairQueue()
        self._under_way = dict.fromkeys(Lane, 0)
        self._tickets: dict[int, list[float]] = {}  # account -> weights of what it has under way
        self._seconds = 0.0
        self.slots = 0  # of all replicas that are ready
        self.served = 0  # requests begun since the start

    # What it knows

    def know(self, ready: Sequence[Replica], others: Mapping[str, Wish], elsewhere: Mapping[str, int]) -> None:
        """The replicas that are ready, what other processes wish for, and have under way by replica."""
        before = {**self._gone, **self._desks}
        self._desks = {replica.id: before.get(replica.id) or _Desk(replica) for replica in ready}
        for replica in ready:
            self._desks[replica.id].replica = replica
            self._desks[replica.id].elsewhere = elsewhere.get(replica.id, 0)
        self._gone = {key: desk for key, desk in before.items() if key not in self._desks and desk.under_way}
        self._others = others
        self._count_slots()
        self.dispatch()

    def forget(self, replica_id: str) -> None:
        """It is not to be used until it has been read again."""
        desk = self._desks.pop(replica_id, None)
        self._count_slots()
        if desk is not None and desk.under_way:
            self._gone[replica_id] = desk

    @property
    def replicas(self) -> Sequence[Replica]:
        """Those that are ready."""
        return [desk.replica for desk in self._desks.values()]

    @property
    def empty(self) -> bool:
        """Whether no replica is ready."""
        return not self._desks

    def _count_slots(self) -> None:
        self.slots = sum(desk.replica.slots for desk in self._desks.values())

    @property
    def queued(self) -> int:
        return len(self._queue)

    @property
    def busy(self) -> bool:
        """Whether anything is under way or waiting."""
        return bool(len(self._queue) or any(self._under_way.values()))

    def under_way(self) -> Mapping[str, int]:
        """Requests of this process by replica."""
        desks = {**self._gone, **self._desks}
        return {key: desk.under_way for key, desk in desks.items() if desk.under_way}

    def wish(self) -> Wish:
        """What this process has for the model at this moment."""
        interactive = self._under_way[Lane.INTERACTIVE] + self._queue.waiting(Lane.INTERACTIVE)
        batch = self._under_way[Lane.BATCH] + self._queue.waiting(Lane.BATCH)
        return Wish(interactive, batch, self._weight() if self._others else 0.0)

    def _weight(self) -> float:
        weights = {account: max(given) for account, given in self._tickets.items() if given}
        for ticket in self._queue.tickets():
            if lane_of(ticket) is Lane.INTERACTIVE:
                weights[ticket.account_id] = max(ticket.weight, weights.get(ticket.account_id, 0.0))
        return sum(weights.values())

    def seconds_until(self, position: int) -> float:
        """About how long until the one at this position in the queue gets a slot."""
        return position * (self._seconds or FIRST_GUESS_S) / max(1, self._share().total)

    def rests_until(self) -> float | None:
        """When a replica may be tried again, where every one is left alone; else None."""
        if not self._desks or any(desk.breaker.lets_pass(self._now()) for desk in self._desks.values()):
            return None
        return min(desk.breaker.rests_until() for desk in self._desks.values())

    # Taking and leaving

    def take(self, ask: Ask) -> Replica | None:
        """A slot at once; None where there is none, or somebody waits already."""
        lane = lane_of(ask.ticket)
        if len(self._queue) and (self._queue.waiting(Lane.INTERACTIVE) or lane is Lane.BATCH):
            return None
        return self._seat(ask, lane)

    def join(self, ask: Ask) -> Place:
        """Wait for a slot."""
        waiter = _Waiter(ask, asyncio.get_running_loop().create_future())
        return Place(self, self._queue, self._queue.push(waiter, ask.ticket), waiter)

    def _seat(self, ask: Ask, lane: Lane) -> Replica | None:
        if not self._may_begin(lane):
            return None
        desk = self._choose(ask)
        if desk is None:
            return None
        self._under_way[lane] += 1
        if lane is Lane.INTERACTIVE:
            self._tickets.setdefault(ask.ticket.account_id, []).append(ask.ticket.weight)
        desk.under_way += 1
        desk.breaker.began()
        self.served += 1
        return desk.replica

    def _may_begin(self, lane: Lane) -> bool:
        if not self._others and lane is Lane.INTERACTIVE:
            return sum(self._under_way.values()) < self.slots  # all of them: what a share without others comes to
        share = self._share()
        return sum(self._under_way.values()) < (share.total if lane is Lane.INTERACTIVE else share.batch)

    def _share(self) -> Share:
        return share_of(self.wish(), self._others, self.slots)

    def _choose(self, ask: Ask) -> _Desk | None:
        """The least busy replica, or one that is not clearly busier and has the beginning of the prompt."""
        now = self._now()
        free = [
            desk
            for key, desk in self._desks.items()
            if desk.under_way < desk.replica.slots and desk.breaker.lets_pass(now) and key not in ask.avoid
        ]
        if len(free) <= 1 and len(self._desks) <= 1:
            return free[0] if free else None
        if not free:
            return None
        blocks = ask.prompt()
        desk = _best(free, blocks)
        desk.warmth.add(blocks)
        return desk

    def leave(self, replica: Replica, ask: Ask, outcome: bool | None, seconds: float) -> None:
        """A request is over. `outcome`: the replica answered, failed, or (None) nothing can be said."""
        lane = lane_of(ask.ticket)
        self._under_way[lane] -= 1
        if lane is Lane.INTERACTIVE:
            self._tickets[ask.ticket.account_id].remove(ask.ticket.weight)
            if not self._tickets[ask.ticket.account_id]:
                del self._tickets[ask.ticket.account_id]
        desk = self._desks.get(replica.id) or self._gone.get(replica.id)
        if desk is not None:
            self._note(desk, outcome, seconds)
            if not desk.under_way:
                self._gone.pop(replica.id, None)
        self.dispatch()

    def _note(self, desk: _Desk, outcome: bool | None, seconds: float) -> None:
        desk.under_way -= 1
        if outcome is None:
            desk.breaker.abandoned()
        elif outcome:
            desk.breaker.succeeded()
            kept = REMEMBERED_SHARE if self._seconds else 0.0
            self._seconds = kept * self._seconds + (1 - kept) * seconds
        else:
            desk.breaker.failed(self._now())

    def dispatch(self) -> None:
        """Give free slots to those who wait, in the order of the queue."""
        if not len(self._queue):  # as after nearly every request
            return
        for lane in Lane:
            while (waiter := self._queue.peek(lane)) is not None:
                replica = self._seat(waiter.ask, lane)
                if replica is None:
                    return
                self._queue.pop(lane)
                waiter.place.set_result(replica)


class Place:
    """A place in the queue."""

    def __init__(self, line: Line, queue: FairQueue[_Waiter], waiting: Waiting, waiter: _Waiter) -> None:
        self._line = line
        self._queue = queue
        self._waiting = waiting
        self._place = waiter.place
        self._ask = waiter.ask

    @property
    def position(self) -> int:
        """1: the next; 0: it waits no longer."""
        return self._queue.position(self._waiting)

    @property
    def seconds(self) -> float:
        """About how long it will still wait."""
        return self._line.seconds_until(self.position)

    async def seat(self, seconds: float) -> Replica | None:
        """The slot, once it has come; None after so many seconds."""
        await asyncio.wait({self._place}, timeout=seconds)
        return self._place.result() if self._place.done() else None

    def give_up(self) -> None:
        """Leave the queue, and the slot where it has come meanwhile."""
        if self._queue.remove(self._waiting):
            self._place.cancel()
        elif self._place.done() and not self._place.cancelled():
            self._line.leave(self._place.result(), self._ask, None, math.nan)


def _best(free: Sequence[_Desk], blocks: Blocks) -> _Desk:
    first = blocks[0] if blocks else b""
    least = min(free, key=lambda desk: (desk.load / desk.replica.slots, rank(first, desk.replica.id)))
    if not blocks:
        return least
    warm = max(free, key=lambda desk: (desk.warmth.shared(blocks), -desk.load))
    if not warm.warmth.shared(blocks) or warm.load - least.load >= CLEARLY_BUSIER:
        return least
    return warm
