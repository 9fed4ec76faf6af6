"""
What runs on a node: an actor that keeps one trainer, tells what it hears, and hands out the files that came of it.

Ray ends the actor when its node is lost or when the worker that asked for it dies; the child ends with the actor.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import shutil
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from commonweight.tuning.training.errors import Cancelled, Paused, TrainingFailed
from commonweight.tuning.training.ray.own_folder import OwnFolder
from commonweight.tuning.training.trainer import Trainer
from commonweight.tuning.training.values import TrainingEvent, TrainingSpec

SIOCGIFADDR = 0x8915  # ioctl: the address of an interface
CHUNK_BYTES = 16 << 20  # of a file on its way
ENDS = ("done", "paused", "cancelled", "failed")  # kinds of the last line that `events` gives


@dataclass(frozen=True)
class Meeting:
    """Where several meet to train one model: at the first one's address. Alone: nowhere."""

    rank: int = 0
    size: int = 1
    address: str = ""
    port: int = 0

    def environment(self) -> dict[str, str]:
        """By the names that torch.distributed reads."""
        if self.size == 1:
            return {}
        numbers = {"RANK": self.rank, "WORLD_SIZE": self.size, "LOCAL_RANK": 0, "LOCAL_WORLD_SIZE": 1}
        named = {name: str(number) for name, number in numbers.items()}
        return {**named, "MASTER_ADDR": self.address, "MASTER_PORT": str(self.port)}


@dataclass(frozen=True)
class Piece:
    """Part of a file; `name` is its path below the folder that is sent."""

    name: str
    content: bytes


def pieces(folder: Path) -> Iterator[Piece]:
    """All files of a folder, bit by bit; an empty file is a piece without content."""
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = str(file.relative_to(folder))
        with file.open("rb") as stream:
            yield Piece(name, stream.read(CHUNK_BYTES))
            while content := stream.read(CHUNK_BYTES):
                yield Piece(name, content)


def put(folder: Path, piece: Piece) -> None:
    """A piece where it belongs: pieces of a file come in their order."""
    path = folder / piece.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(piece.content)


class TrainingActor:
    """One training on a node. Every method is called through Ray."""

    def __init__(self, cache: str, name: str, threads: int) -> None:
        """What comes to this node lies below `cache`, in a folder of the node's and the training's names."""
        import ray

        self._node = str(ray.get_runtime_context().get_node_id())
        self._name = f"{socket.gethostname()} ({node_address()})"
        self._folder = OwnFolder(Path(cache), f"{self._node}-{name}")
        self._root = self._folder.path
        self._threads = threads
        self._trainer: Trainer | None = None

    async def node(self) -> tuple[str, str]:
        """Ray's id of the node, and what people call it."""
        return self._node, self._name

    async def meeting(self) -> tuple[str, int]:
        """An address of this node, and a port of it that is free."""
        with socket.socket() as found:
            found.bind(("", 0))
            return node_address(), int(found.getsockname()[1])

    async def clear(self, name: str) -> None:
        """Make room for `name`: what an earlier run left there is thrown away."""
        await asyncio.to_thread(shutil.rmtree, self._root / name, ignore_errors=True)
        (self._root / name).mkdir(parents=True)

    async def forget(self) -> None:
        """Nothing is left on this node."""
        await asyncio.to_thread(self._folder.remove)

    async def put(self, name: str, piece: Piece) -> None:
        await asyncio.to_thread(put, self._root / name, piece)

    async def events(self, spec: TrainingSpec, meeting: Meeting) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """
        Train what was put here, as `spec` says with the folders of this node; kind and data of each event, the last one of
        `ENDS`.
        """
        log, environment = self._root / "training.log", meeting.environment()
        if environment and (interface := interface_of(node_address())):
            environment["GLOO_SOCKET_IFNAME"] = interface  # else by the name of this host, which may be that of loopback
        trainer = self._trainer = Trainer(log=log, threads=self._threads, environment=environment)
        heard: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

        async def hear(event: TrainingEvent) -> None:
            await heard.put((event.kind.value, dict(event.data)))

        running = asyncio.ensure_future(_ended(trainer, self._here(spec), hear))
        running.add_done_callback(lambda done: heard.put_nowait(done.result()))
        while True:
            kind, data = await heard.get()
            yield kind, data
            if kind in ENDS:
                return

    async def pause(self) -> None:
        if self._trainer is not None:
            await self._trainer.pause()

    async def cancel(self) -> None:
        if self._trainer is not None:
            await self._trainer.cancel()

    def pieces(self, path: str) -> Iterator[Piece]:
        """Of a folder that this training made: `checkpoints/step-40`, `adapter`, `merged`."""
        yield from pieces(self._root / "tuning" / path)

    async def plan(self) -> bytes:
        """`plan.json` as it stands; empty before it is there."""
        path = self._root / "tuning" / "plan.json"
        return await asyncio.to_thread(path.read_bytes) if path.exists() else b""

    def _here(self, spec: TrainingSpec) -> TrainingSpec:
        data = self._root / "data"
        return replace(
            spec,
            folder=self._root / "tuning",
            base=self._root / "base",
            train=data / "train.jsonl",
            held_out=data / "held_out.jsonl",
            adapter=self._root / "adapter" if spec.adapter else None,
        )


def node_address() -> str:
    """Under which the other nodes know this one."""
    import ray

    return str(ray.util.get_node_ip_address())


def interface_of(address: str) -> str:
    """The network interface that has an address; empty where none has it, or the system does not tell (netdevice(7))."""
    for _, name in socket.if_nameindex():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking, contextlib.suppress(OSError):
            told = fcntl.ioctl(asking, SIOCGIFADDR, struct.pack("256s", name.encode()))
            if socket.inet_ntoa(told[20:24]) == address:
                return name
    return ""


async def _ended(trainer: Trainer, spec: TrainingSpec, hear: Any) -> tuple[str, dict[str, Any]]:
    try:
        return "done", (await trainer.run(spec, hear)).to_json()
    except Paused as paused:
        return "paused", {"step": paused.step}
    except Cancelled as cancelled:
        return "cancelled", {"step": cancelled.step, "adapter": cancelled.adapter is not None}
    except TrainingFailed as failed:
        return "failed", {"code": str(failed.code), "message": failed.message, "hint": failed.hint}
