"""A PostgreSQL cluster of the test run's own, on a Unix socket, thrown away at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.support.tools import postgresql_program

START_SECONDS = 60


class PostgreSQL:
    """`with PostgreSQL() as server: server.url("name")`."""

    def __init__(self) -> None:
        self._initdb = postgresql_program("initdb")
        self._postgres = postgresql_program("postgres")
        self._folder = Path(tempfile.mkdtemp(prefix="cwpg-", dir="/tmp"))  # a socket's path may have 107 bytes at most
        self._user = _ordinary_user()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PostgreSQL:
        if self._user:
            shutil.chown(self._folder, self._user)
        data = self._folder / "data"
        self._run(self._initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = ["-c", "fsync=off", "-c", "listen_addresses=", "-c", "max_connections=200", "-k", str(self._folder)]
        self._process = subprocess.Popen(
            [self._postgres, "-D", str(data), *options],
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not _is_ready(data / "postmaster.pid"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the PostgreSQL server of the tests did not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.send_signal(signal.SIGQUIT)  # at once: hundreds of databases that nobody wants are not written out
            self._process.wait(START_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://postgres@/{database}?host={self._folder}"

    def _run(self, *command: object) -> None:
        subprocess.run([str(part) for part in command], user=self._user, check=True, capture_output=True)


def _is_ready(told: Path) -> bool:
    """Its socket is there before it lets anybody in; the eighth line of this file says when it does."""
    lines = told.read_text().splitlines() if told.exists() else []
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _ordinary_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
