"""A training makes no connection: not by Python, not by native code, not by a program that it starts."""

from __future__ import annotations

import json
import platform
import subprocess
import sys

import pytest

TRIES = """
import ctypes, json, socket, subprocess, sys
from commonweight.tuning.training.child.alone import refuse_connections

how = refuse_connections()
libc = ctypes.CDLL(None, use_errno=True)

def refused(family):
    try:
        socket.socket(family).close()
    except PermissionError:
        return True
    return False

native = [libc.socket(family, 1, 0) for family in (socket.AF_INET, socket.AF_INET6)]
started = subprocess.run([sys.executable, "-c", "import socket; socket.socket()"], capture_output=True).returncode
print(json.dumps({
    "how": how, "python": [refused(socket.AF_INET), refused(socket.AF_INET6)], "native": native,
    "io_uring": libc.syscall(425, 8, 0), "started": started, "unix": socket.socketpair()[0].fileno() >= 0,
}))
"""


def tried() -> dict[str, object]:
    done = subprocess.run([sys.executable, "-c", TRIES], capture_output=True, text=True, check=True)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_python_gets_no_socket_of_the_internet_and_those_of_this_machine_stay() -> None:
    found = tried()
    assert found["python"] == [True, True]
    assert found["unix"] is True


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="the kernel's filter is Linux's"
)
def test_the_kernel_refuses_native_code_and_programs_that_are_started() -> None:
    found = tried()
    assert found["how"] == "kernel"
    assert found["native"] == [-1, -1]
    assert found["io_uring"] == -1
    assert found["started"] != 0
