"""How the processes of one installation hang together."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import sys
from typing import TextIO

PR_SET_PDEATHSIG = 1  # prctl(2)
YOUNG_OBJECTS = 3_000  # made and not freed between two looks of the collector; until then what lies in circles stays
SECRET = ("COMMONWEIGHT_", "AWS_")  # beginnings of names: all settings, since some hold passwords
TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")  # for bringing models from another hub
SUPERVISOR = "COMMONWEIGHT_SUPERVISOR"  # process number, for its children


def keep_one_arena() -> None:
    """
    For processes started from here: threads that share one heap give back what they took. With an arena for each thread of
    the database, 200,000 requests left a web process 4 % larger. glibc's; it is read when a process starts.
    """
    os.environ.setdefault("MALLOC_ARENA_MAX", "1")


def environment_without_secrets() -> dict[str, str]:
    """
    Of this process, for children that run what others made: engines, trainings, what takes files apart. They need no
    database, no keys of a store and none of another hub.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith(SECRET) and name not in TOKENS}


def announce_supervisor() -> None:
    """Called by the supervisor before it starts anything: its children learn who their parent is."""
    os.environ[SUPERVISOR] = str(os.getpid())


def die_with_supervisor() -> None:
    """`die_with_parent` for the processes that the supervisor starts; without a supervisor, nothing."""
    if SUPERVISOR in os.environ:
        die_with_parent(int(os.environ[SUPERVISOR]))


def die_with_parent(parent: int) -> None:
    """
    Ask the kernel for SIGTERM when the parent dies, so that killing it leaves nothing behind (Linux only).

    `parent` is the parent's process number as it was when this process was started: it may have died since.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def spare_what_stands() -> None:
    """
    Take what stands by now out of the garbage collector's rounds: programs, records of licences, rooms live as long as the
    process, and walking over all of them again and again cost a tenth of all verdicts. Called once, when all is built.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)


def log_to_stderr(level: str) -> None:
    """One line per record on standard error, where a terminal, a journal or a container's log takes it."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every plugin it sets up
    # Its debug lines hold every parameter of every statement: what was decided to be kept would be in logs as well.
    logging.getLogger("aiosqlite").setLevel(logging.INFO)
    # What the format below does not name is not looked up for each line (Logging HOWTO, Optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    handler = _Lines(sys.stderr)
    handler.setFormatter(_Form())
    logging.basicConfig(level=level.upper(), handlers=[handler])


class _Lines(logging.StreamHandler[TextIO]):
    """Standard error hands each line on by itself. Each line would pay for what else the library's handlers can do."""

    def handle(self, record: logging.LogRecord) -> bool:
        """There are no filters here."""
        assert self.lock is not None
        with self.lock:
            self.emit(record)
        return True

    def flush(self) -> None:
        """There is nothing to do."""


class _Form(logging.Formatter):
    """`12:30:59 INFO name message`. The clock is written once a second: there may be thousands of lines in one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%H:%M:%S")
        self._second = 0
        self._clock = ""

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info or record.exc_text or record.stack_info:
            return super().format(record)
        return f"{self.formatTime(record)} {record.levelname} {record.name} {record.getMessage()}"

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # logging's name
        second = int(record.created)
        if second != self._second:
            self._second, self._clock = second, super().formatTime(record, datefmt or self.datefmt)
        return self._clock
