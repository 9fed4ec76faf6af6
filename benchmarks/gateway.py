"""
What a chat request costs the gateway: CPU time of its process, against the mock engine. From the root of the project:

    .venv/bin/python benchmarks/gateway.py [--requests 1000] [--rounds 5]

Beside it, in the same run and in turns, stands a bare pass-through: plain ASGI and one aiohttp session, no reading of
what passes. Both run under Granian with one worker and uvloop. The mock engine answers 16 words at once; it ships with
the product (`commonweight.serving.engines.mock_main`). Covered: authentication by a function, validation, a catalogue in
memory, the router's cache, receipts, metrics, the log line. Not covered: the identity, hub and policy rooms.

    whole     an answer in one piece, from an engine that gives it in one piece
    folded    an answer in one piece, from an engine that must be streamed (llama.cpp): 19 events are folded
    stream    a streamed answer of 19 events
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import psutil
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from commonweight.asgi import Router as RouteTable
from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.db.migrate import migrate
from commonweight.identity import Account, Caller
from commonweight.plans import Accounting, OpenEntitlements, TermsOfKeys
from commonweight.retention import Retention
from commonweight.serving import (
    EngineKind,
    MemoryCatalogue,
    MockBehaviour,
    MockKind,
    Offer,
    Pool,
    Replicas,
    Router,
    ServableModel,
)
from commonweight.telemetry import Metrics, share_between_processes
from commonweight.wire.openai import (
    Inference,
    OpenAIWire,
    StoredCompletions,
    make_session,
)

HOME = "BENCHMARK_HOME"
WORDS = 16
AT_ONCE = 8  # clients; enough to keep the gateway from waiting
WAIT_S = 60.0
MODELS = {name: ServableModel(f"bench/{name}", "c" * 40, "model.mock", 1, "") for name in ("whole", "folded")}
PROMPT = "Please tell me what you know about the habits of foxes in winter. " * 12
CALLER = Caller(Account(1, "user", "bench", "Bench"))


def database() -> Database:
    return Database(f"sqlite+aiosqlite:///{Path(os.environ[HOME]) / 'bench.sqlite3'}")


# What is measured


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


class Gateway(Living):
    """The product's wire over some models."""

    def __init__(self, models: Iterable[ServableModel]) -> None:
        self._models = models

    async def start(self) -> None:
        base, clock = database(), SystemClock()
        journal = Path(os.environ[HOME]) / "journal"
        offers = {model.repository: Offer(model, ("apache-2.0",), "verdict") for model in self._models}
        share_between_processes(Path(os.environ[HOME]) / "metrics")
        metrics = Metrics()
        inference = Inference(
            authenticate=_authenticate,
            catalogue=MemoryCatalogue(offers),
            router=Router(Replicas(base, clock)),
            session=make_session(),
            accounting=Accounting(base, clock, journal, TermsOfKeys(base), OpenEntitlements()),
            watch=metrics.answered,
        )
        stored = StoredCompletions(inference, Retention(base, clock))
        self._routes = RouteTable([OpenAIWire(inference, stored).group()], requested=metrics.requested)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._routes(scope, receive, send)


async def _authenticate(request: Request) -> Caller:
    return CALLER


class PassThrough(Living):
    """The least that a gateway can do: the bytes there, the bytes back."""

    async def start(self) -> None:
        self._session = make_session()
        base = database()
        rows = {name: await Replicas(base, SystemClock()).find(model.key) for name, model in MODELS.items()}
        await base.close()
        self._targets = {name: (row.base_url, row.api_key) for name, row in rows.items() if row}

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        url, key = self._targets[next((name for name in self._targets if f"bench/{name}".encode() in body), "whole")]
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        async with self._session.post(url + scope["path"], data=body, headers=headers) as answer:
            kind = answer.headers["content-type"].encode()
            await send({"type": "http.response.start", "status": answer.status, "headers": [(b"content-type", kind)]})
            while chunk := await answer.content.readany():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def make_gateway() -> Gateway:
    return Gateway(MODELS.values())


def make_pass_through() -> PassThrough:
    return PassThrough()


# How it is measured


