"""One replica on this worker, from the file to the end of its engine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from commonweight.clock import Clock
from commonweight.serving.budget import Interest
from commonweight.serving.checks import Checks
from commonweight.serving.engines import AdapterFile, Address, Engine, EngineKind, EngineSpec, Listen
from commonweight.serving.footprints import LEAST_CHANGE, Footprint, settings_hash
from commonweight.serving.models import Source
from commonweight.serving.replica import Replica, State
from commonweight.serving.replicas import Replicas

log = logging.getLogger(__name__)

Materialise = Callable[[Source], AbstractAsyncContextManager[Path]]
"""The file of a source, or the folder of its files, for as long as the context is open."""
MakeRoom = Callable[["Holding", int], Awaitable[None]]

MISSED_PROBES = 3  # in a row; an engine that does not answer for so long hangs
DRAIN_POLL_S = 0.1


@dataclass(frozen=True)
class Pace:
    """How often a worker looks, and how long it waits. In seconds."""

    poll: float = 0.2  # how late a wanted row is seen
    renew: float = 3.0  # a fifth of the lease
    room: float = 0.5  # how often a model that needs memory looks again
    max_room: float = 120.0  # for requests on other models to end; then those who wait are told
    health: float = 5.0
    drain: float = 2.0  # longer than a web process trusts what it has read of a row
    max_drain: float = 30.0  # a single answer may take minutes; somebody waits for the memory


@dataclass(frozen=True)
class HowToRun:
    """What is the same for all engines of a worker."""

    materialise: Materialise
    make_room: MakeRoom
    context_tokens: int
    listen: Listen = Listen()


class Holding:
    """A replica that this worker has claimed."""

    def __init__(self, replica: Replica, replicas: Replicas, pace: Pace, clock: Clock, checks: Checks | None = None) -> None:
        self._checks = checks
        self.id = replica.id
        self.model = replica.model
        self.number = replica.number
        self.state = State.LOADING
        self.memory_bytes = 0  # expected, then measured
        self.load_seconds = 1.0
        self.last_used_at = clock.now()
        self.interest = Interest(clock.now().timestamp())
        self.engine: Engine | None = None
        self._uses = 0
        self._settings = ""
        self._learned_bytes = 0  # what it held the last time, or more since; 0: only an estimate is known
        self._peak_bytes = 0  # of this run
        self._replicas = replicas
        self._pace = pace
        self._checked = False
        self._clock = clock
        self._leave = asyncio.Event()
        self._reason = ""
        self._notes: set[asyncio.Task[None]] = set()

    def evict(self, reason: str) -> None:
        """Unload it, after the requests that it is working on."""
        self._reason = reason
        self._leave.set()

    async def busy(self) -> bool:
        """Whether it works on a request, or is not ready."""
        return self.state is not State.READY or self.engine is None or await self.engine.active_requests() > 0

    def idle_seconds(self) -> float:
        """Since it was last used, or became ready."""
        return (self._clock.now() - self.last_used_at).total_seconds()

    async def live(self, kind: EngineKind, how: HowToRun) -> None:
        """Load it and keep it until it is evicted or ends. Raises CommonweightError when it cannot be loaded."""
        async with AsyncExitStack() as stack:
            self.note("fetching the model file")
            began = asyncio.get_running_loop().time()
            spec = await self._spec(stack, how)
            expected = await self._expected(kind, spec)
            fetched = asyncio.get_running_loop().time() - began
            await how.make_room(self, expected)
            began = asyncio.get_running_loop().time()
            self.engine = await asyncio.to_thread(kind.engine, replace(spec, memory_bytes=expected))
            stack.push_async_callback(self.engine.stop)
            address = await self._with_known(await self.engine.start(self.note))
            self.load_seconds = fetched + asyncio.get_running_loop().time() - began
            self.memory_bytes = self.engine.memory_bytes() or self.memory_bytes
            if not await self._replicas.set_ready(self.id, address, kind.stream_only, self.memory_bytes, kind.slots):
                return
            self.state, self.last_used_at = State.READY, self._clock.now()
            log.info("ready: %s on %s, %d MB", self.model.name, address.base_url, self.memory_bytes >> 20)
            checking = asyncio.create_task(self._check(address))
            stack.callback(checking.cancel)
            await self._until_over(self.engine)
            if self._uses and 0 < self._peak_bytes * LEAST_CHANGE < self._learned_bytes:
                await self._remember()
            log.info("over: %s: %s", self.model.name, self._reason)

    async def _with_known(self, address: Address) -> Address:
        """With what earlier checks of this model on this build found."""
        known = await self._checks.known(self.model, address.traits, address.engine) if self._checks else None
        self._checked = known is not None
        return replace(address, traits=known) if known else address

    async def _check(self, address: Address) -> None:
        """A border: a check that cannot be made is no reason to stop an engine. The first request need not wait for it."""
        if self._checks is None or self._checked:
            return
        try:
            traits = await self._checks.check(self.model, address)
            await self._replicas.set_traits(self.id, traits)
        except Exception:
            log.exception("could not check %s", self.model.name)

    async def _spec(self, stack: AsyncExitStack, how: HowToRun) -> EngineSpec:
        """What the engine is to run, with every file on disk until the stack is closed."""
        model, materialise = self.model, how.materialise
        path = await stack.enter_async_context(materialise(model))
        adapters = [AdapterFile(one.name, await stack.enter_async_context(materialise(one))) for one in model.adapters]
        draft, projector = [
            await stack.enter_async_context(materialise(one)) if one else None for one in (model.draft, model.projector)
        ]
        return EngineSpec(
            path, model.name, how.context_tokens, model.mode, tuple(adapters), draft, projector, listen=how.listen
        )

    async def _expected(self, kind: EngineKind, spec: EngineSpec) -> int:
        """Bytes: what it held the last time with these settings, else the adapter's estimate."""
        self._settings = settings_hash(await asyncio.to_thread(kind.command, spec), spec)
        known = await self._replicas.footprints.of(self.model, self._settings)
        if known is not None:
            self._learned_bytes = known.memory_bytes
            return known.memory_bytes
        return await asyncio.to_thread(kind.estimate_bytes, spec)

    async def measure(self) -> None:
        """Look how much it holds, and remember what is new for the next time."""
        if self.engine is None or self.state is not State.READY:
            return
        measured = self.engine.memory_bytes()
        self._peak_bytes = max(self._peak_bytes, measured)
        self.memory_bytes = max(measured or self.memory_bytes, self._learned_bytes)  # it will hold that much again
        if self._peak_bytes > self._learned_bytes * LEAST_CHANGE:
            await self._remember()

    async def _remember(self) -> None:
        self._learned_bytes = self._peak_bytes
        footprint = Footprint(self._peak_bytes, self.load_seconds)
        await self._replicas.footprints.note(self.model, self._settings, footprint)

    def learn(self, row: Replica) -> None:
        """What its row says of its use."""
        self.last_used_at = max(self.last_used_at, row.last_used_at or self.last_used_at)
        if row.uses > self._uses:
            self.interest.add(row.uses - self._uses, self._clock.now().timestamp())
            self._uses = row.uses
        if row.state is State.STOPPING and self.state is State.READY:
            self.evict("unloaded by an administrator")

    async def _until_over(self, engine: Engine) -> None:
        endings = {
            asyncio.create_task(engine.ended()): "ended",
            asyncio.create_task(self._leave.wait()): "evicted",
            asyncio.create_task(self._until_unhealthy(engine)): "hangs",
        }
        try:
            done, _ = await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
            if any(endings[task] == "evicted" for task in done):
                await self._drain(engine)
            else:
                self._reason = "; ".join(f"the engine {endings[task]}: {task.result()}" for task in done)
        finally:
            for task in endings:
                task.cancel()

    async def _until_unhealthy(self, engine: Engine) -> str:
        missed = 0
        while missed < MISSED_PROBES:
            await asyncio.sleep(self._pace.health)
            missed = 0 if await engine.healthy() else missed + 1
        return f"it did not answer {MISSED_PROBES} times in a row"

    async def _drain(self, engine: Engine) -> None:
        self.state = State.STOPPING
        await self._replicas.set_stopping(self.id)
        await asyncio.sleep(self._pace.drain)
        for _ in range(round(self._pace.max_drain / DRAIN_POLL_S)):
            if not await engine.active_requests():
                return
            await asyncio.sleep(DRAIN_POLL_S)

    def note(self, text: str) -> None:
        """Tell those who wait how far it is, without waiting for the database."""
        task = asyncio.create_task(self._note(text))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _note(self, text: str) -> None:
        await self._replicas.note_progress(self.id, text)

    async def finish_notes(self) -> None:
        """Wait for what `note` has begun. A note that could not be written is no loss."""
        await asyncio.gather(*self._notes, return_exceptions=True)
