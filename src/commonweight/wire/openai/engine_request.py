"""How one request is put to whichever engine answers it: its body, its place in the queue, its parts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

import orjson

from commonweight.serving import Offer, OnProgress, Replica, addressing
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.call import Call
from commonweight.wire.openai.composing import Answered, composed
from commonweight.wire.openai.engine_talk import EngineTalk
from commonweight.wire.openai.guarded import guarded
from commonweight.wire.openai.held import held
from commonweight.wire.openai.order import Order
from commonweight.wire.openai.shortening import shortened
from commonweight.wire.openai.tally import counting_of
from commonweight.wire.openai.upstream import Upstream

STREAM: Final[Document] = {"stream": True, "stream_options": {"include_usage": True}}
NO_STREAM: Final[Document] = {"stream": False}


class EngineRequest:
    """The engine's side of an order."""

    def __init__(self, order: Order, upstream: Upstream) -> None:
        self._order = order
        self._asked = order.asked
        self._upstream = upstream

    def ask(
        self, wait: float, on_progress: OnProgress, on_queued: Callable[[int], None]
    ) -> AbstractAsyncContextManager[Answered]:
        """The engine's answer, once its first bytes are there, as far as guardrails let it through."""
        asking, screen = self._ask(wait, on_progress, on_queued), self._order.screen
        return asking if screen is None else guarded(asking, screen, self._order.kind.prompt_field)

    def _ask(
        self, wait: float, on_progress: OnProgress, on_queued: Callable[[int], None]
    ) -> AbstractAsyncContextManager[Answered]:
        """Raises what `Upstream.ask` raises."""
        order, asked = self._order, self._asked
        call = Call(
            order.offer.servable,
            order.kind.path,
            self._body,
            order.kind.prompt_field,
            instead=order.offer.alternatives,
            ticket=order.admitted.ticket,
            prompt=self._prompt,
            on_queued=on_queued,
        )
        if asked.compose is not None:
            talk = EngineTalk(self._upstream, call, wait, on_progress, self._address)
            return composed(talk, asked.compose(talk))
        if asked.shorten:
            return shortened(lambda: self._upstream.ask(call, wait, on_progress), asked.upstream["messages"])
        return self._upstream.ask(call, wait, on_progress)

    def streams(self, replica: Replica) -> bool:
        """
        Whether the engine is asked for a stream, also where the client is not: some engines notice that a client has left
        only while they stream to it.
        """
        asked = self._asked
        return asked.stream or asked.compose is not None or (replica.stream_only and not asked.never_stream_upstream)

    def _prompt(self) -> bytes:
        """What is alike in two requests is alike from the start."""
        return orjson.dumps(self._asked.upstream.get("messages") or self._asked.upstream.get("prompt"))

    def _body(self, replica: Replica) -> bytes:
        """What is asked, as this engine keeps to it. A stream always ends with its usage, and says how far it has come."""
        asked, written = self._asked, self._order.written
        fields, more = held(asked.upstream, replica.traits, asked.stream), self._address(replica)
        more.update({**STREAM, **counting_of(replica.engine)} if self.streams(replica) else NO_STREAM)
        if written and fields is asked.upstream and not asked.shorten:
            # As nearly always: a long prompt is not written a second time, and it has no field of `more`.
            return written[:-1] + b"," + orjson.dumps(more)[1:]
        return orjson.dumps({**fields, **more})

    def _address(self, replica: Replica) -> Document:
        offer = self._order.offer
        return addressing(replica.traits, (self._meant_at(replica) if offer.alternatives else offer).adapter)

    def _meant_at(self, replica: Replica) -> Offer:
        """What is meant at this replica, which may be one of a model that answers instead."""
        offer = self._order.offer
        return next(one for one in (offer, *offer.alternatives) if one.servable.key == replica.model.key)
