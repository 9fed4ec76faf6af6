"""
Heavy work in child processes: hashing, chunking, decompression.

Children are started when there is work and end after some idle seconds, so an idle server does not pay for them. They are
plain subprocesses with pipes rather than `concurrent.futures` workers: those cannot be started from a daemon process,
run the parent's main module again, and keep helpers of their own alive.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from commonweight.errors import CommonweightError
from commonweight.processes import environment_without_secrets
from commonweight.storage.worker import LENGTH, pack

log = logging.getLogger("commonweight.storage")

P = ParamSpec("P")
T = TypeVar("T")

MAX_CHILDREN = 2  # a xorb in work takes up to 200 MB of memory; more children than that gain little on small machines
IDLE_SECONDS = 30.0  # longer than the pauses within one upload, short enough that an idle server is small
COMMAND = "from commonweight.storage.worker import main; main()"
ATTEMPTS = 2  # a child that dies (killed for memory, say) costs its work one repetition


class WorkLost(CommonweightError):
    """The child process that did the work died, twice."""

    code = "work_lost"


class WorkPool:
    """
    `await pool.run(function, *arguments)`: what the function returns or raises, computed in a child process.

    The function must be importable by name, its arguments, result and errors picklable. If the awaiting task is
    cancelled, the child is ended with its work. One pool belongs to one event loop.
    """

    def __init__(self, children: int = MAX_CHILDREN, idle_seconds: float = IDLE_SECONDS) -> None:
        self._limit = asyncio.Semaphore(children)
        self._idle_seconds = idle_seconds
        self._idle: list[_Child] = []
        self._closed = False

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Raises what the function raises, or WorkLost where a child died at it twice."""
        if kwargs:
            raise TypeError("pass the arguments of pool work by position")
        message = pack((function, args))
        async with self._limit:
            for _ in range(ATTEMPTS):
                with suppress(_ChildDied):
                    result: T = await self._attempt(message)
                    return result
                log.warning("a storage worker died during %s; starting it again", function.__qualname__)
        raise WorkLost(
            f"The process doing {function.__qualname__} died {ATTEMPTS} times.",
            hint="The server may be short of memory; try again later.",
        )

    async def _attempt(self, message: bytes) -> Any:
        child = self._idle.pop() if self._idle else await _Child.start()
        child.cancel_reaping()
        try:
            succeeded, answer = await child.ask(message)
        except BaseException:  # also cancellation: a child with half an answer in its pipe is of no more use
            await child.end(now=True)
            raise
        self._rest(child)
        if not succeeded:
            raise answer
        return answer

    def _rest(self, child: _Child) -> None:
        self._idle.append(child)
        child.reap_later(self._idle_seconds, self._reap)

    def _reap(self, child: _Child) -> None:
        if child in self._idle:
            self._idle.remove(child)
            child.ending = asyncio.get_running_loop().create_task(child.end())

    @property
    def resting(self) -> tuple[int, ...]:
        """Process ids of the children that wait for work."""
        return tuple(child.pid for child in self._idle)

    async def close(self) -> None:
        """End the children that wait for work."""
        while self._idle:
            child = self._idle.pop()
            child.cancel_reaping()
            await child.end()


class _ChildDied(Exception):
    pass


class _Child:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._reaping: asyncio.TimerHandle | None = None
        self.ending: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls) -> _Child:
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-P", "-c", COMMAND, str(os.getpid()))
        return cls(
            await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=environment_without_secrets())
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, message: bytes) -> tuple[bool, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._process.stdin.is_closing():  # died while it rested; uvloop raises RuntimeError where it is written to
            raise _ChildDied
        try:
            self._process.stdin.write(message)
            await self._process.stdin.drain()
            (length,) = LENGTH.unpack(await self._process.stdout.readexactly(LENGTH.size))
            answer: tuple[bool, Any] = pickle.loads(await self._process.stdout.readexactly(length))  # noqa: S301 — from our own child
        except (ConnectionError, asyncio.IncompleteReadError):
            raise _ChildDied from None
        return answer

    def reap_later(self, seconds: float, reap: Callable[[_Child], None]) -> None:
        self._reaping = asyncio.get_running_loop().call_later(seconds, reap, self)

    def cancel_reaping(self) -> None:
        if self._reaping:
            self._reaping.cancel()

    async def end(self, *, now: bool = False) -> None:
        """Let the process end; `now`: also in the middle of its work."""
        with suppress(ProcessLookupError):
            if now:
                self._process.kill()
        if self._process.stdin:
            self._process.stdin.close()
        await self._process.wait()
