"""
What stands beside the gateway in the same run. Each passes the same requests on to the same mock engines.

    bare      plain ASGI and one aiohttp session under Granian: the bytes there, the bytes back
    nginx     Debian's package (apt install nginx-light): one worker, kept connections, nothing buffered
    LiteLLM   its proxy with one worker and a key, in an environment of its own, since it pins half of PyPI:
              python -m venv /tmp/litellm && /tmp/litellm/bin/pip install "litellm[proxy]==1.108.7" prometheus_client
    LiteLLM+  the same with what of ours it can do without a database: metrics, limits per minute,
              a budget, log lines
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson
from gateway import CHAT, HOME, House, Served, Target, free_port, running, served
from starlette.types import Receive, Scope, Send

from commonweight.wire.openai import make_session

LITELLM_KEY: Final = "sk-bench"


class Living:
    """An ASGI application whose parts are made when the server starts."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await self.start()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await self.answer(scope, receive, send)

    async def start(self) -> None:
        raise NotImplementedError

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise NotImplementedError


class PassThrough(Living):
    """The least that a gateway in Python can do."""

    async def start(self) -> None:
        self._session = make_session()
        self._targets = orjson.loads((Path(os.environ[HOME]) / "targets.json").read_bytes())

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        url, key = next(target for name, target in self._targets.items() if f"bench/{name}".encode() in body)
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        async with self._session.post(url + CHAT, data=body, headers=headers) as answer:
            kind = answer.headers["content-type"].encode()
            await send({"type": "http.response.start", "status": answer.status, "headers": [(b"content-type", kind)]})
            while chunk := await answer.content.readany():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def make_pass_through() -> PassThrough:
    return PassThrough()


class Contender:
    """A server, and how it is asked."""

    def __init__(self, name: str, served: Served, key: str, by_path: bool = False) -> None:
        """`by_path`: the model is chosen by what stands before the path."""
        self.name = name
        self.served = served
        self._key = key
        self._by_path = by_path

    def target(self, model: str) -> Target:
        return Target(f"{self.served.address}/{model}" if self._by_path else self.served.address, self._key)


@asynccontextmanager
async def bare() -> AsyncIterator[Contender]:
    async with served("rivals:make_pass_through") as server:
        yield Contender("bare", server, "none")


@asynccontextmanager
async def nginx(house: House) -> AsyncIterator[Contender]:
    folder, port = Path(os.environ[HOME]) / "nginx", free_port()
    folder.mkdir()
    (folder / "nginx.conf").write_text(_nginx_conf(house.targets, port))
    command = [nginx_path(), "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
    async with running(command, port) as server:
        yield Contender("nginx", server, "none", by_path=True)


def nginx_path() -> str:
    """Empty where it is not installed."""
    return shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") or ""


def _nginx_conf(targets: Mapping[str, Target], port: int) -> str:
    temporary = "".join(f"{name}_temp_path tmp_{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    upstreams, locations = "", ""
    for name, target in targets.items():
        upstreams += f"upstream {name} {{ server {target.address.removeprefix('http://')}; keepalive 64; }}\n"
        locations += f"""location /{name}/ {{
            proxy_pass http://{name}/; proxy_http_version 1.1; proxy_buffering off;
            proxy_set_header Connection ""; proxy_set_header Authorization "Bearer {target.key}"; }}\n"""
    return f"""daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit;
        events {{ worker_connections 1024; }}
        http {{ access_log off; keepalive_requests 1000000; {temporary}
        {upstreams} server {{ listen 127.0.0.1:{port}; {locations} }} }}"""


@asynccontextmanager
async def litellm(house: House, python: str, *, limits: bool) -> AsyncIterator[Contender]:
    """`python` is the interpreter of an environment that has it; `limits` switches on metrics, limits and a budget."""
    name = "LiteLLM+" if limits else "LiteLLM"
    port, config = free_port(), Path(os.environ[HOME]) / f"{name}.json"
    made = _litellm_config(house.targets)
    config.write_bytes(orjson.dumps(_with_limits(made) if limits else made))  # JSON is YAML
    command = [str(Path(python).parent / "litellm"), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    level = "INFO" if limits else "ERROR"
    offline = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": level, "DISABLE_ADMIN_UI": "True"}
    async with running([*command, "--num_workers", "1", "--telemetry", "False"], port, **offline, PYTHONPATH="") as server:
        yield Contender(name, server, LITELLM_KEY)


def _litellm_config(targets: Mapping[str, Target]) -> dict[str, Any]:
    models = [
        {
            "model_name": f"bench/{name}",
            "litellm_params": {"model": "openai/mock", "api_base": f"{target.address}/v1", "api_key": target.key},
        }
        for name, target in targets.items()
    ]
    return {"model_list": models, "general_settings": {"master_key": LITELLM_KEY}}


def _with_limits(config: dict[str, Any]) -> dict[str, Any]:
    """Metrics, a budget, and requests and tokens per minute that no run reaches, but that must be counted."""
    limits = {"rpm": 10_000_000, "tpm": 10_000_000_000, "max_budget": 1_000_000.0, "budget_duration": "1d"}
    models = [one | {"litellm_params": one["litellm_params"] | limits} for one in config["model_list"]]
    return config | {
        "model_list": models,
        "router_settings": {"routing_strategy": "usage-based-routing-v2", "enable_pre_call_checks": True},
        "litellm_settings": {"callbacks": ["prometheus"], "json_logs": True},
    }
