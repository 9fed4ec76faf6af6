"""
transformers' own server (`transformers serve`): any safetensors checkpoint, on CPU or GPU, one request after the other.

As of transformers 5.23 it takes `n`, log-probabilities, `response_format`, `tool_choice` and some more without a word and
does nothing with them, and refuses fields that OpenAI does not know. Both are refused before it sees them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from commonweight.serving.engines.logs import EngineLog
from commonweight.serving.engines.process import ProcessEngine
from commonweight.serving.engines.spec import Capabilities, Dialect, EngineSpec, Traits
from commonweight.serving.engines.vllm import CONFIGURATION, context_of, sees
from commonweight.serving.errors import LoadFailed
from commonweight.serving.models import Mode

PROGRAM = Path(__file__).with_name("transformers_main.py")
PROGRAM_BYTES = 700 << 20  # torch and transformers, before a model
WORK_SHARE = 1.3  # weights once, and what a request computes with
START_SECONDS = 180.0  # torch takes seconds to load, on a busy machine many

#: Fields that it passes over, or refuses as unknown.
REFUSES = (
    "n tools tool_choice response_format logprobs top_logprobs logit_bias presence_penalty parallel_tool_calls "
    "reasoning_effort top_k min_p repeat_penalty"
)


class Transformers:
    """The adapter. `threads` 0 leaves the choice to torch."""

    slots = 1  # it generates one answer at a time; more wait in our queue and not in its
    stream_only = True  # an unstreamed answer is computed to its end

    def __init__(self, logs: Path, session: aiohttp.ClientSession, threads: int = 0) -> None:
        self._logs = logs
        self._session = session
        self._threads = threads

    def estimate_bytes(self, spec: EngineSpec) -> int:
        context_of(spec)
        return int(spec.size * WORK_SHARE) + PROGRAM_BYTES

    def command(self, spec: EngineSpec) -> Sequence[str]:
        """The child's command line."""
        return [sys.executable, "-P", str(PROGRAM), f"--model={spec.model_path}", f"--threads={self._threads}"]

    def capabilities(self, spec: EngineSpec) -> Capabilities:
        chat = spec.mode is Mode.CHAT
        vision = chat and sees(spec)
        return Capabilities(chat=chat, completions=chat, vision=vision, context_tokens=context_of(spec))

    def engine(self, spec: EngineSpec) -> ProcessEngine:
        if spec.mode is not Mode.CHAT:
            raise LoadFailed(f"transformers' server makes no {spec.mode}; install vLLM, or publish a GGUF file.")
        if spec.adapters:
            raise LoadFailed("transformers' server switches no adapters per request; it takes vLLM, or a base as GGUF.")
        if not (spec.model_path / CONFIGURATION).exists():
            raise LoadFailed("The checkpoint has no config.json.")
        traits = Traits(Dialect.NAMED, "", (), self.capabilities(spec), refuses=tuple(REFUSES.split()))
        log = EngineLog(self._logs, spec.name)
        return ProcessEngine(self.command(spec), spec, log, self._session, traits, start_seconds=START_SECONDS)
