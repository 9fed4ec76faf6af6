"""The small client for engines: whatever way an answer is cut, it is read; whatever breaks is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from commonweight.wire.openai.engine_client import EngineClient, NotReached
from commonweight.wire.openai.engine_connection import BrokenAnswer

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nTrailer: 1\r\n\r\n"
)
SIZED = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\nhello, world"
UNTIL_CLOSED = b"HTTP/1.0 200 OK\r\n\r\nhello, world"


class Engine:
    """Answers each request with what it was given, in these pieces; `close` ends the connection after it."""

    def __init__(self, pieces: Sequence[bytes], close: bool = False) -> None:
        self.pieces = pieces
        self.close = close
        self.connections = 0
        self.requests: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await _head(reader):
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            self.requests.append(head + await reader.readexactly(length))
            for piece in self.pieces:
                writer.write(piece)
                await writer.drain()
                if len(self.pieces) > 1:
                    await asyncio.sleep(0)
            if self.close:
                break
        writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[str]:
    server = await asyncio.start_server(engine.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.close()


def _client() -> EngineClient:
    return EngineClient(connect_s=2, idle_s=2)


def _cut(data: bytes, at: int) -> list[bytes]:
    return [data[:at], data[at:]]


def _singly(data: bytes, at: int) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


@pytest.mark.parametrize("answer", [CHUNKED, SIZED])
async def test_an_answer_is_read_however_it_is_cut(answer: bytes) -> None:
    client = _client()
    cuts: list[tuple[Callable[[bytes, int], list[bytes]], int]] = [(_cut, at) for at in range(1, len(answer))]
    for cut, at in [*cuts, (_singly, 0)]:
        engine = Engine(cut(answer, at))
        async with running(engine) as address:
            for _ in range(2):
                found = await client.post(address, "/v1/x", {"authorization": "Bearer k"}, b"{}")
                assert (found.status, await found.read()) == (200, b"hello, world"), at
            assert engine.connections == 1, at  # it was kept
    assert engine.requests[0].startswith(b"POST /v1/x HTTP/1.1\r\nhost: 127.0.0.1")
    assert engine.requests[0].endswith(b"\r\ncontent-length: 2\r\n\r\n{}")
    client.close()


async def test_an_answer_may_end_with_its_connection() -> None:
    engine, client = Engine([UNTIL_CLOSED], close=True), _client()
    async with running(engine) as address:
        for _ in range(2):
            found = await client.post(address, "/", {}, b"")
            assert await found.read() == b"hello, world"
    assert engine.connections == 2


@pytest.mark.parametrize("answer", [CHUNKED[:-30], SIZED[:-3], SIZED[:40], b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n"])
async def test_an_answer_that_breaks_off_is_told(answer: bytes) -> None:
    client = _client()
    async with running(Engine([answer], close=True)) as address:
        with pytest.raises(BrokenAnswer):
            await (await client.post(address, "/", {}, b"")).read()


@pytest.mark.parametrize("broken", [b"zz\r\nhello\r\n", b"5" * 5000])
async def test_chunks_that_are_none_are_told(broken: bytes) -> None:
    client = _client()
    async with running(Engine([CHUNKED.partition(b"5\r\n")[0] + broken])) as address:
        with pytest.raises(BrokenAnswer):
            await (await client.post(address, "/", {}, b"")).read()


async def test_a_kept_connection_that_the_engine_closed_is_replaced() -> None:
    engine, client = Engine([SIZED], close=True), _client()
    async with running(engine) as address:
        for _ in range(5):
            assert await (await client.post(address, "/", {}, b"")).read() == b"hello, world"
    assert len(engine.requests) == 5


async def test_leaving_an_answer_before_its_end_closes_the_connection() -> None:
    left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _head(reader)
        writer.write(CHUNKED[:-20])
        await reader.read()
        left.set()
        writer.close()

    server, client = await asyncio.start_server(serve, "127.0.0.1", 0), _client()
    found = await client.post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "/", {}, b"")
    assert await found.readany()
    found.release()
    await asyncio.wait_for(left.wait(), 2)
    server.close()


async def test_nothing_listening_is_told_apart() -> None:
    async with running(Engine([SIZED])) as address:
        pass
    with pytest.raises(NotReached) as refused:
        await _client().post(address, "/", {}, b"")
    assert refused.value.refused


async def test_a_fast_engine_is_held_back_and_nothing_is_lost() -> None:
    size = 8 << 20
    engine, client = Engine([b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size, b"x" * size]), _client()
    async with running(engine) as address:
        found = await client.post(address, "/", {}, b"")
        await asyncio.sleep(0.1)
        parts = []
        while part := await found.readany():
            parts.append(len(part))
    assert sum(parts) == size
