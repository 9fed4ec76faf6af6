"""
A stand-in for vLLM in tests: its command line (0.33) and its routes, and words from no model.

    python fake_vllm.py serve FOLDER --served-model-name NAME --host H --port P … --lora-modules '{"name": …, "path": …}' …

What vLLM refuses on its command line is refused; what it does not know too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("deed", choices=["serve"])
    parser.add_argument("model")
    parser.add_argument("--served-model-name", required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--max-model-len", type=int, required=True)
    parser.add_argument("--tensor-parallel-size", type=int, default=1)
    parser.add_argument("--max-num-seqs", type=int)
    parser.add_argument("--dtype", choices=["auto", "half", "float16", "bfloat16", "float", "float32"], default="auto")
    parser.add_argument("--quantization")
    parser.add_argument("--gpu-memory-utilization", type=float)
    parser.add_argument("--runner", choices=["auto", "generate", "pooling", "draft"], default="auto")
    parser.add_argument("--enable-lora", action=argparse.BooleanOptionalAction)
    parser.add_argument("--max-loras", type=int)
    parser.add_argument("--max-lora-rank", type=int, choices=[1, 8, 16, 32, 64, 128, 256, 320, 512])
    parser.add_argument("--lora-modules", nargs="+", default=[])
    parser.add_argument("--enable-auto-tool-choice", action="store_true")
    parser.add_argument("--tool-call-parser")
    parser.add_argument("--uvicorn-log-level")
    parser.add_argument("--enable-log-requests", action=argparse.BooleanOptionalAction)
    return parser.parse_args(arguments)


class Handler(BaseHTTPRequestHandler):
    options: argparse.Namespace
    key = ""

    def log_message(self, *arguments: Any) -> None:
        pass

    def answer(self, document: Any, status: int = 200) -> None:
        body = document.encode() if isinstance(document, str) else json.dumps(document).encode()
        self.send_response(status)
        if not isinstance(document, str):
            self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer("")
        elif self.path == "/version":
            self.answer({"version": "0.33.0"})
        elif self.path == "/metrics":
            name = f'{{model_name="{self.options.served_model_name}"}}'
            self.answer(
                f"# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{name} 2.0\n"
                f"vllm:num_requests_waiting{name} 3.0\n"
            )
        elif self.path == "/v1/models":
            self.answer({"object": "list", "data": [{"id": self.options.served_model_name}]})
        else:
            self.answer({}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers.get("authorization") != f"Bearer {self.key}":
            self.answer({"error": "Unauthorized"}, 401)
            return
        adapters = [one["name"] for one in map(json.loads, self.options.lora_modules)]
        if body.get("model") not in (self.options.served_model_name, *adapters):
            self.answer({"error": {"message": f"The model `{body.get('model')}` does not exist.", "code": 404}}, 404)
            return
        message = {"role": "assistant", "content": f"I am {body['model']}"}
        usage = {"prompt_tokens": 1, "completion_tokens": 3, "total_tokens": 4}
        self.answer({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage})


if __name__ == "__main__":
    Handler.options = parse(sys.argv[1:])
    Handler.key = os.environ["VLLM_API_KEY"]
    if not Path(Handler.options.model, "config.json").exists():
        sys.exit("ValueError: Invalid repository ID or local directory specified")
    ThreadingHTTPServer((Handler.options.host, Handler.options.port), Handler).serve_forever()
