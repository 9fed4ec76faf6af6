"""llama.cpp, through the prebuilt wheel xllamacpp: GGUF files on the CPU."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from commonweight.serving.engines.gguf import read_header
from commonweight.serving.engines.logs import EngineLog
from commonweight.serving.engines.process import ProcessEngine
from commonweight.serving.engines.spec import AdapterFile, Capabilities, Dialect, EngineSpec, Traits
from commonweight.serving.errors import LoadFailed
from commonweight.serving.models import Mode

PROGRAM = Path(__file__).with_name("llamacpp_main.py")
SLOTS = 4  # answers computed side by side; more wait in the engine's own queue. Each slot holds a whole context
AT_ONCE_TOKENS = 2048  # of an embedding: attention over all of them at once takes memory with the square of their number
PROGRAM_BYTES = 96 << 20  # the process with its libraries, before a model
PICTURE_BYTES = 300 << 20  # what a picture is looked at in: 576 patches in 24 layers of a thousand numbers
WORK_SHARE = 1.1  # compute buffers, as a share of the model file


def cores_here() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_threads(cores: int) -> int:
    """
    One fewer than the cores, at least one.

    Never all of them: with as many busy threads as cores each of the engine's steps waits for its slowest thread,
    and one busy neighbour (the server itself) is enough to halve the speed.
    """
    return max(1, cores - 1)


def check_adapter(adapter: AdapterFile) -> None:
    """Raises LoadFailed that names the adapter, which the engine's own reason would not."""
    try:
        kind = read_header(adapter.path).pairs.get("general.type")
    except LoadFailed as error:
        raise LoadFailed(f"The adapter {adapter.name} is no GGUF file that can be read: {error}") from None
    if kind != "adapter":
        raise LoadFailed(f"The adapter {adapter.name} is a GGUF file of the type {kind!r}; expected 'adapter'.")


class LlamaCpp:
    """The adapter. `threads` 0 takes one fewer than the cores."""

    def __init__(self, logs: Path, session: aiohttp.ClientSession, threads: int = 0, slots: int = SLOTS) -> None:
        self._logs = logs
        self._session = session
        self._threads = threads or default_threads(cores_here())
        self._slots = slots

    @property
    def stream_only(self) -> bool:
        return True  # measured: a request without `stream` runs to its end after its client has left

    @property
    def slots(self) -> int:
        return self._slots

    def estimate_bytes(self, spec: EngineSpec) -> int:
        cache = read_header(spec.model_path).cache_bytes_per_token * self._context(spec) * self._slots
        work = PROGRAM_BYTES + (PICTURE_BYTES if spec.projector_path else 0)
        return int(sum(path.stat().st_size for path in spec.paths) * WORK_SHARE) + cache + work

    def _context(self, spec: EngineSpec) -> int:
        """No more than the model was trained for: beyond that it answers nonsense."""
        trained = read_header(spec.model_path).context_tokens
        wanted = spec.context_tokens if spec.mode is Mode.CHAT else min(spec.context_tokens, AT_ONCE_TOKENS)
        return min(wanted, trained) if trained else wanted

    def command(self, spec: EngineSpec) -> Sequence[str]:
        """The child's command line."""
        options = {"model": spec.model_path, "name": spec.name, "context": self._context(spec), "mode": spec.mode.value}
        options |= {"slots": self._slots, "threads": self._threads}
        options |= {"draft": spec.draft_path} if spec.draft_path else {}
        options |= {"projector": spec.projector_path} if spec.projector_path else {}
        adapters = [f"--adapter={adapter.path}" for adapter in spec.adapters]
        return [sys.executable, "-P", str(PROGRAM), *(f"--{name}={value}" for name, value in options.items()), *adapters]

    def capabilities(self, spec: EngineSpec) -> Capabilities:
        chat, context = spec.mode is Mode.CHAT, self._context(spec)
        return Capabilities(
            chat=chat,
            completions=chat,
            tools=chat,
            schema=chat,
            logprobs=chat,
            embeddings=spec.mode is Mode.EMBEDDINGS,
            rerank=spec.mode is Mode.RERANK,
            vision=chat and spec.projector_path is not None,
            adapters=chat,
            context_tokens=context,
        )

    def engine(self, spec: EngineSpec) -> ProcessEngine:
        for adapter in spec.adapters:
            check_adapter(adapter)
        traits = Traits(Dialect.LLAMACPP, "", tuple(one.name for one in spec.adapters), self.capabilities(spec))
        return ProcessEngine(self.command(spec), spec, EngineLog(self._logs, spec.name), self._session, traits)
