"""The child's two pipes: what it tells, one JSON object a line, and what it is told."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any, BinaryIO

ORPHANED = 3  # exit status when whoever started us is gone


class Pipe:
    """
    Tells on the standard output that we were started with; whatever libraries print goes to standard error from here on.

    `wanted` is "" or the last command: "pause", "cancel". When the other side closes its end, this process ends: nobody is
    left to hear it.
    """

    def __init__(self) -> None:
        self._out: BinaryIO = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self.wanted = ""

    def first(self) -> dict[str, Any]:
        """The spec, which is told first; commands are listened for from then on. Raises ValueError without one."""
        line = sys.stdin.buffer.readline()
        if not line:
            raise ValueError("This program reads a training's spec on its standard input; nothing came.")
        document: dict[str, Any] = json.loads(line)
        threading.Thread(target=self._listen, daemon=True).start()
        return document

    def tell(self, kind: str, **data: Any) -> None:
        line = json.dumps({"kind": kind, "data": data}, allow_nan=False).encode() + b"\n"
        with self._lock:
            self._out.write(line)

    def _listen(self) -> None:
        for line in sys.stdin.buffer:
            self.wanted = json.loads(line)["command"]
        os._exit(ORPHANED)
