"""Where a worker's engines run: on its own host, or on the nodes of a Ray cluster."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from commonweight.serving import EngineKind
from commonweight.serving.ray import Cluster, Needs, RayKind
from commonweight.settings import Settings

GPUS = {"vllm": 1.0}  # of one engine; the others are placed by CPU and memory

EnginesHere = Callable[[Settings, aiohttp.ClientSession], Mapping[str, EngineKind]]


@dataclass(frozen=True)
class Placement:
    """The adapters of a worker, and what their engines may hold together."""

    kinds: Mapping[str, EngineKind]
    budget_bytes: int | Callable[[], int]


@contextlib.asynccontextmanager
async def placement(settings: Settings, session: aiohttp.ClientSession, engines: EnginesHere) -> AsyncIterator[Placement]:
    """For as long as the block lasts. Raises InvalidInput where the Ray cluster of the settings cannot be joined."""
    kinds = engines(settings, session)
    if not settings.ray_address:
        yield Placement(kinds, settings.engine_bytes)
        return
    needs = {name: Needs(float(max(1, settings.engine_threads)), GPUS.get(name, 0.0)) for name in kinds}
    make, cache = functools.partial(engines_of_node, _for_nodes(settings)), settings.home / "node"
    async with Cluster.joined(settings.ray_address) as cluster:
        placed = {name: RayKind(name, kind, cluster, make, needs[name], cache) for name, kind in kinds.items()}
        yield Placement(placed, cluster.memory_bytes)


def engines_of_node(settings: Settings, session: aiohttp.ClientSession, logs: Path) -> Mapping[str, EngineKind]:
    """Runs on a node: the adapters that are installed there."""
    from commonweight.worker import engines_here

    return engines_here(replace(settings, home=logs.parent), session)


def _for_nodes(settings: Settings) -> Settings:
    """Nodes run engines: they need no key and no database."""
    return replace(settings, secret_key="", database_url="")
