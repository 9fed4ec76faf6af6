"""
The child process of a `WorkPool`: reads a function and its arguments, answers with what it returns or raises.

A message is 8 bytes of little-endian length and then a pickle; both ends are this program, so a pickle is safe. The
process ends when its standard input does, and so never outlives the server.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from typing import Any, BinaryIO

from commonweight.processes import die_with_parent

LENGTH = struct.Struct("<Q")


def pack(message: Any) -> bytes:
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


def _perform(body: bytes) -> bytes:
    """The border of a piece of work: whatever it raises goes back to who asked for it."""
    try:
        function, arguments = pickle.loads(body)  # noqa: S301 — from our own parent
        return pack((True, function(*arguments)))
    except Exception as error:  # noqa: BLE001 — the border of a job: the error is raised again in the parent
        return pack((False, error))


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Perform one piece of work after the other until the input ends."""
    while len(head := incoming.read(LENGTH.size)) == LENGTH.size:
        answer = _perform(incoming.read(*LENGTH.unpack(head)))
        try:
            outgoing.write(answer)
            outgoing.flush()
        except BrokenPipeError:  # nobody waits for it any more
            os._exit(0)


def main() -> None:
    die_with_parent(int(sys.argv[1]))  # also in the middle of long work, which the end of the input would not interrupt
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the server ends us in its turn
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not get between two messages
    serve(sys.stdin.buffer, outgoing)
