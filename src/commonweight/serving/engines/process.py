"""An engine that is a child process: it announces its address on standard output and ends with us."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from commonweight.processes import environment_without_secrets
from commonweight.serving.engines.llamacpp_main import HOST_VARIABLE, KEY_VARIABLE
from commonweight.serving.engines.logs import EngineLog
from commonweight.serving.engines.metrics import LLAMACPP, MetricNames, read_metrics
from commonweight.serving.engines.spec import Address, EngineSpec, Metrics, Progress, Traits
from commonweight.serving.errors import LoadFailed

START_SECONDS = 60.0  # for the process and its libraries on a busy machine
READ_BYTES_PER_SECOND = 20 << 20  # a slow disk; a model may take its size divided by this on top
STOP_SECONDS = 5.0  # an engine has nothing to save: after this it is killed
PROBE_SECONDS = 5.0  # health is answered by threads that do not compute; later than this is not healthy
PROGRESS_SECONDS = 1.0


@dataclass
class _Running:
    """The process and what it announced."""

    process: asyncio.subprocess.Process
    address: Address | None = None


class ProcessEngine:
    """The `Engine` for every program that behaves like `llamacpp_main`."""

    def __init__(
        self,
        command: Sequence[str],
        spec: EngineSpec,
        log: EngineLog,
        session: aiohttp.ClientSession,
        traits: Traits | None = None,
        names: MetricNames = LLAMACPP,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self._command = command
        self._spec = spec
        self.traits = traits or Traits()
        self._start_seconds = start_seconds
        self._names = names
        self._log = log
        self._session = session
        self._running: _Running | None = None

    @property
    def pid(self) -> int | None:
        """Of the child, while it runs."""
        return self._running.process.pid if self._running else None

    async def start(self, on_progress: Progress) -> Address:
        key = secrets.token_urlsafe(24)
        running = self._running = _Running(await self._spawn(key))
        try:
            facts = await self._announcement(running.process, on_progress)
            running.address = Address(self._spec.listen.address(facts["base_url"]), key, facts["engine"], self.traits)
            await self._until_healthy(running.process)
        except BaseException:  # also a cancelled start leaves nothing running
            await self.stop()
            raise
        return running.address

    async def _spawn(self, key: str) -> asyncio.subprocess.Process:
        with self._log.open() as log:
            return await asyncio.create_subprocess_exec(
                *self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**environment_without_secrets(), KEY_VARIABLE: key, HOST_VARIABLE: self._spec.listen.host},
            )

    async def _announcement(self, process: asyncio.subprocess.Process, on_progress: Progress) -> dict[str, Any]:
        """The child's line. Raises LoadFailed when it ends or stays silent."""
        assert process.stdout is not None
        limit = self._start_seconds + self._spec.size / READ_BYTES_PER_SECOND
        reading = asyncio.create_task(process.stdout.readline())
        try:
            line = await _with_progress(reading, limit, on_progress)
        except TimeoutError:
            raise LoadFailed(f"The engine did not load {self._spec.name} within {limit:.0f} s.") from None
        if not line:
            await process.wait()
            raise LoadFailed(f"The engine could not load {self._spec.name}: {self._reason(process)}")
        facts: dict[str, Any] = json.loads(line)
        return facts

    async def _until_healthy(self, process: asyncio.subprocess.Process) -> None:
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while not await self.healthy():
            if process.returncode is not None or asyncio.get_running_loop().time() > deadline:
                raise LoadFailed(f"The engine for {self._spec.name} does not answer: {self._reason(process)}")
            await asyncio.sleep(0.05)

    def _reason(self, process: asyncio.subprocess.Process) -> str:
        said = self._log.reason().replace(str(self._spec.model_path), "the model file")
        return said or _how_it_ended(process.returncode)

    async def ended(self) -> str:
        if self._running is None:
            return "It was never started."
        return _how_it_ended(await self._running.process.wait())

    async def healthy(self) -> bool:
        self._log.trim()
        return await self._get("/health", as_text=True) is not None

    async def active_requests(self) -> int:
        slots = await self._get("/slots")
        if isinstance(slots, list):
            return sum(bool(slot.get("is_processing")) for slot in slots)
        return (await self.metrics()).active

    async def metrics(self) -> Metrics:
        slots = await self._get("/slots")
        text = await self._get("/metrics", as_text=True)
        return read_metrics(text or "", self._names, len(slots) if isinstance(slots, list) else None, self.memory_bytes())

    async def _get(self, path: str, *, as_text: bool = False) -> Any:
        """JSON, or the text, of a route of the engine; None when it does not answer as it should."""
        address = self._running.address if self._running else None
        if address is None:
            return None
        headers = {"authorization": f"Bearer {address.api_key}"}
        timeout = aiohttp.ClientTimeout(total=PROBE_SECONDS)
        try:
            async with self._session.get(address.base_url + path, headers=headers, timeout=timeout) as response:
                if response.status != 200:
                    return None
                return await response.text() if as_text else await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    def memory_bytes(self) -> int:
        running = self._running
        return family_bytes(running.process.pid) if running and running.process.returncode is None else 0

    async def stop(self) -> None:
        if self._running is None:
            return
        process = self._running.process
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if process.stdin is not None:
            process.stdin.close()


async def _with_progress(reading: asyncio.Task[bytes], limit: float, on_progress: Progress) -> bytes:
    """The line, with a word every second. Raises TimeoutError."""
    try:
        waited = 0.0
        while not reading.done():
            on_progress(f"loading the model ({waited:.0f} s)")
            await asyncio.wait({reading}, timeout=PROGRESS_SECONDS)
            waited += PROGRESS_SECONDS
            if waited > limit and not reading.done():
                raise TimeoutError
        return reading.result()
    finally:
        reading.cancel()


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "it is still running"
    return f"it was ended by signal {-code}" if code < 0 else f"it ended with status {code}"


def family_bytes(pid: int) -> int:
    """Resident memory of a process and of those that it has started, as far as it can be told."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return resident_bytes(pid) + sum(family_bytes(int(child)) for child in children)


def resident_bytes(pid: int) -> int:
    """Resident memory of a process, 0 where it cannot be told."""
    status = Path(f"/proc/{pid}/statm")
    try:
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return _resident_bytes_from_ps(pid)


def _resident_bytes_from_ps(pid: int) -> int:
    """Where there is no /proc."""
    try:
        answer = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return 0
    return int(answer.stdout.strip() or 0) * 1024
