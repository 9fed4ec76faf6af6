"""One request to a model, from the engine to the client: an ASGI application that is called once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import orjson
from starlette.types import Receive, Scope, Send

from commonweight.errors import CommonweightError
from commonweight.serving import EngineLost, Offer, OnProgress, Replica
from commonweight.wire.openai.answer import Answer, Document, Head, Tally
from commonweight.wire.openai.asked import Asked
from commonweight.wire.openai.errors import error_of_engine
from commonweight.wire.openai.events import BrokenStream, event, events_of, parse
from commonweight.wire.openai.leaving import unless_left
from commonweight.wire.openai.receipts import version_headers
from commonweight.wire.openai.stream import EventStream, Headers, Patience
from commonweight.wire.openai.upstream import Call, Opened, Upstream

log = logging.getLogger("commonweight.inference")


@dataclass(frozen=True)
class Kind:
    """What tells the two routes apart."""

    path: str
    id_prefix: str
    prompt_field: str
    answer: Callable[[Head, Asked], Answer]


class Generation:
    """Streams or answers whole. Stops the engine when the client leaves."""

    def __init__(
        self, kind: Kind, asked: Asked, offer: Offer, upstream: Upstream, patience: Patience, receipts: dict[str, str]
    ) -> None:
        self._kind = kind
        self._asked = asked
        self._offer = offer
        self._upstream = upstream
        self._patience = patience
        self._receipts = receipts
        self._began = time.perf_counter()
        self._tally = Tally(asked.upstream.get("n", 1))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outcome = "left"
        try:
            await unless_left(receive, self._stream(send) if self._asked.stream else self._whole(send))
            outcome = "done"
        except CommonweightError as error:
            outcome = error.code
            error.headers.update(self._receipts)
            raise
        finally:
            self._log(outcome)

    def _log(self, outcome: str) -> None:
        """One line per request; never what was said in it."""
        usage = self._tally.total() or {}
        log.info(
            "model=%s %s %s ms=%.0f prompt_tokens=%d completion_tokens=%d",
            self._offer.servable.name,
            "stream" if self._asked.stream else "whole",
            outcome,
            (time.perf_counter() - self._began) * 1000,
            usage.get("prompt_tokens", 0),
            usage.get("completion_tokens", 0),
        )

    def _ask(self, wait: float, on_progress: OnProgress) -> AbstractAsyncContextManager[Opened]:
        call = Call(self._offer.servable, self._kind.path, self._body, self._kind.prompt_field)
        return self._upstream.ask(call, wait, on_progress)

    def _streams_upstream(self, replica: Replica) -> bool:
        """Some engines notice that a client has left only while they stream to it."""
        return self._asked.stream or (replica.stream_only and not self._asked.never_stream_upstream)

    def _body(self, replica: Replica) -> bytes:
        return self._asked.body(self._streams_upstream(replica))

    def _answer(self, replica: Replica) -> tuple[Head, Answer]:
        head = Head.new(self._kind.id_prefix, replica)
        return head, self._kind.answer(head, self._asked)

    def _headers(self) -> Headers:
        return version_headers(self._receipts, self._began)

    # Whole

    async def _whole(self, send: Send) -> None:
        async with self._ask(self._patience.hold_whole, _say_nothing) as opened:
            _, answer = self._answer(opened.replica)
            if self._streams_upstream(opened.replica):
                document = await self._fold(opened, answer)
            else:
                raw = await opened.document()
                if not isinstance(raw, dict):
                    raise EngineLost("The engine's answer was no JSON object.")
                self._tally.add(raw)
                document = answer.take_whole(raw)
        usage = self._tally.total()
        body = orjson.dumps({**document, "usage": usage} if usage else document)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *self._headers()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _fold(self, opened: Opened, answer: Answer) -> Document:
        async for payloads in events_of(opened.chunks()):
            for raw in self._understood(payloads):
                answer.choices(raw)
        self._check_finished(answer)
        return answer.whole()

    # Stream

    async def _stream(self, send: Send) -> None:
        out = EventStream(send, self._headers(), self._patience)
        try:
            async with out.kept_awake(), self._ask(self._patience.hold_stream, out.note) as opened:
                out.state = "waiting for the first token"
                await self._relay(opened, out)
        except CommonweightError as error:
            if not out.begun:
                raise
            log.warning("model=%s failed after the start: %s", self._offer.servable.name, error.sentence)
            await out.fail(error)

    async def _relay(self, opened: Opened, out: EventStream) -> None:
        head, answer = self._answer(opened.replica)
        no_usage: Document = {"usage": None} if self._asked.include_usage else {}
        async for payloads in events_of(opened.chunks()):
            written = [
                event({**head.document(answer.chunk_kind, choices), **no_usage})
                for raw in self._understood(payloads)
                for choices in answer.choices(raw)
            ]
            if written:
                await out.write(b"".join(written))
        self._check_finished(answer)
        usage = self._tally.total()
        if self._asked.include_usage and usage:
            await out.write(event({**head.document(answer.chunk_kind, ()), "usage": usage}))
        await out.end()

    def _understood(self, payloads: Sequence[bytes]) -> Iterator[Document]:
        """The documents of the engine's stream; their usage is noted. Raises what an error in the stream means."""
        try:
            for payload in payloads:
                raw = parse(payload)
                if "error" in raw:
                    raise error_of_engine(500, raw, self._kind.prompt_field)
                self._tally.add(raw)
                yield raw
        except BrokenStream as error:
            raise EngineLost(f"The engine sent {error}.") from error

    def _check_finished(self, answer: Answer) -> None:
        if not answer.finished:
            raise EngineLost


async def _say_nothing(text: str) -> None:
    """A whole answer has nowhere to put comments."""
