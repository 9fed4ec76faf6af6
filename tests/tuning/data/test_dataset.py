"""Data sets of the hub are read with the rights of who asks, at a commit, with their licence."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.errors import NotAllowed
from commonweight.hub import AddFile, AddLarge, Entry, GatedRepository, Hub, RepositoryNotFound, Revision
from commonweight.identity import Caller, Identity, Role
from commonweight.storage import Storage
from commonweight.tuning.data import DatasetReader, DatasetRefused, NotAnExample
from commonweight.tuning.data.dataset import chosen
from tests.support.tools import library
from tests.tuning.data.said import chat, jsonl, many

CARD = b"---\nlicense: cc-by-4.0\n---\n# Tickets\n"


@dataclass
class World:
    hub: Hub
    storage: Storage
    callers: dict[str, Caller]
    folder: Path

    async def publish(self, visibility: str = "public", **files: bytes) -> Revision:
        """Ada's data set; `_` in names of files stands for a dot before their endings."""
        ada = self.callers["ada"]
        repository = await self.hub.create(ada, "dataset", "ada", "tickets", visibility)
        changes = [AddFile(name.replace("__", "/").replace("_", "."), data) for name, data in files.items()]
        await self.hub.commit(ada, repository, "main", [AddFile("README.md", CARD), *changes], title="add")
        return await self.hub.resolve(repository)

    async def read(self, by: str = "ada", **dataset: Any) -> tuple[list[Any], Any]:
        out = self.folder / "given.jsonl"
        about = await DatasetReader(self.hub)(self.callers[by], {"repository": "ada/tickets", **dataset}, out)
        assert [path.name for path in self.folder.glob("given*")] == ["given.jsonl"], "nothing else is left"
        return [orjson.loads(line) for line in out.read_bytes().splitlines()], about


@pytest.fixture
async def world(database: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[World]:
    storage = Storage.on_disk(database, clock, home=tmp_path / "home", cache_bytes=1 << 20)
    identity, callers = Identity(database, clock, b"key"), {}
    for name in ("ada", "bob"):
        token = await identity.create_token(await identity.create_user(name), "t", Role.WRITE)
        callers[name] = await identity.authenticate(f"Bearer {token}")
    yield World(Hub(database, storage, clock), storage, callers, tmp_path)
    await storage.close()


async def test_the_one_file_of_data_is_read_at_the_commit_that_was_named(world: World) -> None:
    revision = await world.publish(data_jsonl=jsonl(many(12)))
    repository = revision.repository
    later = [AddFile("data.jsonl", jsonl(many(20)))]
    await world.hub.commit(world.callers["ada"], repository, "main", later, title="more")
    lines, about = await world.read(revision=revision.commit)
    assert lines == many(12)
    assert about == {
        "name": "ada/tickets",
        "repository": "ada/tickets",
        "commit": revision.commit,
        "path": "data.jsonl",
        "licence": "cc-by-4.0",
        "lines": 12,
        "changed": 0,
    }
    assert len((await world.read())[0]) == 20


async def test_all_parts_of_the_training_split_are_read_in_order(world: World) -> None:
    parts = {f"data__train-0000{i}_jsonl": jsonl([chat(f"{i}-{j}", "a") for j in range(6)]) for i in (1, 0)}
    await world.publish(**parts, data__test_jsonl=jsonl(many(3)), dataset_infos_json=b"{}")
    lines, about = await world.read()
    assert [line["messages"][0]["content"] for line in lines] == [f"{i}-{j}" for i in (0, 1) for j in range(6)]
    assert about["path"] == "data/train-00000.jsonl, data/train-00001.jsonl"


async def test_a_table_is_read_by_its_mapping_and_large_files_too(world: World) -> None:
    pyarrow, parquet = library("pyarrow", "tune"), library("pyarrow.parquet", "tune")
    revision = await world.publish(notes_csv=b"frage,antwort\n" + b"".join(b"q%d,a\n" % i for i in range(10)))
    mapping = {"user": "frage", "assistant": "antwort"}
    assert (await world.read(path="notes.csv", mapping=mapping))[0][4] == chat("q4", "a")
    made = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(many(10)), made)
    source = world.folder / "large"
    source.write_bytes(made.getvalue())
    large = await world.storage.ingest(revision.repository.scope, source)
    change = AddLarge("train.parquet", large.sha256)
    await world.hub.commit(world.callers["ada"], revision.repository, "main", [change], title="add")
    assert (await world.read(path="*.parquet"))[0] == many(10)


async def test_a_private_or_gated_data_set_is_not_read_by_others(world: World) -> None:
    revision = await world.publish("private", data_jsonl=jsonl(many(12)))
    with pytest.raises(RepositoryNotFound):
        await world.read(by="bob")
    repository = await world.hub.update(world.callers["ada"], revision.repository, visibility="public", gated="auto")
    assert repository.gated
    with pytest.raises(GatedRepository):
        await world.read(by="bob")
    assert len((await world.read())[0]) == 12


async def test_the_policy_is_asked(world: World) -> None:
    class Refuses:
        async def check_download(self, caller: Caller, revision: Revision, path: str = "", /) -> None:
            raise NotAllowed(f"not {path}")

    await world.publish(data_jsonl=jsonl(many(12)))
    with pytest.raises(NotAllowed, match=r"not data\.jsonl"):
        await DatasetReader(world.hub, Refuses())(world.callers["ada"], {"repository": "ada/tickets"}, world.folder / "x")


async def test_what_is_no_example_is_refused_with_its_lines(world: World) -> None:
    await world.publish(data_jsonl=jsonl([*many(12), {"text": "a"}, {"text": "b"}]))
    with pytest.raises(DatasetRefused, match=r"2 lines that are no examples, or more\. Line 13: The line has 'text'"):
        await world.read()
    with pytest.raises(NotAnExample, match="no column 'frage'"):
        await world.read(mapping={"user": "frage", "assistant": "antwort"})


def entries(*paths: str) -> list[Entry]:
    return [Entry(path, "file", "0" * 40, 1) for path in paths]


@pytest.mark.parametrize(
    ("there", "path", "expected"),
    [
        (("a.jsonl", "README.md"), "", ["a.jsonl"]),
        (("train.csv", "test.csv"), "", ["train.csv"]),
        (("strain.csv", "x-train-1.csv"), "", ["x-train-1.csv"]),
        (("d/b.parquet", "d/a.parquet", "e/c.parquet"), "d", ["d/a.parquet", "d/b.parquet"]),
        (("odd.bin", "a.csv"), "odd.bin", ["odd.bin"]),
    ],
)
def test_which_files_are_meant(there: tuple[str, ...], path: str, expected: list[str]) -> None:
    assert [entry.path for entry in chosen(entries(*there), path)] == expected


@pytest.mark.parametrize(
    ("there", "path", "message"),
    [
        ((), "", "none that ends in"),
        (("a.csv", "b.csv"), "", "'a.csv', 'b.csv'"),
        (("a.csv",), "c.csv", "no file 'c.csv'"),
        (("train.csv", "train.jsonl"), "", "several kinds"),
    ],
)
def test_what_cannot_be_told_is_refused_with_what_there_is(there: tuple[str, ...], path: str, message: str) -> None:
    with pytest.raises(DatasetRefused, match=message):
        chosen(entries(*there), path)


async def test_a_name_that_is_none_is_refused(world: World) -> None:
    with pytest.raises(DatasetRefused, match="expected namespace/name"):
        await DatasetReader(world.hub)(world.callers["ada"], {"repository": "tickets"}, world.folder / "x")
