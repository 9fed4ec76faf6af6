"""Requests to engines: one shared client, a slot for each request, and what their failures mean."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import orjson

from commonweight.errors import CommonweightError
from commonweight.serving import (
    Ask,
    EngineLost,
    EngineOverloaded,
    Lane,
    LoadFailed,
    ModelLoading,
    Offer,
    OneSeat,
    OnProgress,
    PlainTicket,
    Replica,
    Seats,
    ServableModel,
    Target,
    Ticket,
    blocks_of,
)
from commonweight.serving.remote import RemoteBusy, RemoteFailed, RemoteLost
from commonweight.wire.openai.call import Call, Opened
from commonweight.wire.openai.engine_client import NotReached
from commonweight.wire.openai.engine_http import CONNECT_S, KEEP_ALIVE_S, EngineHttp, Engines, HeadRead, SessionEngines
from commonweight.wire.openai.errors import error_of_engine
from commonweight.wire.openai.from_remote import first_of_remote

PROGRESS = b'"prompt_progress"'
MAX_STARTS = 3  # engines that failed one request before its first byte; more points to the request, or something else
REMEMBERED = 1024  # answers about models; a model has few


def make_session() -> aiohttp.ClientSession:
    """The client for engines. No time limit on answers: a worker kills an engine that hangs."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S)
    return aiohttp.ClientSession(
        connector=connector, timeout=timeout, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
    )


class _Failed(Exception):
    """A replica failed a request before its first byte. `sent`: it may have been the request's own doing."""

    def __init__(self, error: CommonweightError, sent: bool) -> None:
        super().__init__(error)
        self.error = error
        self.sent = sent


