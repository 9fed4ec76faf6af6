"""The Ray cluster that a worker has joined as its driver. Ray does what is distributed; here it is only asked."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from commonweight.errors import InvalidInput

log = logging.getLogger(__name__)

NAMESPACE = "commonweight"
LOOK_S = 1.0  # how old the answer about the cluster's memory may be: it is asked for each model that needs room


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
        if importlib.util.find_spec("ray") is None:
            hint = "Install it: pip install 'commonweight[ray]'."
            raise InvalidInput("COMMONWEIGHT_RAY_ADDRESS is set, and Ray is not installed.", hint=hint)
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers about this installation
        import ray

        try:
            await asyncio.to_thread(
                ray.init, address=address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.WARNING
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
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

    def memory_bytes(self) -> int:
        """What the nodes that live have together for actors. Ray decides which of them holds what."""
        now = asyncio.get_running_loop().time()
        if now >= self._looked_at + LOOK_S:
            self._looked_at = now
            self._memory = int(self._ray.cluster_resources().get("memory", 0))
        return self._memory
