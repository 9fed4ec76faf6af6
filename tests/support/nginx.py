"""nginx in front of servers, with the configuration of docs/cluster.md."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.support.tools import tool

DOCS = Path(__file__).parents[2] / "docs" / "cluster.md"
START_SECONDS = 30
AROUND = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{site}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Nginx:
    """`with Nginx(["127.0.0.1:8001", "127.0.0.1:8002"]) as front: front.address`."""

    def __init__(self, servers: list[str], port: int | None = None) -> None:
        self._program = tool("nginx", "/usr/sbin/nginx")
        self._servers = servers
        self._port = port or free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="cw-nginx-", dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Nginx:
        (self._folder / "nginx.conf").write_text(AROUND.format(folder=self._folder, site=self._site()))
        command = [self._program, "-p", str(self._folder), "-c", "nginx.conf", "-e", str(self._folder / "log")]
        self._process = subprocess.Popen(command)
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self._port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nginx did not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(START_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _site(self) -> str:
        """The documented site with these addresses in place of those of the example."""
        found = re.search(r"```nginx\n(.*?)```", DOCS.read_text(), re.DOTALL)
        assert found
        site = found[1].replace("listen 80;", f"listen 127.0.0.1:{self._port};")
        for example, server in zip(("10.0.0.11:8484", "10.0.0.12:8484"), self._servers, strict=True):
            assert example in site
            site = site.replace(example, server)
        return site


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
