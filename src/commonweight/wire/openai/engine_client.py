"""
A small HTTP/1.1 client for engines on plain TCP: one request, one answer, the connection kept where the engine keeps it.

It does what engines need and nothing else: POST with a body of known length, answers of a known length, in chunks, or until
the end of the connection. No TLS, redirects, cookies, compression or proxies (those go through aiohttp, see `engine_http`).
Half the processor time of a request through a gateway went into a general client.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Final, cast
from urllib.parse import urlsplit

MAX_HEAD_BYTES: Final = 64 << 10  # of an engine's status and headers
MAX_WAITING_BYTES: Final = 1 << 20  # unread, then the engine is held back
MAX_LINE: Final = 4096  # of a chunk's size with its extensions
IDLE_CONNECTIONS: Final = 64  # kept for each engine
MAX_HEADS: Final = 256  # of requests, remembered: engines times routes


class NotReached(ConnectionError):
    """No connection. `refused`: nothing listens there."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.refused = isinstance(error, ConnectionRefusedError)


class BrokenAnswer(ConnectionError):
    """The connection ended, or said something that is no HTTP, before the answer was whole."""


class _Connection(asyncio.Protocol):
    """One connection, and the answer that arrives on it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost = False
        self.idle_since = 0.0
        self.begin()

    def begin(self) -> None:
        """Forget the answer before."""
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.keep = True
        self.ended = False
        self.silent = True  # nothing has come yet
        self._parts: list[bytes] = []
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
            first, *lines = self._rest[:end].split(b"\r\n")
            rest, self._rest = self._rest[end + 4 :], b""
            if not first.startswith(b"HTTP/1.") or not first[9:12].isdigit():
                self._fail()
                return None
            if first[9:10] != b"1":  # 100 Continue and its like say nothing
                break
            self._rest = rest
        self._understand(first, lines)
        return rest

    def _understand(self, first: bytes, lines: list[bytes]) -> None:
        headers = self.headers
        for line in lines:
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        self.status = int(first[9:12])
        connection = headers.get(b"connection", b"").lower()
        self.keep = connection != b"close" and (first.startswith(b"HTTP/1.1") or connection == b"keep-alive")
        if headers.get(b"transfer-encoding", b"").lower().endswith(b"chunked"):
            self._chunked, self._left = True, 0
        elif (length := headers.get(b"content-length", b"")).isdigit():
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
        at, size = 0, len(data)
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

    def _add(self, data: bytes) -> None:
        if data:
            self._parts.append(data)
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
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> None:
        """Until something has come."""
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    async def until_head(self) -> None:
        """Raises BrokenAnswer."""
        while not self.status:
            if self.lost:
                raise BrokenAnswer("The connection ended before an answer came.")
            await self.wait()

    def take(self) -> bytes:
        """What has come of the body and was not taken."""
        parts, self._parts, self._size = self._parts, [], 0
        if self._paused and self.transport is not None and not self.lost:
            self._paused = False
            self.transport.resume_reading()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    @property
    def has_more(self) -> bool:
        return bool(self._parts)


class EngineAnswer:
    """An engine's answer whose head has come."""

    def __init__(self, client: EngineClient, place: tuple[str, int], connection: _Connection) -> None:
        self._client = client
        self._place = place
        self._connection: _Connection | None = connection
        self.status = connection.status
        self._headers = connection.headers

    def header(self, name: str) -> str:
        """By its name in lower case; "" where it is not there."""
        return self._headers.get(name.encode("latin-1"), b"").decode("latin-1")

    async def readany(self) -> bytes:
        """What has come of the body, at least a byte; b"" at its end. Raises BrokenAnswer."""
        connection = self._connection
        if connection is None:
            return b""
        while not connection.has_more:
            if connection.ended:
                self.release()
                return b""
            if connection.lost:
                raise BrokenAnswer("The connection ended before the answer did.")
            await connection.wait()
        return connection.take()

    async def read(self) -> bytes:
        """The rest of the body. Raises BrokenAnswer."""
        parts = []
        while part := await self.readany():
            parts.append(part)
        return b"".join(parts)

    def release(self) -> None:
        """Keep the connection if the answer has come to its end; close it otherwise, which stops the engine."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._client.give_back(self._place, connection)


class EngineClient:
    """One per process. `idle_s`: how long an unused connection is kept; engines close theirs after a while."""

    def __init__(self, connect_s: float, idle_s: float) -> None:
        self._connect_s = connect_s
        self._idle_s = idle_s
        self._idle: dict[tuple[str, int], list[_Connection]] = {}
        self._heads: dict[tuple[str, ...], bytes] = {}
        self._hosts: dict[str, tuple[tuple[str, int], bytes]] = {}

    async def post(self, base_url: str, path: str, headers: Mapping[str, str], body: bytes) -> EngineAnswer:
        """The head of the answer. Raises NotReached, BrokenAnswer."""
        place, host = self._place_of(base_url)
        head = self._heads.get((base_url, path, *headers.values()))
        if head is None:
            head = self._head_of(base_url, path, headers, host)
        request = b"%bcontent-length: %d\r\n\r\n" % (head, len(body))
        while True:
            connection = self._kept(place)
            reused = connection is not None
            if connection is None:
                connection = await self._connect(place)
            try:
                return await self._exchange(place, connection, request, body)
            except BrokenAnswer:
                # A kept connection that the engine had closed meanwhile: it has not seen the request.
                if not (reused and connection.silent):
                    raise

    def _head_of(self, base_url: str, path: str, headers: Mapping[str, str], host: bytes) -> bytes:
        """What every request of this kind to this engine begins with."""
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = b"POST %b HTTP/1.1\r\n%b%b" % (path.encode("ascii"), host, lines.encode("latin-1"))
        if len(self._heads) > MAX_HEADS:
            self._heads.clear()
        self._heads[base_url, path, *headers.values()] = head
        return head

    async def _exchange(self, place: tuple[str, int], connection: _Connection, request: bytes, body: bytes) -> EngineAnswer:
        assert connection.transport is not None
        connection.transport.write(request + body)
        try:
            await connection.until_head()
        except BaseException:
            connection.transport.abort()
            raise
        return EngineAnswer(self, place, connection)

    async def _connect(self, place: tuple[str, int]) -> _Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_s):
                _, connection = await loop.create_connection(_Connection, *place)
        except OSError as error:  # a time-out is one too
            raise NotReached(error) from error
        return connection

    def _kept(self, place: tuple[str, int]) -> _Connection | None:
        idle = self._idle.get(place)
        while idle:
            connection = idle.pop()
            if not connection.lost and connection.silent and time.monotonic() - connection.idle_since < self._idle_s:
                return connection
            _close(connection)
        return None

    def give_back(self, place: tuple[str, int], connection: _Connection) -> None:
        """Keep it for the next request, or close it."""
        idle = self._idle.setdefault(place, [])
        if connection.ended and connection.keep and not connection.lost and len(idle) < IDLE_CONNECTIONS:
            connection.begin()
            connection.idle_since = time.monotonic()
            idle.append(connection)
        else:
            _close(connection)

    def close(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                _close(connection)
        self._idle.clear()

    def _place_of(self, base_url: str) -> tuple[tuple[str, int], bytes]:
        found = self._hosts.get(base_url)
        if found is None:
            parts = urlsplit(base_url)
            assert parts.hostname is not None
            found = (parts.hostname, parts.port or 80), f"host: {parts.netloc}\r\n".encode("ascii")
            if len(self._hosts) > IDLE_CONNECTIONS:  # engines come and go, each at another address
                self._hosts.clear()
                self._idle = {place: idle for place, idle in self._idle.items() if idle}
            self._hosts[base_url] = found
        return found


def _close(connection: _Connection) -> None:
    if connection.transport is not None:
        connection.transport.close()
