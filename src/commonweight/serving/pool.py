"""The worker's side: takes up wanted replicas, keeps their engines within a budget of bytes, cleans up after them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from commonweight.clock import Clock
from commonweight.errors import CommonweightError
from commonweight.serving.budget import Held, victims
from commonweight.serving.errors import LoadFailed, ModelTooLarge
from commonweight.serving.holding import Holding, Materialise, Pace
from commonweight.serving.kinds import ChooseKind
from commonweight.serving.replicas import Replica, Replicas, State

log = logging.getLogger(__name__)

CLOSE_S = 10.0  # engines need less to stop; a stuck database must not hold up the end of the process


class Pool:
    """
    Owns the engines of this host. `run` until cancelled or `stop` is set; then every engine has ended.

    `choose_kind` names the adapter for a model (raises ModelUnsupported); `materialise` gives the model's file for as long
    as its context is open. `budget_bytes` bounds what all engines hold together.
    """

    def __init__(
        self,
        *,
        replicas: Replicas,
        clock: Clock,
        worker: str,
        choose_kind: ChooseKind,
        materialise: Materialise,
        budget_bytes: int,
        context_tokens: int,
        pace: Pace | None = None,
    ) -> None:
        self._replicas = replicas
        self._clock = clock
        self._worker = worker
        self._choose_kind = choose_kind
        self._materialise = materialise
        self._budget = budget_bytes
        self._context_tokens = context_tokens
        self._pace = pace or Pace()
        self._holdings: dict[str, Holding] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Lock()  # one newcomer at a time: two must not count the same free bytes

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
        while replica := await self._replicas.claim(self._worker):
            self._holdings[replica.id] = holding = Holding(replica, self._replicas, self._pace, self._clock.now())
            task = asyncio.create_task(self._hold(holding, replica))
            self._tasks.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a replica could not be cleaned up; its lease will run out", exc_info=error)

    async def renew(self) -> None:
        """Hold the leases, learn when each was last used, and let go of what nobody can find any more."""
        if not self._holdings and not await self._replicas.any_expired():
            return
        for holding in self.holdings:
            if holding.engine is not None:
                holding.memory_bytes = holding.engine.memory_bytes() or holding.memory_bytes
        rows = await self._replicas.renew(self._worker, {h.id: h.memory_bytes for h in self.holdings})
        for holding in self.holdings:
            if holding.id in rows:
                holding.last_used_at = rows[holding.id].last_used_at or holding.last_used_at
            elif holding.state is State.READY:
                holding.evict("its row is gone")

    async def _hold(self, holding: Holding, replica: Replica) -> None:
        """A border: whatever goes wrong with one model is told to those who wait for it."""
        failure = ""
        try:
            kind = self._choose_kind(replica.model)
            await holding.live(kind, self._materialise, self._make_room, self._context_tokens)
        except CommonweightError as error:
            failure = error.sentence
            log.warning("could not load %s: %s", replica.model.name, failure)
        except Exception:
            failure = f"{replica.model.name} could not be loaded; the server's log says why."
            log.exception("could not load %s", replica.model.name)
        finally:
            del self._holdings[holding.id]
            await holding.finish_notes()
            await (self._replicas.set_failed(holding.id, failure) if failure else self._replicas.remove(holding.id))

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
        held = [
            Held(h.id, h.memory_bytes, h.last_used_at, evictable=not await h.busy())
            for h in self.holdings
            if h is not newcomer
        ]
        leaving = sum(h.memory_bytes for h in self.holdings if h.state is State.STOPPING)
        chosen = victims(held, needed - leaving, self._budget)
        for replica_id in chosen or ():
            self._holdings[replica_id].evict(f"evicted for {newcomer.model.name}")
        return not chosen and sum(one.memory_bytes for one in held) + needed <= self._budget

    async def close(self) -> None:
        """End every engine and drop their rows."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_S)


def _mb(size: int) -> str:
    return f"{size >> 20} MB"
