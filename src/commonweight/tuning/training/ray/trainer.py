"""A training on whichever node of a Ray cluster has room for it, with the same calls as `Trainer`."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonweight.serving.ray import Cluster, Needs
from commonweight.tuning.training.errors import Cancelled, Code, Paused, TrainingFailed
from commonweight.tuning.training.estimate import fits
from commonweight.tuning.training.folders import ADAPTER, CHECKPOINTS, MERGED, PREFIX, last_checkpoint, shrink
from commonweight.tuning.training.plan import NAME as PLAN
from commonweight.tuning.training.plan import write_whole
from commonweight.tuning.training.ray.actor import ENDS, Piece, TrainingActor, pieces, put
from commonweight.tuning.training.trainer import OnEvent
from commonweight.tuning.training.values import Kind, Trained, TrainingEvent, TrainingSpec

LOST_NODES = 5  # of one training; a cluster that loses more has another illness
PLACED_S = 600.0  # for a node with room: others' trainings may have to end first
STOP_S = 10.0
NODE_LOST = "node_lost"


@dataclass
class _Placed:
    """An actor on a node, and how far what it told has come."""

    actor: Any
    node: str


class RayTrainer:
    """
    Files go to the node by Ray and come back by it: each checkpoint as it is made, adapter and merged weights at the end.
    When a node is lost, another goes on from the last checkpoint, and an event (`warning`, code `node_lost`) says so.

    `cache` is a folder on the nodes.
    """

    def __init__(self, cluster: Cluster, needs: Needs, cache: Path) -> None:
        self._ray = cluster.ray
        self._needs, self._cache = needs, cache
        self._placed: _Placed | None = None

    async def run(self, spec: TrainingSpec, on_event: OnEvent) -> Trained:
        """As `Trainer.run`. Raises TrainingFailed(not_supported) where no node has room within ten minutes."""
        from ray.exceptions import RayError, RayTaskError

        memory = (await asyncio.to_thread(fits, spec.base, spec)).memory_bytes
        for lost in range(LOST_NODES + 1):
            try:
                placed = self._placed = await self._place(memory)
                await self._send(placed, spec)
                return await self._hear(placed, spec, on_event)
            except RayTaskError as error:
                said = f"The training broke off on its node ({type(error.cause).__name__})."
                raise TrainingFailed(Code.CRASHED, said) from error
            except RayError as error:
                if lost == LOST_NODES:
                    raise TrainingFailed(Code.CRASHED, f"{LOST_NODES + 1} nodes were lost, one after another.") from error
                kept = last_checkpoint(spec.folder)
                said = f"A node was lost: another goes on from step {kept.step if kept else 0}."
                await on_event(TrainingEvent(Kind.WARNING, {"code": NODE_LOST, "message": said}))
            finally:
                await self._leave()
        raise AssertionError

    async def pause(self) -> None:
        if self._placed is not None:
            await self._placed.actor.pause.remote()

    async def cancel(self) -> None:
        if self._placed is not None:
            await self._placed.actor.cancel.remote()

    async def _place(self, memory: int) -> _Placed:
        """An actor that runs. Ray decides where; it is waited for."""
        threads = max(1, int(self._needs.cpus))
        actor = (
            self._ray.remote(TrainingActor)
            .options(num_cpus=self._needs.cpus, num_gpus=self._needs.gpus, memory=memory, max_concurrency=8)
            .remote(str(self._cache), threads)
        )
        try:
            return _Placed(actor, await asyncio.wait_for(actor.node.remote(), PLACED_S))
        except TimeoutError:
            self._ray.kill(actor)
            wanted = f"{self._needs.cpus:g} CPUs, {self._needs.gpus:g} GPUs and {memory >> 20} MB"
            raise TrainingFailed(
                Code.NOT_SUPPORTED,
                f"No node of the Ray cluster had {wanted} free within {PLACED_S:.0f} s.",
                "`ray status` shows what the nodes have.",
            ) from None

    async def _send(self, placed: _Placed, spec: TrainingSpec) -> None:
        """Base and data, the adapter to go on from, and what an earlier node had reached."""
        await self._send_folder(placed, "base", spec.base)
        if spec.adapter is not None:
            await self._send_folder(placed, "adapter", spec.adapter)
        await placed.actor.clear.remote("data")
        for name, path in (("train.jsonl", spec.train), ("held_out.jsonl", spec.held_out)):
            if path.exists():
                await placed.actor.put.remote("data", Piece(name, await asyncio.to_thread(path.read_bytes)))
        await placed.actor.clear.remote("tuning")
        if (spec.folder / PLAN).exists():
            await placed.actor.put.remote("tuning", Piece(PLAN, (spec.folder / PLAN).read_bytes()))
        if (kept := last_checkpoint(spec.folder)) is not None:
            await self._send_folder(placed, f"tuning/{CHECKPOINTS}/{PREFIX}{kept.step}", kept.path)

    async def _send_folder(self, placed: _Placed, name: str, folder: Path) -> None:
        await placed.actor.clear.remote(name)
        for piece in pieces(folder):
            await placed.actor.put.remote(name, piece)

    async def _hear(self, placed: _Placed, spec: TrainingSpec, on_event: OnEvent) -> Trained:
        spec.folder.mkdir(parents=True, exist_ok=True)
        async for reference in placed.actor.events.options(num_returns="streaming").remote(spec):
            kind, data = await reference
            if kind in ENDS:
                return await self._ended(placed, spec, kind, data)
            if kind == Kind.CHECKPOINT:
                data = await self._checkpoint(placed, spec, data)
            if data:
                await on_event(TrainingEvent(Kind(kind), data))
        raise TrainingFailed(Code.CRASHED, "The training ended on its node without a word.")

    async def _checkpoint(self, placed: _Placed, spec: TrainingSpec, data: Mapping[str, Any]) -> dict[str, Any]:
        """It counts once it is here; empty where the node threw it away before it was fetched."""
        from ray.exceptions import RayTaskError

        name = f"{PREFIX}{data['step']}"
        if plan := await placed.actor.plan.remote():
            await asyncio.to_thread(write_whole, spec.folder / PLAN, plan)
        try:
            path = await self._fetch(placed, f"{CHECKPOINTS}/{name}", spec.folder / CHECKPOINTS / name)
        except RayTaskError as error:
            if isinstance(error.cause, FileNotFoundError):
                return {}
            raise
        await asyncio.to_thread(shrink, spec.folder)
        return {**data, "path": str(path)}

    async def _fetch(self, placed: _Placed, name: str, target: Path) -> Path:
        """A folder of the node, whole or not at all."""
        arriving = target.with_name(f".{target.name}.arriving")
        shutil.rmtree(arriving, ignore_errors=True)
        arriving.mkdir(parents=True)
        async for reference in placed.actor.pieces.options(num_returns="streaming").remote(name):
            await asyncio.to_thread(put, arriving, await reference)
        shutil.rmtree(target, ignore_errors=True)
        arriving.rename(target)
        return target

    async def _ended(self, placed: _Placed, spec: TrainingSpec, kind: str, data: Mapping[str, Any]) -> Trained:
        if kind == "paused":
            raise Paused(data["step"])
        if kind == "cancelled":
            adapter = await self._fetch(placed, ADAPTER, spec.folder / ADAPTER) if data["adapter"] else None
            raise Cancelled(data["step"], adapter)
        if kind == "failed":
            raise TrainingFailed(data["code"], data["message"], data["hint"])
        document = {**data, "merged": str(await self._fetch(placed, MERGED, spec.folder / MERGED))}
        if data["adapter"]:
            document["adapter"] = str(await self._fetch(placed, ADAPTER, spec.folder / ADAPTER))
        document["findings"] = [each if isinstance(each, dict) else vars(each) for each in data["findings"]]
        return Trained.from_json(document)

    async def _leave(self) -> None:
        from ray.exceptions import RayError

        placed, self._placed = self._placed, None
        if placed is not None:
            with contextlib.suppress(RayError, TimeoutError):
                await asyncio.wait_for(placed.actor.cancel.remote(), STOP_S)
            with contextlib.suppress(RayError):
                self._ray.kill(placed.actor)
