"""One connection to an engine: HTTP/1.1 answers as they arrive, of a known length, in chunks, or until its end."""

from __future__ import annotations

import asyncio
from typing import Final, cast

MAX_HEAD_BYTES: Final = 64 << 10  # of an engine's status and headers
MAX_WAITING_BYTES: Final = 1 << 20  # unread, then the engine is held back
MAX_LINE: Final = 4096  # of a chunk's size with its extensions


class BrokenAnswer(ConnectionError):
    """The connection ended, or said something that is no HTTP, before the answer was whole."""


class Headers:
    """Lines of headers, looked through when one of them is asked for: few are."""

    __slots__ = ("_lines", "_lower")

    def __init__(self, lines: bytes) -> None:
        self._lines = b"\r\n" + lines
        self._lower = self._lines.lower()

    def get(self, name: bytes) -> bytes:
        """By its name in lower case; empty where it is not there."""
        at = self._lower.find(b"\r\n" + name + b":")
        if at < 0:
            return b""
        begin = at + len(name) + 3
        end = self._lines.find(b"\r\n", begin)
        return self._lines[begin : end if end >= 0 else None].strip()


NO_HEADERS: Final = Headers(b"")


class Connection(asyncio.Protocol):
    """One connection, and the answer that arrives on it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost = False
        self.idle_since = 0.0
        self.begin()

    def begin(self) -> None:
        """Forget the answer before."""
        self.status = 0
        self.headers = NO_HEADERS
        self.keep = True
        self.ended = False
        self.silent = True  # nothing has come yet
        self.parts: list[bytes] = []  # of the body, that came and were not taken
        self._size = 0
        self._rest = b""
        self._chunked = False
        self._left: int | None = None  # of the body, or of a chunk with its line end; None: until the end
        self._trailer = False
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self.status and not self._chunked and self._left is None:
            self.ended = exc is None
        self._wake()

    def data_received(self, data: bytes) -> None:
        self.silent = False
        if not self.status:
            rest = self._head(data)
            if rest is None:
                return
            data = rest
        if self.ended:
            self.keep = self.keep and not data  # what nobody asked for: this connection is out of step
        elif self._chunked:
            self._chunks(data)
        else:
            self._plain(data)
        self._wake()

    # Reading

    def _head(self, data: bytes) -> bytes | None:
        """Read status and headers; what follows them, or None where they are not whole yet."""
        self._rest += data
        while True:
            end = self._rest.find(b"\r\n\r\n")
            if end < 0:
                if len(self._rest) > MAX_HEAD_BYTES:
                    self._fail()
                return None
            first, _, lines = self._rest[:end].partition(b"\r\n")
            rest, self._rest = self._rest[end + 4 :], b""
            if not first.startswith(b"HTTP/1.") or not first[9:12].isdigit():
                self._fail()
                return None
            if first[9:10] != b"1":  # 100 Continue and its like say nothing
                break
            self._rest = rest
        self._understand(first, lines)
        return rest

    def _understand(self, first: bytes, lines: bytes) -> None:
        headers = self.headers = Headers(lines)
        self.status = int(first[9:12])
        connection = headers.get(b"connection").lower()
        self.keep = connection != b"close" and (first.startswith(b"HTTP/1.1") or connection == b"keep-alive")
        if headers.get(b"transfer-encoding").lower().endswith(b"chunked"):
            self._chunked, self._left = True, 0
        elif (length := headers.get(b"content-length")).isdigit():
            self._left = int(length)
            self.ended = self._left == 0
        elif self.status in (204, 304):
            self.ended = True
        else:
            self.keep = False

    def _plain(self, data: bytes) -> None:
        if self._left is not None:
            if len(data) > self._left:
                data, self.keep = data[: self._left], False
            self._left -= len(data)
            self.ended = self._left == 0
        self._add(data)

    def _chunks(self, data: bytes) -> None:
        """`_left` counts the line end behind a chunk too; 0: a size comes next."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        at, size = 0 if self._left or self._trailer else self._whole_chunks(data), len(data)
        while at < size:
            if self._left:
                upto = min(at + self._left, size)
                body_end = min(upto, at + self._left - 2)
                if body_end > at:
                    self._add(data[at:body_end])
                self._left -= upto - at
                at = upto
                continue
            end = data.find(b"\n", at)
            if end < 0:
                self._rest = data[at:]
                if len(self._rest) > MAX_LINE:
                    self._fail()
                return
            line, at = data[at:end].strip(), end + 1
            if self._trailer:
                if not line:
                    self.ended, self.keep = True, self.keep and at == size
                    return
                continue
            try:
                length = int(line.partition(b";")[0], 16)
            except ValueError:
                self._fail()
                return
            if length == 0:
                self._trailer = True
            else:
                self._left = length + 2

    def _whole_chunks(self, data: bytes) -> int:
        """Take the plain chunks that `data` begins with and that are whole, as nearly all are. Where the rest begins."""
        at, size = 0, len(data)
        while (end := data.find(b"\r\n", at)) > at:
            try:
                length = int(data[at:end], 16)
            except ValueError:  # an extension, or no size at all
                return at
            if length <= 0 or end + length + 4 > size:
                return at
            self._add(data[end + 2 : end + length + 2])
            at = end + length + 4
        return at

    def _add(self, data: bytes) -> None:
        if data:
            self.parts.append(data)
            self._size += len(data)
            if self._size > MAX_WAITING_BYTES and not self._paused and self.transport is not None:
                self._paused = True
                self.transport.pause_reading()

    def _fail(self) -> None:
        self.lost = True
        if self.transport is not None:
            self.transport.abort()
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def wait(self) -> asyncio.Future[None]:
        """Until something has come."""
        self._waiter = asyncio.get_running_loop().create_future()
        return self._waiter

    def take(self) -> bytes:
        """What has come of the body and was not taken."""
        parts, self.parts, self._size = self.parts, [], 0
        if self._paused and self.transport is not None and not self.lost:
            self._paused = False
            self.transport.resume_reading()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Closed before its end, an answer stops at the engine."""
        if self.transport is not None:
            self.transport.close()
