"""
One request to a model that was let in, until its last byte: an ASGI application that is called once.

A request comes through `wire` (route), `inference` (who asks, which model, whether it may) and `generation` (this file) to
`engine_request` (what the engine is asked), `upstream` (which engine) and `engine_client` (its connection). What the engine
says comes back through `events` and an `Answer` (the words of this route) to `stream` or in one piece to the client.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping

import orjson
from starlette.types import Receive, Scope, Send

from commonweight.errors import CommonweightError
from commonweight.serving import EngineLost, Replica
from commonweight.telemetry import Answered as EndedAnswer
from commonweight.telemetry import Watch
from commonweight.wire.openai.answer import Answer, Document, Head
from commonweight.wire.openai.charge import Charge
from commonweight.wire.openai.composing import Answered
from commonweight.wire.openai.ended import TRACE_HEADERS, log_ended, operation_of, trace_of
from commonweight.wire.openai.engine_request import EngineRequest
from commonweight.wire.openai.events import Said, comment
from commonweight.wire.openai.leaving import Watches, unless_left
from commonweight.wire.openai.order import Order
from commonweight.wire.openai.receipts import receipts_of, version_headers
from commonweight.wire.openai.stream import EventStream, Headers, Patience
from commonweight.wire.openai.upstream import Upstream
from commonweight.wire.openai.waiting import WAIT_HEADERS, wait_asked

log = logging.getLogger("commonweight.inference")

NANOSECONDS = 1_000_000_000
_MEANT_HERE = WAIT_HEADERS | TRACE_HEADERS


class Generation:
    """Streams or answers whole. Stops the engine when the client leaves."""

    def __init__(
        self, order: Order, *, upstream: Upstream, patience: Patience, watches: Watches, watch: Watch | None = None
    ) -> None:
        """`watches` are over the clients of the process; `watch` is told of the answer when it has ended."""
        self._order = order
        self._asked = order.asked
        self._kind = order.kind
        self._offer = order.offer  # of what answers, which may be what stands in for the model asked for
        self._receipts = order.receipts
        self._patience = patience
        self._watches = watches
        self._watch = watch
        self._request = EngineRequest(order, upstream)
        self._charge = Charge(order.admitted, order.asked.upstream.get("n", 1))
        self._parent: Mapping[str, str] = {}
        self._wait = float("inf")
        self._position = 0  # in the queue when it came; 0: it did not wait
        self._began = time.perf_counter()
        self._first_token: float | None = None
        self._head: Head | None = None
        self._engine = ""
        self._answer: Answer | None = None
        self._total: Document | None = None
        self._id = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outcome = "left"
        self._id = scope.get("state", {}).get("request_id") or uuid.uuid4().hex  # also the answer's
        if meant := [one for one in scope["headers"] if one[0] in _MEANT_HERE]:
            self._wait, self._parent = wait_asked(meant, self._wait), trace_of(meant)
        try:
            await unless_left(receive, self._stream(send) if self._asked.stream else self._whole(send), self._watches)
            outcome = "done"
        except CommonweightError as error:
            outcome = error.code
            error.headers.update(self._named())
            raise
        finally:
            if not self._order.admitted.is_settled:
                self._charge.settle_what_there_is(self._offer.servable.name)
            self._end(outcome)

    # Whole

    async def _whole(self, send: Send) -> None:
        wait = min(self._patience.hold_whole, self._wait)
        async with self._request.ask(wait, _say_nothing, self._queued) as opened:
            answer = self._begin(opened)
            if self._request.streams(opened.replica):
                await self._fold(opened, answer)
            else:
                raw = await opened.document()
                if not isinstance(raw, dict):
                    raise EngineLost("The engine's answer was no JSON object.")
                self._charge.tally.add_whole(raw, opened.replica.engine)
                answer.take_whole(raw)
            self._charge.settle()
        if self._kind.keep is not None:
            await self._kind.keep(answer, self._usage())
        document = answer.whole(self._usage())
        if self._order.witness is not None:
            await self._attest(opened.replica, document)
        body = orjson.dumps(document)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *self._headers()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _fold(self, opened: Answered, answer: Answer) -> None:
        tally, said, piece = self._charge.tally, Said(self._kind.prompt_field), b"\n"
        while piece:
            piece = await opened.readany()
            for raw in said.take(piece):
                tally.add(raw)
                answer.fold(raw)
            said.check()
        _check_finished(answer)

    # Stream

    async def _stream(self, send: Send) -> None:
        out = EventStream(send, self._headers(), self._patience)

        def queued(position: int) -> None:
            self._queued(position)
            out.announce(self._headers())

        wait = min(self._patience.hold_stream, self._wait)
        try:
            async with out, self._request.ask(wait, out.note, queued) as opened:
                answer = self._begin(opened)
                if not out.announce(self._headers()) and opened.instead is not None:
                    await out.write(_in_comments(self._receipts))  # headers are gone
                await self._relay(opened, answer, out)
        except CommonweightError as error:
            if not out.begun:
                raise
            log.warning("model=%s failed after the start: %s", self._offer.name, error.code)  # an engine may quote prompts
            failed = self._answer.failed if self._answer else self._kind.failed_early
            await out.finish(failed(error))

    async def _relay(self, opened: Answered, answer: Answer, out: EventStream) -> None:
        if events := answer.begin():
            await out.write(events)
        tally, said, piece = self._charge.tally, Said(self._kind.prompt_field), b"\n"
        while piece:
            piece = await opened.readany()
            fresh = []
            for raw in said.take(piece):
                tally.add(raw)
                fresh.append(answer.take(raw))
            if events := b"".join(fresh):
                if self._first_token is None:
                    self._first_token = time.perf_counter() - self._began
                await out.write(events)
            said.check()
        _check_finished(answer)
        self._charge.settle()
        if self._order.witness is not None:
            await self._attest(opened.replica, answer.whole(self._usage()))
        last = answer.end(self._usage())
        if self._kind.keep is not None:
            await self._kind.keep(answer, self._usage())
        if self._order.screen is not None:  # what was done to the answer; its headers are gone
            await out.write(_in_comments(self._order.screen.headers()))
        await out.finish(last)

    # Both

    def _queued(self, position: int) -> None:
        self._position = position

    def _begin(self, opened: Answered) -> Answer:
        """The answer in the making, in the words of this route: everything that the engine says goes through it."""
        if opened.instead is not None:
            self._offer = opened.instead
            self._receipts = {**self._receipts, **receipts_of(opened.instead)}  # they name what really answers
            self._order.admitted.answered_by(opened.instead)
        self._charge.begin()
        replica = opened.replica
        self._head = Head.new(self._kind.id_prefix + self._id, replica, self._offer.name)
        self._engine = replica.engine.partition("/")[0]
        answer = self._answer = self._kind.answer(self._head, self._asked)
        return answer

    def _named(self) -> dict[str, str]:
        named = {**self._receipts, "x-commonweight-queue-position": str(self._position)}
        return named if self._order.screen is None else {**named, **self._order.screen.headers()}

    def _headers(self) -> Headers:
        return [*version_headers(self._named(), self._began), *self._order.admitted.headers]

    def _usage(self) -> Document | None:
        """Asked for when the engine has said its last word, or says no more: worked out once."""
        if self._total is None:
            self._total = self._charge.tally.total()
        return self._total

    async def _attest(self, replica: Replica, document: Document) -> None:
        """Sign what was answered before its last byte, where that was asked for: then the receipt can be fetched at once."""
        if self._order.witness is not None:
            await self._order.witness.sign(self._offer, replica, document, self._usage() or {})

    def _end(self, outcome: str) -> None:
        """Tell of it: one line in the log, and whoever watches."""
        seconds, usage, name = time.perf_counter() - self._began, self._usage() or {}, self._offer.name
        told = EndedAnswer(
            operation=operation_of(self._kind.route),
            model=name.partition("@")[0],
            version=name,
            engine=self._engine,
            id=self._head.id if self._head else "",
            outcome=outcome,
            began_at=time.time_ns() - round(seconds * NANOSECONDS),
            seconds=seconds,
            first_token=self._first_token,
            prompt_tokens=usage.get("prompt_tokens", 0),
            completion_tokens=usage.get("completion_tokens", 0),
            parameters=self._asked.upstream,
            parent=self._parent,
        )
        if self._watch is not None:
            self._watch(told)
        log_ended(told, stream=self._asked.stream)


def _check_finished(answer: Answer) -> None:
    if not answer.finished:
        raise EngineLost


def _in_comments(headers: Mapping[str, str]) -> bytes:
    return b"".join(comment(f"{name}: {value}") for name, value in headers.items())


async def _say_nothing(text: str) -> None:
    """A whole answer has nowhere to put comments."""
