"""
The program of a converting process: one order as a line of JSON on standard input, what comes of it as lines on
standard output.

    python -P -m commonweight.tuning.converting.main PARENT

    {"share": 0.4, "what": "blk.3.ffn_up.weight"}     how far it is
    {"made": …}                                       done
    {"refused": {"code", "detail", "hint"}}           what it was given cannot be converted

It ends with the process that started it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Final, TextIO

from commonweight.errors import CommonweightError
from commonweight.processes import die_with_parent
from commonweight.tuning.converting.orders import ORDERS

NICE: Final = 10  # engines that answer people come first
PAUSE: Final = 0.25  # seconds between two reports: nobody reads faster


def main() -> None:
    """Do what standard input orders."""
    die_with_parent(int(sys.argv[1]))
    os.nice(NICE)
    channel = _own_output()
    order = json.loads(sys.stdin.readline())
    try:
        made = ORDERS[order["do"]](order, _Telling(channel))
        _say(channel, {"made": made})
    except CommonweightError as error:
        _say(channel, {"refused": {"code": error.code, "detail": error.detail, "hint": error.hint}})


def _own_output() -> TextIO:
    """Standard output for us alone: what native code writes there goes to the log."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return channel


class _Telling:
    def __init__(self, channel: TextIO) -> None:
        self._channel = channel
        self._last = 0.0

    def __call__(self, share: float, what: str) -> None:
        if time.monotonic() - self._last >= PAUSE:
            self._last = time.monotonic()
            _say(self._channel, {"share": round(share, 4), "what": what})


def _say(channel: TextIO, document: Any) -> None:
    channel.write(json.dumps(document) + "\n")
    channel.flush()


if __name__ == "__main__":
    main()
    os._exit(0)  # all is said and written: what native code does at the end of a program may hang
