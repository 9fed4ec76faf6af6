"""A training on whichever node of a Ray cluster has room for it, with the same calls as `Trainer`."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from commonweight.serving.ray import Cluster, Needs, Reserved
from commonweight.tuning.training.errors import Cancelled, Code, Paused, TrainingFailed
from commonweight.tuning.training.folders import ADAPTER, CHECKPOINTS, MERGED, PREFIX, last_checkpoint, shrink, step_of
from commonweight.tuning.training.plan import NAME as PLAN
from commonweight.tuning.training.plan import write_whole
from commonweight.tuning.training.ray.actor import ENDS, Meeting, Piece, TrainingActor, pieces, put
from commonweight.tuning.training.ray.placing import LOOK_S, Asked, Wait, asked_of
from commonweight.tuning.training.trainer import OnEvent, cancelled
from commonweight.tuning.training.values import Kind, Place, Trained, TrainingEvent, TrainingSpec

LOST_NODES: Final = 5  # without a checkpoint between them; a cluster that loses more has another illness
STARTED_S: Final = 600.0  # for a process that imports Ray, on a node that has room
STOP_S: Final = 10.0
#: How one of several fails because another has: its connection ends, or the kernel took its memory.
WITH_THE_OTHERS: Final = frozenset({Code.CRASHED, Code.OUT_OF_MEMORY})


@dataclass
class _Placed:
    """An actor for each worker; Ray's ids of their nodes, and what people call those. The first one tells and decides."""

    actors: Sequence[Any]
    nodes: Sequence[str] = ()
    names: Sequence[str] = ()

    @property
    def actor(self) -> Any:
        return self.actors[0]


class _Broken(Exception):
    """A worker of several has failed, so that the others cannot go on; `failed` says how."""

    def __init__(self, failed: TrainingFailed) -> None:
        super().__init__(failed.message)
        self.failed = failed


