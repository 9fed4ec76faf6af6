"""An engine on a node of a Ray cluster, as the pool sees it: an `Engine` like any other."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import aiohttp
import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from commonweight.serving.engines import Address, EngineSpec, Metrics, Progress
from commonweight.serving.errors import LoadFailed
from commonweight.serving.ray.actor import EngineActor, Shipped
from commonweight.serving.ray.cluster import Cluster
from commonweight.serving.ray.kind import MakeKinds, Needs

PLACED_S = 60.0  # for a node with room; the pool has counted the memory before, so that it is only a matter of which
LOADED_S = 1800.0  # for the files to get there and the engine to start, which has a limit of its own
STOP_S = 10.0
PROBE_S = 5.0
SAY_EVERY_S = 1.0


class RayEngine:
    """The engine and the actor that keeps it. An actor is never restarted by Ray: the pool starts another engine."""

    def __init__(
        self,
        cluster: Cluster,
        make_kinds: MakeKinds,
        name: str,
        spec: EngineSpec,
        needs: Needs,
        memory: int,
        cache: Path,
    ) -> None:
        self._cluster = cluster
        self._make_kinds = make_kinds
        self._name = name
        self._spec = spec
        self._needs = needs
        self._memory = memory
        self._cache = cache
        self._actor: Any = None
        self._address: Address | None = None
        self._measured = 0

    async def start(self, on_progress: Progress) -> Address:
        on_progress("waiting for a node of the cluster")
        self._actor = (
            ray.remote(EngineActor)
            .options(num_cpus=self._needs.cpus, num_gpus=self._needs.gpus, memory=self._memory, max_concurrency=8)
            .remote(self._make_kinds, self._name, str(self._cache))
        )
        try:
            self._address = await self._started(on_progress)
        except BaseException:
            await self.stop()
            raise
        return self._address

    async def _started(self, on_progress: Progress) -> Address:
        files = [Shipped.of(path) for path in self._paths()]
        try:
            missing: list[int] = await asyncio.wait_for(self._actor.missing.remote(files), PLACED_S)
        except TimeoutError:
            wanted = f"{self._needs.cpus:g} CPUs, {self._needs.gpus:g} GPUs and {self._memory >> 20} MB"
            detail = f"No node of the Ray cluster had {wanted} free for {self._spec.name} within {PLACED_S:.0f} s."
            raise LoadFailed(detail, hint="`ray status` shows what the nodes have.") from None
        except RayError as error:
            raise LoadFailed(f"The Ray cluster could not run {self._spec.name}: {_said(error)}.") from error
        try:
            for number in missing:
                on_progress("sending the model to its node")
                await self._actor.fetch.remote(files[number], ray.get_runtime_context().get_node_id())
            return await self._loaded(files, on_progress)
        except RayTaskError as error:
            if isinstance(error.cause, LoadFailed):
                raise error.cause from None
            raise LoadFailed(f"The engine could not load {self._spec.name}: {_said(error)}.") from error
        except RayError as error:
            raise LoadFailed(f"The node that loaded {self._spec.name} was lost: {_said(error)}.") from error

    async def _loaded(self, files: list[Shipped], on_progress: Progress) -> Address:
        starting = asyncio.ensure_future(self._actor.start.remote(self._spec, files, ""))
        deadline = asyncio.get_running_loop().time() + LOADED_S
        while not starting.done() and asyncio.get_running_loop().time() < deadline:
            await asyncio.wait({starting}, timeout=SAY_EVERY_S)
            for said in await self._actor.progress.remote():
                on_progress(said)
        if not starting.done():
            raise LoadFailed(f"The engine did not load {self._spec.name} within {LOADED_S:.0f} s.")
        address: Address = starting.result()
        return address

    def _paths(self) -> list[Path]:
        return list(self._spec.paths)

    async def ended(self) -> str:
        if self._actor is None:
            return "It was never started."
        try:
            said: str = await self._actor.ended.remote()
        except RayActorError:
            return "its node was lost"
        return said

    async def healthy(self) -> bool:
        with contextlib.suppress(RayError, TimeoutError):
            self._measured = await asyncio.wait_for(self._actor.memory_bytes.remote(), PROBE_S)
        return await self._get("/health") is not None

    async def active_requests(self) -> int:
        slots = await self._get("/slots")
        return sum(bool(slot.get("is_processing")) for slot in slots) if isinstance(slots, list) else 0

    async def metrics(self) -> Metrics:
        return Metrics(active=await self.active_requests(), memory_bytes=self._measured)

    async def _get(self, path: str) -> Any:
        if self._address is None:
            return None
        headers = {"authorization": f"Bearer {self._address.api_key}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PROBE_S)) as session,
                session.get(self._address.base_url + path, headers=headers) as response,
            ):
                return await response.json() if response.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    def memory_bytes(self) -> int:
        """As last measured on its node; before that, what Ray has set aside for it."""
        return self._measured or (self._memory if self._address else 0)

    async def stop(self) -> None:
        if self._actor is None:
            return
        with contextlib.suppress(RayError, TimeoutError):
            await asyncio.wait_for(self._actor.stop.remote(), STOP_S)
        with contextlib.suppress(RayError):
            ray.kill(self._actor)


def _said(error: BaseException) -> str:
    return str(error).strip().splitlines()[-1][:300] if str(error).strip() else type(error).__name__
