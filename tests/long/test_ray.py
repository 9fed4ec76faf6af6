"""Engines on a real Ray cluster of several nodes: placed by what they need, replaced when their node is lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from commonweight.db import Database
from commonweight.serving import Ask, EngineKind, LoadFailed, MockBehaviour, MockKind, Order, ServableModel, State
from commonweight.serving.ray import Cluster, Needs, RayKind
from commonweight.serving.ray.actor import EngineActor, Shipped
from tests.long.ray_nodes import Nodes, ray_nodes
from tests.serving.test_pool import chat, until
from tests.serving.world import World, model, serving_world

pytest.importorskip("ray", reason="needs Ray: pip install -r requirements/ray.txt (make test-long does)")
pytestmark = pytest.mark.long
WAIT = 240.0  # an actor starts a Python process; a busy machine takes its time
SIZE = 300 << 20  # two do not fit on one node


def mock_kinds(session: aiohttp.ClientSession, logs: Path) -> Mapping[str, EngineKind]:
    """What a node runs. Ray sends it by its name."""
    return {"mock": MockKind(logs, session, MockBehaviour(memory_bytes=SIZE, delay_ms=20))}


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with (
        tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder,  # a short path
        ray_nodes(Path(folder)) as started,
    ):
        yield started


@pytest.fixture
async def cluster(nodes: Nodes) -> AsyncIterator[Cluster]:
    async with Cluster.joined(nodes.address) as joined:
        yield joined


@pytest.fixture
async def sqlite_database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """What is asked of Ray does not depend on the database."""
    path = tmp_path / "commonweight.sqlite3"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.close()


def on_ray(cluster: Cluster, home: Path, needs: Needs | None = None):  # type: ignore[no-untyped-def]
    def choose(session: aiohttp.ClientSession):  # type: ignore[no-untyped-def]
        inner = mock_kinds(session, home / "logs")["mock"]
        kind = RayKind("mock", inner, cluster, mock_kinds, needs or Needs(), home / "nodes")

        def of(_: ServableModel) -> EngineKind:
            return kind

        return of

    return choose


async def hosts(world: World) -> set[str]:
    rows = await world.replicas.of(model().key)
    return {row.base_url.split(":")[1].strip("/") for row in rows if row.state is State.READY}


async def test_replicas_go_to_nodes_with_room_and_a_lost_node_is_replaced_while_requests_go_on(
    cluster: Cluster, nodes: Nodes, sqlite_database: Database, tmp_path: Path
) -> None:
    async with serving_world(sqlite_database, tmp_path, on_ray(cluster, tmp_path), budget=cluster.memory_bytes()) as world:
        await world.replicas.orders.set(Order(model(), least=2, most=2))

        async def both() -> bool:
            return len(await hosts(world)) == 2

        await until(both, WAIT)
        assert await hosts(world) == {node.address for node in nodes.workers}, "one CPU each: not both on one node"
        await world.replicas.orders.set(Order(model(), least=1, most=1))

        async def one() -> bool:
            return len(await hosts(world)) == 1

        await until(one, WAIT)
        (lost,) = [node for node in nodes.workers if {node.address} == await hosts(world)]
        (other,) = [node for node in nodes.workers if node is not lost]
        stop, outcomes = asyncio.Event(), list[bool]()
        clients = [asyncio.create_task(ask_until(world, stop, outcomes)) for _ in range(4)]
        await asyncio.sleep(2)
        assert outcomes
        assert all(outcomes)
        lost.kill()

        async def moved() -> bool:
            return await hosts(world) == {other.address}

        await until(moved, WAIT)
        answered = len(outcomes)
        await asyncio.sleep(3)
        stop.set()
        await asyncio.wait_for(asyncio.gather(*clients), 60)
        assert len(outcomes) > answered, "requests go on"
        assert all(outcomes[answered + 4 :])


async def ask_until(world: World, stop: asyncio.Event, outcomes: list[bool]) -> None:
    """Requests one after the other; each ends, whichever way."""
    while not stop.is_set():
        seat = await world.router.seat(model(), Ask(), WAIT)
        try:
            async with asyncio.timeout(30):
                answered = await chat(world, seat.replica) == "word0 word1 "
        except (aiohttp.ClientError, ConnectionError):
            answered = False
            await world.router.lost(seat.replica, gone=True)
        seat.leave(answered)
        outcomes.append(answered)


async def test_an_engine_that_ends_by_itself_is_started_again(
    cluster: Cluster, sqlite_database: Database, tmp_path: Path
) -> None:
    async with serving_world(sqlite_database, tmp_path, on_ray(cluster, tmp_path), budget=cluster.memory_bytes()) as world:
        seat = await world.router.seat(model(), Ask(), WAIT)
        assert await chat(world, seat.replica) == "word0 word1 "
        seat.leave(True)
        engine = world.pool.holdings[0].engine
        assert engine is not None
        await engine.stop()
        await world.router.lost(seat.replica, gone=True)
        again = await world.router.seat(model(), Ask(), WAIT)
        assert again.replica.id != seat.replica.id
        assert await chat(world, again.replica) == "word0 word1 "
        again.leave(True)


async def test_what_no_node_has_room_for_is_told(cluster: Cluster, sqlite_database: Database, tmp_path: Path) -> None:
    needs = Needs(gpus=1)
    async with serving_world(sqlite_database, tmp_path, on_ray(cluster, tmp_path, needs), budget=1 << 40) as world:
        with pytest.raises(LoadFailed, match="No node of the Ray cluster had 1 CPUs, 1 GPUs"):
            await world.router.seat(model(), Ask(), WAIT)


async def test_files_that_a_node_does_not_see_are_sent_by_ray(cluster: Cluster, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    (folder / "unet").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(os.urandom(40 << 20))
    (folder / "unet" / "config.json").write_bytes(b"{}")
    shipped = Shipped.of(folder)
    actor = cluster.ray.remote(EngineActor).options(num_cpus=1).remote(mock_kinds, "mock", str(tmp_path / "node"))
    await actor.fetch.remote(shipped, cluster.ray.get_runtime_context().get_node_id())
    (arrived,) = (tmp_path / "node").iterdir()
    assert shipped.is_at(arrived)
    assert (arrived / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    cluster.ray.kill(actor)
