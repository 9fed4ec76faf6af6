"""The pool and the router: one loads, the other finds, through rows of the database."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from commonweight.db import Database
from commonweight.serving import LoadFailed, MockBehaviour, ModelLoading, Replica, Router, State
from tests.serving.world import World, mock, model, serving_world

WAIT = 20.0  # far longer than a mock engine needs on a busy machine


async def chat(world: World, replica: Replica) -> str:
    body = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 2}
    headers = {"authorization": f"Bearer {replica.api_key}"}
    async with world.session.post(f"{replica.base_url}/v1/chat/completions", json=body, headers=headers) as response:
        text: str = (await response.json())["choices"][0]["message"]["content"]
        return text


def pid_of(world: World) -> int:
    engine = world.pool.holdings[0].engine
    assert engine is not None
    return engine.pid  # type: ignore[attr-defined, no-any-return]


async def until(condition: object, seconds: float = WAIT) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # type: ignore[operator]
            await asyncio.sleep(0.02)


async def test_a_model_is_loaded_when_it_is_first_asked_for(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        replica = await world.router.lease_for(model(), WAIT)
        assert await chat(world, replica) == "word0 word1 "
        assert replica.engine == "mock/1"
        assert replica.memory_bytes > 0


async def test_concurrent_first_requests_load_once(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        replicas = await asyncio.gather(*(world.router.lease_for(model(), WAIT) for _ in range(5)))
        assert len({replica.id for replica in replicas}) == 1
        assert world.materialised == ["ada/tiny"]


async def test_two_web_processes_share_one_load(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        other = Router(world.replicas)
        replicas = await asyncio.gather(world.router.lease_for(model(), WAIT), other.lease_for(model(), WAIT))
        assert len({replica.id for replica in replicas}) == 1
        assert world.materialised == ["ada/tiny"]
        await other.close()


async def test_a_failed_load_gives_its_reason_to_everybody(database: Database, tmp_path: Path) -> None:
    behaviour = MockBehaviour(fail="the tensors are upside down")
    async with serving_world(database, tmp_path, mock(tmp_path, behaviour)) as world:
        asked = (world.router.lease_for(model(), WAIT) for _ in range(3))
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [LoadFailed] * 3
        assert all("the tensors are upside down" in str(outcome) for outcome in outcomes)
        assert world.pool.holdings == ()


async def test_progress_is_told_while_a_model_loads(database: Database, tmp_path: Path) -> None:
    said: list[str] = []

    async def listen(text: str) -> None:
        said.append(text)

    async with serving_world(database, tmp_path, mock(tmp_path, MockBehaviour(start_ms=400))) as world:
        await world.router.lease_for(model(), WAIT, listen)
    assert any("loading the model" in text for text in said)


async def test_waiting_ends_with_an_answer_that_says_to_come_back(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path, MockBehaviour(start_ms=60_000))) as world:
        with pytest.raises(ModelLoading) as caught:
            await world.router.lease_for(model(), 0.3)
        assert int(caught.value.headers["retry-after"]) > 0


async def test_a_killed_engine_is_cleaned_away_and_started_anew(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        first = await world.router.lease_for(model(), WAIT)
        os.kill(pid_of(world), signal.SIGKILL)

        async def gone() -> bool:
            return await world.replicas.find(model().key) is None

        await until(gone)
        await world.router.lost(first, gone=False)
        second = await world.router.lease_for(model(), WAIT)
        assert second.id != first.id
        assert await chat(world, second) == "word0 word1 "


async def test_the_least_recently_used_model_leaves_when_bytes_run_out(database: Database, tmp_path: Path) -> None:
    behaviour = MockBehaviour(memory_bytes=100 << 20)
    async with serving_world(database, tmp_path, mock(tmp_path, behaviour), budget=150 << 20) as world:
        await world.router.lease_for(model("ada/first"), WAIT)
        await world.router.lease_for(model("ada/second"), WAIT)
        assert [holding.model.repository for holding in world.pool.holdings] == ["ada/second"]
        assert await world.replicas.find(model("ada/first").key) is None


async def test_a_model_larger_than_the_budget_is_refused_with_both_numbers(database: Database, tmp_path: Path) -> None:
    behaviour = MockBehaviour(memory_bytes=200 << 20)
    async with serving_world(database, tmp_path, mock(tmp_path, behaviour), budget=150 << 20) as world:
        with pytest.raises(LoadFailed, match=r"200 MB.*150 MB"):
            await world.router.lease_for(model(), WAIT)


async def test_rows_are_gone_when_the_pool_has_closed(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        await world.router.lease_for(model(), WAIT)
        pid = pid_of(world)
    assert await world.replicas.everything() == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_an_engine_whose_row_is_gone_is_stopped(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        replica = await world.router.lease_for(model(), WAIT)
        await world.replicas.remove(replica.id)

        async def empty() -> bool:
            return not world.pool.holdings

        await until(empty)


async def test_a_ready_row_says_where_and_what(database: Database, tmp_path: Path) -> None:
    async with serving_world(database, tmp_path, mock(tmp_path)) as world:
        await world.router.lease_for(model(), WAIT)
        row = await world.replicas.find(model().key)
        assert row is not None
        assert row.state is State.READY
        assert row.base_url.startswith("http://127.0.0.1:")
