"""
How long it takes to find on which model another stands, among so many that share its bytes. From the root of the project:

    .venv/bin/python benchmarks/suspects.py [--models 100000] [--home FOLDER]

One base, and fine-tunes of it that all share half of its fingerprints (the worst case: marks with as many holders as there
are models); each has 64 marks of its own. Rows are written as the job would have written them; no bytes are stored for
them. Then one more fine-tune is published with real bytes, and compared. Filling is not measured. The database is SQLite on
disk.

    seconds     wall-clock of one comparison, the median of five
    marks       rows in the table of fingerprints
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import struct
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert, select

from commonweight.db.migrate import migrate
from commonweight.db.tables import hub as hub_tables
from commonweight.db.tables import vetting_weights as tables
from commonweight.hub import AddLarge
from commonweight.identity import Role
from commonweight.rooms import Rooms, build_rooms
from commonweight.settings import Settings
from commonweight.vetting import SUSPECT

TENSORS, TENSOR_BYTES = 64, 64 << 10
OWN_MARKS = 64
BATCH = 2_000


def weights(shared: int, seed: int) -> bytes:
    """A safetensors file whose first `shared` tensors are those of the base."""
    tensors = [random.Random(n if n < shared else (seed << 16) + n).randbytes(TENSOR_BYTES) for n in range(TENSORS)]
    offsets = [[n * TENSOR_BYTES, (n + 1) * TENSOR_BYTES] for n in range(TENSORS)]
    entries = {
        f"layer.{n}": {"dtype": "F32", "shape": [TENSOR_BYTES // 4], "data_offsets": at} for n, at in enumerate(offsets)
    }
    header = json.dumps(entries).encode()
    return struct.pack("<Q", len(header)) + header + b"".join(tensors)


async def publish(rooms: Rooms, name: str, content: bytes) -> int:
    """A model with these weights, read and compared; its number."""
    account = await rooms.identity.create_user(name)
    caller = await rooms.identity.authenticate(f"Bearer {await rooms.identity.create_token(account, 't', Role.WRITE)}")
    repository = await rooms.hub.create(caller, "model", None, "model")
    source = rooms.settings.home / "upload"
    source.write_bytes(content)
    large = await rooms.storage.ingest(repository.scope, source)
    await rooms.hub.commit(caller, repository, "main", [AddLarge("model.safetensors", large.sha256)], "weights")
    await rooms.runner.run_until_empty()
    return repository.id


async def fill(rooms: Rooms, models: int) -> int:
    """Fine-tunes by the thousand that hold half of the base's marks; the rows of marks there are."""
    async with rooms.database.read() as connection:
        base = (await connection.execute(select(tables.weight_marks).order_by(tables.weight_marks.c.digest))).all()
        template = (await connection.execute(select(hub_tables.repositories).limit(1))).one()._asdict()
    common, now, chance = base[::2], rooms.clock.now(), random.Random(7)
    for start in range(1_000, 1_000 + models, BATCH):
        numbers = range(start, min(start + BATCH, 1_000 + models))
        marks = [(row.kind, row.digest, n, row.bytes) for n in numbers for row in common]
        marks += [(2, chance.getrandbits(63), n, TENSOR_BYTES) for n in numbers for _ in range(OWN_MARKS)]
        repositories = [{**template, "id": n, "name": f"m{n}", "name_lower": f"m{n}", "scope": n} for n in numbers]
        file = {"size": 1, "read_by": 1, "counts": {}, "read_at": now}
        held = {"path": "model.safetensors", "commit": "0" * 40, "since": now}
        async with rooms.database.write() as connection:
            await connection.execute(insert(hub_tables.repositories), repositories)
            await connection.execute(
                insert(tables.weight_files), [{"id": n, "file": f"sha256:{n:064x}", **file} for n in numbers]
            )
            await connection.execute(
                insert(tables.weight_holdings), [{"repository_id": n, "file_id": n, **held} for n in numbers]
            )
            columns = ("kind", "digest", "file_id", "bytes")
            await connection.execute(insert(tables.weight_marks), [dict(zip(columns, mark, strict=True)) for mark in marks])
    return len(base) + models * (len(common) + OWN_MARKS)


class Quiet:
    """Takes what a job reports."""

    async def __call__(self, fraction: float, message: str = "") -> None:
        return None


async def measure(home: Path, models: int) -> None:
    rooms = build_rooms(Settings(home=home))
    await migrate(rooms.database)
    await publish(rooms, "maker", weights(TENSORS, 0))
    marks = await fill(rooms, models)
    tuned = await publish(rooms, "tuner", weights(TENSORS // 2, 1))
    handler, seconds = rooms.suspects.on_suspect, []
    for _ in range(5):
        started = time.monotonic()
        await handler({"repository_id": tuned}, Quiet())  # type: ignore[arg-type]  # it only calls it
        seconds.append(time.monotonic() - started)
    async with rooms.database.read() as connection:
        found = list(
            await connection.scalars(select(tables.suspects.c.base_name).where(tables.suspects.c.repository_id == tuned))
        )
    took = f"{statistics.median(seconds):.2f} s for {SUSPECT}"
    print(f"{models:,} models, {marks:,} marks: {took}; suspected: {', '.join(found)}")
    await rooms.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--models", type=int, default=100_000)
    parser.add_argument("--home", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(given.home or Path(folder), given.models))
