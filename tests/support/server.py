"""A whole installation in a folder of the test's own, started as a user starts it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

START_SECONDS = 120


class Server:
    """`commonweight up` as a child process. `stop` ends it kindly, `kill` as an operator's worst day would."""

    def __init__(
        self,
        home: Path,
        *,
        starter: bool = False,
        environment: Mapping[str, str] | None = None,
        under: Sequence[str] = (),
    ) -> None:
        """`under` is a command that runs it: strace, say."""
        self.home = home
        self._under = list(under)
        self.address = ""
        self._arguments = [] if starter else ["--no-starter"]
        self._environment = {**os.environ, "COMMONWEIGHT_LOG_LEVEL": "warning", **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self.output = ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Server:
        port = self.address.rpartition(":")[2] or "0"  # a server that is started again keeps its address
        command = [
            *self._under,
            sys.executable,
            "-m",
            "commonweight.cli",
            "up",
            "--home",
            str(self.home),
            "--port",
            port,
            *self._arguments,
        ]
        log = (self.home.parent / f"{self.home.name}.log").open("a+")
        self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=subprocess.STDOUT, text=True)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            log.seek(0)
            self.output = log.read()
            if "Stop with Ctrl-C" in self.output.rpartition("Address   ")[2]:
                self.address = self.output.rpartition("Address   ")[2].split()[0]
                return self
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"the server did not start:\n{self.output}")

    def restart(self) -> Server:
        (self.home.parent / f"{self.home.name}.log").unlink()
        return self.start()

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def kill_everything(self) -> None:
        """SIGKILL to every process of the installation at once, as a power cut would."""
        assert self._process is not None
        root = psutil.Process(self._process.pid)
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait(30)

    def _end(self, how: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(30)
            self._process.kill()

    @property
    def admin_token(self) -> str:
        return (self.home / "admin-token").read_text().strip()

    def command(self, *arguments: str) -> str:
        """What `commonweight …` prints on this installation."""
        command = [sys.executable, "-m", "commonweight.cli", *arguments, "--home", str(self.home)]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=True).stdout.strip()

    def request(
        self, path: str, *, method: str = "GET", token: str | None = None, body: Any = None, headers: Mapping[str, str] = {}
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower case) and body of one request; the path goes out as it is."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **headers}
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.address + path, data=data, method=method, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, {k.lower(): v for k, v in response.headers.items()}, response.read()
        except urllib.error.HTTPError as error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


@contextlib.contextmanager
def running(home: Path, **options: Any) -> Iterator[Server]:
    """A server that has been started, and is stopped at the end."""
    server = Server(home, **options)
    try:
        yield server.start()
    finally:
        server.stop()
