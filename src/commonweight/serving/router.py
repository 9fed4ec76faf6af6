"""The web side: finds a slot at a replica that answers for a model, or has one loaded."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from commonweight.serving.demands import AtReplica, Demand
from commonweight.serving.errors import EngineLost, EngineOverloaded
from commonweight.serving.line import Ask, Line, Place
from commonweight.serving.loading import Loading, OnProgress
from commonweight.serving.models import ServableModel
from commonweight.serving.replica import Replica, State
from commonweight.serving.replicas import Replicas

log = logging.getLogger(__name__)

TRUST_S = 1.0  # how long rows that were read count as true; a worker drains for longer than this
STALE_S = 15.0  # while the database is away: as long as a worker's lease
SAY_EVERY_S = 0.8  # within TRUST_S, so that requests on a busy model never wait for the database
LOOK_EVERY_S = 0.5  # how late a queued request learns that its place has changed, or its replica has gone
FORGET_S = 600.0  # a model that nobody asked for
QUEUE_LENGTH = 256  # requests waiting for one model in one process: minutes of work for a busy engine; more are told so


@dataclass
class _Known:
    """A model as this process knows it."""

    model: ServableModel
    line: Line
    read_at: float = float("-inf")
    asked_at: float = 0.0
    said: bool = False  # the rows hold something about it from this process
    uses: dict[str, int] = field(default_factory=dict)  # by replica, not yet said
    tokens: dict[str, int] = field(default_factory=dict)  # by replica, since the last time something was said
    looking: asyncio.Task[None] | None = None


class Seat:
    """A slot at a replica. `leave` it exactly once."""

    def __init__(self, known: _Known, ask: Ask, replica: Replica, position: int) -> None:
        self.replica = replica
        self.position = position  # in the queue when it came; 0: it did not wait
        self._known = known
        self._ask = ask
        self._began = asyncio.get_running_loop().time()
        known.uses[replica.id] = known.uses.get(replica.id, 0) + 1

    def count(self, tokens: int) -> None:
        """Tokens that the engine has sent, about."""
        self._known.tokens[self.replica.id] = self._known.tokens.get(self.replica.id, 0) + tokens

    def leave(self, outcome: bool | None, rest: float = 0.0) -> None:
        """See `OneSeat.leave`."""
        self._known.line.leave(self.replica, self._ask, outcome, asyncio.get_running_loop().time() - self._began)


class Router:
    """One per process. `close` it before the database."""

    def __init__(self, replicas: Replicas, queue_length: int = QUEUE_LENGTH) -> None:
        self._replicas = replicas
        self._queue_length = queue_length
        self._process = uuid.uuid4().hex
        self._known: dict[str, _Known] = {}
        self._loading = Loading(replicas)
        self._saying: asyncio.Task[None] | None = None
        self._said_at = 0.0

    async def seat(self, model: ServableModel, ask: Ask, wait: float, on_progress: OnProgress | None = None) -> Seat:
        """
        A slot at a replica that answers for the model, after those who come before in the fair queue; loads the model if
        need be, once for all who ask.

        `on_progress` is awaited whenever there is something new to say about the load or the queue. Raises LoadFailed with
        the worker's reason, ModelLoading after `wait` seconds (the load goes on), EngineOverloaded where the queue is full
        or the wait over, EngineLost where no replica is left that has not failed.
        """
        now = asyncio.get_running_loop().time()
        deadline = now + wait
        known = self._known.get(model.key)
        if known is None or now >= known.read_at + TRUST_S:
            known = await self._fresh(model)
        known.asked_at = now
        while True:
            if known.line.empty:
                await self._loading.until_ready(model, deadline, on_progress)
                await self._look(known)
                continue
            replica = known.line.take(ask)
            if replica is not None:
                return Seat(known, ask, replica, 0)
            _check(known, ask)
            seat = await self._queue(known, ask, deadline, on_progress)
            if seat is not None:
                return seat

    async def lease_for(self, model: ServableModel, wait: float, on_progress: OnProgress | None = None) -> Replica:
        """A replica that answers for the model, loaded if need be; without a slot. Raises as `seat`."""
        deadline = asyncio.get_running_loop().time() + wait
        known = await self._fresh(model)
        while not known.line.replicas:
            await self._loading.until_ready(model, deadline, on_progress)
            await self._look(known)
        known.uses.setdefault(known.line.replicas[0].id, 0)
        return known.line.replicas[0]

    async def is_ready(self, model: ServableModel) -> bool:
        """Whether some replica of the model answers now."""
        return bool((await self._fresh(model)).line.replicas)

    def others_ready(self, model: ServableModel, avoid: Collection[str]) -> bool:
        """Whether a replica of the model is ready that is not to be avoided."""
        known = self._known.get(model.key)
        return known is not None and any(replica.id not in avoid for replica in known.line.replicas)

    async def lost(self, replica: Replica, gone: bool) -> None:
        """
        This replica failed a request: read its row again before using it. `gone`: nothing listens at its address any
        more, so the row is dropped and the next request has a new engine started.
        """
        known = self._known.get(replica.model.key)
        if known is not None:
            known.read_at = float("-inf")
        if gone:
            await self._replicas.remove(replica.id)
            if known is not None:
                known.line.forget(replica.id)

    # The queue

    async def _queue(self, known: _Known, ask: Ask, deadline: float, on_progress: OnProgress | None) -> Seat | None:
        """A slot after waiting; None where the replicas have gone meanwhile."""
        line, loop = known.line, asyncio.get_running_loop()
        if line.queued >= self._queue_length:
            detail = f"{line.queued} requests wait for {known.model.name} already."
            raise EngineOverloaded(detail, line.seconds_until(line.queued))
        place = line.join(ask)
        first, said, seated = place.position, 0, False
        ask.on_queued(first)
        try:
            while line.replicas:
                if place.position and place.position != said and on_progress:
                    said = place.position
                    await on_progress(f"queued: position {said}")
                replica = await place.seat(max(0.0, min(LOOK_EVERY_S, deadline - loop.time())))
                if replica is not None:
                    seated = True
                    return Seat(known, ask, replica, first)
                if loop.time() >= deadline:
                    raise _too_long(known, place)
                await self._fresh(known.model)
                line.dispatch()
                _check(known, ask)
            return None
        finally:
            if not seated:
                place.give_up()

    # What is known

    def _entry(self, model: ServableModel) -> _Known:
        known = self._known.get(model.key)
        if known is None:
            loop = asyncio.get_running_loop()
            known = self._known[model.key] = _Known(model, Line(loop.time))
        if self._saying is None:
            self._said_at = asyncio.get_running_loop().time()
            self._saying = asyncio.create_task(self._say_regularly())
        return known

    async def _fresh(self, model: ServableModel) -> _Known:
        """The model, from memory where its rows were read lately; all who ask at once share one look."""
        known = self._entry(model)
        now = known.asked_at = asyncio.get_running_loop().time()
        if now < known.read_at + TRUST_S:
            return known
        if known.looking is None or known.looking.done():
            known.looking = asyncio.create_task(self._look(known))
        try:
            await asyncio.shield(known.looking)
        except (SQLAlchemyError, OSError):  # the engines may answer while the database does not
            if not known.line.replicas or now > known.read_at + STALE_S:
                raise
        return known

    async def _look(self, known: _Known) -> None:
        """Read the rows."""
        rows = await self._replicas.of(known.model.key)
        demands = await self._replicas.demands.of([known.model.key])
        self._learn(known, rows, [demand for demand in demands if demand.process != self._process])

    def _learn(self, known: _Known, rows: Sequence[Replica], others: Sequence[Demand]) -> None:
        elsewhere: dict[str, int] = {}
        for demand in others:
            for replica_id, at in demand.by_replica.items():
                elsewhere[replica_id] = elsewhere.get(replica_id, 0) + at.under_way
        ready = [row for row in rows if row.state is State.READY]
        known.line.know(ready, {demand.process: demand.wish for demand in others}, elsewhere)
        known.read_at = asyncio.get_running_loop().time()

    # What is said

    async def _say_regularly(self) -> None:
        away = False
        while True:
            await asyncio.sleep(SAY_EVERY_S)
            try:
                await self._say()
                away = False
            except (SQLAlchemyError, OSError) as error:
                if not away:
                    log.warning("cannot tell other processes what is under way here; the database: %s", error)
                away = True

    async def _say(self) -> None:
        """Tell the others what this process has, and learn what they have."""
        loop = asyncio.get_running_loop()
        now, before = loop.time(), self._said_at
        active = [known for known in self._known.values() if known.line.busy or known.said or known.uses]
        if active:
            uses = {replica: count for known in active for replica, count in known.uses.items()}
            demands = [_demand(known, now - before) for known in active]
            for known in active:
                known.said = known.line.busy
                known.uses, known.tokens = {}, {}
            self._said_at = now
            await self._replicas.demands.say(self._process, demands, uses)
        for known in active:
            if known.line.busy:
                await self._look(known)
        for key, known in tuple(self._known.items()):
            if not known.line.busy and not known.said and now > known.asked_at + FORGET_S:
                del self._known[key]

    async def close(self) -> None:
        """End what runs in the background, and take back what was said."""
        self._loading.close()
        running = {task for known in self._known.values() if (task := known.looking)}
        running |= {self._saying} if self._saying is not None else set()
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        said = [Demand(key) for key, known in self._known.items() if known.said]
        if said:
            try:
                await self._replicas.demands.say(self._process, said, {})
            except (SQLAlchemyError, OSError) as error:
                log.warning("could not take back what was under way; it is forgotten within seconds: %s", error)


def _demand(known: _Known, seconds: float) -> Demand:
    under_way = known.line.under_way()
    by_replica = {
        key: AtReplica(under_way.get(key, 0), known.tokens.get(key, 0) / max(seconds, SAY_EVERY_S))
        for key in {*under_way, *known.tokens}
    }
    return Demand(known.model.key, known.line.wish(), known.line.queued, by_replica)


def _check(known: _Known, ask: Ask) -> None:
    """Raises EngineLost where waiting is of no use."""
    if all(replica.id in ask.avoid for replica in known.line.replicas):
        raise EngineLost(f"No engine for {known.model.name} is left that has not failed this request.")
    until = known.line.rests_until()
    if until is not None:
        seconds = max(1.0, until - asyncio.get_running_loop().time())
        raise EngineLost(f"The engines for {known.model.name} fail one request after another.", retry_after=seconds)


def _too_long(known: _Known, place: Place) -> EngineOverloaded:
    detail = f"No slot for {known.model.name} came free in time; position {place.position} of {known.line.queued}."
    return EngineOverloaded(detail, place.seconds)
