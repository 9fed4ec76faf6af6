"""
The boundary of engines: what one is asked to be, and what every one promises.

An `EngineKind` (the adapter of a program) knows the command line, estimates the memory, says what the program can do, and
makes an `Engine`. An `Engine` is one running model: it starts, says where it answers, whether it is well and how busy it
is, and stops.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from commonweight.serving.models import Mode

Progress = Callable[[str], None]


@dataclass(frozen=True)
class AdapterFile:
    """A LoRA adapter that the engine may switch on for a request: its name, and its file or folder."""

    name: str
    path: Path


@dataclass(frozen=True)
class Listen:
    """Where an engine listens, and under which name others reach it (empty: where it listens)."""

    host: str = "127.0.0.1"
    announce: str = ""

    def address(self, base_url: str) -> str:
        """What to tell others of `http://0.0.0.0:4711`."""
        if not self.announce:
            return base_url
        name = f"[{self.announce}]" if ":" in self.announce else self.announce
        return f"http://{name}:{base_url.rpartition(':')[2]}"


@dataclass(frozen=True)
class EngineSpec:
    """One model, to be run by one engine. `model_path` is a GGUF file, or the folder of a checkpoint."""

    model_path: Path
    name: str
    context_tokens: int
    mode: Mode = Mode.CHAT
    adapters: tuple[AdapterFile, ...] = ()
    draft_path: Path | None = None  # a smaller model that guesses ahead
    projector_path: Path | None = None  # by what the model sees pictures
    listen: Listen = Listen()
    memory_bytes: int = 0  # what it is expected to hold, for whoever sets it aside; 0: nobody has looked

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file and folder that it loads."""
        beside = (self.draft_path, self.projector_path, *(adapter.path for adapter in self.adapters))
        return (self.model_path, *(path for path in beside if path is not None))

    @property
    def size(self) -> int:
        """Bytes of the model's files."""
        if self.model_path.is_dir():
            return sum(path.stat().st_size for path in self.model_path.rglob("*") if path.is_file())
        return self.model_path.stat().st_size


class Dialect(enum.StrEnum):
    """How a request says which of an engine's weights are meant."""

    LLAMACPP = "llama.cpp"  # `lora`: every adapter with its scale
    NAMED = "named"  # `model`: the name of the model or of one of its adapters


@dataclass(frozen=True)
class Capabilities:
    """What an engine offers with a model, as far as it is known before anything was tried."""

    chat: bool = False
    completions: bool = False
    tools: bool = False
    schema: bool = False
    logprobs: bool = False
    embeddings: bool = False
    rerank: bool = False
    vision: bool = False
    adapters: bool = False
    images: bool = False
    transcription: bool = False
    context_tokens: int = 0  # of prompt and answer together; 0 where nobody knows


@dataclass(frozen=True)
class Traits:
    """What whoever sends requests to an engine has to know about it."""

    dialect: Dialect = Dialect.NAMED
    model: str = ""  # what a request's `model` has to say; empty: anything
    adapters: tuple[str, ...] = ()  # in the order of their numbers
    capabilities: Capabilities = Capabilities()
    refuses: tuple[str, ...] = ()  # fields of requests that it would refuse, or pass over in silence
    failed: Mapping[str, str] = field(default_factory=dict)  # by check: why and when it failed with this model

    def as_document(self) -> dict[str, Any]:
        """As JSON, for the row of a replica."""
        return {**asdict(self), "adapters": list(self.adapters), "refuses": list(self.refuses), "failed": dict(self.failed)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Traits:
        """The inverse of `as_document`. What a newer or an older program wrote besides is passed over."""
        known = {one.name for one in fields(Capabilities)}
        said = {name: value for name, value in document.get("capabilities", {}).items() if name in known}
        dialect, model = Dialect(document.get("dialect", Dialect.NAMED)), str(document.get("model", ""))
        return cls(
            dialect,
            model,
            tuple(document.get("adapters", ())),
            Capabilities(**said),
            tuple(document.get("refuses", ())),
            document.get("failed", {}),
        )


@dataclass(frozen=True)
class Address:
    """Where a running engine answers, and what it is."""

    base_url: str
    api_key: str
    engine: str  # name and version
    traits: Traits = Traits()


@dataclass(frozen=True)
class Metrics:
    """How busy an engine is. None where the engine does not tell."""

    active: int = 0  # requests that it is working on
    queued: int | None = None  # requests that wait for a slot
    slots: int | None = None  # requests that it can work on at once
    tokens_per_second: float | None = None  # generated, over all requests, of late
    memory_bytes: int = 0


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

    async def metrics(self) -> Metrics:
        """How busy it is; zeros where it does not answer."""
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
        """Whether it is always asked for a stream: else it goes on when a client leaves, or does not tell how far it is."""
        ...

    def command(self, spec: EngineSpec) -> Sequence[str]:
        """The command line. Raises LoadFailed when the file is no model."""
        ...

    def capabilities(self, spec: EngineSpec) -> Capabilities:
        """What it offers with this model. Raises LoadFailed when the file is no model."""
        ...

    @property
    def slots(self) -> int:
        """How many requests one of its engines computes side by side; further ones wait in the router's queue."""
        ...

    def estimate_bytes(self, spec: EngineSpec) -> int:
        """Memory expected, before anything has been measured. Raises LoadFailed when the file is no model."""
        ...

    def engine(self, spec: EngineSpec) -> Engine:
        """An engine for this model, not started yet. Raises LoadFailed when the file is no model."""
        ...
