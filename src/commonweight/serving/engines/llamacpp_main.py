"""
The program of a llama.cpp engine's process: xllamacpp's own HTTP server on loopback, on a port chosen by the system.

    python -P llamacpp_main.py --model FILE --name NAME --context 4096 --slots 4 --threads 1 --mode chat

Run by its path and not as a module: it imports nothing but the standard library and xllamacpp, so that an engine does
not carry the server's libraries in its memory. Once ready it writes one JSON line, `{"base_url": …, "engine": …}`, to
standard output. It ends when standard input ends, and on Linux when the process that started it dies.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.metadata
import json
import os
import signal
import sys
import threading
from typing import Any

KEY_VARIABLE = "COMMONWEIGHT_ENGINE_KEY"  # in the environment and not an argument: `ps` shows arguments to everybody
HOST_VARIABLE = "COMMONWEIGHT_ENGINE_LISTEN"  # where to listen; loopback where it is not set
PR_SET_PDEATHSIG = 1  # prctl(2)
PROMPT_BATCH = 128  # tokens of a prompt between two looks at who has left and at whose turn it is; as fast as 2048 on a CPU
ERRORS = 1  # llama.cpp's verbosity; its warnings quote pieces of requests, and from 3 on it writes a line per request


def tie_to_parent() -> None:
    """
    End with the parent, also when that is killed with -9.

    Two cords: the kernel's signal (Linux; it also holds while native code keeps the interpreter's lock during the load),
    and the end of standard input (everywhere).
    """
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the call: no signal will come
            os._exit(1)
    threading.Thread(target=_end_with_stdin, daemon=True).start()


def _end_with_stdin() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


def url_of(host: str, port: int) -> str:
    """`http://127.0.0.1:4711`; an IPv6 address stands in brackets (RFC 3986)."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def announce(**facts: Any) -> None:
    """The one line that the parent waits for."""
    print(json.dumps(facts), flush=True)  # noqa: T201  standard output is the channel to the parent
    # Nobody reads on: what native code writes there (pieces of JSON schemas) would fill the pipe and stop the engine.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line that adapters write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--context", type=int, required=True)
    parser.add_argument("--slots", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--mode", choices=("chat", "embeddings", "rerank"), default="chat")
    parser.add_argument("--adapter", action="append", default=[])
    parser.add_argument("--draft", default="")
    parser.add_argument("--projector", default="")
    return parser.parse_args(arguments)


def _parameters(options: argparse.Namespace) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = options.model
    params.model_alias = {options.name}
    params.hostnames = [os.environ.get(HOST_VARIABLE) or "127.0.0.1"]
    params.port = 0
    params.api_keys = [os.environ[KEY_VARIABLE]]
    params.n_ctx = options.context * options.slots  # llama.cpp divides it among the slots
    params.n_parallel = options.slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.cache_ram_mib = 0  # the prompt cache does not tell adapters apart: it would mix their answers
    params.ctx_shift = False  # it would forget the beginning in silence where an answer grows too long
    params.fit_params = False  # it would shrink the context in silence where memory is short
    params.ui = False
    params.verbosity = ERRORS
    params.endpoint_metrics = True
    if options.mode == "chat" and not options.projector and not _has_accelerator():  # a picture is read in one piece
        params.n_batch = params.n_ubatch = PROMPT_BATCH
    params.embedding = options.mode == "embeddings"
    params.lora_adapters = [_switched_off(path) for path in options.adapter]
    params.mmproj.path = options.projector
    params.video_ffmpeg_bin_dir = os.devnull  # it would start ffprobe on whatever is no picture
    if options.draft:
        _guess_ahead(params, options)
    if options.mode != "chat":
        params.n_batch = params.n_ubatch = options.context  # a text is computed in one piece, or refused
    if options.mode == "rerank":
        params.embedding, params.pooling_type = True, xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_RANK
    return params


def _has_accelerator() -> bool:
    import xllamacpp

    return any(
        device["type"] != xllamacpp.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_CPU
        for device in xllamacpp.get_device_info()
    )


def _guess_ahead(params: Any, options: argparse.Namespace) -> None:
    """Let a smaller model propose tokens, which the model accepts or not: the answers stay the same, they come sooner."""
    import xllamacpp

    draft = params.speculative.draft
    draft.mparams.path = options.draft
    draft.cpuparams.n_threads = draft.cpuparams_batch.n_threads = options.threads
    params.speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_DRAFT_SIMPLE]


def _switched_off(path: str) -> Any:
    """An adapter that answers only where a request names it: `lora_init_without_apply` would leave its scale at one."""
    import xllamacpp

    adapter = xllamacpp.CommonAdapterLoraInfo()
    adapter.path, adapter.scale = path, 0.0
    return adapter


def main() -> None:
    """Load the model, announce the address, stay."""
    options = parse(sys.argv[1:])
    tie_to_parent()
    import xllamacpp

    parameters = _parameters(options)
    del os.environ[KEY_VARIABLE]
    try:
        server = xllamacpp.Server(parameters)
    except RuntimeError as error:
        sys.exit(f"llama.cpp could not start: {error}")
    announce(base_url=server.listening_address, engine=f"llama.cpp/{importlib.metadata.version('xllamacpp')}")
    threading.Event().wait()


if __name__ == "__main__":
    main()
