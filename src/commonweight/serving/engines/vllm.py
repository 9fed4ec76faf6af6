"""
vLLM: checkpoints on GPUs, started here or joined where it runs already.

Command line, routes and metrics of vLLM 0.33, whose own parser read these command lines: the model is the first argument,
`--served-model-name` its name, `--lora-modules` its adapters, the key comes by `VLLM_API_KEY`; `/health` and `/version`
answer without it, and so does what lies outside `/v1`: it listens on this host alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from commonweight.errors import InvalidInput
from commonweight.serving.engines.logs import EngineLog
from commonweight.serving.engines.metrics import VLLM
from commonweight.serving.engines.process import ProcessEngine
from commonweight.serving.engines.spec import Capabilities, Dialect, EngineSpec, Traits
from commonweight.serving.errors import LoadFailed
from commonweight.serving.models import Mode

PROGRAM = Path(__file__).with_name("foreign_main.py")
HOST_BYTES = 4 << 30  # its processes in the host's memory; weights and cache lie on the GPU, where it bounds itself
START_SECONDS = 900.0  # it compiles kernels at its first start
LORA_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # that `--max-lora-rank` takes
SEQUENCES = 64  # that the router sends at once; vLLM batches them, and queues more by itself
CONFIGURATION, ADAPTER_CONFIGURATION = "config.json", "adapter_config.json"


@dataclass(frozen=True)
class VllmOptions:
    """What an installation sets. Empty: vLLM's own choice."""

    tensor_parallel: int = 1  # GPUs of one replica
    dtype: str = ""  # auto, bfloat16, float16 …
    quantization: str = ""  # awq, gptq, fp8 …; a checkpoint's own configuration says so by itself
    gpu_memory: float = 0.0  # share of a GPU's memory; 0: vLLM's 0.92
    tool_parser: str = ""  # hermes, llama3_json, mistral …; without one it calls no tools
    program: str = "vllm"  # by name or path


def parse_vllm_options(text: str) -> VllmOptions:
    """`tensor_parallel=2, dtype=bfloat16, tool_parser=hermes` as options. Raises InvalidInput."""
    given: dict[str, Any] = {}
    kinds = {name: type(default) for name, default in vars(VllmOptions()).items()}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        try:
            given[name] = kinds[name](value)
        except (KeyError, ValueError):
            expected = f"Expected pairs like tensor_parallel=2; names are {', '.join(kinds)}."
            raise InvalidInput(f"COMMONWEIGHT_VLLM holds {part!r}.", hint=expected) from None
    return VllmOptions(**given)


class Vllm:
    """The adapter."""

    slots = SEQUENCES
    stream_only = True  # only a stream counts on the way, for who leaves

    def __init__(self, logs: Path, session: aiohttp.ClientSession, options: VllmOptions | None = None) -> None:
        self._logs = logs
        self._session = session
        self._options = options or VllmOptions()

    def estimate_bytes(self, spec: EngineSpec) -> int:
        _read(spec.model_path / CONFIGURATION)
        return HOST_BYTES

    def command(self, spec: EngineSpec) -> Sequence[str]:
        """The command line of vLLM inside that of the program which looks after it."""
        wrapped = [sys.executable, "-P", str(PROGRAM), "--engine", "vllm", "--key-variable", "VLLM_API_KEY", "--"]
        return [*wrapped, *self.serve(spec)]

    def serve(self, spec: EngineSpec) -> Sequence[str]:
        """`vllm serve …`; `{port}` and `{host}` are filled in where it is started."""
        options = self._options
        command = [options.program, "serve", str(spec.model_path), "--served-model-name", spec.name]
        command += ["--host", "{host}", "--port", "{port}", "--max-model-len", str(context_of(spec))]
        command += ["--tensor-parallel-size", str(options.tensor_parallel), "--max-num-seqs", str(SEQUENCES)]
        command += ["--uvicorn-log-level", "warning", "--no-enable-log-requests"]
        command += ["--dtype", options.dtype] if options.dtype else []
        command += ["--quantization", options.quantization] if options.quantization else []
        command += ["--gpu-memory-utilization", str(options.gpu_memory)] if options.gpu_memory else []
        if options.tool_parser and spec.mode is Mode.CHAT:
            command += ["--enable-auto-tool-choice", "--tool-call-parser", options.tool_parser]
        if spec.mode in (Mode.EMBEDDINGS, Mode.RERANK):
            command += ["--runner", "pooling"]
        return [*command, *_adapters(spec)]

    def capabilities(self, spec: EngineSpec) -> Capabilities:
        chat = spec.mode is Mode.CHAT
        return Capabilities(
            chat=chat,
            completions=chat,
            tools=chat and bool(self._options.tool_parser),
            schema=chat,
            logprobs=chat,
            embeddings=spec.mode is Mode.EMBEDDINGS,
            rerank=spec.mode is Mode.RERANK,
            vision=chat and sees(spec),
            adapters=chat,
            context_tokens=context_of(spec),
        )

    def engine(self, spec: EngineSpec) -> ProcessEngine:
        names = tuple(one.name for one in spec.adapters)
        traits = Traits(Dialect.NAMED, spec.name, names, self.capabilities(spec))
        log = EngineLog(self._logs, spec.name)
        return ProcessEngine(self.command(spec), spec, log, self._session, traits, VLLM, START_SECONDS)


def _adapters(spec: EngineSpec) -> Sequence[str]:
    if not spec.adapters:
        return []
    rank = max(int(_read(one.path / ADAPTER_CONFIGURATION).get("r", LORA_RANKS[0])) for one in spec.adapters)
    fitting = next((one for one in LORA_RANKS if one >= rank), None)
    if fitting is None:
        raise LoadFailed(f"An adapter has rank {rank}; vLLM takes at most {LORA_RANKS[-1]}.")
    modules = [json.dumps({"name": one.name, "path": str(one.path)}) for one in spec.adapters]  # NAME=PATH knows no commas
    bounds = ["--max-loras", str(len(modules)), "--max-lora-rank", str(fitting)]
    return ["--enable-lora", *bounds, "--lora-modules", *modules]


def context_of(spec: EngineSpec) -> int:
    """No more than the model was trained for."""
    trained = _read(spec.model_path / CONFIGURATION).get("max_position_embeddings")
    return min(spec.context_tokens, trained) if isinstance(trained, int) and trained > 0 else spec.context_tokens


def sees(spec: EngineSpec) -> bool:
    """Whether the checkpoint holds a model of pictures beside that of text."""
    return isinstance(_read(spec.model_path / CONFIGURATION).get("vision_config"), dict)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise LoadFailed(f"{path.name} of the checkpoint cannot be read: {type(error).__name__}.") from None
    if not isinstance(document, dict):
        raise LoadFailed(f"{path.name} of the checkpoint is no JSON object.")
    return document
