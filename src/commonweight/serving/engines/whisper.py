"""Speech written down by Whisper's family, through transformers: on CPU or GPU, one recording after the other."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from commonweight.serving.engines.logs import EngineLog
from commonweight.serving.engines.process import ProcessEngine
from commonweight.serving.engines.spec import Capabilities, Dialect, EngineSpec, Traits
from commonweight.serving.engines.vllm import CONFIGURATION
from commonweight.serving.errors import LoadFailed
from commonweight.serving.models import Mode

PROGRAM = Path(__file__).with_name("whisper_main.py")
PROGRAM_BYTES = 700 << 20  # torch and transformers, before a model
WORK_SHARE = 1.5  # weights once, and what a window is heard with
START_SECONDS = 180.0  # torch takes seconds to load, on a busy machine many


class Whisper:
    """The adapter. `threads` 0 leaves the choice to torch."""

    slots = 1  # it hears one recording at a time; more wait in our queue
    stream_only = False  # it looks at every token whether its client is still there

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
        return Capabilities(transcription=True)

    def engine(self, spec: EngineSpec) -> ProcessEngine:
        if spec.mode is not Mode.TRANSCRIPTION:
            raise LoadFailed(f"A model of speech makes no {spec.mode}.")
        if not (spec.model_path / CONFIGURATION).exists():
            raise LoadFailed("The checkpoint has no config.json.")
        traits = Traits(Dialect.NAMED, "", (), self.capabilities(spec))
        log = EngineLog(self._logs, spec.name)
        return ProcessEngine(self.command(spec), spec, log, self._session, traits, start_seconds=START_SECONDS)
