"""Where a worker's engines run: on its own host, or on the nodes of a Ray cluster."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from commonweight.errors import InvalidInput
from commonweight.serving import EngineKind
from commonweight.serving.ray import Cluster, Needs, RayKind, answers
from commonweight.settings import Settings

log = logging.getLogger(__name__)

AGAIN_S = 10.0  # between two attempts to join a cluster that is away
GPUS = {"vllm": 1.0}  # of one engine; the others are placed by CPU and memory

EnginesHere = Callable[[Settings, aiohttp.ClientSession], Mapping[str, EngineKind]]


@dataclass(frozen=True)
class Placement:
    """The adapters of a worker, and what their engines may hold together."""

    kinds: Mapping[str, EngineKind]
    budget_bytes: int | Callable[[], int]


@contextlib.asynccontextmanager
async def placement(
    settings: Settings, session: aiohttp.ClientSession, engines: EnginesHere, stop: asyncio.Event
) -> AsyncIterator[Placement]:
    """For as long as the block lasts. A Ray cluster that cannot be joined is waited for until `stop`; the log says why."""
    kinds = engines(settings, session)
    if not settings.ray_address:
        yield Placement(kinds, settings.engine_bytes)
        return
    needs = {name: Needs(float(max(1, settings.engine_threads)), GPUS.get(name, 0.0)) for name in kinds}
    make, cache = functools.partial(engines_of_node, _for_nodes(settings)), settings.home / "node"
    async with contextlib.AsyncExitStack() as stack:
        cluster = await _join(stack, settings.ray_address, stop)
        if cluster is None:
            yield Placement({}, 0)
            return
        placed = {name: RayKind(name, kind, cluster, make, needs[name], cache) for name, kind in kinds.items()}
        yield Placement(placed, cluster.memory_bytes)


async def _join(stack: contextlib.AsyncExitStack, address: str, stop: asyncio.Event) -> Cluster | None:
    """The worker has other work to do meanwhile. None where it is to stop."""
    told = ""
    while not stop.is_set():
        said = f"nothing answers at {address}"
        if await answers(address):
            try:
                return await stack.enter_async_context(Cluster.joined(address))
            except InvalidInput as refused:
                said = refused.sentence
        if said != told:
            log.warning("waiting for the Ray cluster, without which no engine runs: %s", said)
            told = said
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), AGAIN_S)
    return None


def engines_of_node(settings: Settings, session: aiohttp.ClientSession, logs: Path) -> Mapping[str, EngineKind]:
    """Runs on a node: the adapters that are installed there."""
    from commonweight.worker import engines_here

    return engines_here(replace(settings, home=logs.parent), session)


def _for_nodes(settings: Settings) -> Settings:
    """Nodes run engines: they need no key and no database."""
    return replace(settings, secret_key="", database_url="")
