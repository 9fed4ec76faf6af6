"""What a node of a Ray cluster is sent by the worker and runs, the cluster left out: llama.cpp with the starter model."""

from __future__ import annotations

import asyncio
import functools
import pickle
from pathlib import Path

import aiohttp

from commonweight.nodes import _for_nodes, engines_of_node, placement
from commonweight.serving.engines import EngineSpec
from commonweight.serving.ray.actor import EngineActor, Shipped
from commonweight.settings import Settings
from tests.serving.world import starter_file


async def test_the_actor_runs_llamacpp_as_the_worker_wires_it(tmp_path: Path) -> None:
    """Sent as Ray sends it: by its name, with settings that hold no secret and no address of the database."""
    settings = Settings(home=tmp_path, secret_key="s" * 64, database_url="postgresql://cw:hidden@db/cw", engine_threads=1)
    sent = pickle.dumps(
        (functools.partial(engines_of_node, _for_nodes(settings)), EngineSpec(starter_file(), "starter", 512))
    )
    assert b"hidden" not in sent
    assert b"s" * 64 not in sent
    make_kinds, spec = pickle.loads(sent)
    actor, shipped = EngineActor(make_kinds, "llamacpp", str(tmp_path / "node")), [Shipped.of(starter_file())]
    assert await actor.missing(shipped) == [], "this node sees the worker's file"
    address = await actor.start(spec, shipped, "127.0.0.1")
    try:
        assert any("loading" in said for said in await actor.progress())
        assert await actor.memory_bytes() > starter_file().stat().st_size / 2
        body = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 3}
        headers = {"authorization": f"Bearer {address.api_key}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{address.base_url}/v1/chat/completions", json=body, headers=headers) as answer,
        ):
            document = await answer.json()
        assert document["usage"]["completion_tokens"] == 3
    finally:
        await actor.stop()
    assert await actor.ended()


async def test_a_cluster_that_is_away_keeps_the_worker_waiting_and_not_from_stopping(tmp_path: Path) -> None:
    settings, stop = Settings(home=tmp_path, ray_address="127.0.0.1:1"), asyncio.Event()
    asyncio.get_running_loop().call_later(0.5, stop.set)
    async with (
        asyncio.timeout(20),
        aiohttp.ClientSession() as session,
        placement(settings, session, lambda *_: {}, stop) as placed,
    ):
        assert stop.is_set()
        assert placed.kinds == {}
