"""Starts the gateway of `tests.wire.openai.server` under Granian, and looks at its engines."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from openai import OpenAI
from sqlalchemy import insert

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.db.tables.serving import replicas
from commonweight.identity import Account, Caller
from commonweight.serving import ReceiptBook, Replica, Replicas
from tests.wire.openai.server import KEY, SIGNER, offer

START_SECONDS = 60.0


@dataclass(frozen=True)
class Gateway:
    """A running gateway."""

    address: str
    home: Path
    pid: int

    def client(self, key: str = KEY, **options: Any) -> OpenAI:
        options.setdefault("max_retries", 0)
        return OpenAI(base_url=f"{self.address}/v1", api_key=key, **options)

    def engines(self, word: str) -> list[psutil.Process]:
        """The engine processes whose command line holds a word."""
        children = psutil.Process(self.pid).children(recursive=True)
        found = []
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if any(word in argument for argument in child.cmdline()) and "granian" not in " ".join(child.cmdline()):
                    found.append(child)
        return found

    async def replica(self, repository: str, path: str) -> Replica:
        database = Database(f"sqlite+aiosqlite:///{self.home / 'test.sqlite3'}")
        row = await Replicas(database, SystemClock()).find(offer(repository, path).servable.key)
        await database.close()
        assert row is not None
        return row

    async def receipt(self, id: str) -> dict[str, Any]:
        """The signed receipt of an answer, as its account reads it."""
        database = Database(f"sqlite+aiosqlite:///{self.home / 'test.sqlite3'}")
        try:
            book = ReceiptBook(database, SIGNER, SystemClock(), "")
            return await book.read(Caller(Account(1, "user", "ada", "Ada")), id)
        finally:
            await database.close()

    async def leave_behind(self, repository: str, path: str) -> None:
        """A ready row as a worker leaves it that was killed with its engines: nothing listens at its address."""
        now, model = datetime.now(UTC), offer(repository, path).servable
        row: dict[str, Any] = {
            "id": "orphan",
            "model_key": model.key,
            "model": model.as_document(),
            "state": "ready",
            "worker": "dead",
        }
        row |= {"declined": [], "lease_until": now + timedelta(hours=1), "requested_at": now, "last_used_at": now}
        database = Database(f"sqlite+aiosqlite:///{self.home / 'test.sqlite3'}")
        async with database.write() as connection:
            await connection.execute(insert(replicas).values(**row, base_url=f"http://127.0.0.1:{free_port()}", api_key="x"))
        await database.close()

    def raw(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of a request as it is written."""
        headers.setdefault("authorization", f"Bearer {KEY}")
        request = urllib.request.Request(self.address + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, dict(answer.headers), json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), json.loads(error.read())


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as chooser:
        chooser.bind(("127.0.0.1", 0))
        port: int = chooser.getsockname()[1]
        return port


def busy_slots(replica: Replica) -> int:
    """How many requests an engine is working on."""
    request = urllib.request.Request(f"{replica.base_url}/slots", headers={"authorization": f"Bearer {replica.api_key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return sum(slot["is_processing"] for slot in json.loads(answer.read()))


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


@contextmanager
def gateway(home: Path) -> Iterator[Gateway]:
    """A gateway for as long as the block lasts."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--port", str(port), "--loop", "uvloop"]
    environment = {**os.environ, "TEST_GATEWAY_HOME": str(home)}
    with (home / "gateway.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "tests.wire.openai.server:make_app"], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        running = Gateway(f"http://127.0.0.1:{port}", home, process.pid)
        if not until(lambda: _answers(running, process), START_SECONDS):
            raise RuntimeError((home / "gateway.log").read_text())
        yield running
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(running: Gateway, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError((running.home / "gateway.log").read_text())
    try:
        return running.raw("GET", "/v1/models")[0] == 200
    except urllib.error.URLError:
        return False
