"""
One fact changes in an installation with a million models: how long until every verdict that it touches is decided again and
kept, and whether nothing else was touched. From the root of the project:

    .venv/bin/python benchmarks/standing.py [--models 1000000] [--home FOLDER]

Lineages are generated: some hundred bases under the licences that are common in the wild; models that are tuned, merged,
quantised or adapted from bases and from each other, the popular ones most, one to six steps deep. The database is SQLite on
disk. Filling it is not measured. Then the organisation's revenue becomes known, which the community licences of some
bases ask for; the job that follows is run in this process, on one core.

    touched     verdicts on shapes that had to be decided again, and the models that share these shapes
    seconds     wall-clock and processor time from the change of the fact to the end of the job
    untouched   rows of what stands for other shapes, compared before and after
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.db.migrate import migrate
from commonweight.db.tables import standing as tables
from commonweight.hub import Hub, KnownModels
from commonweight.identity import Caller, Identity, Role
from commonweight.policy import OrganisationEdit, Policy
from commonweight.policy.keeping import keep_shapes
from commonweight.policy.shaping import take_apart
from commonweight.policy.shelf import name_number
from commonweight.rights import load_records
from commonweight.storage import Storage

BASES = 300
#: Licences of bases, by how common they are; the last few ask for the revenue of the group.
BASE_LICENCES = {
    "apache-2.0": 100, "mit": 45, "llama3.1": 35, "llama3": 25, "llama2": 30, "llama3.2": 20, "gemma": 20, "openrail": 8,
    "creativeml-openrail-m": 10, "bigscience-bloom-rail-1.0": 4, "cc-by-nc-4.0": 12, "other": 6, "stability-community": 15,
}  # fmt: skip
OWN_LICENCES = ("apache-2.0",) * 45 + ("mit",) * 20 + ("cc-by-nc-4.0",) * 6 + ("other",) * 4 + ("cc-by-4.0",) * 3
RELATIONS = ("finetune",) * 45 + ("quantise",) * 25 + ("adapter",) * 18 + ("merge",) * 10 + ("convert",) * 2
MODALITIES = (["text"],) * 8 + (["image"],) * 1 + (["text", "image"],) * 1
MAX_DEPTH = 6
BATCH = 5_000


class World:
    """Models in the making: each stands on one or more that were made before it, the popular ones most."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.lineages: list[dict[str, Any]] = []
        self.depths: list[int] = []
        self.popular: list[int] = []

    def base(self, number: int) -> dict[str, Any]:
        licence = self.chance.choices(list(BASE_LICENCES), list(BASE_LICENCES.values()))[0]
        node = self.node(f"maker{number % 40}/base-{number}", licence, by="file")
        return {"root": node["id"], "nodes": [node], "edges": []}

    def node(self, name: str, licence: str, by: str = "tag") -> dict[str, Any]:
        return {
            "id": name, "kind": "model", "name": name.rpartition("/")[2], "revision": "0" * 40,
            "publisher": name.partition("/")[0], "licence": [{"key": licence, "by": by}],
            "modality": self.chance.choice(MODALITIES), "notices": {"agreement": by == "file", "notice": False},
        }  # fmt: skip

    def derived(self, number: int) -> tuple[dict[str, Any], int]:
        relation = self.chance.choice(RELATIONS)
        parents = [self.parent() for _ in range(self.chance.randint(2, 4) if relation == "merge" else 1)]
        lineages = [self.lineages[parent] for parent in parents]
        inherits = self.chance.random() < 0.6
        licence = lineages[0]["nodes"][0]["licence"][0]["key"] if inherits else self.chance.choice(OWN_LICENCES)
        node = self.node(f"user{number % 50_000}/model-{number}", licence)
        node["modality"] = lineages[0]["nodes"][0]["modality"]
        nodes = {node["id"]: node}
        edges: dict[tuple[str, str], dict[str, Any]] = {}
        for lineage in lineages:
            nodes.update({one["id"]: one for one in lineage["nodes"]})
            edges.update({(one["child"], one["parent"]): one for one in lineage["edges"]})
            step = {"child": node["id"], "parent": lineage["root"], "relation": relation, "evidence": "declared"}
            edges[node["id"], lineage["root"]] = step
        document = {"root": node["id"], "nodes": list(nodes.values()), "edges": list(edges.values())}
        return document, 1 + max(self.depths[parent] for parent in parents)

    def parent(self) -> int:
        """Half of all models stand on a base; the rest on something made, mostly on something popular."""
        drawn = self.chance.random()
        if drawn < 0.5 or not self.popular:
            return min(int(self.chance.paretovariate(0.7)) - 1, BASES - 1)
        return self.popular[min(int(self.chance.paretovariate(0.6)) - 1, len(self.popular) - 1)]

    def models(self, count: int) -> Iterator[dict[str, Any]]:
        for number in range(count):
            document, depth = (self.base(number), 1) if number < BASES else self.derived(number)
            # A model in two hundred comes to be what others are made from.
            if number < BASES or (depth < MAX_DEPTH and self.chance.random() < 0.005):
                self.lineages.append(document)
                self.depths.append(depth)
                if number >= BASES:
                    self.popular.append(len(self.lineages) - 1)
            yield document


