"""
What a family of models takes in the store, and what its uploads send. From the root of the project:

    .venv/bin/python benchmarks/stored_bytes.py [--mebibytes 128]

The family is made here: a base of bf16 weights (from a normal distribution, as trained ones are about), the same with a
longer header, with its tensors in another order, with a tenth retrained, in four shards, and a LoRA. Each is sent by the
official client, each time from a home folder of its own, so that it remembers nothing. The hub is the product's own
application; what came to it is counted there. One installation for each way:

    one       all into one repository, by Xet
    each      each into a repository of its own, by Xet
    lfs       all into one repository by git-lfs' protocol; the job moves them into chunks
    again     all of `one` once more by git-lfs, into the same repository

`stored` is what objects take that are not given up; `unique` is what the different chunks of all files take, each once,
compressed by themselves: nothing that stores whole chunks takes less. The promise is stored <= unique + 1 %.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from gateway import HOME, Served, served

from commonweight.app import create
from commonweight.db.migrate import migrate
from commonweight.identity import Role
from commonweight.jobs import Runner
from commonweight.rooms import Rooms, build_rooms
from commonweight.settings import Settings
from commonweight.storage.work_cutting import cut_file
from commonweight.storage.xet.xorb import serialize_chunk

TENSORS = 40
RETRAINED = 0.1
LORA = 0.015
SHARDS = 4
PROMISE = 1.01
SENT = "/-/sent"
UPLOAD = """
import sys
from huggingface_hub import HfApi
api = HfApi()
api.create_repo(sys.argv[1], exist_ok=True)
api.upload_folder(repo_id=sys.argv[1], folder_path=sys.argv[2])
"""

Tensors = dict[str, bytes]


class Counted:
    """The product's application, and how many bytes of xorbs, shards and LFS objects came to it."""

    def __init__(self) -> None:
        self._app = create()
        self._sent = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if path == SENT:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": str(self._sent).encode()})
            return
        counts = any(part in path for part in ("/xorbs/", "/shards", "/api/lfs/"))

        async def counted() -> Any:
            message = await receive()
            self._sent += len(message.get("body", b"")) if counts else 0
            return message

        await self._app(scope, counted, send)


def make_counted() -> Counted:
    return Counted()


# The family


def tensors(mebibytes: int, seed: int) -> Tensors:
    noise, values = np.random.default_rng(seed), (mebibytes << 19) // TENSORS
    found = {}
    for number in range(TENSORS):
        floats = (noise.standard_normal(values, dtype=np.float32) * np.float32(0.02)).view(np.uint32)
        found[f"model.layers.{number}.weight"] = (floats >> 16).astype(np.uint16).tobytes()
    return found


