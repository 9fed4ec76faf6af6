"""What an engine is asked to be, and what every engine promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from commonweight.serving.models import Mode

Progress = Callable[[str], None]


@dataclass(frozen=True)
class EngineSpec:
    """One model, to be run by one engine."""

    model_path: Path
    name: str
    context_tokens: int
    mode: Mode = Mode.CHAT


@dataclass(frozen=True)
class Address:
    """Where a running engine answers, and what it is."""

    base_url: str
    api_key: str
    engine: str  # name and version


class Engine(Protocol):
    """
    One running model that speaks the OpenAI API on loopback. A call after `stop` is harmless.

    Its life: `start`, then any of the others, then `stop`; `ended` returns when it is over for whatever reason.
    """

    async def start(self, on_progress: Progress) -> Address:
        """Spawn it and wait until it answers. Raises LoadFailed with the reason; nothing is left running then."""
        ...

    async def ended(self) -> str:
        """Wait for the end of the process; a sentence that says how it ended."""
        ...

    async def healthy(self) -> bool:
        """Whether it answers its health route in time."""
        ...

    async def active_requests(self) -> int:
        """How many requests it is working on; 0 where it does not answer."""
        ...

    def memory_bytes(self) -> int:
        """Resident bytes, mapped model file included; 0 when it does not run."""
        ...

    async def stop(self) -> None:
        """Ask it to end, then make it end. Leaves no zombie."""
        ...


class EngineKind(Protocol):
    """An adapter: knows how one kind of engine is started, and what it will need."""

    @property
    def stream_only(self) -> bool:
        """Whether only a streamed request stops when its client leaves."""
        ...

    def estimate_bytes(self, spec: EngineSpec) -> int:
        """Memory expected, before anything has been measured. Raises LoadFailed when the file is no model."""
        ...

    def engine(self, spec: EngineSpec) -> Engine:
        """An engine for this model, not started yet. Raises LoadFailed when the file is no model."""
        ...
