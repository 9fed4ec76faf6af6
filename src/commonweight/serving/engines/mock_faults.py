"""
How the mock engine fails where a prompt tells it to: as real engines do, at a moment that the test chooses.

    mock:crash     the process ends
    mock:hang      it answers nothing any more, also not whether it is well
    mock:garbage   what it sends is no JSON
    mock:cut       the connection ends before the answer does
    mock:refuse    status 500

At the third word, with `-first` before the first byte (`refuse` always is), with `-always` for all requests from then on;
then the request that says so is answered itself. So one replica of several can be made sick, by a request to it alone.
"""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass

from aiohttp import web

_WORDS = re.compile(r"mock:(crash|hang|garbage|cut|refuse)(-first)?(-always)?")
FAILS_AT = 2  # counted from 0


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and when."""

    kind: str
    is_first: bool = False
    is_for_all: bool = False

    @classmethod
    def of(cls, text: str) -> Fault | None:
        """What the prompt asks for, if anything."""
        found = _WORDS.search(text)
        return cls(found[1], bool(found[2]) or found[1] == "refuse", bool(found[3])) if found else None


class Faults:
    """The faults of one engine."""

    def __init__(self) -> None:
        self._of_all: Fault | None = None
        self.hangs = False

    def of(self, text: str) -> Fault | None:
        """What goes wrong with a request with this prompt."""
        fault = Fault.of(text)
        if fault is not None and fault.is_for_all:
            self._of_all = fault
            return None
        return fault or self._of_all

    async def happen(self, fault: Fault, request: web.Request, begun: web.StreamResponse | None = None) -> web.Response:
        """
        What goes out instead of an answer. Raises ConnectionResetError where nothing does any more; does not return where
        the engine hangs or ends.
        """
        if fault.kind == "crash":
            os._exit(9)
        if fault.kind == "hang":
            self.hangs = True
            await asyncio.Event().wait()
        if fault.kind == "garbage" and begun is not None:
            await begun.write(b"data: <html>\n\n")
        elif fault.kind == "garbage":
            return web.Response(text="data: <html>\n\n", content_type="text/event-stream")
        elif fault.kind == "refuse":
            error = {"code": 500, "message": "the tensors are upside down", "type": "server_error"}
            return web.json_response({"error": error}, status=500)
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError
