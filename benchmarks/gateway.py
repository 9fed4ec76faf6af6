"""
What benchmarks of the gateway share: a house with models and a key, engines that a pool keeps, servers whose processor time
is counted, and clients. Not a benchmark itself: see everything.py and throughput.py.

Every server has one worker, on a core of its own where there are two; engines and clients share the rest.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import psutil

from commonweight.db.migrate import migrate
from commonweight.hub import AddFile, AddLarge
from commonweight.identity import Role
from commonweight.plans import Budget, KeyTerms, KeyWish, Period
from commonweight.processes import keep_one_arena
from commonweight.rooms import Rooms, build_rooms
from commonweight.serving import EngineKind, Pool, Router, ServableModel, Source
from commonweight.settings import Settings

HOME = "BENCHMARK_HOME"
WAIT_S = 120.0
CHAT = "/v1/chat/completions"
CARD = b"---\nlicense: apache-2.0\n---\n# A model of the benchmark\n"
#: So high that nobody is refused; they are counted all the same.
LIMITS = {"COMMONWEIGHT_REQUESTS_PER_MINUTE": "100000000", "COMMONWEIGHT_TOKENS_PER_MINUTE": "100000000000"}


# The house


@dataclass(frozen=True)
class Target:
    """An engine."""

    address: str
    key: str


@dataclass(frozen=True)
class House:
    """A key with terms and a budget, and the engines by the short names of their models."""

    key: str
    targets: Mapping[str, Target]


async def _publish(rooms: Rooms, names: Sequence[str]) -> str:
    """Models and a key, as people make them. The key."""
    account = await rooms.identity.create_user("bench")
    owner = await rooms.identity.authenticate(f"Bearer {await rooms.identity.create_token(account, 'b', Role.WRITE)}")
    for name in names:
        repository = await rooms.hub.create(owner, "model", "bench", name, "public")
        file = rooms.settings.home / "model.gguf"
        file.write_bytes(b"GGUF" + name.encode())
        large = await rooms.storage.ingest(repository.scope, file)
        changes = [AddFile("README.md", CARD), AddLarge("model.gguf", large.sha256)]
        await rooms.hub.commit(owner, repository, "main", changes, title="Publish")
    terms = KeyTerms(models=("bench/*",), budget=Budget("tokens", 10**15, Period.TOTAL))
    return (await rooms.api_keys.create(owner, KeyWish("bench", terms)))[1]


@asynccontextmanager
async def house(home: Path, kinds: Mapping[str, EngineKind], file: Path | None = None) -> AsyncIterator[House]:
    """Models of these names, each with an engine of its kind that a pool keeps as a worker does. `file`: what they load."""
    rooms, stop = build_rooms(Settings(home=home)), asyncio.Event()
    await migrate(rooms.database)
    key = await _publish(rooms, list(kinds))
    owner = await rooms.identity.authenticate(f"Bearer {key}")

    @asynccontextmanager
    async def materialise(source: Source) -> AsyncIterator[Path]:
        yield file or home / "model.gguf"

    def choose(model: ServableModel) -> EngineKind:
        return kinds[model.repository.removeprefix("bench/")]

    pool = Pool(
        replicas=rooms.replicas,
        clock=rooms.clock,
        worker="bench",
        choose_kind=choose,
        materialise=materialise,
        budget_bytes=4 << 30,
        context_tokens=4096,
    )
    running, router, targets = asyncio.create_task(pool.run(stop)), Router(rooms.replicas), {}
    for name in kinds:
        offer = await rooms.offers.resolve(owner, f"bench/{name}")
        assert offer.refused is None, offer.refused
        replica = await router.lease_for(offer.servable, WAIT_S)
        targets[name] = Target(replica.base_url, replica.api_key)
    (home / "targets.json").write_bytes(orjson.dumps({name: (one.address, one.key) for name, one in targets.items()}))
    try:
        yield House(key, targets)
    finally:
        stop.set()
        await running
        await router.close()
        await rooms.close()


# Servers


@dataclass(frozen=True)
class Served:
    """A running server."""

    address: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Of the server and its workers, so far; to the nanosecond where the system tells (Linux), else in its ticks."""
        return sum(map(_cpu_seconds, (self.process, *self.process.children(recursive=True))))

    def resident_bytes(self) -> int:
        """Of its workers."""
        return sum(process.memory_info().rss for process in self.process.children(recursive=True))


def _cpu_seconds(process: psutil.Process) -> float:
    found = 0
    try:
        for thread in Path(f"/proc/{process.pid}/task").iterdir():
            found += int((thread / "schedstat").read_bytes().split()[0])
    except OSError:
        times = process.cpu_times()
        return times.user + times.system
    return found / 1e9


def free_port() -> int:
    with socket.socket() as chooser:
        chooser.bind(("127.0.0.1", 0))
        port: int = chooser.getsockname()[1]
        return port


def _own_core() -> None:
    """The last core for servers; runs in their process, before the program."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[-1:])


@asynccontextmanager
async def running(command: Sequence[str], port: int, **environment: str) -> AsyncIterator[Served]:
    """A server, once it listens."""
    prepare = _own_core if hasattr(os, "sched_setaffinity") else None
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env={**os.environ, **environment}, preexec_fn=prepare, **quiet) as process:  # type: ignore[call-overload]
        try:
            await _until_open(port, process)
            yield Served(f"http://127.0.0.1:{port}", psutil.Process(process.pid))
        finally:
            process.terminate()


@asynccontextmanager
async def served(factory: str, **environment: str) -> AsyncIterator[Served]:
    """The ASGI application that `module:function` makes (also of a benchmark), under Granian as the product runs it."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--loop", "uvloop", "--no-ws"]
    command += ["--port", str(port), "--log-level", "warning", "--working-dir", str(Path(__file__).parent), factory]
    async with running(command, port, **environment) as server:
        yield server


@asynccontextmanager
async def product() -> AsyncIterator[Served]:
    """The product's own application over the house, with the environment that its supervisor gives."""
    keep_one_arena()
    async with served("commonweight.app:create", COMMONWEIGHT_HOME=os.environ[HOME], **LIMITS) as server:
        yield server


async def _until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(WAIT_S):
        while process.poll() is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
    raise RuntimeError(f"{process.args} ended with status {process.returncode} before it listened")


# Clients


async def drive(target: Target, document: Mapping[str, Any], requests: int, at_once: int) -> list[float]:
    """That many requests, a few at a time, each read to its end. Seconds until the first word of each."""
    body = orjson.dumps(document)
    headers = {"authorization": f"Bearer {target.key}", "content-type": "application/json"}
    left, took = iter(range(requests)), []

    async def client(session: aiohttp.ClientSession) -> None:
        for _ in left:
            began = time.perf_counter()
            async with session.post(target.address + CHAT, data=body, headers=headers) as answer:
                first = b"" if document["stream"] else await answer.read()
                while document["stream"] and b"word" not in first:
                    first += await answer.content.readany()
                took.append(time.perf_counter() - began)
                await answer.read()
                assert answer.status == 200, first

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(client(session) for _ in range(at_once)))
    return took
