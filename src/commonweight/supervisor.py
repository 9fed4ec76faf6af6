"""
Keeps the processes of one installation running: web processes (Granian) and the worker of this host.

Started by `commonweight up` in place of itself (exec), so that setting up leaves no memory behind. Imports little.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from commonweight.processes import announce_supervisor, keep_one_arena, log_to_stderr
from commonweight.settings import Settings
from commonweight.telemetry import share_between_processes

GREETING = "COMMONWEIGHT_GREETING"  # the text that `up` wants printed once the server answers
STOP_SECONDS = 15  # for the worker to stop its engines before it is killed
FIRST_RESTART_SECONDS, LAST_RESTART_SECONDS = 1.0, 30.0  # a worker that keeps dying is started ever more slowly
PATIENCE_SECONDS = 60  # for the first answer of /healthz; then it is said that there is none yet
CONNECTIONS = 4096  # at once per web process, idle ones too (Granian closes those after 30 s); further ones wait in a queue
OPEN_FILES = 3 * CONNECTIONS  # some systems begin with 1,024, which connections, files and the database would use up


def main() -> None:
    settings = Settings.from_environment(os.environ)
    greeting = os.environ.pop(GREETING, "")
    log_to_stderr(settings.log_level)
    announce_supervisor()
    share_between_processes(settings.home / "run" / "metrics")
    # Web processes are started afresh, not forked: a fork copies locks that threads of this process hold, of imports too,
    # and nobody in the copy ever gives them back.
    multiprocessing.set_start_method("spawn")
    _allow_open_files()
    worker = WorkerKeeper()
    worker.start()
    keep_one_arena()  # not for the worker's engines, whose threads work by themselves
    threading.Thread(target=greet, args=(health_of(settings), greeting), daemon=True).start()
    try:
        _server(settings).serve()
    finally:
        worker.stop()


def _allow_open_files() -> None:
    """Ask for what the processes started from here may need, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _server(settings: Settings) -> Any:  # Granian is a variable to the type checker
    return Granian(
        "commonweight.app:create",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=settings.web_processes,
        loop=Loops.uvloop,
        websockets=False,
        backpressure=CONNECTIONS,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=1.0,
        workers_kill_timeout=10,
    )


class WorkerKeeper:
    """Starts the worker process and starts it again when it ends by itself."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._environment = dict(os.environ)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()  # between starting the worker and being told to stop

    def start(self) -> None:
        # The thread that starts the worker lives as long as this process: the kernel counts a child's parent by thread.
        self._thread.start()

    def _keep(self) -> None:
        pause = FIRST_RESTART_SECONDS
        while not self._stopping.is_set():
            began = time.monotonic()
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process = subprocess.Popen([sys.executable, "-m", "commonweight.worker"], env=self._environment)
            self._process.wait()
            pause = FIRST_RESTART_SECONDS if time.monotonic() - began > LAST_RESTART_SECONDS else pause
            self._stopping.wait(pause)
            pause = min(pause * 2, LAST_RESTART_SECONDS)

    def stop(self) -> None:
        with self._lock:
            self._stopping.set()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


def health_of(settings: Settings) -> str:
    """Where the server says that it answers."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not listened on
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/healthz"


def greet(address: str, greeting: str, patience: float = PATIENCE_SECONDS) -> None:
    """
    Print the greeting once the server answers at `address`, however long that takes: on a machine that is busy it may be
    minutes, and without the greeting nobody knows where. Every `patience` seconds without an answer are told.
    """
    told = time.monotonic()
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own address
                print(greeting, flush=True)  # noqa: T201 - the terminal is where it belongs
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        if time.monotonic() - told > patience:
            told = time.monotonic()
            print(f"  Nothing answers at {address} yet; still waiting.", flush=True)  # noqa: T201 - as above


if __name__ == "__main__":
    main()