@dataclass(frozen=True)
class Served:
    """A running server."""

    address: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Of the server and its worker, so far."""
        times = [process.cpu_times() for process in (self.process, *self.process.children(recursive=True))]
        return sum(spent.user + spent.system for spent in times)


@asynccontextmanager
async def served(factory: str, **environment: str) -> AsyncIterator[Served]:
    """The application that `module:function` makes, under Granian; benchmarks are modules too."""
    with socket.socket() as chooser:
        chooser.bind(("127.0.0.1", 0))
        port = chooser.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--loop", "uvloop", "--port", str(port)]
    command += ["--log-level", "warning", "--working-dir", str(Path(__file__).parent), factory]
    with subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL) as process:
        try:
            await _until_open(port)
            yield Served(f"http://127.0.0.1:{port}", psutil.Process(process.pid))
        finally:
            process.terminate()


async def _until_open(port: int) -> None:
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


@asynccontextmanager
async def engines(home: Path) -> AsyncIterator[None]:
    """The mock engines, kept by a pool as a worker keeps them."""
    file, base, stop = home / "model.mock", database(), asyncio.Event()
    file.write_bytes(b"no model")
    await migrate(base)

    @asynccontextmanager
    async def materialise(model: ServableModel) -> AsyncIterator[Path]:
        yield file

    async with make_session() as session:
        kinds = {name: MockKind(home / "logs", session, MockBehaviour(stream_only=name == "folded")) for name in MODELS}

        def choose(model: ServableModel) -> EngineKind:
            return kinds[model.repository.removeprefix("bench/")]

        replicas, clock = Replicas(base, SystemClock()), SystemClock()
        pool = Pool(
            replicas=replicas,
            clock=clock,
            worker="bench",
            choose_kind=choose,
            materialise=materialise,
            budget_bytes=1 << 30,
            context_tokens=4096,
        )
        running = asyncio.create_task(pool.run(stop))
        router = Router(replicas)
        for model in MODELS.values():
            await router.lease_for(model, WAIT_S)
        yield
        stop.set()
        await running
    await base.close()


async def drive(address: str, document: dict[str, Any], requests: int) -> None:
    """That many requests, a few at a time, each read to its end."""
    body = orjson.dumps(document)
    headers = {"authorization": "Bearer key", "content-type": "application/json"}
    left = iter(range(requests))

    async def client(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(f"{address}/v1/chat/completions", data=body, headers=headers) as answer:
                text = await answer.read()
                assert answer.status == 200, text

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(client(session) for _ in range(AT_ONCE)))


def bodies(mode: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the client sends to the gateway, and to the pass-through, which cannot choose how to ask the engine."""
    model = "bench/folded" if mode == "folded" else "bench/whole"
    messages = [{"role": "user", "content": PROMPT}]
    ours: dict[str, Any] = {"model": model, "messages": messages, "max_tokens": WORDS, "stream": mode == "stream"}
    return ours, {**ours, "stream": mode != "whole"}


async def measure(requests: int, rounds: int) -> None:
    async with served("gateway:make_gateway") as gateway, served("gateway:make_pass_through") as bare:
        for mode in ("whole", "folded", "stream"):
            costs: dict[str, list[float]] = {"gateway": [], "bare": []}
            for turn in range(rounds + 1):
                for name, server, body in zip(costs, (gateway, bare), bodies(mode), strict=True):
                    before = server.cpu_seconds()
                    await drive(server.address, body, requests)
                    if turn:  # the first warms up
                        costs[name].append((server.cpu_seconds() - before) / requests * 1e6)
            report(mode, costs)


def report(mode: str, costs: dict[str, list[float]]) -> None:
    ours, bare = (statistics.median(values) for values in costs.values())
    ratios = sorted(a / b for a, b in zip(costs["gateway"], costs["bare"], strict=True))
    print(
        f"{mode:8} gateway {ours:6.0f} µs CPU per request, bare pass-through {bare:6.0f} µs: "
        f"ratio {ours / bare:.2f} (rounds {ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=1000, help="per round and server")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME] = folder
        began = time.monotonic()
        async with engines(Path(folder)):
            await measure(options.requests, options.rounds)
        print(
            f"{options.rounds} rounds of {options.requests} requests, {AT_ONCE} at once, in {time.monotonic() - began:.0f} s"
        )


if __name__ == "__main__":
    asyncio.run(main())
