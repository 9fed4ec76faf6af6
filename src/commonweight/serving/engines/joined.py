"""Engines that run already, elsewhere: joined and left, neither started nor stopped."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

import aiohttp

from commonweight.serving.engines.metrics import VLLM, MetricNames, read_metrics
from commonweight.serving.engines.spec import Address, Capabilities, Dialect, EngineSpec, Metrics, Progress, Traits
from commonweight.serving.errors import LoadFailed
from commonweight.serving.models import Mode

PROBE_S = 5.0
LOOK_S = 5.0
KEY_VARIABLE = "COMMONWEIGHT_JOIN_KEY"  # of all that are joined; a secret, so no setting that is printed
MISSED = 3  # looks in a row that find nobody


class Joined:
    """The adapter for a vLLM at an address that serves the model already, under any name."""

    slots = 64
    stream_only = True  # only a stream counts on the way, for who leaves

    def __init__(self, session: aiohttp.ClientSession, base_url: str, key: str | None = None) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/").removesuffix("/v1")
        self._key = os.environ.get(KEY_VARIABLE, "") if key is None else key

    def command(self, spec: EngineSpec) -> Sequence[str]:
        """Nothing is started."""
        return ()

    def estimate_bytes(self, spec: EngineSpec) -> int:
        return 0

    def capabilities(self, spec: EngineSpec) -> Capabilities:
        chat = spec.mode is Mode.CHAT
        embeddings, rerank = spec.mode is Mode.EMBEDDINGS, spec.mode is Mode.RERANK
        return Capabilities(chat, chat, chat, chat, chat, embeddings, rerank)

    def engine(self, spec: EngineSpec) -> JoinedEngine:
        return JoinedEngine(self._session, self._base_url, self._key, self.capabilities(spec), VLLM)


class JoinedEngine:
    """The `Engine` of a server that is not ours."""

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str, key: str, capabilities: Capabilities, names: MetricNames
    ) -> None:
        self._session = session
        self._base_url = base_url
        self._key = key
        self._capabilities = capabilities
        self._names = names

    async def start(self, on_progress: Progress) -> Address:
        """Look whether it is there and what it calls its model. Raises LoadFailed."""
        on_progress("joining the engine")
        models = await self._get("/v1/models")
        data = models.get("data") if isinstance(models, dict) else None
        if not data or not isinstance(data[0], dict) or not isinstance(data[0].get("id"), str):
            raise LoadFailed(f"No engine that can be joined answers at {self._base_url}/v1/models.")
        version = await self._get("/version")
        number = version.get("version", "unknown") if isinstance(version, dict) else "unknown"
        traits = Traits(Dialect.NAMED, data[0]["id"], (), self._capabilities)
        return Address(self._base_url, self._key, f"vllm/{number}", traits)

    async def ended(self) -> str:
        missed = 0
        while missed < MISSED:
            await asyncio.sleep(LOOK_S)
            missed = 0 if await self.healthy() else missed + 1
        return "It does not answer any more."

    async def healthy(self) -> bool:
        return await self._get("/health", as_text=True) is not None

    async def active_requests(self) -> int:
        return (await self.metrics()).active

    async def metrics(self) -> Metrics:
        text = await self._get("/metrics", as_text=True)
        return read_metrics(str(text or ""), self._names, None, 0)

    def memory_bytes(self) -> int:
        return 0

    async def stop(self) -> None:
        """It goes on without us."""

    async def _get(self, path: str, *, as_text: bool = False) -> object:
        headers = {"authorization": f"Bearer {self._key}"} if self._key else {}
        timeout = aiohttp.ClientTimeout(total=PROBE_S)
        try:
            async with self._session.get(self._base_url + path, headers=headers, timeout=timeout) as response:
                if response.status != 200:
                    return None
                return await response.text() if as_text else await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None
