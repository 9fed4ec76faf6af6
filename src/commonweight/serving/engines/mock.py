"""
A mock engine: the same life and the same HTTP surface as a real one, and deterministic words instead of a model.

It ships with the product for tests, benchmarks and demonstrations; `mock_main` says what can be set.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from commonweight.serving.engines.logs import EngineLog
from commonweight.serving.engines.process import ProcessEngine
from commonweight.serving.engines.spec import Capabilities, EngineSpec, Traits

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MockBehaviour:
    """What a mock engine does."""

    delay_ms: float = 0.0  # before each word
    start_ms: float = 0.0  # before it is ready
    memory_bytes: int = 64 << 20  # what it claims before it runs
    fail: str = ""  # a reason not to start at all
    stream_only: bool = False
    slots: int = 16  # what it says it computes side by side; it computes nothing


class MockKind:
    """The adapter of the mock engine."""

    def __init__(self, logs: Path, session: aiohttp.ClientSession, behaviour: MockBehaviour | None = None) -> None:
        log.warning("models are answered by the mock engine: its words come from no model")
        self._logs = logs
        self._session = session
        self._behaviour = behaviour or MockBehaviour()

    @property
    def stream_only(self) -> bool:
        return self._behaviour.stream_only

    @property
    def slots(self) -> int:
        return self._behaviour.slots

    def estimate_bytes(self, spec: EngineSpec) -> int:
        return self._behaviour.memory_bytes

    def command(self, spec: EngineSpec) -> Sequence[str]:
        """The child's command line."""
        behaviour = self._behaviour
        options = {"name": spec.name, "context": spec.context_tokens, "delay-ms": behaviour.delay_ms}
        options |= {"start-ms": behaviour.start_ms, "fail": behaviour.fail}
        program = [sys.executable, "-m", "commonweight.serving.engines.mock_main"]
        return [*program, *(f"--{name}={value}" for name, value in options.items())]

    def capabilities(self, spec: EngineSpec) -> Capabilities:
        return Capabilities(chat=True, completions=True, context_tokens=spec.context_tokens)

    def engine(self, spec: EngineSpec) -> ProcessEngine:
        traits = Traits(capabilities=self.capabilities(spec))
        return ProcessEngine(self.command(spec), spec, EngineLog(self._logs, spec.name), self._session, traits)
