"""Engines: programs that run one model each, as processes of their own."""

from commonweight.serving.engines.llamacpp import LlamaCpp, cores_here, default_threads
from commonweight.serving.engines.mock import MockBehaviour, MockKind
from commonweight.serving.engines.process import ProcessEngine
from commonweight.serving.engines.spec import (
    AdapterFile,
    Address,
    Capabilities,
    Dialect,
    Engine,
    EngineKind,
    EngineSpec,
    Listen,
    Metrics,
    Progress,
    Traits,
)

__all__ = [
    "AdapterFile",
    "Address",
    "Capabilities",
    "Dialect",
    "Engine",
    "EngineKind",
    "EngineSpec",
    "Listen",
    "LlamaCpp",
    "Metrics",
    "MockBehaviour",
    "MockKind",
    "ProcessEngine",
    "Progress",
    "Traits",
    "cores_here",
    "default_threads",
]
