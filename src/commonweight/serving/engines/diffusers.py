"""Pictures by diffusers: any pipeline of safetensors, on CPU or GPU, one request after the other."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from commonweight.serving.engines.logs import EngineLog
from commonweight.serving.engines.process import ProcessEngine
from commonweight.serving.engines.spec import Capabilities, Dialect, EngineSpec, Traits
from commonweight.serving.errors import LoadFailed

PROGRAM = Path(__file__).with_name("diffusers_main.py")
PROGRAM_BYTES = 700 << 20  # torch, diffusers and transformers, before a model
WORK_SHARE = 1.5  # weights once, and what a picture is computed in
START_SECONDS = 180.0  # torch takes seconds to load, on a busy machine many


class Diffusers:
    """The adapter. `threads` 0 leaves the choice to torch."""

    slots = 1  # it draws for one request at a time; more wait in our queue
    stream_only = False  # nothing is streamed, and a picture that was begun is finished

    def __init__(self, logs: Path, session: aiohttp.ClientSession, threads: int = 0) -> None:
        self._logs = logs
        self._session = session
        self._threads = threads

    def estimate_bytes(self, spec: EngineSpec) -> int:
        return int(spec.size * WORK_SHARE) + PROGRAM_BYTES

    def command(self, spec: EngineSpec) -> Sequence[str]:
        """The child's command line."""
        return [sys.executable, "-P", str(PROGRAM), f"--model={spec.model_path}", f"--threads={self._threads}"]

    def capabilities(self, spec: EngineSpec) -> Capabilities:
        return Capabilities(images=True)

    def engine(self, spec: EngineSpec) -> ProcessEngine:
        if not (spec.model_path / "model_index.json").exists():
            raise LoadFailed("The pipeline has no model_index.json.")
        traits = Traits(Dialect.NAMED, "", (), self.capabilities(spec))
        log = EngineLog(self._logs, spec.name)
        return ProcessEngine(self.command(spec), spec, log, self._session, traits, start_seconds=START_SECONDS)