def safetensors(weights: Tensors, note: str = "") -> bytes:
    header: dict[str, Any] = {"__metadata__": {"format": "pt", "note": note}}
    at = 0
    for name, data in weights.items():
        header[name] = {"dtype": "BF16", "shape": [len(data) // 2], "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(weights.values())


def family(mebibytes: int) -> dict[str, dict[str, bytes]]:
    """Files by name, by member."""
    base, other = tensors(mebibytes, 1), tensors(mebibytes, 2)
    names = list(base)
    shuffled = [names[at] for at in np.random.default_rng(3).permutation(TENSORS)]
    last = names[-round(TENSORS * RETRAINED) :]
    lora = {name: data[: int(len(data) * LORA) & ~1] for name, data in tensors(mebibytes, 4).items()}
    size = TENSORS // SHARDS
    shards = [{name: base[name] for name in names[at : at + size]} for at in range(0, TENSORS, size)]
    return {
        "base": {"model": safetensors(base)},
        "longer header": {"model": safetensors(base, "a longer header " * 200)},
        "reordered": {"model": safetensors({name: base[name] for name in shuffled})},
        "a tenth retrained": {"model": safetensors(base | {name: other[name] for name in last})},
        "four shards": {f"model-{at + 1}-of-{SHARDS}": safetensors(shard) for at, shard in enumerate(shards)},
        "LoRA": {"adapter_model": safetensors(lora)},
    }


@dataclass(frozen=True)
class Family:
    folders: dict[str, Path]
    raw: dict[str, int]
    unique: dict[str, int]
    """Bytes of all different chunks, up to and with this member."""

    @classmethod
    def written(cls, folder: Path, mebibytes: int) -> Family:
        found = cls({}, {}, {})
        seen: set[bytes] = set()
        total = 0
        for name, files in family(mebibytes).items():
            found.folders[name] = folder / name.replace(" ", "-")
            found.folders[name].mkdir(parents=True)
            for file, data in files.items():
                path = found.folders[name] / f"{file}.safetensors"
                path.write_bytes(data)
                total += _new_bytes(path, data, seen)
            found.raw[name] = sum(map(len, files.values()))
            found.unique[name] = total
        return found


def _new_bytes(path: Path, data: bytes, seen: set[bytes]) -> int:
    size = at = 0
    for digest, length in cut_file(path).leaves():
        if digest not in seen:
            seen.add(digest)
            size += len(serialize_chunk(data[at : at + length]))
        at += length
    return size


# The uploads


@dataclass
class House:
    """An installation that is served, and its token."""

    rooms: Rooms
    server: Served
    token: str

    async def send(self, repository: str, folder: Path, *, lfs: bool) -> int:
        """Bytes that came for it."""
        before = await self._sent()
        with tempfile.TemporaryDirectory() as home:
            variables = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
            variables |= {"HF_ENDPOINT": self.server.address, "HF_HOME": home, "HF_TOKEN": self.token}
            variables |= {"HF_HUB_DISABLE_PROGRESS_BARS": "1"} | ({"HF_HUB_DISABLE_XET": "1"} if lfs else {})
            command = [sys.executable, "-c", UPLOAD, repository, str(folder)]
            await asyncio.to_thread(subprocess.run, command, env=variables, check=True, stdout=subprocess.DEVNULL)
        await Runner(self.rooms.jobs, self.rooms.keeping.handlers(), only_these=True).run_until_empty()
        return await self._sent() - before

    async def _sent(self) -> int:
        async with aiohttp.ClientSession() as session, session.get(self.server.address + SENT) as answer:
            return int(await answer.text())

    async def stored(self) -> int:
        """Bytes of objects that something refers to."""
        found = await self.rooms.storage.collector.stored()
        return found.objects.bytes - found.going.bytes


async def in_a_house(models: Family, ways: Sequence[str]) -> bool:
    """Whether the promise is kept in all these ways, one after the other in a new installation."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME] = folder
        rooms = build_rooms(Settings(home=Path(folder)))
        await migrate(rooms.database)
        account = await rooms.identity.create_user("bench")
        token = await rooms.identity.create_token(account, "bench", Role.WRITE)
        async with served("stored_bytes:make_counted", COMMONWEIGHT_HOME=folder) as server:
            house = House(rooms, server, token)
            kept = [await upload(house, way, models) for way in ways]
        await rooms.close()
    return all(kept)


async def upload(house: House, way: str, models: Family) -> bool:
    """Whether the promise is kept."""
    raw = 0
    whole = list(models.unique.values())[-1]
    print(f"\n{way:20} {'raw':>12} {'sent':>12} {'of raw':>8} {'stored':>12} {'unique':>12} {'above':>8}")
    for name, folder in models.folders.items():
        repository = f"bench/{folder.name}" if way == "each" else "bench/family"
        sent = await house.send(repository, folder, lfs=way in ("lfs", "again"))
        stored, unique = await house.stored(), whole if way == "again" else models.unique[name]
        raw += models.raw[name]
        line = f"{name:20} {models.raw[name]:12} {sent:12} {sent / models.raw[name]:8.3%}"
        print(f"{line} {stored:12} {unique:12} {stored / unique - 1:8.3%}", flush=True)
    kept = stored <= whole * PROMISE
    told = "kept" if kept else "NOT KEPT"
    print(
        f"stored / raw {stored / raw:.3f}; unique chunks / raw {whole / raw:.3f}; at most unique + 1 %: {told}", flush=True
    )
    return kept


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mebibytes", type=int, default=128, help="of the base")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        models = await asyncio.to_thread(Family.written, Path(folder), options.mebibytes)

        kept = [await in_a_house(models, ways) for ways in (("one", "again"), ("each",), ("lfs",))]
    print(f"\n{time.monotonic() - began:.0f} s")
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    asyncio.run(main())
