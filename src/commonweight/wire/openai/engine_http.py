"""How engines are asked over HTTP: those on plain TCP by the small client, those behind TLS by aiohttp."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, Protocol

import aiohttp

from commonweight.wire.openai.engine_client import EngineClient, NotReached
from commonweight.wire.openai.engine_connection import BrokenAnswer

CONNECT_S = 5.0  # an engine answers at once or not at all
KEEP_ALIVE_S = 2.0  # llama.cpp closes an idle connection after five seconds; never race it


class HeadRead(Protocol):
    """An answer whose head has come."""

    status: int

    def header(self, name: str) -> str:
        """By its name in lower case; "" where it is not there."""
        ...

    async def readany(self) -> bytes:
        """What has come of the body; b"" at its end. Raises ConnectionError."""
        ...

    async def read(self) -> bytes:
        """The rest of the body. Raises ConnectionError."""
        ...

    def release(self) -> None:
        """Keep the connection where the answer was read to its end, close it otherwise."""
        ...


class Engines(Protocol):
    """A way to engines."""

    async def post(self, base_url: str, path: str, headers: Mapping[str, str], body: bytes) -> HeadRead:
        """Raises NotReached where there is no connection, else ConnectionError."""
        ...


class EngineHttp:
    """The way to engines of our own. One per process; the session is the caller's."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._secure = SessionEngines(session)
        self._plain = EngineClient(CONNECT_S, KEEP_ALIVE_S)

    def post(self, base_url: str, path: str, headers: Mapping[str, str], body: bytes) -> Coroutine[Any, Any, HeadRead]:
        """See `Engines.post`."""
        way: Engines = self._plain if base_url.startswith("http://") else self._secure
        return way.post(base_url, path, headers, body)


class SessionEngines:
    """The way through an aiohttp session, with what its connector checks of addresses."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def post(self, base_url: str, path: str, headers: Mapping[str, str], body: bytes) -> HeadRead:
        try:
            return _Answer(await self._session.post(base_url + path, data=body, headers=headers, allow_redirects=False))
        except aiohttp.ClientConnectorError as error:
            raise NotReached(error.os_error) from error
        except aiohttp.ClientError as error:
            raise BrokenAnswer(str(error)) from error


class _Answer:
    """An answer through aiohttp."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status

    def header(self, name: str) -> str:
        return self._response.headers.get(name, "")

    async def readany(self) -> bytes:
        try:
            return await self._response.content.readany()
        except aiohttp.ClientError as error:
            raise BrokenAnswer(str(error)) from error

    async def read(self) -> bytes:
        try:
            return await self._response.read()
        except aiohttp.ClientError as error:
            raise BrokenAnswer(str(error)) from error

    def release(self) -> None:
        self._response.release()
