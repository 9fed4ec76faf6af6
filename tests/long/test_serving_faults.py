"""
Engines, the worker, a web process and database connections are taken away under load: every request ends, and well-formed,
and nothing is missing in the ledger of what clients were told.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from commonweight.db import Database
from tests.support.server import Server, running

pytestmark = pytest.mark.long

MODEL = "commonweight/SmolLM2-135M-Instruct-GGUF"
CLIENTS = 6  # more than slots, so that some wait in the queue
LONGEST_S = 120.0  # a load on a busy machine takes some tens of seconds; what takes longer hangs
LOAD_S = 40.0
TAKEN_OVER_S = 60.0  # a dead process's journal is looked for every ten seconds, on a machine that may be busy


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, own_database: dict[str, str]) -> Iterator[Server]:
    settings = {**own_database, "COMMONWEIGHT_WEB_PROCESSES": "2", "COMMONWEIGHT_CONTEXT_TOKENS": "512"}
    with running(tmp_path_factory.mktemp("faults") / "home", starter=True, environment=settings) as started:
        yield started


class Acknowledged:
    """Tokens that one key was told of in answers that came to their end, beside what the ledger says of it."""

    def __init__(self, server: Server) -> None:
        _, _, text = server.request("/cw/v1/keys", method="POST", token=server.admin_token, body={"name": "faults"})
        made = json.loads(text)
        self.key: str = made["key"]
        self.told: list[int] = []
        self._server = server
        self._id = made["id"]

    def ledger(self) -> int:
        _, _, text = self._server.request(f"/cw/v1/usage?by=key&key={self._id}", token=self._server.admin_token)
        return sum(row["prompt_tokens"] + row["completion_tokens"] for row in json.loads(text)["rows"])

    def check(self) -> None:
        """Nothing of what was told is lost, once the journals of dead processes have been taken over."""
        deadline = time.monotonic() + TAKEN_OVER_S
        while self.ledger() < sum(self.told) and time.monotonic() < deadline:
            time.sleep(1)
        assert self.ledger() >= sum(self.told) > 0


def one_request(server: Server, stream: bool, by: Acknowledged | None = None) -> str:
    """How it ended. Raises AssertionError for an ending that no client understands."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Tell me about foxes."}], "max_tokens": 24}
    body |= {"stream_options": {"include_usage": True}} if stream else {}
    headers = {"authorization": f"Bearer {by.key if by else server.admin_token}", "content-type": "application/json"}
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=LONGEST_S)
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps({**body, "stream": stream}), headers)
        answer = connection.getresponse()
        said = answer.read().decode()
    except (ConnectionError, http.client.HTTPException):
        return "connection"  # its web process was killed: nobody is left who could say anything
    finally:
        connection.close()
    if answer.status != 200:
        return _error(json.loads(said))
    events = [line[6:] for line in said.splitlines() if line.startswith("data: ")]
    if stream and events[-1] != "[DONE]":
        return _error(json.loads(events[-1]))
    last = json.loads(events[-2] if stream else said)
    assert stream or last["choices"][0]["finish_reason"] in ("stop", "length")
    if by is not None:
        by.told.append(last["usage"]["total_tokens"])
    return "done"


def _error(document: Any) -> str:
    assert set(document["error"]) == {"message", "type", "param", "code"}, document
    assert document["error"]["message"]
    return str(document["error"]["code"])


def under_load(server: Server, disturb: Callable[[], None]) -> Counter[str]:
    """Outcomes of requests that went on while something was done to the server, and for a while after."""
    ends, outcomes, faults, by = time.monotonic() + LOAD_S, Counter[str](), [], Acknowledged(server)

    def ask(stream: bool) -> None:
        while time.monotonic() < ends:
            began = time.monotonic()
            try:
                outcomes[one_request(server, stream, by)] += 1
            except BaseException as error:  # told by the test's own thread
                faults.append(f"after {time.monotonic() - began:.0f} s: {error!r}")
                return

    threads = [threading.Thread(target=ask, args=(number % 2 == 0,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(5)
    disturb()
    for thread in threads:
        thread.join(LOAD_S + LONGEST_S)
    assert not any(thread.is_alive() for thread in threads), f"a request hangs: {outcomes}"
    assert not faults, faults
    assert outcomes["done"], outcomes
    by.check()
    return outcomes


def processes(server: Server, words: str) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(server.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if words in " ".join(child.cmdline()):
                found.append(child)
    return found


def kill(server: Server, words: str) -> None:
    found = processes(server, words)
    assert found, f"no process with {words!r}"
    found[0].kill()


def test_engines_killed_under_load(server: Server) -> None:
    one_request(server, stream=False)

    def disturb() -> None:
        for _ in range(3):
            with contextlib.suppress(AssertionError):  # it is still being started again
                kill(server, "llamacpp_main")
            time.sleep(6)

    outcomes = under_load(server, disturb)
    assert set(outcomes) <= {"done", "engine_lost", "engine_overloaded"}, outcomes


def test_a_web_process_killed_under_load(server: Server) -> None:
    outcomes = under_load(server, lambda: kill(server, "spawn_main"))
    assert set(outcomes) <= {"done", "connection", "engine_lost", "engine_overloaded"}, outcomes
    assert one_request(server, stream=True) == "done"


def test_the_worker_killed_under_load(server: Server) -> None:
    """Its engines end with it; the supervisor starts another, which loads the model anew."""
    outcomes = under_load(server, lambda: kill(server, "commonweight.worker"))
    assert set(outcomes) <= {"done", "engine_lost", "engine_overloaded", "model_load_failed"}, outcomes
    assert one_request(server, stream=True) == "done"


def test_database_connections_cut_under_load(server: Server, own_database: dict[str, str]) -> None:
    if not own_database:
        pytest.skip("SQLite has no connections to cut")

    async def cut() -> None:
        database = Database(own_database["COMMONWEIGHT_DATABASE_URL"])
        for _ in range(10):
            async with database.read() as connection:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                await connection.execute(text(f"{others} WHERE datname = current_database() AND pid <> pg_backend_pid()"))
            await asyncio.sleep(0.7)
        await database.close()

    outcomes = under_load(server, lambda: asyncio.run(cut()))
    assert one_request(server, stream=False) == "done"
    assert "connection" not in outcomes, outcomes
