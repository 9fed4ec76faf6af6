"""vLLM: its command line, its life, its adapters; against a stand-in that honours its command line and routes."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from commonweight.errors import InvalidInput
from commonweight.serving import LoadFailed, Mode, addressing
from commonweight.serving.engines import AdapterFile, Address, EngineSpec, Joined, ProcessEngine, Vllm, VllmOptions
from commonweight.serving.engines.vllm import parse_vllm_options

NAME = "ada/big@abc"


@pytest.fixture
def program(tmp_path: Path) -> str:
    """`vllm`, as a program of its own."""
    path = tmp_path / "vllm"
    stand_in = Path(__file__).with_name("fake_vllm.py")
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} "$@"\n')
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"max_position_embeddings": 2048}))
    return folder


def adapter(folder: Path, name: str, rank: int) -> AdapterFile:
    path = folder / name.replace("/", "--")
    path.mkdir()
    (path / "adapter_config.json").write_text(json.dumps({"r": rank}))
    return AdapterFile(name, path)


@asynccontextmanager
async def started(
    home: Path, spec: EngineSpec, options: VllmOptions
) -> AsyncIterator[tuple[aiohttp.ClientSession, ProcessEngine, Address]]:
    async with aiohttp.ClientSession() as session:
        engine = Vllm(home / "logs", session, options).engine(spec)
        address = await engine.start(lambda text: None)
        try:
            yield session, engine, address
        finally:
            await engine.stop()


async def say(session: aiohttp.ClientSession, address: Address, name: str = "", key: str = "") -> tuple[int, Any]:
    body = {"messages": [{"role": "user", "content": "hi"}], **addressing(address.traits, name)}
    headers = {"authorization": f"Bearer {key or address.api_key}"}
    async with session.post(f"{address.base_url}/v1/chat/completions", json=body, headers=headers) as response:
        return response.status, await response.json()


async def test_it_starts_answers_tells_how_busy_it_is_and_leaves_nothing_running(
    tmp_path: Path, program: str, checkpoint: Path
) -> None:
    options = VllmOptions(program=program)
    async with started(tmp_path, EngineSpec(checkpoint, NAME, 4096), options) as (session, engine, address):
        assert address.engine == "vllm/0.33.0"
        status, answer = await say(session, address)
        assert (status, answer["choices"][0]["message"]["content"]) == (200, f"I am {NAME}")
        assert (await say(session, address, key="guess"))[0] == 401
        metrics = await engine.metrics()
        assert (metrics.active, metrics.queued) == (2, 3)
        assert await engine.active_requests() == 2
        assert metrics.memory_bytes > 10 << 20, "the server's own memory counts, not only that of who looks after it"
        assert address.traits.capabilities.context_tokens == 2048
        family = [psutil.Process(engine.pid), *psutil.Process(engine.pid).children(recursive=True)]
        assert len(family) >= 2
        assert address.api_key not in " ".join(argument for one in family for argument in one.cmdline())
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family)


async def test_the_server_ends_with_who_looks_after_it(tmp_path: Path, program: str, checkpoint: Path) -> None:
    async with started(tmp_path, EngineSpec(checkpoint, NAME, 4096), VllmOptions(program=program)) as (_, engine, _address):
        children = psutil.Process(engine.pid).children(recursive=True)
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        _, alive = psutil.wait_procs(children, timeout=10)
        assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


async def test_adapters_answer_by_their_names(tmp_path: Path, program: str, checkpoint: Path) -> None:
    adapters = (adapter(tmp_path, "ada/one@1", 8), adapter(tmp_path, "ada/two@2", 20))
    spec = EngineSpec(checkpoint, NAME, 4096, adapters=adapters)
    async with started(tmp_path, spec, VllmOptions(program=program)) as (session, _, address):
        for name in ("", "ada/one@1", "ada/two@2"):
            assert (await say(session, address, name))[1]["choices"][0]["message"]["content"] == f"I am {name or NAME}"
    async with aiohttp.ClientSession() as session:
        command = list(Vllm(tmp_path, session).serve(spec))
    assert command[command.index("--max-lora-rank") + 1] == "32"
    assert command[command.index("--max-loras") + 1] == "2"


async def test_what_is_set_stands_on_the_command_line(tmp_path: Path, checkpoint: Path) -> None:
    text = "tensor_parallel=2, dtype=bfloat16, quantization=awq, gpu_memory=0.5, tool_parser=hermes"
    async with aiohttp.ClientSession() as session:
        kind = Vllm(tmp_path, session, parse_vllm_options(text))
        command = " ".join(kind.serve(EngineSpec(checkpoint, NAME, 1024)))
        assert kind.capabilities(EngineSpec(checkpoint, NAME, 1024)).tools
        assert "--runner pooling" in " ".join(kind.serve(EngineSpec(checkpoint, NAME, 1024, Mode.EMBEDDINGS)))
    for expected in (
        f"vllm serve {checkpoint} --served-model-name {NAME}",
        "--max-model-len 1024",
        "--tensor-parallel-size 2",
        "--dtype bfloat16",
        "--quantization awq",
        "--gpu-memory-utilization 0.5",
        "--enable-auto-tool-choice --tool-call-parser hermes",
    ):
        assert expected in command


@pytest.mark.parametrize("text", ["tensor_parallel=two", "gpus=2", "dtype"])
def test_an_option_that_is_none_is_refused(text: str) -> None:
    if text == "dtype":
        assert parse_vllm_options(text).dtype == ""
        return
    with pytest.raises(InvalidInput, match="COMMONWEIGHT_VLLM"):
        parse_vllm_options(text)


async def test_a_failed_start_says_why_and_a_missing_program_too(tmp_path: Path, program: str, checkpoint: Path) -> None:
    spec = EngineSpec(checkpoint, NAME, 4096)
    with pytest.raises(LoadFailed, match="invalid choice"):
        async with started(tmp_path, spec, VllmOptions(program=program, dtype="int3")):
            pass
    with pytest.raises(LoadFailed, match="could not be started"):
        async with started(tmp_path, spec, VllmOptions(program=str(tmp_path / "nothing"))):
            pass
    (checkpoint / "config.json").write_text("{")
    with pytest.raises(LoadFailed, match=r"config\.json"):
        async with started(tmp_path, spec, VllmOptions(program=program)):
            pass


async def test_one_that_runs_already_is_joined_and_left_running(tmp_path: Path, program: str, checkpoint: Path) -> None:
    spec = EngineSpec(checkpoint, NAME, 4096)
    async with started(tmp_path, spec, VllmOptions(program=program)) as (session, first, there):
        engine = Joined(session, there.base_url + "/v1", there.api_key).engine(EngineSpec(checkpoint, "ada/other@1", 4096))
        address = await engine.start(lambda text: None)
        assert (address.engine, address.traits.model) == ("vllm/0.33.0", NAME)
        assert (await say(session, address))[1]["choices"][0]["message"]["content"] == f"I am {NAME}"
        assert (await engine.metrics()).queued == 3
        await engine.stop()
        assert await first.healthy()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(LoadFailed, match="joined"):
            await Joined(session, there.base_url, "").engine(spec).start(lambda text: None)
