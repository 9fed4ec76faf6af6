"""
No connection leaves this process, nor any that it starts.

On Linux the kernel refuses sockets of the internet (seccomp(2)), for native code as well; `io_uring`, which could make them
without a call, is refused too. Elsewhere an audit hook refuses those of Python.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from typing import Any

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2  # prctl(2)
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # BPF: ld abs word, jeq, jge, ret
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # where struct seccomp_data holds them, little end first
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
AF_INET, AF_INET6 = 2, 10
IO_URING_SETUP = 425  # on all of Linux's platforms
X32 = 0x40000000  # calls of x86-64's second numbering
# machine: what it calls itself to the kernel, and its number of socket(2)
MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}


def refuse_connections() -> str:
    """From here on this process makes no connection. The answer says how: "kernel" or "python"."""
    if sys.platform == "linux" and platform.machine() in MACHINES and _refuse_in_kernel(*MACHINES[platform.machine()]):
        return "kernel"
    sys.addaudithook(_refuse_in_python)
    return "python"


def _refuse_in_python(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.__new__" and int(arguments[1]) in (AF_INET, AF_INET6):
        raise PermissionError(errno.EACCES, "A training makes no connection.")


def _refuse_in_kernel(architecture: int, socket: int) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    lines = [
        _line(LOAD, ARCHITECTURE),
        _line(EQUAL, architecture, 0, 7),  # another machine's calls: refused
        _line(LOAD, NUMBER),
        _line(AT_LEAST, X32, 5, 0),
        _line(EQUAL, IO_URING_SETUP, 4, 0),
        _line(EQUAL, socket, 0, 4),
        _line(LOAD, FIRST_ARGUMENT),
        _line(EQUAL, AF_INET, 1, 0),
        _line(EQUAL, AF_INET6, 0, 1),
        _line(RETURN, REFUSE),
        _line(RETURN, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(lines))
    program = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(code))  # struct sock_fprog
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(program), 0, 0) == 0)


def _line(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", code, then, otherwise, value)
