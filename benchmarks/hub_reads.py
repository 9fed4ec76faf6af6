"""
What reading the hub costs: processor time of one web process. From the root of the project:

    .venv/bin/python benchmarks/hub_reads.py [--rounds 9] [--olah /tmp/olah/bin/python]

The hub is the product's own application over a model of a dozen files, with one worker on a core of its own. Beside it,
in the same run and in turns, stand a bare ASGI answer with as many bytes, which is the least that Python under Granian can
do, and Olah where an environment with it is given (`pip install olah`: a mirror of a hub, here of ours, asked for what it
has kept already). Absolute figures are those of the host; ratios can be compared.

    head      HEAD /{model}/resolve/main/config.json, without a token
    head-sha  the same at a commit, with a token: what a client sends for each file of a snapshot
    info      GET /api/models/{model}
    tree      GET /api/models/{model}/tree/main?recursive=true
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from gateway import HOME, Served, free_port, product, running, served
from rivals import Living
from starlette.types import Receive, Scope, Send

from commonweight.db.migrate import migrate
from commonweight.hub import AddFile
from commonweight.identity import Role
from commonweight.rooms import build_rooms
from commonweight.settings import Settings

MODEL = "bench/tiny"
REQUESTS = 400  # in a round
AT_ONCE = 8
SLOW_SHARE = 20  # Olah gets the twentieth part of the requests: it needs tens of milliseconds for most
CARD = b"---\nlicense: apache-2.0\nlanguage: [en, es]\ntags: [fox]\npipeline_tag: text-generation\n---\n# Tiny\n"
FILES = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt")
BARE_BYTES = 1500  # about what an info of such a model has


@dataclass(frozen=True)
class Mode:
    name: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Bare(Living):
    """The least: an answer that is there already."""

    async def start(self) -> None:
        self._body = b"x" * BARE_BYTES

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b"" if scope["method"] == "HEAD" else self._body
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % BARE_BYTES)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def make_bare() -> Bare:
    return Bare()


async def publish(home: Path) -> tuple[str, str]:
    """A model, as people make one. A token and the commit."""
    rooms = build_rooms(Settings(home=home))
    await migrate(rooms.database)
    account = await rooms.identity.create_user("bench")
    token = await rooms.identity.create_token(account, "bench", Role.WRITE)
    owner = await rooms.identity.authenticate(f"Bearer {token}")
    repository = await rooms.hub.create(owner, "model", "bench", "tiny", "public")
    changes = [AddFile("README.md", CARD), *(AddFile(name, b'{"model_type": "llama"}') for name in FILES)]
    changes += [AddFile(f"original/part-{number}.json", b"{}") for number in range(4)]
    commit = await rooms.hub.commit(owner, repository, "main", changes, title="Publish")
    await rooms.close()
    return token, commit.id


@asynccontextmanager
async def olah(python: str, home: Path, ours: str) -> AsyncIterator[Served]:
    """Olah as a mirror of our hub."""
    port = free_port()
    scheme, _, netloc = ours.partition("://")
    command = [python, "-m", "olah.server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--repos-path", str(home / "olah"), "--hf-scheme", scheme, "--hf-netloc", netloc]
    command += ["--hf-lfs-netloc", netloc, "--metadata-cache-ttl", "3600", "--log-path", str(home / "olah-log")]
    async with running(command, port, PYTHONPATH="") as server:
        yield server


async def drive(served: Served, mode: Mode, requests: int) -> float:
    """That many requests, a few at a time. Microseconds of the server's processor for each."""
    left, url = iter(range(requests)), served.address + mode.path

    async def client(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.request(mode.method, url, headers=mode.headers) as answer:
                await answer.read()
                assert answer.status == 200, await answer.text()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        before = served.cpu_seconds()
        await asyncio.gather(*(client(session) for _ in range(AT_ONCE)))
        return (served.cpu_seconds() - before) / requests * 1e6


async def measure(mode: Mode, contenders: Mapping[str, Served], rounds: int) -> None:
    costs: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, one in contenders.items():
            try:
                spent = await drive(one, mode, REQUESTS // SLOW_SHARE if name == "Olah" else REQUESTS)
            except AssertionError as error:
                if name != "Olah":
                    raise
                print(f"{mode.name:8} Olah does not answer this: {str(error)[:120]}")
                contenders = {key: value for key, value in contenders.items() if key != name}
                costs.pop(name)
                break
            if turn:  # the first warms up
                costs[name].append(spent)
    report(mode, costs)


def report(mode: Mode, costs: Mapping[str, Sequence[float]]) -> None:
    for name, values in costs.items():
        low, middle, high = statistics.quantiles(values, n=4)
        line = f"{mode.name:8} {name:4} {middle:6.0f} µs CPU (quartiles {low:.0f} to {high:.0f})"
        line += f", {1e6 / middle:6.0f} per second and core"
        if name == "ours":
            others = [other for other in costs if other != "ours"]
            line += "; " + ", ".join(f"{ratio(values, costs[other]):.3g} of {other}" for other in others)
        print(line, flush=True)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of what the rounds say: whatever else the host does falls on both of a round."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--olah", default="", help="the interpreter of an environment with olah")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME] = folder
        token, commit = await publish(Path(folder))
        modes = (
            Mode("head", "HEAD", f"/{MODEL}/resolve/main/config.json"),
            Mode("head-sha", "HEAD", f"/{MODEL}/resolve/{commit}/config.json", headers={"authorization": f"Bearer {token}"}),
            Mode("info", "GET", f"/api/models/{MODEL}"),
            Mode("tree", "GET", f"/api/models/{MODEL}/tree/main?recursive=true"),
        )
        async with AsyncExitStack() as servers:
            contenders = {
                "ours": await servers.enter_async_context(product()),
                "bare": await servers.enter_async_context(served("hub_reads:make_bare")),
            }
            if options.olah:
                mirror = olah(options.olah, Path(folder), contenders["ours"].address)
                contenders["Olah"] = await servers.enter_async_context(mirror)
            for mode in modes:
                await measure(mode, contenders, options.rounds)
    print(f"{options.rounds} rounds in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    asyncio.run(main())
