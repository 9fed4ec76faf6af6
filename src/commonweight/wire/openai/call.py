"""A request to whichever engine will answer it, and the answer that was opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import orjson

from commonweight.serving import EngineLost, Offer, OneSeat, PlainTicket, Replica, ServableModel, Ticket
from commonweight.wire.openai.engine_http import HeadRead

NO_PLAN: Final = PlainTicket()


def no_prompt() -> bytes:
    """A request for which it is the same whether a replica has seen its beginning."""
    return b""


def _say_nothing(position: int) -> None:
    """Nobody wants to know."""


class Call(NamedTuple):
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
    ticket: Ticket = NO_PLAN
    prompt: Callable[[], bytes] = no_prompt
    on_queued: Callable[[int], None] = _say_nothing

    def candidates(self) -> Iterator[tuple[ServableModel, Offer | None]]:
        """The model, then those that answer instead."""
        yield self.model, None
        for offer in self.instead:
            if offer.servable.mode is self.model.mode and offer.servable.key != self.model.key:
                yield offer.servable, offer


class Opened:
    """An engine's answer whose first bytes are there. `instead`: not the model asked for, but this one answers."""

    __slots__ = ("_first", "instead", "replica", "response", "seat")

    def __init__(self, seat: OneSeat, response: HeadRead, first: bytes, instead: Offer | None = None) -> None:
        self.seat = seat
        self.replica = seat.replica
        self.response = response
        self.instead = instead
        self._first = first

    async def readany(self) -> bytes:
        """What has come of the body, at least a byte; b"" at its end. Raises EngineLost where it breaks off."""
        piece, self._first = self._first, b""
        if not piece:
            try:
                piece = await self.response.readany()
            except ConnectionError as error:
                raise EngineLost from error
        self.seat.count(piece.count(b"data: "))
        return piece

    async def document(self) -> object:
        """The body as JSON; None when it is none. Raises EngineLost where it breaks off."""
        try:
            body = self._first + await self.response.read()
        except ConnectionError as error:
            raise EngineLost from error
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
