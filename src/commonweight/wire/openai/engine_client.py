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
from typing import Final
from urllib.parse import urlsplit

from commonweight.wire.openai.engine_connection import BrokenAnswer, Connection

IDLE_CONNECTIONS: Final = 64  # kept for each engine
MAX_HEADS: Final = 256  # of requests, remembered: engines times routes


class NotReached(ConnectionError):
    """No connection. `refused`: nothing listens there."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.refused = isinstance(error, ConnectionRefusedError)


class EngineAnswer:
    """An engine's answer whose head has come."""

    def __init__(self, client: EngineClient, place: tuple[str, int], connection: Connection) -> None:
        self._client = client
        self._place = place
        self._connection: Connection | None = connection
        self.status = connection.status
        self._headers = connection.headers

    def header(self, name: str) -> str:
        """By its name in lower case; "" where it is not there."""
        return self._headers.get(name.encode("latin-1")).decode("latin-1")

    async def readany(self) -> bytes:
        """What has come of the body, at least a byte; b"" at its end. Raises BrokenAnswer."""
        connection = self._connection
        if connection is None:
            return b""
        while not connection.parts:
            if connection.ended:
                self.release()
                return b""
            if connection.lost:
                raise BrokenAnswer("The connection ended before the answer did.")
            await connection.wait()
        return connection.take()

    async def read(self) -> bytes:
        """The rest of the body. Raises BrokenAnswer."""
        if self._connection is not None and self._connection.ended and not self._connection.parts:
            self.release()  # it has all come with its head, as short answers do
            return b""
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
        self._idle: dict[tuple[str, int], list[Connection]] = {}
        self._heads: dict[tuple[str, ...], bytes] = {}
        self._hosts: dict[str, tuple[tuple[str, int], bytes]] = {}

    async def post(self, base_url: str, path: str, headers: Mapping[str, str], body: bytes) -> EngineAnswer:
        """The head of the answer. Raises NotReached, BrokenAnswer."""
        place, host = self._hosts.get(base_url) or self._new_host(base_url)
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
                await _exchange(connection, request + body)
            except BrokenAnswer:
                # A kept connection that the engine had closed meanwhile: it has not seen the request.
                if not (reused and connection.silent):
                    raise
            else:
                return EngineAnswer(self, place, connection)

    def _head_of(self, base_url: str, path: str, headers: Mapping[str, str], host: bytes) -> bytes:
        """What every request of this kind to this engine begins with."""
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = b"POST %b HTTP/1.1\r\n%b%b" % (path.encode("ascii"), host, lines.encode("latin-1"))
        if len(self._heads) > MAX_HEADS:
            self._heads.clear()
        self._heads[base_url, path, *headers.values()] = head
        return head

    async def _connect(self, place: tuple[str, int]) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_s):
                _, connection = await loop.create_connection(Connection, *place)
        except OSError as error:  # a time-out is one too
            raise NotReached(error) from error
        return connection

    def _kept(self, place: tuple[str, int]) -> Connection | None:
        idle = self._idle.get(place)
        while idle:
            connection = idle.pop()
            if not connection.lost and connection.silent and time.monotonic() - connection.idle_since < self._idle_s:
                return connection
            connection.close()
        return None

    def give_back(self, place: tuple[str, int], connection: Connection) -> None:
        """Keep it for the next request, or close it."""
        idle = self._idle.setdefault(place, [])
        if connection.ended and connection.keep and not connection.lost and len(idle) < IDLE_CONNECTIONS:
            connection.begin()
            connection.idle_since = time.monotonic()
            idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()

    def _new_host(self, base_url: str) -> tuple[tuple[str, int], bytes]:
        parts = urlsplit(base_url)
        assert parts.hostname is not None
        found = (parts.hostname, parts.port or 80), f"host: {parts.netloc}\r\n".encode("ascii")
        if len(self._hosts) > IDLE_CONNECTIONS:  # engines come and go, each at another address
            self._hosts.clear()
            self._idle = {place: idle for place, idle in self._idle.items() if idle}
        self._hosts[base_url] = found
        return found


async def _exchange(connection: Connection, request: bytes) -> None:
    """Send the request, and wait for the head of its answer. Raises BrokenAnswer."""
    assert connection.transport is not None
    connection.transport.write(request)
    try:
        while not (connection.status or connection.lost):
            await connection.wait()
    except BaseException:
        connection.transport.abort()
        raise
    if not connection.status:
        connection.transport.abort()
        raise BrokenAnswer("The connection ended before an answer came.")
