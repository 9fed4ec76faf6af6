"""
The program of a transformers engine's process: transformers' own server (`transformers serve`) for one checkpoint.

    python -P transformers_main.py --model FOLDER

What it lacks is put around it: a key, a port chosen by the system, an announcement, `/slots`. As of transformers 5.23 it
builds a `uvicorn.Server` of its own from `uvicorn.Config(app, …)`; it is given one that wraps the application.
"""

from __future__ import annotations

import argparse
import hmac
import importlib.metadata
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # started by its path, so that it stays light

from llamacpp_main import HOST_VARIABLE, KEY_VARIABLE, announce, tie_to_parent, url_of  # type: ignore[import-not-found]

sys.path.pop(0)  # nothing else is to be found there: modules beside this one have names of libraries

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Keyed:
    """Lets requests with the key through, and counts those under way."""

    def __init__(self, app: Any, key: str) -> None:
        self._app = app
        self._key = f"Bearer {key}".encode()
        self._active = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(given, self._key):
            await _json(send, 401, {"error": {"message": "Invalid API Key", "type": "authentication_error"}})
        elif scope["path"] == "/slots":
            await _json(send, 200, [{"id": number, "is_processing": True} for number in range(self._active)])
        else:
            await self._counted(scope, receive, send)

    async def _counted(self, scope: Message, receive: Receive, send: Send) -> None:
        working = scope["method"] == "POST"
        self._active += working
        try:
            await self._app(scope, receive, send)
        finally:
            self._active -= working


async def _json(send: Send, status: int, document: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})


def main() -> None:
    """Load the checkpoint, announce the address, stay."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args(sys.argv[1:])
    tie_to_parent()
    key, host = os.environ.pop(KEY_VARIABLE), os.environ.get(HOST_VARIABLE) or "127.0.0.1"
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}  # what is not in the folder is not fetched
    import torch
    import uvicorn
    from transformers.cli.serve import Serve

    if options.threads:
        torch.set_num_threads(options.threads)
    listening = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)

    class Server(uvicorn.Server):  # type: ignore[misc]
        def __init__(self, config: uvicorn.Config) -> None:
            config.app, config.access_log = Keyed(config.app, key), False
            super().__init__(config)

        def run(self, sockets: Any = None) -> None:
            version = importlib.metadata.version("transformers")
            announce(base_url=url_of(host, listening.getsockname()[1]), engine=f"transformers/{version}")
            super().run([listening])

    uvicorn.Server = Server
    Serve(options.model, device="auto", host=host, trust_remote_code=False, log_level="error")


if __name__ == "__main__":
    main()
