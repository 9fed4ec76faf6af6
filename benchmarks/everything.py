"""
What a chat request costs the gateway: CPU time of its process, against mock engines. From the root of the project:

    .venv/bin/python benchmarks/everything.py [--requests 1000] [--rounds 5] [--memory]

The gateway is the product's own application (`commonweight.app:create`) with everything on: a key with terms and a budget,
models in the hub with their verdict, limits per minute, admission, journal and ledger, queue, metrics, receipts. Beside it,
in the same run and in turns, stands a bare pass-through: plain ASGI and one aiohttp session, no reading of what passes. Both
run under Granian with one worker and uvloop. The mock engine answers 16 words at once; it ships with the product
(`commonweight.serving.engines.mock_main`).

    whole     an answer in one piece, from an engine that gives it in one piece
    folded    an answer in one piece, from an engine that must be streamed (llama.cpp): 19 events are folded
    stream    a streamed answer of 19 events
    paced     a streamed answer whose words come every 20 ms: CPU per event
    latency   one client, an answer in one piece: median of what the gateway adds
    first     32 streams: median of what the gateway adds until the first word
    memory    resident memory after 200,000 requests, against after 10,000 (only with --memory: minutes)
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from gateway import AT_ONCE, HOME, PROMPT, WAIT_S, WORDS, PassThrough, Served, served

from commonweight.db.migrate import migrate
from commonweight.hub import AddFile, AddLarge
from commonweight.identity import Role
from commonweight.plans import Budget, KeyTerms, KeyWish, Period
from commonweight.rooms import Rooms, build_rooms
from commonweight.serving import EngineKind, MockBehaviour, MockKind, Pool, Router, ServableModel, Source
from commonweight.settings import Settings
from commonweight.wire.openai import make_session

SLOTS = 64  # of an engine: nobody is to wait in the queue
BEHAVIOURS = {
    "whole": MockBehaviour(slots=SLOTS),
    "folded": MockBehaviour(stream_only=True, slots=SLOTS),
    "paced": MockBehaviour(delay_ms=20, slots=SLOTS),
}
PACED_EVENTS = WORDS + 3  # the first, the words, the end, the usage
CARD = b"---\nlicense: apache-2.0\n---\n# A model of the benchmark\n"
LIMITS = {"COMMONWEIGHT_REQUESTS_PER_MINUTE": "100000000", "COMMONWEIGHT_TOKENS_PER_MINUTE": "100000000000"}


# What is measured


class ToTargets(PassThrough):
    """The bare pass-through, to the engines that `engines` has started."""

    async def start(self) -> None:
        self._session = make_session()
        self._targets = orjson.loads((Path(os.environ[HOME]) / "targets.json").read_bytes())


def make_pass_through() -> ToTargets:
    return ToTargets()


# How it is measured


async def publish(rooms: Rooms) -> str:
    """Models and a key, as people make them. The key."""
    account = await rooms.identity.create_user("bench")
    owner = await rooms.identity.authenticate(f"Bearer {await rooms.identity.create_token(account, 'b', Role.WRITE)}")
    for name in BEHAVIOURS:
        repository = await rooms.hub.create(owner, "model", "bench", name, "public")
        file = rooms.settings.home / "model.gguf"
        file.write_bytes(b"GGUF" + name.encode())
        large = await rooms.storage.ingest(repository.scope, file)
        changes = [AddFile("README.md", CARD), AddLarge("model.gguf", large.sha256)]
        await rooms.hub.commit(owner, repository, "main", changes, title="Publish")
    terms = KeyTerms(models=("bench/*",), budget=Budget("tokens", 10**15, Period.TOTAL))
    return (await rooms.api_keys.create(owner, KeyWish("bench", terms)))[1]


@asynccontextmanager
async def engines(home: Path) -> AsyncIterator[str]:
    """The house with its models, and the mock engines, kept by a pool as a worker keeps them. A key."""
    rooms, stop = build_rooms(Settings(home=home)), asyncio.Event()
    await migrate(rooms.database)
    key = await publish(rooms)
    owner = await rooms.identity.authenticate(f"Bearer {key}")

    @asynccontextmanager
    async def materialise(source: Source) -> AsyncIterator[Path]:
        yield home / "model.gguf"

    async with make_session() as session:
        kinds = {name: MockKind(home / "logs", session, behaviour) for name, behaviour in BEHAVIOURS.items()}

        def choose(model: ServableModel) -> EngineKind:
            return kinds[model.repository.removeprefix("bench/")]

        pool = Pool(
            replicas=rooms.replicas,
            clock=rooms.clock,
            worker="bench",
            choose_kind=choose,
            materialise=materialise,
            budget_bytes=1 << 30,
            context_tokens=4096,
        )
        running = asyncio.create_task(pool.run(stop))
        router, targets = Router(rooms.replicas), {}
        for name in BEHAVIOURS:
            offer = await rooms.offers.resolve(owner, f"bench/{name}")
            assert offer.refused is None, offer.refused
            replica = await router.lease_for(offer.servable, WAIT_S)
            targets[name] = (replica.base_url, replica.api_key)
        (home / "targets.json").write_bytes(orjson.dumps(targets))
        yield key
        stop.set()
        await running
        await router.close()
    await rooms.close()


async def drive(address: str, key: str, document: dict[str, Any], requests: int, at_once: int = AT_ONCE) -> list[float]:
    """That many requests, a few at a time, each read to its end. Seconds until the first word of each."""
    body = orjson.dumps(document)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    left, took = iter(range(requests)), []

    async def client(session: aiohttp.ClientSession) -> None:
        for _ in left:
            began = time.perf_counter()
            async with session.post(f"{address}/v1/chat/completions", data=body, headers=headers) as answer:
                first = b""
                while document["stream"] and b"word" not in first:
                    first += await answer.content.readany()
                text = first + await answer.read() if not document["stream"] else first
                took.append(time.perf_counter() - began)
                await answer.read()
                assert answer.status == 200, text

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(client(session) for _ in range(at_once)))
    return took


def bodies(mode: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the client sends to the gateway, and to the pass-through, which cannot choose how to ask the engine."""
    model = {"folded": "bench/folded", "paced": "bench/paced", "first": "bench/paced"}.get(mode, "bench/whole")
    messages = [{"role": "user", "content": PROMPT}]
    streamed = mode in ("stream", "paced", "first")
    ours: dict[str, Any] = {"model": model, "messages": messages, "max_tokens": WORDS, "stream": streamed}
    return ours, {**ours, "stream": streamed or mode == "folded"}


