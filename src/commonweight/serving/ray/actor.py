"""
What runs on a node: an actor that keeps one engine process, and ends with it.

Ray ends the actor when its node is lost, when the worker that asked for it dies (it is not detached), or when it is told
to; the engine process ends with the actor, as it ends with any process that started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from commonweight.serving.engines import AdapterFile, Address, Engine, EngineSpec, Listen
from commonweight.serving.ray.kind import MakeKinds

CHUNK_BYTES = 16 << 20  # of a file on its way to a node
CHUNKS_AHEAD = 4  # of them, in Ray's store at once


@dataclass(frozen=True)
class Shipped:
    """A file or folder of the worker's host: where it lies there, and the sizes of its files by their paths in it."""

    path: str
    files: Mapping[str, int]

    @classmethod
    def of(cls, path: Path) -> Shipped:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.is_file())
            return cls(str(path), {str(file.relative_to(path)): file.stat().st_size for file in found})
        return cls(str(path), {"": path.stat().st_size})

    def is_at(self, path: Path) -> bool:
        """Whether a node sees the same at this path: a file system that is shared, or what it fetched before."""
        return all(_size(path / name if name else path) == size for name, size in self.files.items())

    def chunks(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of all its files, piece by piece."""
        root = Path(self.path)
        for name in self.files:
            with (root / name if name else root).open("rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield name, chunk


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


class EngineActor:
    """One engine on a node. Every method is called through Ray."""

    def __init__(self, make_kinds: MakeKinds, name: str, cache: str) -> None:
        self._make_kinds = make_kinds
        self._name = name
        self._cache = Path(cache)
        self._session: aiohttp.ClientSession | None = None
        self._engine: Engine | None = None
        self._said: list[str] = []

    async def missing(self, shipped: list[Shipped]) -> list[int]:
        """Which of these this node has to fetch."""
        return [number for number, one in enumerate(shipped) if not self._there(one)]

    async def fetch(self, shipped: Shipped, node_id: str) -> None:
        """Have Ray bring the files from the node where they lie."""
        import ray

        there = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node_id, soft=False)
        send = ray.remote(Shipped.chunks).options(
            num_cpus=0,
            num_returns="streaming",
            scheduling_strategy=there,
            _generator_backpressure_num_objects=CHUNKS_AHEAD,
        )
        target = self._place(shipped)
        partial = target.with_name(target.name + ".partial")
        await asyncio.to_thread(_clear, partial)
        async for reference in send.remote(shipped):
            name, chunk = await reference
            await asyncio.to_thread(_append, partial / name if name else partial, chunk)
        await asyncio.to_thread(partial.rename, target)

    async def start(self, spec: EngineSpec, shipped: list[Shipped], host: str) -> Address:
        """Start the engine on the files of this node, listening at `host` or the node's own address. Raises LoadFailed."""
        here = host or _own_address()
        self._session = aiohttp.ClientSession()
        local = replace(_localised(spec, {one.path: self._where(one) for one in shipped}), listen=Listen(here))
        self._engine = self._make_kinds(self._session, self._cache / "logs")[self._name].engine(local)
        return await self._engine.start(self._said.append)

    async def progress(self) -> list[str]:
        """What the engine has said since the last time."""
        said, self._said[:] = list(self._said), []
        return said

    async def ended(self) -> str:
        assert self._engine is not None
        return await self._engine.ended()

    async def memory_bytes(self) -> int:
        return self._engine.memory_bytes() if self._engine else 0

    async def stop(self) -> None:
        if self._engine is not None:
            await self._engine.stop()
        if self._session is not None:
            await self._session.close()

    def _there(self, shipped: Shipped) -> bool:
        return shipped.is_at(Path(shipped.path)) or shipped.is_at(self._place(shipped))

    def _where(self, shipped: Shipped) -> Path:
        original = Path(shipped.path)
        return original if shipped.is_at(original) else self._place(shipped)

    def _place(self, shipped: Shipped) -> Path:
        """In this node's cache, by what it is: the worker's own path names content."""
        digest = hashlib.sha256(repr((shipped.path, sorted(shipped.files.items()))).encode()).hexdigest()[:32]
        return self._cache / f"{digest}{Path(shipped.path).suffix}"


def _own_address() -> str:
    import ray

    return str(ray.util.get_node_ip_address())


def _clear(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink() if path.is_file() else shutil.rmtree(path)


def _append(path: Path, chunk: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(chunk)


def _localised(spec: EngineSpec, paths: Mapping[str, Path]) -> EngineSpec:
    """The same engine on a node's own files."""
    adapters = tuple(AdapterFile(one.name, paths[str(one.path)]) for one in spec.adapters)
    draft, projector = [paths[str(path)] if path else None for path in (spec.draft_path, spec.projector_path)]
    model = paths[str(spec.model_path)]
    return replace(spec, model_path=model, adapters=adapters, draft_path=draft, projector_path=projector)
