"""
Runs a server that is not ours as an engine: chooses its port, waits until it is healthy, announces it, ends with us.

    python -P foreign_main.py --engine vllm --key-variable VLLM_API_KEY -- vllm serve /models/x --port {port} --host {host}

`{port}` and `{host}` in the command are filled in. The key that this process was given reaches the server by the variable
named. Its standard output goes to standard error. The server and what it starts are one process group, which is killed
when this process ends; on Linux the server also gets the kernel's signal.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # started by its path, so that it stays light

from llamacpp_main import (  # type: ignore[import-not-found]
    HOST_VARIABLE,
    KEY_VARIABLE,
    PR_SET_PDEATHSIG,
    announce,
    tie_to_parent,
    url_of,
)

sys.path.pop(0)  # nothing else is to be found there: modules beside this one have names of libraries

POLL_S = 0.1
ANSWER_S = 5.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  where to ask a server that listens on every address
STOP_S = 4.0  # the parent kills this process after five


def main() -> None:
    """Announce the server once it is healthy; end with its status."""
    options, command = _parse(sys.argv[1:])
    tie_to_parent()
    host, port = os.environ.get(HOST_VARIABLE) or "127.0.0.1", _free_port()
    key = os.environ.pop(KEY_VARIABLE)
    filled = [part.replace("{port}", str(port)).replace("{host}", host) for part in command]
    try:
        server = _start(filled, {**os.environ, options.key_variable: key})
    except OSError as error:
        sys.exit(f"{command[0]} could not be started: {error}")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop(server))
    threading.Thread(target=_announce_when_healthy, args=(server, host, port, options, key), daemon=True).start()
    status = server.wait()
    _kill_group(server)
    sys.exit(abs(status) or 1)  # without a word: the last line in the log is the server's own reason


def _parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", required=True)
    parser.add_argument("--key-variable", required=True)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    return options, command


def _free_port() -> int:
    """One that nothing listened on a moment ago: the server takes none that is chosen by the system."""
    with socket.socket() as chooser:
        chooser.bind(("127.0.0.1", 0))
        port: int = chooser.getsockname()[1]
        return port


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    parent = os.getpid()

    def tie() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    # Its standard input is none of ours: the end of ours is how the parent's death is told.
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True, preexec_fn=tie
    )


def _announce_when_healthy(
    server: subprocess.Popen[bytes], host: str, port: int, options: argparse.Namespace, key: str
) -> None:
    base_url = url_of(EVERYWHERE.get(host, host), port)
    while server.poll() is None:
        if _get(base_url + "/health", key) is not None:
            version = json.loads(_get(base_url + "/version", key) or b"{}").get("version", "unknown")
            announce(base_url=url_of(host, port), engine=f"{options.engine}/{version}")
            return
        time.sleep(POLL_S)


def _get(address: str, key: str) -> bytes | None:
    """The body of an answer with status 200."""
    request = urllib.request.Request(address, headers={"authorization": f"Bearer {key}"})  # noqa: S310  on loopback
    with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body
    return None


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    killing = threading.Timer(STOP_S, _kill_group, args=(server,))
    killing.daemon = True
    killing.start()


def _kill_group(server: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(server.pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
