"""Trying a loaded model: what keeps its promises, what does not, and what follows."""

from __future__ import annotations

import ast
import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.serving import (
    Capabilities,
    Checks,
    Conformance,
    Dialect,
    Mode,
    Result,
    Traits,
    conformance,
    trying,
    trying_media,
)
from commonweight.serving.engines import Address, EngineSpec
from commonweight.web.presenting.tried import REASONS
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.held import held
from tests.serving.test_llamacpp import engine
from tests.serving.tiny_gguf import write_base
from tests.serving.world import mock, model, serving_world
from tests.support.tiny_models import write_tiny_chat, write_tiny_eye

EVERYTHING = Capabilities(chat=True, tools=True, schema=True, logprobs=True, vision=True, embeddings=True, rerank=True)


def test_every_reason_is_known_to_the_pages() -> None:
    """A catalogue translates sentences that stand in the code; those of checks stand here."""
    said = set()
    for module in (conformance, trying, trying_media):
        for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Fails", "NotKnown", "Result")
            ):
                said |= {one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    assert said == REASONS


def outcomes(results: Mapping[str, Result]) -> dict[str, bool | None]:
    return {name: result.ok for name, result in results.items()}


async def test_a_model_whose_template_knows_no_tools_fails_for_these_alone(tmp_path: Path) -> None:
    """llama.cpp takes them and a `tool_choice` of `required` without a word, and lets the model say what it likes."""
    spec = EngineSpec(write_base(tmp_path / "base.gguf", context=2048), "tiny", 1024)
    async with engine(tmp_path, spec) as (session, address):
        results = await Conformance(session).run(address)
    assert set(results) == {"streaming", "usage", "stop", "schema", "tools", "logprobs"}
    assert all(results[name].ok for name in ("streaming", "usage", "logprobs", "schema")), results
    assert results["tools"] == Result(False, "It has to call a tool and does not.")
    assert results["stop"].ok is None, "there is nothing between spaces to stop it at"


async def test_a_model_with_a_projector_is_tried_with_a_picture(tmp_path: Path) -> None:
    model, eye = write_tiny_chat(tmp_path / "chat.gguf"), write_tiny_eye(tmp_path / "mmproj.gguf")
    async with engine(tmp_path, EngineSpec(model, "tiny", 1024, projector_path=eye)) as (session, address):
        assert address.traits.capabilities.vision
        assert (await Conformance(session).run(address))["vision"] == Result(True)


@pytest.mark.parametrize(("mode", "pooling"), [(Mode.EMBEDDINGS, 1), (Mode.RERANK, 4)])
async def test_vectors_and_ranking_are_tried_too(tmp_path: Path, mode: Mode, pooling: int) -> None:
    spec = EngineSpec(write_base(tmp_path / "base.gguf", pooling=pooling), "tiny", 256, mode)
    async with engine(tmp_path, spec) as (session, address):
        assert outcomes(await Conformance(session).run(address)) == {str(mode): True}


@asynccontextmanager
async def liar(answer: Any) -> AsyncIterator[tuple[aiohttp.ClientSession, Address]]:
    """An engine that says the same to everything."""

    async def handle(request: web.Request) -> web.Response:
        if answer is None:
            await asyncio.sleep(60)
        return web.Response(text=answer if isinstance(answer, str) else json.dumps(answer))

    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = Address(f"http://127.0.0.1:{runner.addresses[0][1]}", "key", "liar/1", Traits(capabilities=EVERYTHING))
    async with aiohttp.ClientSession() as session:
        yield session, address
    await runner.cleanup()


TALKS = {
    "choices": [{"message": {"content": "one two three"}, "finish_reason": "length"}],
    "usage": {"prompt_tokens": 0, "completion_tokens": 900, "total_tokens": 3},
}


@pytest.mark.parametrize("answer", ["no JSON at all", "[]", "{}", TALKS])
async def test_an_engine_that_lies_fails_everything_but_what_cannot_be_told(answer: Any) -> None:
    async with liar(answer) as (session, address):
        results = await Conformance(session).run(address)
    assert not any(one.ok for one in results.values())
    assert all(results[name].ok is False for name in ("usage", "schema", "embeddings", "rerank")), results
    assert all(one.reason for one in results.values())


async def test_an_engine_that_is_slow_is_not_known_and_holds_nobody_up() -> None:
    async with liar(None) as (session, address), asyncio.timeout(5):
        results = await Conformance(session, limit_s=0.2).run(address)
    assert set(outcomes(results).values()) == {None}


class Counting:
    """Tries nothing, and says what it is told."""

    def __init__(self, results: Mapping[str, Result]) -> None:
        self.results = results
        self.runs = 0

    async def run(self, address: Address) -> Mapping[str, Result]:
        self.runs += 1
        return self.results


async def test_a_model_is_tried_once_for_each_build_and_its_row_says_what_failed(database: Database, tmp_path: Path) -> None:
    tries = Counting({"tools": Result(False, "It never calls."), "stop": Result(True)})
    checks = Checks(database, SystemClock(), tries)
    for _ in range(2):
        async with serving_world(database, tmp_path, mock(tmp_path), checks=checks) as world:
            await world.router.lease_for(model(), 20)
            async with asyncio.timeout(10):
                while not (row := await world.replicas.find(model().key)) or not row.traits.failed:
                    await asyncio.sleep(0.02)
            assert row.traits.failed["tools"].startswith("It never calls. (checked 20")
            assert set(row.traits.failed) == {"tools"}
    assert tries.runs == 1
    (report,) = await checks.of(model().repository, model().commit)
    assert report.engine == "mock/1"
    assert report.results == tries.results
    assert await checks.of(model().repository, "another") == []


FAILED = Traits(
    Dialect.LLAMACPP, failed=dict.fromkeys(("tools", "schema", "logprobs", "stop", "streaming", "vision"), "So it was.")
)


@pytest.mark.parametrize(
    ("asked", "stream", "param"),
    [
        ({"tools": [{}]}, False, "tools"),
        ({"response_format": {"type": "json_object"}}, False, "response_format"),
        ({"logprobs": True}, False, "logprobs"),
        ({"stop": ["x"]}, False, "stop"),
        ({}, True, "stream"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, False, "messages"),
    ],
)
def test_what_failed_is_refused_by_the_name_of_the_field(asked: dict[str, Any], stream: bool, param: str) -> None:
    with pytest.raises(BadRequest, match=r"check for .* failed\. So it was\.") as caught:
        held(asked, FAILED, stream)
    assert (caught.value.param, caught.value.kind) == (param, "unsupported_value")
    assert held({"messages": []}, FAILED) == {"messages": []}
