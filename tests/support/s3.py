"""An S3 server of the test run's own (SeaweedFS, out of a wheel), thrown away at the end."""

from __future__ import annotations

import functools
import itertools
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from commonweight.processes import die_with_parent
from commonweight.storage import S3Place
from commonweight.storage.s3_signing import S3Signer
from tests.support.tools import tool

START_SECONDS = 60
KEY_ID = "AKCOMMONWEIGHTTESTS"
TRIES = 3  # ports that were free may be taken by another worker of the tests
BUCKET = "commonweight-tests"
GRPC = 10_000  # its parts find one another ten thousand ports higher

_prefixes = itertools.count()


class S3Server:
    """`with S3Server() as server: server.place()`: a bucket, and in it a prefix of each test's own."""

    def __init__(self) -> None:
        self._program = tool("weed", str(Path(sys.executable).with_name("weed")))
        self._folder = Path(tempfile.mkdtemp(prefix="cws3-", dir="/tmp"))
        self._secret_key = secrets.token_hex(16)  # another worker's server does not know it
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> S3Server:
        rights = ["Admin", "Read", "Write", "List", "Tagging"]
        key = {"accessKey": KEY_ID, "secretKey": self._secret_key}
        identities = {"identities": [{"name": "tests", "credentials": [key], "actions": rights}]}
        (self._folder / "keys.json").write_text(json.dumps(identities))
        (self._folder / "data").mkdir()
        if not any(self._starts() for _ in range(TRIES)):
            raise RuntimeError(f"the S3 server of the tests did not start: {(self._folder / 'log').read_text()[-2000:]}")
        return self

    def _starts(self) -> bool:
        self._master, self._volume, self._filer, self._s3 = _free_ports(4)
        with (self._folder / "log").open("wb") as log:
            tied = functools.partial(die_with_parent, os.getpid())  # tests that are killed leave nothing behind
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log, cwd=self._folder, preexec_fn=tied)
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if self.send("PUT", f"/{BUCKET}") == 200:
                return True
            time.sleep(0.05)
        self._process.kill()
        self._process.wait(START_SECONDS)
        return False

    def _command(self) -> list[str]:
        options = {
            "dir": self._folder / "data",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.port": self._master,
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 256,
            "volume.port": self._volume,
            "volume.max": 0,  # as many as the disk has room for
            "volume.index": "leveldb",
            "filer.port": self._filer,
            "s3.port": self._s3,
            "s3.config": self._folder / "keys.json",
            "s3.iam": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.autoCreateBucket": "false",
        }
        return [self._program, "server", "-s3", *(f"-{name}={value}" for name, value in options.items())]

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(START_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._s3}"

    def place(self, **other: Any) -> S3Place:
        """A place where nothing lies yet; `other` are fields that shall be different."""
        said = {"endpoint": self.endpoint, "key_id": KEY_ID, "secret_key": self._secret_key, "prefix": f"t{next(_prefixes)}"}
        return S3Place(**{"bucket": BUCKET, **said, **other})

    def environment(self, place: S3Place | None = None) -> dict[str, str]:
        """The settings of an installation that keeps its bytes there."""
        place = place or self.place()
        return {
            "COMMONWEIGHT_STORAGE": place.name,
            "COMMONWEIGHT_STORAGE_ENDPOINT": place.endpoint,
            "COMMONWEIGHT_STORAGE_KEY_ID": place.key_id,
            "COMMONWEIGHT_STORAGE_SECRET_KEY": place.secret_key,
        }

    def send(self, method: str, path: str) -> int:
        """The status of a signed request; 0 where nobody answers."""
        address = S3Signer(self.place()).address(method, path, {}, 60)
        try:
            with urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def shell(self, *commands: str) -> str:
        """What the server's own shell for administrators says."""
        command = [self._program, "shell", f"-master=127.0.0.1:{self._master}"]
        told = "\n".join([*commands, "exit"])
        return subprocess.run(command, input=told, capture_output=True, text=True, timeout=60, check=True).stdout


def _free_ports(count: int) -> list[int]:
    """Ports that are free, with those ten thousand higher; below those that the system gives to outgoing connections."""
    found: list[int] = []
    for port in range(18_000 + time.time_ns() // 1000 % 1000, 22_000):
        if len(found) == count:
            break
        if _is_free(port) and _is_free(port + GRPC):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
