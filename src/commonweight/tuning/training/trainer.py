"""Our side of the child that trains: starts it, hears what it tells, stops it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from commonweight.processes import environment_without_secrets
from commonweight.tuning.training.errors import Cancelled, Code, Died, Paused, TrainingFailed
from commonweight.tuning.training.folders import adapter_files, last_checkpoint
from commonweight.tuning.training.values import Kind, Trained, TrainingEvent, TrainingSpec

OnEvent = Callable[[TrainingEvent], Awaitable[None]]

CANCEL_SECONDS = 3.0  # for a last checkpoint; after this it is killed and what stands is kept
MAX_LINE_BYTES = 16 << 20  # the last event holds a loss for each step
REASON_BYTES = 2000
PARENT = "COMMONWEIGHT_TRAINER"  # its process number, for the child (main.py)
KINDS = frozenset(Kind)
KILLED = 9
# Nothing leaves the machine, and OpenMP's threads sleep when they wait (reference/tuning.md, pitfall 11).
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "DISABLE_TELEMETRY": "1",
    "WANDB_DISABLED": "true",
    "TRL_EXPERIMENTAL_SILENCE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_WAIT_POLICY": "PASSIVE",
    "PYTHONUNBUFFERED": "1",
}


class Trainer:
    """
    Runs one training at a time in a child of this process. The child ends when this process does.

    `log` takes what the libraries say (warnings, tracebacks; no examples). `threads`, where given, is the most that the
    child may use. `environment` is added to the child's. `program` is the module that the child runs, with its arguments;
    one that is cancelled has `cancel_seconds` for a last checkpoint.
    """

    def __init__(
        self,
        python: str = sys.executable,
        log: Path | None = None,
        threads: int | None = None,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = ("commonweight.tuning.training.main",),
        cancel_seconds: float = CANCEL_SECONDS,
    ) -> None:
        self._command = [python, "-P", "-m", *program]
        self._cancel_seconds = cancel_seconds
        self._log = log
        self._threads = threads
        self._environment = environment or {}
        self._process: asyncio.subprocess.Process | None = None
        self._cancelled = False

    @property
    def pid(self) -> int | None:
        """Of the child, while it runs."""
        return self._process.pid if self._process else None

    async def run(self, spec: TrainingSpec, on_event: OnEvent) -> Trained:
        """
        Train, from the last checkpoint in `spec.folder` where there is one. `on_event` is awaited for each event in turn.

        Raises Paused, Cancelled, TrainingFailed. When this task is cancelled, the child is killed; its checkpoints stay.
        """
        if self._process is not None:
            raise RuntimeError("This trainer is at work already: make another one for a second training.")
        spec.folder.mkdir(parents=True, exist_ok=True)
        self._cancelled = False
        process = self._process = await self._spawn(spec.folder)
        try:
            return await self._hear(process, spec, on_event)
        finally:
            await _end(process)
            self._process = None

    async def pause(self) -> None:
        """Ask for a checkpoint and the end of the child; `run` raises Paused then. Nothing when nothing runs."""
        await self._say({"command": "pause"})

    async def cancel(self) -> None:
        """Like `pause`, for good and within seconds; `run` raises Cancelled. Nothing when nothing runs."""
        process, self._cancelled = self._process, True
        await self._say({"command": "cancel"})
        if process is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self._cancel_seconds)
            _kill(process)

    async def _spawn(self, folder: Path) -> asyncio.subprocess.Process:
        threads = self._threads or _processors()
        path = self._log or folder / "training.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        own = {**ENVIRONMENT, PARENT: str(os.getpid()), "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        with path.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                limit=MAX_LINE_BYTES,
                env={**environment_without_secrets(), **own, **self._environment},
            )

    async def _say(self, document: Mapping[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(ConnectionError):
            process.stdin.write(json.dumps(document).encode() + b"\n")
            await process.stdin.drain()

    async def _hear(self, process: asyncio.subprocess.Process, spec: TrainingSpec, on_event: OnEvent) -> Trained:
        await self._say(spec.to_json())
        assert process.stdout is not None
        async for line in process.stdout:
            told = json.loads(line)
            if told["kind"] in KINDS:
                await on_event(TrainingEvent(Kind(told["kind"]), told["data"]))
            if (trained := self._outcome(told["kind"], told["data"], spec)) is not None:
                return trained
        status = await process.wait()
        if self._cancelled:
            raise cancelled(spec.folder)
        raise _died(status)

    def _outcome(self, kind: str, data: Mapping[str, Any], spec: TrainingSpec) -> Trained | None:
        """What the last line of a child means; None for lines before it."""
        if kind == Kind.DONE:
            return Trained.from_json(data)
        if kind == "failed":
            raise TrainingFailed(data["code"], data["message"], data["hint"])
        if kind == "paused":
            raise Paused(data["step"])
        if kind == "cancelled":
            raise cancelled(spec.folder)
        return None


def _processors() -> int:
    """That this process may use: a container may have fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cancelled(folder: Path) -> Cancelled:
    """What the last checkpoint in a folder knows is kept as `adapter/` there."""
    checkpoint = last_checkpoint(folder)
    if checkpoint is None:
        return Cancelled(0, None)
    kept = folder / "adapter"
    for file in adapter_files(checkpoint.path):
        kept.mkdir(exist_ok=True)
        shutil.copy2(file, kept / file.name)
    return Cancelled(checkpoint.step, kept if kept.exists() else None)


def _died(status: int) -> Died:
    if status == -KILLED:
        return Died(
            Code.OUT_OF_MEMORY,
            "The training was killed, most likely because memory ran out.",
            "Choose a smaller batch_size or max_tokens, or a smaller base; it goes on from its last checkpoint.",
        )
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    return Died(Code.CRASHED, f"The training ended {how}, without a word.", "Its log says more.")


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Also when this task is cancelled nothing is left running."""
    if process.returncode is None:
        _kill(process)
    await asyncio.shield(process.wait())
    if process.stdin is not None:
        process.stdin.close()