async def measure(key: str, requests: int, rounds: int, memory: bool) -> None:
    home = {"COMMONWEIGHT_HOME": os.environ[HOME], **LIMITS, "COMMONWEIGHT_LOG_LEVEL": "warning"}
    async with served("commonweight.app:create", **home) as gateway, served("everything:make_pass_through") as bare:
        for mode in ("whole", "folded", "stream", "paced"):
            costs: dict[str, list[float]] = {"gateway": [], "bare": []}
            count = requests // 4 if mode == "paced" else requests
            for turn in range(rounds + 1):
                for name, server, body in zip(costs, (gateway, bare), bodies(mode), strict=True):
                    before = server.cpu_seconds()
                    await drive(server.address, key, body, count, 32 if mode == "paced" else AT_ONCE)
                    if turn:  # the first warms up
                        each = count * (PACED_EVENTS if mode == "paced" else 1)
                        costs[name].append((server.cpu_seconds() - before) / each * 1e6)
            report(mode, costs)
        for mode, at_once in (("latency", 1), ("first", 32)):
            took = [
                await drive(one.address, key, body, 256, at_once)
                for one, body in zip((gateway, bare), bodies(mode), strict=True)
            ]
            ours, least = (statistics.median(times) * 1e3 for times in took)
            print(f"{mode:8} gateway {ours:.2f} ms, bare pass-through {least:.2f} ms: {ours - least:+.2f} ms (medians)")
        if memory:
            await measure_memory(gateway, key)


async def measure_memory(gateway: Served, key: str) -> None:
    sizes = []
    for requests in (10_000, 190_000):
        await drive(gateway.address, key, bodies("whole")[0], requests)
        sizes.append(sum(process.memory_info().rss for process in gateway.process.children(recursive=True)))
    print(f"memory   {sizes[0] >> 20} MiB after 10,000 requests, {sizes[1] >> 20} after 200,000: {sizes[1] / sizes[0]:.3f}")


def report(mode: str, costs: dict[str, list[float]]) -> None:
    ours, bare = (statistics.median(values) for values in costs.values())
    ratios = sorted(a / b for a, b in zip(costs["gateway"], costs["bare"], strict=True))
    each = "event" if mode == "paced" else "request"
    print(
        f"{mode:8} gateway {ours:6.0f} µs CPU per {each}, bare pass-through {bare:6.0f} µs: "
        f"ratio {ours / bare:.2f} (rounds {ratios[0]:.2f} to {ratios[-1]:.2f})",
        flush=True,
    )


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=1000, help="per round and server")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME] = folder
        began = time.monotonic()
        async with engines(Path(folder)) as key:
            await measure(key, options.requests, options.rounds, options.memory)
        print(
            f"{options.rounds} rounds of {options.requests} requests, {AT_ONCE} at once, in {time.monotonic() - began:.0f} s"
        )


if __name__ == "__main__":
    asyncio.run(main())
