"""An adapter over another adapter: the same engine, on whichever node of a Ray cluster has room for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from commonweight.serving.engines import Capabilities, Engine, EngineKind, EngineSpec

if TYPE_CHECKING:
    from commonweight.serving.ray.cluster import Cluster

#: Makes the adapters of a node, with its own client and folder for logs. A function of a module: Ray sends it by its name.
MakeKinds = Callable[[aiohttp.ClientSession, Path], Mapping[str, EngineKind]]


@dataclass(frozen=True)
class Needs:
    """What an engine takes of a node besides memory, which follows from its model."""

    cpus: float = 1.0
    gpus: float = 0.0


class RayKind:
    """Everything about the program is as `inner` says; only where it runs is Ray's to choose."""

    def __init__(
        self, name: str, inner: EngineKind, cluster: Cluster, make_kinds: MakeKinds, needs: Needs, cache: Path
    ) -> None:
        self._name = name
        self._inner = inner
        self._cluster = cluster
        self._make_kinds = make_kinds
        self._needs = needs
        self._cache = cache

    @property
    def stream_only(self) -> bool:
        return self._inner.stream_only

    @property
    def slots(self) -> int:
        return self._inner.slots

    def command(self, spec: EngineSpec) -> Sequence[str]:
        return self._inner.command(spec)

    def capabilities(self, spec: EngineSpec) -> Capabilities:
        return self._inner.capabilities(spec)

    def estimate_bytes(self, spec: EngineSpec) -> int:
        return self._inner.estimate_bytes(spec)

    def engine(self, spec: EngineSpec) -> Engine:
        """Not started yet."""
        from commonweight.serving.ray.engine import RayEngine

        memory = spec.memory_bytes or self._inner.estimate_bytes(spec)
        return RayEngine(self._cluster, self._make_kinds, self._name, spec, self._needs, memory, self._cache)
