"""Requests to engines: one shared client, a replica for each request, and what their failures mean."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import orjson

from commonweight.serving import EngineLost, OnProgress, Replica, Router, ServableModel
from commonweight.wire.openai.errors import error_of_engine

CONNECT_S = 5.0  # loopback answers at once or not at all
KEEP_ALIVE_S = 2.0  # llama.cpp closes an idle connection after five seconds; never race it
MAX_STARTS = 3  # engines found dead before the request had reached one; more points to something else


@dataclass(frozen=True)
class Call:
    """A request to whichever engine will answer it. `prompt_field` is what its errors are about."""

    model: ServableModel
    path: str
    body: Callable[[Replica], bytes]
    prompt_field: str


@dataclass(frozen=True)
class Opened:
    """An engine's answer whose headers are there."""

    replica: Replica
    response: aiohttp.ClientResponse

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises EngineLost where it breaks off."""
        try:
            while chunk := await self.response.content.readany():
                yield chunk
        except (aiohttp.ClientError, ConnectionError) as error:
            raise EngineLost from error

    async def document(self) -> object:
        """The body as JSON; None when it is none. Raises EngineLost where it breaks off."""
        body = b"".join([chunk async for chunk in self.chunks()])
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            return None


def make_session() -> aiohttp.ClientSession:
    """The client for engines. No time limit on answers: a worker kills an engine that hangs."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S)
    return aiohttp.ClientSession(
        connector=connector, timeout=timeout, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
    )


class Upstream:
    """Finds an engine for a model and asks it. One per process."""

    def __init__(self, router: Router, session: aiohttp.ClientSession) -> None:
        self._router = router
        self._session = session

    @asynccontextmanager
    async def ask(self, call: Call, wait: float, on_progress: OnProgress) -> AsyncIterator[Opened]:
        """
        An engine's answer with status 200; its connection is closed when the block ends early, which stops the engine.

        An engine that turns out to be dead before it has the request is replaced and another asked. Raises EngineLost
        when it dies later, ModelLoading, LoadFailed, or what the engine's refusal means.
        """
        opened = await self._open(call, wait, on_progress)
        try:
            if opened.response.status != 200:
                raise error_of_engine(opened.response.status, await opened.document(), call.prompt_field)
            yield opened
        except EngineLost:
            await self._router.lost(opened.replica, gone=False)
            raise
        finally:
            opened.response.release()  # keeps the connection if the answer was read to its end, closes it otherwise

    async def _open(self, call: Call, wait: float, on_progress: OnProgress) -> Opened:
        for _ in range(MAX_STARTS):
            replica = await self._router.lease_for(call.model, wait, on_progress)
            response = await self._post(replica, call)
            if response is not None:
                return Opened(replica, response)
        raise EngineLost(f"The engine for {call.model.name} could not be reached.")

    async def _post(self, replica: Replica, call: Call) -> aiohttp.ClientResponse | None:
        """The answer's head; None where no engine of ours listens any more. Raises EngineLost."""
        headers = {"authorization": f"Bearer {replica.api_key}", "content-type": "application/json"}
        if replica.stream_only:  # llama.cpp also drops kept connections: 1 request of 200 under 64 clients, none with this
            headers["connection"] = "close"
        try:
            response = await self._session.post(
                replica.base_url + call.path, data=call.body(replica), headers=headers, allow_redirects=False
            )
        except aiohttp.ClientConnectorError as error:
            await self._router.lost(replica, gone=isinstance(error.os_error, ConnectionRefusedError))
            return None
        except (aiohttp.ClientError, ConnectionError) as error:
            await self._router.lost(replica, gone=False)
            raise EngineLost from error
        if response.status != 401:
            return response
        response.release()  # another program has its port by now
        await self._router.lost(replica, gone=True)
        return None
