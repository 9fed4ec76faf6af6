"""Engines as child processes: llama.cpp with the starter model, and the mock."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import psutil
import pytest

from commonweight.serving.engines import (
    Address,
    EngineKind,
    EngineSpec,
    Listen,
    LlamaCpp,
    MockBehaviour,
    MockKind,
    ProcessEngine,
    default_threads,
)
from commonweight.serving.engines.llamacpp_main import url_of
from commonweight.serving.engines.logs import MAX_LOG_BYTES, EngineLog
from commonweight.serving.errors import LoadFailed
from tests.serving.world import starter_file

SECRET = "xyzzy-plugh"  # a word that must be found nowhere but in the answer
GONE_S = 10.0  # it takes milliseconds; a busy machine may take longer


def spec(path: Path) -> EngineSpec:
    return EngineSpec(path, "ada/tiny@abc", context_tokens=256)


@asynccontextmanager
async def started(kind: EngineKind, path: Path) -> AsyncIterator[tuple[ProcessEngine, Address]]:
    engine = kind.engine(spec(path))
    assert isinstance(engine, ProcessEngine)
    address = await engine.start(lambda text: None)
    try:
        yield engine, address
    finally:
        await engine.stop()


async def ask(session: aiohttp.ClientSession, address: Address, text: str) -> tuple[int, str]:
    body = {"messages": [{"role": "user", "content": text}], "max_tokens": 2}
    headers = {"authorization": f"Bearer {address.api_key}"}
    async with session.post(f"{address.base_url}/v1/chat/completions", json=body, headers=headers) as response:
        return response.status, await response.text()


async def test_llamacpp_answers_and_writes_no_prompt_anywhere(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session, started(LlamaCpp(tmp_path, session), starter_file()) as (engine, address):
        status, _ = await ask(session, address, SECRET)
        assert status == 200
        assert engine.memory_bytes() > starter_file().stat().st_size / 2
        assert address.engine.startswith("llama.cpp/")
    assert all(SECRET not in path.read_text() for path in tmp_path.iterdir())


async def test_llamacpp_tells_how_busy_it_is_and_what_it_offers(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session, started(LlamaCpp(tmp_path, session), starter_file()) as (engine, address):
        await ask(session, address, "hi")
        metrics = await engine.metrics()
        assert (metrics.active, metrics.queued, metrics.slots) == (0, 0, 4)
        assert metrics.tokens_per_second is not None
        assert metrics.tokens_per_second > 0
        assert metrics.memory_bytes > 0
        assert address.traits.capabilities.chat
        assert address.traits.capabilities.context_tokens == 256


async def test_an_engine_answers_nobody_without_its_key(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session, started(LlamaCpp(tmp_path, session), starter_file()) as (_, address):
        status, _ = await ask(session, Address(address.base_url, "guess", address.engine), "hi")
        assert status == 401


async def test_its_key_is_not_among_the_arguments(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session, started(MockKind(tmp_path, session), starter_file()) as (engine, address):
        assert address.api_key not in " ".join(psutil.Process(engine.pid).cmdline())


async def test_an_engine_is_not_told_what_the_server_must_keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COMMONWEIGHT_DATABASE_URL", "COMMONWEIGHT_STORAGE_SECRET_KEY", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN"):
        monkeypatch.setenv(name, SECRET)
    async with aiohttp.ClientSession() as session, started(MockKind(tmp_path, session), starter_file()) as (engine, _):
        told = psutil.Process(engine.pid).environ()
        assert told["PATH"] == os.environ["PATH"]
        assert SECRET not in told.values()


async def test_a_stopped_engine_leaves_no_process_and_no_zombie(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session, started(MockKind(tmp_path, session), starter_file()) as (engine, _):
        pid = engine.pid
        await engine.stop()
        assert pid is not None
        assert not psutil.pid_exists(pid)
        assert not await engine.healthy()
        assert engine.memory_bytes() == 0
        assert "signal 15" in await engine.ended()


BROKEN = {
    "junk": (b"no model at all", "GGUF"),
    "empty": (b"", "GGUF"),
    "cut": (starter_file().read_bytes()[: 20 << 20], "not within the file bounds"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_file_is_refused_with_the_reason_and_without_its_path(tmp_path: Path, name: str) -> None:
    path = tmp_path / "model.gguf"
    content, reason = BROKEN[name]
    path.write_bytes(content)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(LoadFailed, match=reason) as caught:
            async with started(LlamaCpp(tmp_path / "logs", session), path):
                pass
    assert str(path) not in str(caught.value)


async def test_a_cancelled_start_leaves_nothing_running(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        engine = MockKind(tmp_path, session, MockBehaviour(start_ms=60_000)).engine(spec(starter_file()))
        starting = asyncio.create_task(engine.start(lambda text: None))
        while engine.pid is None:
            await asyncio.sleep(0.01)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        assert not psutil.pid_exists(engine.pid)


async def test_the_context_is_no_longer_than_the_model_was_trained_for(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        kind = LlamaCpp(tmp_path, session)
        assert "--context=8192" in kind.command(EngineSpec(starter_file(), "x", context_tokens=100_000))
        assert "--context=256" in kind.command(spec(starter_file()))


async def test_the_estimate_counts_the_cache_of_every_slot(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        one, four = (LlamaCpp(tmp_path, session, slots=slots).estimate_bytes(spec(starter_file())) for slots in (1, 4))
        assert four - one == 3 * 256 * 23040  # 30 layers, 3 heads of 64 numbers, keys and values, two bytes each


def test_engines_never_take_every_core() -> None:
    assert [default_threads(cores) for cores in (1, 2, 4, 64)] == [1, 1, 3, 63]


@pytest.mark.parametrize("kind", ["llama", "mock"])
def test_an_engine_ends_when_its_parent_is_killed(tmp_path: Path, kind: str) -> None:
    with orphaned_parent(tmp_path, kind) as (parent, child):
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + GONE_S
        while _runs(child) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not _runs(child)


@contextmanager
def orphaned_parent(home: Path, kind: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that has started an engine, and the engine's id."""
    command = [sys.executable, "-m", "tests.serving.parent", str(home), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        try:
            yield parent, int(parent.stdout.readline())
        finally:
            parent.kill()


def _runs(pid: int) -> bool:
    """A zombie does not run; where nobody reaps orphans it stays one."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_log_that_grew_too_large_is_put_aside_at_the_next_start(tmp_path: Path) -> None:
    log = EngineLog(tmp_path, "ada/tiny@abc")
    log.path.write_bytes(b"x" * (MAX_LOG_BYTES + 1))
    with log.open() as file:
        file.write(b"0.1 W something\n0.2 E the reason\n0.3 E what followed from it\n")
    assert log.path.stat().st_size < 100
    assert log.reason() == "the reason"


def test_a_log_that_grows_too_large_while_the_engine_runs_is_emptied(tmp_path: Path) -> None:
    log = EngineLog(tmp_path, "a")
    with log.open() as file:
        file.write(b"x" * (MAX_LOG_BYTES + 1))
        file.flush()
        log.trim()
        file.write(b"and on")
    assert log.path.read_bytes() == b"and on"


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "http://127.0.0.1:47"), ("::1", "http://[::1]:47")])
def test_an_ipv6_address_stands_in_brackets(host: str, url: str) -> None:
    assert url_of(host, 47) == url


async def test_an_engine_listens_on_an_ipv6_address(tmp_path: Path) -> None:
    with contextlib.closing(socket.socket(socket.AF_INET6)) as there:
        try:
            there.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
    async with aiohttp.ClientSession() as session:
        listening = replace(spec(starter_file()), listen=Listen("::1"))
        engine = MockKind(tmp_path, session).engine(listening)
        try:
            address = await engine.start(lambda text: None)
            assert address.base_url.startswith("http://[::1]:")
        finally:
            await engine.stop()