class Upstream:
    """Finds an engine for a model and asks it. One per process, and one more where lines of batches are run."""

    def __init__(
        self,
        router: Seats,
        session: aiohttp.ClientSession,
        lane: Lane = Lane.INTERACTIVE,
        remote_session: aiohttp.ClientSession | None = None,
    ) -> None:
        """`remote_session` connects to addresses that were looked at; without it nothing leaves the house."""
        self._remote = SessionEngines(remote_session) if remote_session is not None else None
        self._router = router
        self._engines = EngineHttp(session)
        self._lane = lane
        self._known: OrderedDict[tuple[str, str], bool] = OrderedDict()

    def _in_lane(self, ticket: Ticket) -> Ticket:
        """Whatever was admitted here queues in the lane of this process's requests."""
        return ticket if ticket.lane == self._lane else PlainTicket(ticket.account_id, ticket.weight, self._lane)

    async def once(self, key: tuple[str, str], ask: Callable[[], Awaitable[bool]]) -> bool:
        """What `ask` said of this before, in this process; else what it says now."""
        if key not in self._known:
            self._known[key] = await ask()
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known[key]

    def ask(self, call: Call, wait: float, on_progress: OnProgress) -> AbstractAsyncContextManager[Opened]:
        """
        An engine's answer with status 200; its connection is closed when the block ends early, which stops the engine.

        What fails before the first byte is asked of another replica, then of the models that answer instead. Raises
        EngineLost when an engine dies later, ModelLoading, LoadFailed, EngineOverloaded, or what a refusal means.
        """
        if not call.instead:
            return _Answering(self._router, self._open_one(call, call.model, None, wait, on_progress))
        return _Answering(self._router, self._open(call, wait, on_progress))

    async def _open(self, call: Call, wait: float, on_progress: OnProgress) -> Opened:
        first: CommonweightError | None = None
        for model, instead in call.candidates():
            # Nobody loads a second model only because the first one takes its time, or is busy.
            if isinstance(first, ModelLoading | EngineOverloaded) and not await self._router.is_ready(model):
                continue
            try:
                return await self._open_one(call, model, instead, wait, on_progress)
            except (LoadFailed, ModelLoading, EngineLost, EngineOverloaded, RemoteFailed) as error:
                first = first or error
        assert first is not None
        raise first

    async def _open_one(
        self, call: Call, model: ServableModel, instead: Offer | None, wait: float, on_progress: OnProgress
    ) -> Opened:
        """Raises what the last replica's failure means."""
        avoid: set[str] = set()
        last: CommonweightError | None = None
        for _ in range(MAX_STARTS):
            ask = Ask(self._in_lane(call.ticket), lambda: blocks_of(call.prompt()), avoid, call.on_queued)
            seat = await self._router.seat(model, ask, wait, on_progress)
            try:
                response, first = await self._post(seat, call, on_progress)
                return Opened(seat, response, first, instead)
            except _Failed as failed:
                seat.leave(False)
                last = failed.error
                avoid.add(seat.replica.id)
                if failed.sent and not self._router.others_ready(model, avoid):
                    break  # a new engine would be started for what may kill it again
            except (RemoteBusy, RemoteLost) as error:
                seat.leave(False, error.rest)
                raise
            except CommonweightError as error:
                seat.leave(None if isinstance(error, RemoteFailed) else True)
                raise
            except BaseException:
                seat.leave(None)
                raise
        raise last or EngineLost(f"The engine for {model.name} could not be reached.")

    async def _post(self, seat: OneSeat, call: Call, on_progress: OnProgress) -> tuple[HeadRead, bytes]:
        """The head and the first bytes of an answer with status 200. Raises _Failed, or what a refusal means."""
        replica = seat.replica
        # llama.cpp drops kept connections: 1 of 200 under 64 clients, none that way.
        headers = _headers(replica.api_key, closes=replica.engine.startswith("llama.cpp"))
        await on_progress("waiting for the first token")
        try:
            response = await self._engines_for(replica).post(replica.base_url, call.path, headers, call.body(replica))
        except NotReached as error:
            await self._router.lost(replica, gone=error.refused)
            raise _Failed(EngineLost("The engine could not be reached."), sent=False) from error
        except ConnectionError as error:
            await self._router.lost(replica, gone=False)
            raise _Failed(EngineLost(), sent=True) from error
        try:
            return response, await self._first(response, replica, call)
        except BaseException:
            response.release()
            raise

    def _engines_for(self, replica: Replica) -> Engines:
        if replica.model.target is not Target.REMOTE:
            return self._engines
        if self._remote is None:
            raise RemoteFailed("Requests do not leave the house from here.")
        return self._remote

    async def _first(self, response: HeadRead, replica: Replica, call: Call) -> bytes:
        if replica.model.target is Target.REMOTE:
            return await first_of_remote(response, call.prompt_field)
        if response.status == 401:  # another program has its port by now
            await self._router.lost(replica, gone=True)
            raise _Failed(EngineLost("Another program answers at the engine's address."), sent=False)
        try:
            if response.status == 200:
                word = await response.readany()
                while (told := word.count(PROGRESS)) and told == word.count(b"data: "):
                    word = await response.readany()  # it may still die of the prompt that it tells how far it has read
                return word
            body = await response.read()
        except ConnectionError as error:
            await self._router.lost(replica, gone=False)
            raise _Failed(EngineLost(), sent=True) from error
        refusal = error_of_engine(response.status, _json(body), call.prompt_field)
        if isinstance(refusal, EngineLost | EngineOverloaded):
            raise _Failed(refusal, sent=True)
        raise refusal


@functools.lru_cache(maxsize=REMEMBERED)
def _headers(api_key: str, *, closes: bool) -> Mapping[str, str]:
    """Of a request to an engine. `closes`: its connection is not used again."""
    headers = {"content-type": "application/json"}
    if api_key:
        headers["authorization"] = f"Bearer {api_key}"
    if closes:
        headers["connection"] = "close"
    return headers


class _Answering(AbstractAsyncContextManager[Opened]):
    """An answer, for as long as a block lasts. A class: a generator would cost each request more than its seat does."""

    def __init__(self, router: Seats, opening: Coroutine[Any, Any, Opened]) -> None:
        self._router = router
        self._opening = opening

    async def __aenter__(self) -> Opened:
        self._opened = await self._opening
        return self._opened

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        opened, is_lost = self._opened, isinstance(error, EngineLost)
        try:
            if is_lost:
                await self._router.lost(opened.replica, gone=False)
        finally:
            opened.response.release()  # keeps the connection if the answer was read to its end, closes it otherwise
            opened.seat.leave(True if error is None else False if is_lost else None)


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
