"""
How long a start takes and what an idle server weighs. From the root of the project:

    .venv/bin/python benchmarks/start.py

Prints: a first start until the first streamed token, a second start until /readyz, memory of the idle server summed over
its processes (PSS: shared pages are counted once). Times are beside that of starting a bare Python, in the same run.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

IDLE_SECONDS = 5  # until what starting has loaded is idle
MODEL = "commonweight/SmolLM2-135M-Instruct-GGUF"


def main() -> None:
    bare = _timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    print(f"bare python starts in {bare:.3f} s (the measure of this machine)")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        began = time.monotonic()
        server, address = _start(home)
        print(f"first start until it answers:       {time.monotonic() - began:6.1f} s")
        _first_token(address, (home / "admin-token").read_text().strip())
        print(f"first start until the first token:  {time.monotonic() - began:6.1f} s  (at most 120)")
        _stop(server)
        began = time.monotonic()
        server, address = _start(home)
        _get(f"{address}/readyz")
        seconds = time.monotonic() - began
        print(f"second start until /readyz:         {seconds:6.1f} s  (at most 5; {seconds / bare:.0f} bare starts)")
        time.sleep(IDLE_SECONDS)
        _print_memory(server.pid)
        _stop(server)


def _start(home: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "commonweight.cli", "up", "--home", str(home), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    for line in server.stdout:
        if line.strip().startswith("Address"):
            return server, line.split()[1]
    raise RuntimeError("the server did not start")


def _stop(server: subprocess.Popen[str]) -> None:
    server.send_signal(signal.SIGTERM)
    server.wait(30)


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as response:
        return response.read()


def _first_token(address: str, token: str) -> None:
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "Name three rivers."}]}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=120) as response:
        for line in response:
            if line.startswith(b"data: {") and json.loads(line[6:])["choices"][0]["delta"].get("content"):
                return
    raise RuntimeError("the answer ended without a token")


def _print_memory(pid: int) -> None:
    shares = resident = 0
    root = psutil.Process(pid)
    for process in [root, *root.children(recursive=True)]:
        memory = process.memory_full_info()
        shares, resident = shares + memory.pss, resident + memory.rss
        print(f"    {memory.pss / 1e6:6.1f} MB  {' '.join(process.cmdline())[:90]}")
    print(f"memory of the idle server:          {shares / 1e6:6.1f} MB (at most 250)")
    print(f"the same by resident sizes:         {resident / 1e6:6.1f} MB (shared pages counted for each process)")


def _timed(deed: object) -> float:
    began = time.monotonic()
    deed()  # type: ignore[operator]
    return time.monotonic() - began


if __name__ == "__main__":
    os.environ.setdefault("COMMONWEIGHT_LOG_LEVEL", "warning")
    main()
