"""Engines: programs that run one model each, as processes of their own."""

from commonweight.serving.engines.llamacpp import LlamaCpp, cores_here, default_threads
from commonweight.serving.engines.mock import MockBehaviour, MockKind
from commonweight.serving.engines.process import ProcessEngine
from commonweight.serving.engines.spec import Address, Engine, EngineKind, EngineSpec, Progress

__all__ = [
    "Address",
    "Engine",
    "EngineKind",
    "EngineSpec",
    "LlamaCpp",
    "MockBehaviour",
    "MockKind",
    "ProcessEngine",
    "Progress",
    "cores_here",
    "default_threads",
]
