"""Requests to remotes beside those to engines: no queue and no load, since neither is ours."""

from __future__ import annotations

from collections.abc import Collection, Coroutine
from typing import Any

import aiohttp

from commonweight.serving.engines import Capabilities, Dialect, Traits
from commonweight.serving.errors import ModelNotFound
from commonweight.serving.line import Ask
from commonweight.serving.loading import OnProgress
from commonweight.serving.models import Mode, ServableModel, Target
from commonweight.serving.remote.addresses import CheckedResolver, check_address
from commonweight.serving.remote.errors import RemoteLost
from commonweight.serving.remote.remotes import Remotes
from commonweight.serving.remote.resting import Resting
from commonweight.serving.replica import Replica, State
from commonweight.serving.seats import OneSeat, Seats

CONNECT_S = 10.0  # through the open internet
SILENCE_S = 120.0  # no byte for so long: nobody watches over a remote as a worker does over an engine


def remote_session(allow_private: bool, silence_s: float = SILENCE_S) -> aiohttp.ClientSession:
    """The client for remotes: connects to addresses that were looked at, keeps no cookies."""
    connector = aiohttp.TCPConnector(limit=0, resolver=CheckedResolver(allow_private), use_dns_cache=False)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=silence_s)
    cookies = aiohttp.DummyCookieJar()
    return aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=cookies, trust_env=False)


class RemoteSeat:
    """There is always a place, but while the remote is left alone."""

    position = 0

    def __init__(self, replica: Replica, resting: Resting) -> None:
        self.replica = replica
        self._resting = resting

    def count(self, tokens: int) -> None:
        """Nobody routes by it."""

    def leave(self, outcome: bool | None, rest: float = 0.0) -> None:
        """See `OneSeat.leave`."""
        self._resting.end(self.replica.model.handle, self.replica.base_url, outcome, rest)


class SeatsWithRemotes:
    """Implements `Seats` over another one, and for remotes by itself."""

    def __init__(self, seats: Seats, remotes: Remotes, resting: Resting | None = None) -> None:
        self._seats = seats
        self._remotes = remotes
        self._resting = resting or Resting()

    def seat(
        self, model: ServableModel, ask: Ask, wait: float, on_progress: OnProgress | None = None
    ) -> Coroutine[Any, Any, OneSeat]:
        """
        See `Router.seat`. Raises ModelNotFound where the remote was removed meanwhile, InvalidRemote, RemoteBusy while it is
        left alone, RemoteLost where it has failed this very request.
        """
        if model.target is Target.REMOTE:
            return self._remote_seat(model, ask)
        return self._seats.seat(model, ask, wait, on_progress)

    async def _remote_seat(self, model: ServableModel, ask: Ask) -> OneSeat:
        replica = await self._replica(model)
        if replica.id in ask.avoid:
            raise RemoteLost(f"The remote {model.handle!r} could not be reached.")
        self._resting.begin(model.handle, replica.base_url)
        return RemoteSeat(replica, self._resting)

    async def lease_for(self, model: ServableModel, wait: float, on_progress: OnProgress | None = None) -> Replica:
        """See `Router.lease_for`."""
        if model.target is Target.REMOTE:
            return await self._replica(model)
        return await self._seats.lease_for(model, wait, on_progress)

    async def is_ready(self, model: ServableModel) -> bool:
        """See `Router.is_ready`. A remote is taken for ready unless it is left alone."""
        if model.target is not Target.REMOTE:
            return await self._seats.is_ready(model)
        remote = (await self._remotes.table()).get(model.handle)
        return remote is not None and not self._resting.rests(remote.name, remote.base_url)

    def others_ready(self, model: ServableModel, avoid: Collection[str]) -> bool:
        """See `Router.others_ready`. There is one of each remote."""
        return model.target is not Target.REMOTE and self._seats.others_ready(model, avoid)

    async def lost(self, replica: Replica, gone: bool) -> None:
        """See `Router.lost`."""
        if replica.model.target is not Target.REMOTE:
            await self._seats.lost(replica, gone)

    async def _replica(self, model: ServableModel) -> Replica:
        remote = (await self._remotes.table()).get(model.handle)
        if remote is None:
            raise ModelNotFound(model.handle)
        base_url = check_address(remote.base_url, self._remotes.allow_private)  # the setting may have changed since
        chat = remote.mode is Mode.CHAT
        able = Capabilities(chat=chat, completions=chat, tools=chat, schema=chat, logprobs=chat)
        traits = Traits(Dialect.NAMED, remote.model, (), able)
        key = await self._remotes.key_of(remote.name)
        return Replica(
            model.key, model, State.READY, engine=f"remote/{remote.name}", base_url=base_url, api_key=key, traits=traits
        )
