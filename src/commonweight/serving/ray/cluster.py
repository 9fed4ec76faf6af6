"""The Ray cluster that a worker has joined as its driver. Ray does what is distributed; here it is only asked."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from commonweight.errors import InvalidInput
from commonweight.serving.ray.reaching import ray_installed

log = logging.getLogger(__name__)

NAMESPACE = "commonweight"
LOOK_S = 1.0  # how old the answer about the cluster's memory may be: it is asked for each model that needs room


@dataclass(frozen=True)
class Room:
    """What a cluster has, by Ray's names (`memory` in bytes): of each node that lives, and what is free in all."""

    nodes: Sequence[Mapping[str, float]]
    free: Mapping[str, float]

    @property
    def total(self) -> Mapping[str, float]:
        names = {name for node in self.nodes for name in node}
        return {name: sum(node.get(name, 0.0) for node in self.nodes) for name in names}

    def largest(self, name: str) -> float:
        """Of a resource, on one node."""
        return max((node.get(name, 0.0) for node in self.nodes), default=0.0)


class Reserved:
    """Room that Ray keeps for us once it is there: one bundle of resources, or several."""

    def __init__(self, bundles: Sequence[Mapping[str, float]], strategy: str) -> None:
        from ray.util import placement_group

        self._group = placement_group([dict(bundle) for bundle in bundles], strategy=strategy)

    async def ready(self, seconds: float) -> bool:
        """Whether it is there, or comes within `seconds`."""
        return bool(await asyncio.to_thread(self._group.wait, seconds))

    def strategy(self, bundle: int) -> Any:
        """How an actor is placed in one of the bundles."""
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        return PlacementGroupSchedulingStrategy(self._group, placement_group_bundle_index=bundle)

    async def give_back(self) -> None:
        """What runs in it ends."""
        from ray.util import remove_placement_group

        await asyncio.to_thread(remove_placement_group, self._group)


class Cluster:
    """Use `Cluster.joined`. The host of a worker is a node of the cluster itself, if only one without resources."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._looked_at = float("-inf")
        self._memory = 0

    @classmethod
    @asynccontextmanager
    async def joined(cls, address: str) -> AsyncIterator[Cluster]:
        """The cluster at `host:port` for as long as the block lasts. Raises InvalidInput where there is none, or no Ray."""
        if not ray_installed():
            hint = "Install it: pip install 'commonweight[ray]'."
            raise InvalidInput("COMMONWEIGHT_RAY_ADDRESS is set, and Ray is not installed.", hint=hint)
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers about this installation
        import ray

        try:
            await asyncio.to_thread(
                ray.init, address=address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.WARNING
            )
        except (ConnectionError, ValueError, RuntimeError, SystemExit) as error:  # Ray gives up by ending the process
            await asyncio.to_thread(ray.shutdown)
            hint = f"On this host: ray start --address={address} --num-cpus=0"
            raise InvalidInput(f"The Ray cluster at {address!r} cannot be joined: {error}.", hint=hint) from error
        try:
            cluster = cls(ray)
            log.info("joined the Ray cluster at %s: %s", address, ray.cluster_resources())
            yield cluster
        finally:
            await asyncio.to_thread(ray.shutdown)

    @property
    def ray(self) -> Any:
        """The module, connected."""
        return self._ray

    def room(self) -> Room:
        """As it is now. It blocks."""
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        return Room(nodes, self._ray.available_resources())

    def reserve(self, bundles: Sequence[Mapping[str, float]], strategy: str = "PACK") -> Reserved:
        """Ask for room. It is waited for by `Reserved.ready`, and kept until it is given back."""
        return Reserved(bundles, strategy)

    def memory_bytes(self) -> int:
        """What the nodes that live have together for actors. Ray decides which of them holds what."""
        now = asyncio.get_running_loop().time()
        if now >= self._looked_at + LOOK_S:
            self._looked_at = now
            self._memory = int(self._ray.cluster_resources().get("memory", 0))
        return self._memory
