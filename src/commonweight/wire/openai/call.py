"""A request to whichever engine will answer it, and the answer that was opened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from commonweight.serving import EngineLost, Offer, OneSeat, PlainTicket, Replica, ServableModel, Ticket
from commonweight.wire.openai.engine_http import HeadRead


def no_prompt() -> bytes:
    """A request for which it is the same whether a replica has seen its beginning."""
    return b""


def _say_nothing(position: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Call:
    """
    A request to whichever engine will answer it. `prompt_field` is what its errors are about.

    `instead` are asked in their order where `model` cannot be loaded or fails before the first byte. `prompt` gives the
    bytes whose beginning decides where it is warm; `on_queued` learns the position of a request that has to wait.
    """

    model: ServableModel
    path: str
    body: Callable[[Replica], bytes]
    prompt_field: str
    instead: Sequence[Offer] = ()
    ticket: Ticket = field(default_factory=PlainTicket)
    prompt: Callable[[], bytes] = no_prompt
    on_queued: Callable[[int], None] = _say_nothing

    def candidates(self) -> Iterator[tuple[ServableModel, Offer | None]]:
        """The model, then those that answer instead."""
        yield self.model, None
        for offer in self.instead:
            if offer.servable.mode is self.model.mode and offer.servable.key != self.model.key:
                yield offer.servable, offer


@dataclass(frozen=True)
class Opened:
    """An engine's answer whose first bytes are there. `instead`: not the model asked for, but this one answers."""

    seat: OneSeat
    response: HeadRead
    first: bytes
    instead: Offer | None = None

    @property
    def replica(self) -> Replica:
        return self.seat.replica

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives. Raises EngineLost where it breaks off."""
        chunk = self.first
        try:
            while chunk:
                self.seat.count(chunk.count(b"data: "))
                yield chunk
                chunk = await self.response.readany()
        except ConnectionError as error:
            raise EngineLost from error

    async def document(self) -> object:
        """The body as JSON; None when it is none. Raises EngineLost where it breaks off."""
        body = b"".join([chunk async for chunk in self.chunks()])
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