async def fill(database: Database, policy: Policy, count: int) -> None:
    """Subjects and shapes, written in bulk by the statements of the room."""
    chance = random.Random(3)
    library, now, batch = policy.library, SystemClock().now(), []
    for number, document in enumerate(World(chance).models(count)):
        batch.append((number, document, take_apart(document, library.prefixes)))
        if len(batch) == BATCH or number == count - 1:
            await write(database, library, now, batch)
            batch = []
            print(f"\r{number + 1:,} models", end="", flush=True)
    print()


async def write(database: Database, library: Any, now: Any, batch: list[Any]) -> None:
    async with database.write() as connection:
        shapes = {shaped.digest: shaped.document for _, _, shaped in batch}
        terms = {digest: library.terms_of(digest, shape, now.date()).index for digest, shape in shapes.items()}
        ids = await keep_shapes(connection, shapes, terms)
        rows = [
            {
                "id": number + 1, "part": hashlib.sha256(document["root"].encode()).hexdigest()[:24],
                "subject": f"models/{document['root']}@{'0' * 40}", "repository_id": None, "namespace_id": None,
                "private": False, "shape_id": ids[shaped.digest], "filling": shaped.filling.pack(), "stands": True,
                "head": True, "seen_at": now, "checked_at": now,
            }
            for number, document, shaped in batch
        ]  # fmt: skip
        await connection.execute(insert(tables.subjects), rows)
        names = [
            {"name": name_number(name), "subject_id": number + 1}
            for number, _, shaped in batch
            for name in shaped.filling.ids
        ]
        await connection.execute(insert(tables.subject_names), names)


async def standing_rows(database: Database) -> dict[tuple[int, int], tuple[Any, ...]]:
    async with database.read() as connection:
        rows = (await connection.execute(select(tables.standing))).all()
    return {(row.shape_id, row.use_id): tuple(row) for row in rows}


async def measure(home: Path, count: int) -> None:
    database = Database(f"sqlite+aiosqlite:///{home / 'standing.sqlite3'}")
    await migrate(database)
    clock = SystemClock()
    storage = Storage.on_disk(database, clock, home=home, cache_bytes=1 << 24)
    identity = Identity(database, clock, b"k" * 32)
    account = await identity.create_user("root", is_admin=True)
    token = await identity.create_token(account, "t", Role.ADMIN)
    root = await identity.authenticate(f"Bearer {token}")
    policy = Policy(database, Hub(database, storage, clock), KnownModels(database, clock), load_records(), clock)
    use = {"acts": ["use_internally"], "purposes": ["internal_assistant"], "commercial": True}
    mau = [{"scope": "group", "month": "any", "at_most": 1_000_000}]
    await policy.set_standing_use(root, {"organisation": {"kind": "company", "mau": mau}, "use": use})
    await fill(database, policy, count)
    began = time.perf_counter()
    await policy.upkeep.on_sweep({}, _quiet)
    before = await standing_rows(database)
    print(f"{len(before):,} shapes decided at first in {time.perf_counter() - began:.0f} s")
    await change(database, policy, root, before)
    await storage.close()
    await database.close()


async def models_marked(database: Database) -> int:
    """Models whose verdict has to be decided again."""
    marked = select(tables.standing.c.shape_id).where(tables.standing.c.pending.is_not(None))
    query = select(func.count()).select_from(tables.subjects).where(tables.subjects.c.shape_id.in_(marked))
    async with database.read() as connection:
        return await connection.scalar(query) or 0


async def change(database: Database, policy: Policy, root: Caller, before: dict[Any, Any]) -> None:
    mau = [{"scope": "group", "month": "any", "value": 900_000_000}]
    began, cpu = time.perf_counter(), time.process_time()
    facts = {"kind": "company", "mau": mau}
    _, outcome = await policy.set_organisation(root, OrganisationEdit(facts))
    told = time.perf_counter() - began
    concerned = await models_marked(database)
    await models_marked(database)
    await policy.upkeep.on_sweep({}, _quiet)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    after = await standing_rows(database)
    changed = {place for place in after if after[place] != before.get(place)}
    async with database.read() as connection:
        models = await connection.scalar(select(func.count()).select_from(tables.subjects).where(tables.subjects.c.head))
        of = select(func.count()).select_from(tables.subjects)
        some = await connection.execute(select(tables.causes.c.touched).where(tables.causes.c.id == outcome.cause_id))
        touched = some.scalar_one()
        renewed = 0
        for shape_id, _ in changed:
            renewed += await connection.scalar(of.where(tables.subjects.c.shape_id == shape_id)) or 0
        told_of = await connection.scalar(select(func.count()).select_from(tables.changes)) or 0
    print(f"models             {models:,} in {len(before):,} shapes")
    print(f"touched            {touched:,} verdicts on shapes; of them {len(changed):,} say something else now")
    print(f"models touched     {concerned:,} ({concerned / (models or 1):.1%})")
    print(f"models changed     {renewed:,}; {told_of:,} with another value, each in the feed")
    print(f"seconds            {wall:.1f} wall-clock, {cpu:.1f} of one core; the answer to the change after {told:.2f}")
    print(f"untouched          {len(set(before) - changed):,} rows as they were")
    print(f"resident           {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")


async def _quiet(part: float, words: str) -> None:
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(given.home or Path(folder), given.models))


if __name__ == "__main__":
    main()