class RayTrainer:
    """
    Files go to the node by Ray and come back by it: each checkpoint as it is made, adapter and merged weights at the end.
    When a node is lost, another goes on from the last checkpoint. Events of the kind `place` say where it is.

    With several `workers` each takes its part of every batch; all of them go on from the last checkpoint when one is lost.

    `cache` is a folder on the nodes.
    """

    def __init__(self, cluster: Cluster, needs: Needs, cache: Path, workers: int = 1) -> None:
        self._cluster, self._ray = cluster, cluster.ray
        self._needs, self._cache, self._workers = needs, cache, workers
        self._reserved: Reserved | None = None
        self._placed: _Placed | None = None
        self._wanted = ""

    async def run(self, spec: TrainingSpec, on_event: OnEvent) -> Trained:
        """As `Trainer.run`. Room on the cluster is waited for as long as it takes."""
        from ray.exceptions import RayError, RayTaskError

        lost = 0
        while True:
            before = step_of(spec.folder)
            try:
                placed = await self._place(spec, on_event)
                await self._send(placed, spec)
                return await self._train(placed, spec, on_event)
            except RayTaskError as error:
                said = f"The training broke off on its node ({type(error.cause).__name__})."
                raise TrainingFailed(Code.CRASHED, said) from error
            except (RayError, TimeoutError, _Broken) as error:
                lost = 1 if step_of(spec.folder) > before else lost + 1
                if lost > LOST_NODES:
                    said = f"{lost} nodes were lost, one after another."
                    raise (error.failed if isinstance(error, _Broken) else TrainingFailed(Code.CRASHED, said)) from error
                await on_event(_at(Place.LOST, step=step_of(spec.folder), workers=self._workers))
            finally:
                await self._leave()

    async def pause(self) -> None:
        await self._stop("pause")

    async def cancel(self) -> None:
        await self._stop("cancel")

    async def _stop(self, wanted: str) -> None:
        """To be said again until `run` ends: a node that is lost meanwhile hears nothing."""
        from ray.exceptions import RayError

        self._wanted = wanted
        if self._placed is not None:
            with contextlib.suppress(RayError, TimeoutError):
                asked = self._placed.actor.pause if wanted == "pause" else self._placed.actor.cancel
                await asyncio.wait_for(asked.remote(), STOP_S)

    def _stop_if_wanted(self, spec: TrainingSpec) -> None:
        """Before it has begun on a node."""
        if self._wanted == "pause":
            raise Paused(step_of(spec.folder))
        if self._wanted:
            raise cancelled(spec.folder)

    async def _place(self, spec: TrainingSpec, on_event: OnEvent) -> _Placed:
        """An actor that runs. Ray decides where."""
        largest = (await asyncio.to_thread(self._cluster.room)).largest("memory")
        asked = await asyncio.to_thread(asked_of, spec, self._needs, largest, self._workers)
        reserved = self._reserved = self._cluster.reserve([asked.bundle] * self._workers, "SPREAD")
        wait = Wait(asked, self._cluster.room, on_event)
        while not await reserved.ready(LOOK_S):
            self._stop_if_wanted(spec)
            await wait.tell()
        placed = self._placed = _Placed([self._actor(spec, asked, reserved, rank) for rank in range(self._workers)])
        where = asyncio.gather(*(actor.node.remote() for actor in placed.actors))
        placed.nodes, placed.names = zip(*await asyncio.wait_for(where, STARTED_S), strict=True)
        names = ", ".join(dict.fromkeys(placed.names))
        await on_event(_at(Place.NODE, node=names, workers=self._workers))
        return placed

    def _actor(self, spec: TrainingSpec, asked: Asked, reserved: Reserved, rank: int) -> Any:
        options = {"num_cpus": asked.cpus, "num_gpus": asked.gpus, "memory": asked.memory, "max_concurrency": 8}
        kept = self._ray.remote(TrainingActor).options(**options, scheduling_strategy=reserved.strategy(rank))
        name = spec.folder.name if rank == 0 else f"{spec.folder.name}-{rank}"
        return kept.remote(str(self._cache), name, max(1, int(asked.cpus)))

    async def _send(self, placed: _Placed, spec: TrainingSpec) -> None:
        """To each worker: base and data, the adapter to go on from, and what was reached before."""
        for actor in placed.actors:
            await self._send_folder(actor, "base", spec.base, spec)
            if spec.adapter is not None:
                await self._send_folder(actor, "adapter", spec.adapter, spec)
            await actor.clear.remote("data")
            for name, path in (("train.jsonl", spec.train), ("held_out.jsonl", spec.held_out)):
                if path.exists():
                    await actor.put.remote("data", Piece(name, await asyncio.to_thread(path.read_bytes)))
            await actor.clear.remote("tuning")
            if (spec.folder / PLAN).exists():
                await actor.put.remote("tuning", Piece(PLAN, (spec.folder / PLAN).read_bytes()))
            if (kept := last_checkpoint(spec.folder)) is not None:
                await self._send_folder(actor, f"tuning/{CHECKPOINTS}/{PREFIX}{kept.step}", kept.path, spec)

    async def _send_folder(self, actor: Any, name: str, folder: Path, spec: TrainingSpec) -> None:
        await actor.clear.remote(name)
        for piece in pieces(folder):
            self._stop_if_wanted(spec)
            await actor.put.remote(name, piece)

    async def _train(self, placed: _Placed, spec: TrainingSpec, on_event: OnEvent) -> Trained:
        """Until the first worker is done, or any has failed."""
        address, port = await placed.actor.meeting.remote()
        meetings = [Meeting(rank, self._workers, address, port) for rank in range(self._workers)]
        first = asyncio.ensure_future(self._hear(placed, spec, meetings[0], on_event))
        others = zip(placed.actors[1:], meetings[1:], strict=True)
        beside = [asyncio.ensure_future(_watch(actor, spec, meeting)) for actor, meeting in others]
        pending: set[asyncio.Future[Any]] = {first, *beside}
        try:
            while not first.done():
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for ended in done - {first}:
                    ended.result()
            return first.result()
        except TrainingFailed as failed:
            if self._workers > 1 and failed.code in WITH_THE_OTHERS:
                raise _Broken(failed) from failed
            raise
        finally:
            for one in (first, *beside):
                one.cancel()
            await asyncio.gather(first, *beside, return_exceptions=True)

    async def _hear(self, placed: _Placed, spec: TrainingSpec, meeting: Meeting, on_event: OnEvent) -> Trained:
        spec.folder.mkdir(parents=True, exist_ok=True)
        async for reference in placed.actor.events.options(num_returns="streaming").remote(spec, meeting):
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
        """Nothing of this training stays on its node, and others may have the room."""
        from ray.exceptions import RayError

        placed, self._placed = self._placed, None
        reserved, self._reserved = self._reserved, None
        for actor in placed.actors if placed is not None else ():
            with contextlib.suppress(RayError, TimeoutError):
                await asyncio.wait_for(actor.cancel.remote(), STOP_S)
                await asyncio.wait_for(actor.forget.remote(), STOP_S)
            with contextlib.suppress(RayError):
                self._ray.kill(actor)
        if reserved is not None:
            with contextlib.suppress(RayError):
                await reserved.give_back()


async def _watch(actor: Any, spec: TrainingSpec, meeting: Meeting) -> None:
    """One beside the first. Its events are told by that one; how it fails is raised."""
    async for reference in actor.events.options(num_returns="streaming").remote(spec, meeting):
        kind, data = await reference
        if kind == "failed":
            raise TrainingFailed(data["code"], data["message"], data["hint"])


def _at(place: Place, **data: Any) -> TrainingEvent:
    return TrainingEvent(Kind.PLACE, {"state": place.value, **data})
