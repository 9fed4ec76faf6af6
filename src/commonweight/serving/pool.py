"""The worker's side: takes up wanted replicas, keeps their engines within a budget of bytes, cleans up after them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from commonweight.clock import Clock
from commonweight.db import DatabaseAway
from commonweight.errors import CommonweightError
from commonweight.serving.budget import Held, victims
from commonweight.serving.checks import Checks
from commonweight.serving.engines import Listen
from commonweight.serving.errors import LoadFailed, ModelTooLarge
from commonweight.serving.holding import Holding, HowToRun, Materialise, Pace
from commonweight.serving.keeping import Keeper
from commonweight.serving.kinds import ChooseKind
from commonweight.serving.replica import Replica, State
from commonweight.serving.replicas import Replicas
from commonweight.serving.workers import WorkerFacts

log = logging.getLogger(__name__)

WORKER_RENEW_S = 10.0  # a third of its lease
POLITE_S = 1.0  # a worker that runs the model already leaves a second replica to others for so long
CLOSE_S = 10.0  # engines need less to stop; a stuck database must not hold up the end of the process


class Pool:
    """
    Owns the engines of this host. `run` until cancelled or `stop` is set; then every engine has ended.

    `choose_kind` names the adapter for a model (raises ModelUnsupported); `materialise` gives the model's file for as long
    as its context is open. `budget_bytes` bounds what all engines hold together; one that nobody has used for
    `idle_seconds` is unloaded (0: never), unless there is an order for its model.
    """

    def __init__(
        self,
        *,
        replicas: Replicas,
        clock: Clock,
        worker: str,
        choose_kind: ChooseKind,
        materialise: Materialise,
        budget_bytes: int | Callable[[], int],
        context_tokens: int,
        idle_seconds: int = 0,
        listen: Listen | None = None,
        pace: Pace | None = None,
        checks: Checks | None = None,
    ) -> None:
        self._replicas = replicas
        self._clock = clock
        self._worker = worker
        self._choose_kind = choose_kind
        self._budget_bytes = budget_bytes
        self._how = HowToRun(materialise, self._make_room, context_tokens, listen or Listen())
        self._keeper = Keeper(replicas, clock, idle_seconds)
        self._pace = pace or Pace()
        self._checks = checks
        self._holdings: dict[str, Holding] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._renewed_worker = float("-inf")
        self._room = asyncio.Lock()  # one newcomer at a time: two must not count the same free bytes

    @property
    def _budget(self) -> int:
        """Nodes of a cluster come and go."""
        return self._budget_bytes if isinstance(self._budget_bytes, int) else self._budget_bytes()

    @property
    def holdings(self) -> Sequence[Holding]:
        """What is loading or running here."""
        return tuple(self._holdings.values())

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set."""
        renewed = 0.0
        try:
            while not stop.is_set():
                now = asyncio.get_running_loop().time()
                renew = now >= renewed + self._pace.renew
                await self._step(renew)
                renewed = now if renew else renewed
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self._pace.poll)
        finally:
            await self.close()

    async def _step(self, renew: bool) -> None:
        """A border: a database that is away for a moment must not end the worker."""
        try:
            await self.take_up()
            if renew:
                await self.renew()
        except Exception:
            log.exception("the pool could not look after its replicas; it goes on")

    async def take_up(self) -> None:
        """Start loading everything that is wanted."""
        while replica := await self._replicas.claim(self._worker, self._is_mine):
            self._holdings[replica.id] = holding = Holding(replica, self._replicas, self._pace, self._clock, self._checks)
            task = asyncio.create_task(self._hold(holding, replica))
            self._tasks.add(task)
            task.add_done_callback(self._finished)

    def _is_mine(self, replica: Replica) -> bool:
        """Replicas of one model are better on several hosts: one that has it already lets others go first."""
        if all(holding.model.key != replica.model.key for holding in self.holdings):
            return True
        waited = self._clock.now() - (replica.requested_at or self._clock.now())
        return waited.total_seconds() >= POLITE_S

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a replica could not be cleaned up; its lease will run out", exc_info=error)

    async def renew(self) -> None:
        """Hold the leases, learn when each was last used, and let go of what nobody can find any more."""
        await self._renew_worker()
        if self._holdings or await self._replicas.any_expired():
            for holding in self.holdings:
                await holding.measure()
            rows = await self._replicas.renew(self._worker, {h.id: h.memory_bytes for h in self.holdings})
            for holding in self.holdings:
                if holding.id in rows:
                    holding.learn(rows[holding.id])
                elif holding.state is State.READY:
                    holding.evict("its row is gone")
        await self._keeper.look_after(self.holdings)

    async def _renew_worker(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._renewed_worker + WORKER_RENEW_S:
            return
        await self._replicas.workers.renew(WorkerFacts(self._worker, self._budget, os.cpu_count() or 1))
        await self._replicas.demands.sweep()
        self._renewed_worker = now

    async def _hold(self, holding: Holding, replica: Replica) -> None:
        """A border: whatever goes wrong with one model is told to those who wait for it."""
        failure, declined = "", False
        try:
            kind = self._choose_kind(replica.model)
            await holding.live(kind, self._how)
        except ModelTooLarge as error:
            if await self._others_may(replica):
                await self._replicas.decline(replica, self._worker)
                declined = True
                return
            failure = error.sentence
        except DatabaseAway:  # no fault of the model: its row goes, and whoever still wants it has it loaded anew
            log.warning("the load of %s is given up, since the database is away", replica.model.name)
        except CommonweightError as error:
            failure = error.sentence
            log.warning("could not load %s: %s", replica.model.name, failure)
        except Exception:
            failure = f"{replica.model.name} could not be loaded; the server's log says why."
            log.exception("could not load %s", replica.model.name)
        finally:
            del self._holdings[holding.id]
            await holding.finish_notes()
            if not declined:
                await (self._replicas.set_failed(holding.id, failure) if failure else self._replicas.remove(holding.id))

    async def _others_may(self, replica: Replica) -> bool:
        """Whether there is a worker that has not declined this replica."""
        everyone = {facts.worker for facts in await self._replicas.workers.everyone()}
        return bool(everyone - {*replica.declined, self._worker})

    async def _make_room(self, newcomer: Holding, needed: int) -> None:
        """Reserve bytes for a model, evicting others. Raises ModelTooLarge or LoadFailed."""
        if needed > self._budget:
            bounds = f"needs about {_mb(needed)}; engines on this host may hold {_mb(self._budget)} together"
            hint = "Raise COMMONWEIGHT_ENGINE_BYTES or choose a smaller file."
            raise ModelTooLarge(f"{newcomer.model.name} {bounds}.", hint=hint)
        async with self._room:
            for _ in range(round(self._pace.max_room / self._pace.room)):
                if await self._fits(newcomer, needed):
                    newcomer.memory_bytes = needed
                    return
                newcomer.note(f"waiting for {_mb(needed)} of memory that other models use")
                await asyncio.sleep(self._pace.room)
        raise LoadFailed(
            f"{newcomer.model.name} needs about {_mb(needed)}; other models kept the memory of this host busy.",
            hint="Try again later, or raise COMMONWEIGHT_ENGINE_BYTES.",
        )

    async def _fits(self, newcomer: Holding, needed: int) -> bool:
        """Whether there is room now; asks others to leave if that would help."""
        now = self._clock.now().timestamp()
        held = [
            Held(h.id, h.memory_bytes, h.load_seconds, h.interest.chance(now), await self._may_go(h))
            for h in self.holdings
            if h is not newcomer
        ]
        leaving = sum(h.memory_bytes for h in self.holdings if h.state is State.STOPPING)
        chosen = victims(held, needed - leaving, self._budget)
        for replica_id in chosen or ():
            self._holdings[replica_id].evict(f"evicted for {newcomer.model.name}")
        return not chosen and sum(one.memory_bytes for one in held) + needed <= self._budget

    async def _may_go(self, holding: Holding) -> bool:
        return not self._keeper.holds(holding) and not await holding.busy()

    async def close(self) -> None:
        """End every engine and drop their rows."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_S)
        with contextlib.suppress(SQLAlchemyError, OSError):  # else its lease runs out
            await self._replicas.workers.leave(self._worker)


def _mb(size: int) -> str:
    return f"{size >> 20} MB"
