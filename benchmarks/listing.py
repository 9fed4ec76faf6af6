"""
How long lists and searches take with 1,000 and with 100,000 repositories. From the root of the project:

    .venv/bin/python benchmarks/listing.py [--sizes 1000 100000] [--rounds 40] [--database-url postgresql://…/bench_{}]

Repositories are made in bulk: their rows, what their cards say, tags and index by the product's own functions, a thousand
to a transaction; git objects are left out, since no list looks at them. Cards are drawn as those of a hub are: a few
licences and tasks that most have, many tags that few have, some sentences of ordinary words. Then the product itself
answers over HTTP, one server for each size, both asked the same in turns, one request at a time: whatever else the host does
falls on both. Times are those of the host; what can be compared is how they grow. In a PostgreSQL address `{}` stands for
the size; the databases are to be there and empty.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
from gateway import HOME, Served, product
from sqlalchemy import func, insert, select

from commonweight.db import Connection
from commonweight.db.migrate import migrate
from commonweight.db.tables import contents as contents_tables
from commonweight.db.tables import hub as tables
from commonweight.db.tables import identity as accounts
from commonweight.db.tables import listings as listing_tables
from commonweight.hub import Contents, Entry, Repository, gather, read_card
from commonweight.hub import Revision as HubRevision
from commonweight.hub.cards import body_of
from commonweight.hub.contents.reading import RULES, document_of
from commonweight.hub.facts import row_of as facts_row
from commonweight.hub.listing.index import row_of, tag_rows
from commonweight.rooms import Rooms, build_rooms
from commonweight.settings import Settings

NAMESPACES: Final = 200
AT_ONCE: Final = 1_000
LICENCES: Final = ("apache-2.0", "mit", "llama3", "cc-by-4.0", "gemma", "other", "cc-by-nc-4.0", "openrail")
TASKS: Final = (
    "text-generation", "text-classification", "fill-mask", "text-to-image", "translation", "summarization",
    "image-classification", "automatic-speech-recognition", "sentence-similarity", "token-classification",
)  # fmt: skip
LANGUAGES: Final = ("en", "zh", "fr", "es", "de", "ja", "ko", "ru", "pt", "it", "ar", "hi")
ADJECTIVES: Final = ("tiny", "small", "quick", "quiet", "brave", "gentle", "amber", "silver", "northern", "winter")
ANIMALS: Final = ("fox", "owl", "otter", "lynx", "heron", "badger", "wren", "hare", "stoat", "marten")
COLUMNS: Final = (
    "id", "kind", "namespace_id", "name", "visibility", "gated", "scope", "downloads", "downloads_all_time", "likes",
    "trending",
)  # fmt: skip
BEGAN: Final = datetime(2025, 1, 1, tzinfo=UTC)


def card_of(draw: random.Random, name: str) -> bytes:
    """Most have what is common, few what is rare; a tag `rare-N` has one in two thousand."""
    rare = f"rare-{draw.randrange(2_000)}"
    words = " ".join(f"word{int(draw.paretovariate(0.5)) % 20_000}" for _ in range(60))
    languages = ", ".join(dict.fromkeys(_drawn(draw, LANGUAGES) for _ in range(2)))
    yaml = f"license: {_drawn(draw, LICENCES)}\nlanguage: [{languages}]\npipeline_tag: {_drawn(draw, TASKS)}\n"
    yaml += f"tags: [{draw.choice(ANIMALS)}, {rare}]\nbase_model: n{draw.randrange(NAMESPACES)}/base\n"
    return f"---\n{yaml}---\n# {name}\n\nA model for those who study {draw.choice(ANIMALS)}s. {words}\n".encode()


def _drawn(draw: random.Random, words: Sequence[str]) -> str:
    """The first half of the time, and so on."""
    return words[min(int(draw.expovariate(0.7)), len(words) - 1)]


def repository_of(draw: random.Random, number: int, first_namespace: int) -> Repository:
    owner = number % NAMESPACES
    made = BEGAN + timedelta(minutes=number)
    name = f"{draw.choice(ADJECTIVES)}-{draw.choice(ANIMALS)}-{number:06}"
    downloads = int(draw.paretovariate(0.6)) % 10_000_000
    return Repository(
        number, "model", f"n{owner}", first_namespace + owner, name, "public" if draw.random() < 0.95 else "private",
        "manual" if draw.random() < 0.03 else "", number, downloads, made, made + timedelta(days=draw.random() * 100),
        downloads_all_time=downloads * 3, likes=downloads // 50, trending=downloads // 4,
    )  # fmt: skip


def rows_of(repository: Repository, draw: random.Random) -> dict[Any, list[dict[str, Any]]]:
    """Rows by table, made by the functions that the product makes them by."""
    card, commit = card_of(draw, repository.name), f"{repository.id:040x}"
    files = [Entry(path, "file", "0" * 40, 100) for path in ("README.md", "config.json", "model.safetensors")]
    facts = gather(HubRevision(repository, commit), files, read_card(card))
    total = int(10 ** draw.uniform(6, 11))
    contents = Contents({"parameters": {"BF16": total}, "total": total}, library_name="transformers", tags=("llama",))
    here = {
        name: getattr(repository, name) for name in ("id", "kind", "namespace_id", "name", "visibility", "gated", "scope")
    }
    here |= {name: getattr(repository, name) for name in ("downloads", "downloads_all_time", "likes", "trending")}
    here |= {"name_lower": repository.name.lower(), "created_at": repository.created_at, "updated_at": repository.updated_at}
    key = {"repository_id": repository.id, "commit": commit}
    at_main = {"repository_id": repository.id, "name": "refs/heads/main", "target": commit, "commit": commit}
    read = {"document": document_of(contents), "read_by": RULES, "read_at": BEGAN}
    return {
        tables.repositories: [here],
        tables.refs: [at_main | {"updated_at": repository.updated_at}],
        tables.revision_facts: [facts_row(facts) | {"read_at": BEGAN}],
        contents_tables.revision_contents: [key | read],
        listing_tables.listings: [row_of(repository, commit, facts, contents, body_of(card))],
        listing_tables.listing_tags: tag_rows(repository, facts, contents),
    }


async def grow(rooms: Rooms, size: int) -> None:
    """Until there are so many."""
    async with rooms.database.write() as connection:
        first, there = await _owners(connection), await connection.scalar(select(func.max(tables.repositories.c.id))) or 0
    for start in range(there + 1, size + 1, AT_ONCE):
        async with rooms.database.write() as connection:
            await _add(connection, first, range(start, min(start + AT_ONCE, size + 1)))
    async with rooms.database.engine.connect() as connection:
        await connection.exec_driver_sql("ANALYZE")
        await connection.commit()


async def _owners(connection: Connection) -> int:
    """The number of the first namespace."""
    here = accounts.accounts.c
    found = await connection.scalar(select(func.min(here.id)).where(here.name_lower.like("n%")))
    if found is not None:
        return int(found)
    row = {"kind": "user", "fullname": "", "created_at": BEGAN, "is_admin": False, "default_visibility": "public"}
    names = [f"n{number}" for number in range(NAMESPACES)]
    await connection.execute(insert(accounts.accounts), [row | {"name": name, "name_lower": name} for name in names])
    return int(await connection.scalar(select(func.min(here.id)).where(here.name_lower.like("n%"))) or 0)


async def _add(connection: Connection, first: int, numbers: range) -> None:
    draw = random.Random(numbers.start)
    rows: dict[Any, list[dict[str, Any]]] = {}
    for number in numbers:
        for table, some in rows_of(repository_of(draw, number, first), draw).items():
            rows.setdefault(table, []).extend(some)
    for table, some in rows.items():
        await connection.execute(insert(table), some)


# Questions


def questions(draw: random.Random, size: int) -> Iterator[tuple[str, str]]:
    """What is asked, and its address, each time a little otherwise."""
    yield "newest", "/api/models"
    yield "most downloaded", "/api/models?sort=downloads"
    yield "trending of a task", f"/api/models?sort=trendingScore&pipeline_tag={_drawn(draw, TASKS)}"
    yield "common tag", f"/api/models?filter={draw.choice(ANIMALS)}&sort=likes"
    yield "rare tag", f"/api/models?filter=rare-{draw.randrange(2_000)}"
    yield "three tags", f"/api/models?filter=license:mit&filter={draw.choice(LANGUAGES)}&filter={draw.choice(ANIMALS)}"
    yield "two rare tags", f"/api/models?filter=rare-{draw.randrange(2_000)}&filter={draw.choice(ANIMALS)}&sort=downloads"
    yield "author", f"/api/models?author=n{draw.randrange(NAMESPACES)}"
    yield "part of a name", f"/api/models?search={draw.randrange(1, size + 1):06}"
    yield "common name", f"/api/models?search={draw.choice(ANIMALS)}&sort=downloads"
    yield "common word", "/api/models?search=study&sort=likes"
    yield "rarer word", f"/api/models?search=word{draw.randrange(50, 5_000)}"
    yield "two words", f"/api/models?search={draw.choice(ADJECTIVES)}+{draw.choice(ANIMALS)}&sort=createdAt"
    yield "nothing", "/api/models?search=nobodysaysthis"
    yield "parameters", "/api/models?num_parameters=min:1B,max:3B&sort=downloads"
    yield "gated", "/api/models?gated=true&sort=likes"


async def ask(servers: Mapping[int, Served], rounds: int) -> dict[int, dict[str, list[float]]]:
    """Milliseconds by size and question; the first round warms up."""
    draws = {size: random.Random(7) for size in servers}
    took: dict[int, dict[str, list[float]]] = {size: {} for size in servers}
    async with aiohttp.ClientSession() as session:
        for turn in range(rounds + 1):
            asked = {size: list(questions(draws[size], size)) for size in servers}
            for at in range(len(next(iter(asked.values())))):
                for size, served in servers.items():
                    name, path = asked[size][at]
                    for word, spent in (await _timed(session, served, name, path)).items():
                        if turn:
                            took[size].setdefault(word, []).append(spent)
    return took


async def _timed(session: aiohttp.ClientSession, served: Served, name: str, path: str) -> dict[str, float]:
    spent, following = await _one(session, served.address + path)
    found = {name: spent}
    if following and name == "common tag":
        found["its second page"], _ = await _one(session, following)
    return found


async def _one(session: aiohttp.ClientSession, url: str) -> tuple[float, str]:
    """Milliseconds, and the address of the next page."""
    began = time.perf_counter()
    async with session.get(url) as answer:
        await answer.read()
        assert answer.status == 200, await answer.text()
        following = answer.links.get("next")
    return (time.perf_counter() - began) * 1e3, str(following["url"]) if following else ""


def p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


def report(took: Mapping[int, Mapping[str, Sequence[float]]]) -> None:
    first, last = min(took), max(took)
    print(f"{'ms: median, p99':20} " + " ".join(f"{size:>20,}" for size in took) + "   p99 of the last against the first")
    every = {size: [value for values in took[size].values() for value in values] for size in took}
    rows = {name: {size: took[size][name] for size in took} for name in took[first] if name in took[last]}
    for name, of in {**rows, "all together": every}.items():
        cells = " ".join(f"{statistics.median(of[size]):12.1f} {p99(of[size]):7.1f}" for size in took)
        print(f"{name:20} {cells}   {p99(of[last]) / p99(of[first]):.2f}")


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--database-url", default="", help="of an empty PostgreSQL database; else SQLite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            servers = {}
            for size in options.sizes:
                servers[size] = await stack.enter_async_context(_made(Path(folder) / str(size), options.database_url, size))
            report(await ask(servers, options.rounds))


@asynccontextmanager
async def _made(home: Path, database_url: str, size: int) -> AsyncIterator[Served]:
    """A server over so many repositories."""
    began = time.monotonic()
    home.mkdir()
    os.environ[HOME], os.environ["COMMONWEIGHT_DATABASE_URL"] = str(home), database_url.format(size)
    rooms = build_rooms(Settings(home=home, database_url=database_url.format(size)))
    await migrate(rooms.database)
    await grow(rooms, size)
    await rooms.close()
    print(f"{size:,} repositories in {time.monotonic() - began:.0f} s", flush=True)
    async with product() as server:
        yield server


if __name__ == "__main__":
    asyncio.run(main())
