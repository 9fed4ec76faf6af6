"""
What a chat request costs the gateway with everything on: processor time of its processes. From the root of the project:

    .venv/bin/python benchmarks/everything.py [--rounds 15] [--litellm /tmp/litellm/bin/python]
    .venv/bin/python benchmarks/everything.py --memory

The gateway is the product's own application with a key that has terms and a budget, models in the hub with their
verdict, limits per minute, admission, journal and ledger, queue, metrics, receipts, a log line. Beside it, in the
same run, in turns and on the same core, stand a bare pass-through, nginx where it is installed and LiteLLM where it
is given (`rivals.py`). The mock engine ships with the product (`commonweight.serving.engines.mock_main`). Absolute
figures are those of the host; ratios can be compared.

    whole     an answer of 16 words in one piece, from an engine that gives it in one piece
    folded    the same from an engine that must be streamed (llama.cpp): 19 events are folded
    stream    a streamed answer of 19 events, as fast as they come
    paced     32 streams at once whose 64 words come one by one every 20 ms: per event
    latency   one client, an answer in one piece: median time, and what it adds to the engine's own
    first     32 streams begun at once: the same for the time until the first word
    memory    resident memory after 200,000 requests, against after 10,000 (alone, with --memory: minutes)
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway import HOME, House, Served, Target, drive, house, product
from rivals import Contender, bare, litellm, nginx, nginx_path

from commonweight.serving import EngineKind, MockBehaviour, MockKind
from commonweight.wire.openai import make_session

SLOTS = 64  # of an engine: nobody is to wait in the queue
BEHAVIOURS = {
    "whole": MockBehaviour(slots=SLOTS),
    "folded": MockBehaviour(stream_only=True, slots=SLOTS),
    "paced": MockBehaviour(delay_ms=20, slots=SLOTS),
}
PROMPT = "Please tell me what you know about the habits of foxes in winter. " * 12
SLOW_SHARE = 6  # LiteLLM gets the sixth part of the requests: it needs that much longer
LATENCY_REQUESTS = 60
MEMORY_REQUESTS = (10_000, 190_000)


@dataclass(frozen=True)
class Mode:
    """`events`: of an answer; what is counted is the cost of one of `units`."""

    name: str
    model: str
    words: int
    requests: int  # in a round
    at_once: int
    stream: bool = False
    units: int = 1
    unit: str = "request"

    def document(self, folds: bool = True) -> dict[str, Any]:
        """What a client sends; a server that cannot fold is asked for the stream."""
        messages = [{"role": "user", "content": PROMPT}]
        stream = self.stream or (self.model == "folded" and not folds)
        return {"model": f"bench/{self.model}", "messages": messages, "max_tokens": self.words, "stream": stream}


MODES = (
    Mode("whole", "whole", 16, 96, 8),
    Mode("folded", "folded", 16, 96, 8),
    Mode("stream", "whole", 16, 96, 8, stream=True),
    # The first event, the words, the end, the usage.
    Mode("paced", "paced", 64, 32, 32, stream=True, units=67, unit="event"),
)
LATENCY = Mode("latency", "whole", 16, LATENCY_REQUESTS, 1)
FIRST = Mode("first", "paced", 4, 32, 32, stream=True)


# Processor time


async def measure(mode: Mode, contenders: Sequence[Contender], rounds: int) -> None:
    costs: dict[str, list[float]] = {one.name: [] for one in contenders}
    for turn in range(rounds + 1):
        for one in contenders:
            spent = await cost(mode, one)
            if turn:  # the first warms up
                costs[one.name].append(spent)
    report(mode, costs)


async def cost(mode: Mode, one: Contender) -> float:
    """Microseconds of a request, or of an event."""
    requests = mode.requests // SLOW_SHARE if one.name.startswith("LiteLLM") and mode.units == 1 else mode.requests
    before = one.served.cpu_seconds()
    await drive(one.target(mode.model), mode.document(one.name == "ours"), requests, mode.at_once)
    return (one.served.cpu_seconds() - before) / (requests * mode.units) * 1e6


def report(mode: Mode, costs: Mapping[str, Sequence[float]]) -> None:
    for name, values in costs.items():
        low, middle, high = statistics.quantiles(values, n=4)
        line = f"{mode.name:8} {name:8} {middle:7.0f} µs CPU per {mode.unit} (quartiles {low:.0f} to {high:.0f})"
        if mode.units == 1:
            line += f", {1e6 / middle:6.0f} per second and core"
        against = [f"{ratio(costs['ours'], costs[other]):.2f} of {other}" for other in costs if other != name]
        print(line + ("; " + ", ".join(against) if name == "ours" else ""), flush=True)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of what the rounds say: whatever else the host does falls on both of a round."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


# Time


async def measure_time(mode: Mode, what: str, house: House, contenders: Sequence[Contender], rounds: int) -> None:
    targets: dict[str, Target] = {"engine": house.targets[mode.model]}
    targets |= {one.name: one.target(mode.model) for one in contenders if not one.name.startswith("LiteLLM")}
    times: dict[str, list[float]] = {name: [] for name in targets}
    added: dict[str, list[float]] = {name: [] for name in targets}
    for turn in range(rounds + 1):
        middle: dict[str, float] = {}
        for name, target in targets.items():
            took = await drive(target, mode.document(), mode.requests, mode.at_once)
            middle[name] = statistics.median(took) * 1e3
            if turn:
                times[name] += took
                added[name].append(middle[name] - middle["engine"])
    said = ", ".join(
        f"{name} {statistics.median(took) * 1e3:.2f}"
        + (f" ({statistics.median(added[name]):+.2f})" if name != "engine" else "")
        for name, took in times.items()
    )
    print(f"{mode.name:8} ms {what}, medians (and over the engine alone): {said}", flush=True)


# Memory


async def measure_memory(gateway: Served, target: Target) -> None:
    sizes = []
    for requests in MEMORY_REQUESTS:
        await drive(target, MODES[0].document(), requests, MODES[0].at_once)
        sizes.append(gateway.resident_bytes())
    print(
        f"memory   {sizes[0] / 2**20:.1f} MiB after {MEMORY_REQUESTS[0]:,} requests, {sizes[1] / 2**20:.1f} after "
        f"{sum(MEMORY_REQUESTS):,}: {sizes[1] / sizes[0]:.3f}"
    )


async def run(options: argparse.Namespace, made: House) -> None:
    async with AsyncExitStack() as servers:
        gateway = await servers.enter_async_context(product())
        ours = Contender("ours", gateway, made.key)
        if options.memory:
            await measure_memory(gateway, ours.target("whole"))
            return
        contenders = [ours, await servers.enter_async_context(bare())]
        if nginx_path():
            contenders.append(await servers.enter_async_context(nginx(made)))
        else:
            print("nginx is not installed (apt install nginx-light): it is left out")
        if options.litellm:
            contenders.append(await servers.enter_async_context(litellm(made, options.litellm, limits=False)))
            contenders.append(await servers.enter_async_context(litellm(made, options.litellm, limits=True)))
        for mode in MODES:
            await measure(mode, contenders, options.rounds if mode.units == 1 else max(2, options.rounds // 3))
        await measure_time(LATENCY, "for one client", made, contenders, options.rounds // 2)
        await measure_time(FIRST, "to the first word of 32", made, contenders, options.rounds)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--litellm", default="", help="the interpreter of an environment with litellm[proxy]")
    parser.add_argument("--memory", action="store_true", help="only what 200,000 requests do to the memory")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME] = folder
        async with make_session() as session:
            kinds: dict[str, EngineKind] = {
                name: MockKind(Path(folder) / "logs", session, behaviour) for name, behaviour in BEHAVIOURS.items()
            }
            async with house(Path(folder), kinds) as made:
                await run(options, made)
    print(f"{options.rounds} rounds in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    asyncio.run(main())
