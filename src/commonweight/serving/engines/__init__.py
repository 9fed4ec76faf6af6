"""Engines: programs that run one model each, as processes of their own."""

from commonweight.serving.engines.diffusers import Diffusers
from commonweight.serving.engines.joined import Joined
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
from commonweight.serving.engines.transformers import Transformers
from commonweight.serving.engines.vllm import Vllm, VllmOptions, parse_vllm_options
from commonweight.serving.engines.whisper import Whisper

__all__ = [
    "AdapterFile",
    "Address",
    "Capabilities",
    "Dialect",
    "Diffusers",
    "Engine",
    "EngineKind",
    "EngineSpec",
    "Joined",
    "Listen",
    "LlamaCpp",
    "Metrics",
    "MockBehaviour",
    "MockKind",
    "ProcessEngine",
    "Progress",
    "Traits",
    "Transformers",
    "Vllm",
    "VllmOptions",
    "Whisper",
    "cores_here",
    "default_threads",
    "parse_vllm_options",
]
