"""One request to a model, from the engine to the client: an ASGI application that is called once."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import orjson
from starlette.types import Receive, Scope, Send

from commonweight.errors import CommonweightError
from commonweight.plans import Admitted, NotRecorded
from commonweight.serving import EngineLost, Offer, OnProgress, Replica, addressing
from commonweight.telemetry import Watch
from commonweight.wire.openai.answer import Answer, Document, Head, failed_early
from commonweight.wire.openai.asked import Asked
from commonweight.wire.openai.composing import Answered, composed
from commonweight.wire.openai.ended import ended, trace_of
from commonweight.wire.openai.engine_talk import EngineTalk
from commonweight.wire.openai.errors import error_of_engine
from commonweight.wire.openai.events import BrokenStream, comment, events_of, parse
from commonweight.wire.openai.held import held
from commonweight.wire.openai.leaving import unless_left
from commonweight.wire.openai.receipts import receipts_of, version_headers
from commonweight.wire.openai.shortening import shortened
from commonweight.wire.openai.stream import EventStream, Headers, Patience
from commonweight.wire.openai.tally import Tally, counting_of
from commonweight.wire.openai.upstream import Call, Upstream
from commonweight.wire.openai.waiting import wait_asked
from commonweight.wire.openai.witness import Witness

log = logging.getLogger("commonweight.inference")


@dataclass(frozen=True)
class Kind:
    """
    What tells the routes apart that generate. `path` is the engine's, `prompt_field` what its refusals are about.

    `failed_early` is the event for an error before there is an answer, once a stream has begun. `keep` is awaited with
    the finished answer and its usage before the last bytes go out: by a retention decision only.
    """

    path: str
    id_prefix: str
    prompt_field: str
    answer: Callable[[Head, Asked], Answer]
    failed_early: Callable[[CommonweightError], bytes] = failed_early
    route: str = "chat.completions"  # as the ledger names it
    keep: Callable[[Answer, Document | None], Awaitable[None]] | None = None


class Generation:
    """Streams or answers whole. Stops the engine when the client leaves."""

    def __init__(
        self,
        kind: Kind,
        asked: Asked,
        offer: Offer,
        upstream: Upstream,
        patience: Patience,
        receipts: dict[str, str],
        admitted: Admitted,
        witness: Witness | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._admitted = admitted
        self._kind = kind
        self._asked = asked
        self._offer = offer
        self._upstream = upstream
        self._patience = patience
        self._receipts = receipts
        self._witness = witness
        self._watch = watch
        self._parent: Mapping[str, str] = {}
        self._first_token: float | None = None
        self._head: Head | None = None
        self._engine = ""
        self._began = time.perf_counter()
        self._tally = Tally(asked.upstream.get("n", 1))
        self._answer: Answer | None = None
        self._position = 0  # in the queue when it came; 0: it did not wait
        self._wait = float("inf")
        self._engine_began: float | None = None  # since when an engine works on it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outcome = "left"
        self._wait = wait_asked(scope["headers"], self._wait)
        if self._watch is not None:
            self._parent = trace_of(scope["headers"])
        try:
            await unless_left(receive, self._stream(send) if self._asked.stream else self._whole(send))
            outcome = "done"
        except CommonweightError as error:
            outcome = error.code
            error.headers.update(self._named())
            raise
        finally:
            self._settle_what_there_is()
            self._log(outcome)

    def _settle(self, whole: bool = True) -> None:
        """Charge what the engine has counted. Raises NotRecorded."""
        if self._admitted.is_settled:
            return
        if self._engine_began is None:
            self._admitted.release()
            return
        tokens = self._tally.tokens(whole, self._admitted.prompt_bytes)
        self._admitted.settle(tokens, time.perf_counter() - self._engine_began)

    def _settle_what_there_is(self) -> None:
        """Of a request that broke off; nothing more is charged for one that went well."""
        try:
            self._settle(whole=False)
        except NotRecorded as error:
            log.error("model=%s usage is lost: %s", self._offer.servable.name, error.sentence)  # noqa: TRY400

    def _log(self, outcome: str) -> None:
        """One line per request; never what was said in it."""
        usage = self._tally.total() or {}
        seconds = time.perf_counter() - self._began
        if self._watch is not None:
            route, identity = self._kind.route, self._head.id if self._head else ""
            times = (seconds, self._first_token)
            self._watch(ended(route, self._offer, self._engine, identity, outcome, times, usage, self._asked, self._parent))
        log.info(
            "model=%s %s %s ms=%.0f prompt_tokens=%d completion_tokens=%d",
            self._offer.name,
            "stream" if self._asked.stream else "whole",
            outcome,
            seconds * 1000,
            usage.get("prompt_tokens", 0),
            usage.get("completion_tokens", 0),
        )

    def _ask(
        self, wait: float, on_progress: OnProgress, on_queued: Callable[[int], None]
    ) -> AbstractAsyncContextManager[Answered]:
        call = Call(
            self._offer.servable,
            self._kind.path,
            self._body,
            self._kind.prompt_field,
            instead=self._offer.alternatives,
            ticket=self._admitted.ticket,
            prompt=self._prompt,
            on_queued=on_queued,
        )
        wait = min(wait, self._wait)
        if self._asked.compose is not None:
            talk = EngineTalk(self._upstream, call, wait, on_progress, self._address)
            return composed(talk, self._asked.compose(talk))
        if self._asked.shorten:
            return shortened(lambda: self._upstream.ask(call, wait, on_progress), self._asked.upstream["messages"])
        return self._upstream.ask(call, wait, on_progress)

    def _prompt(self) -> bytes:
        """What is alike in two requests is alike from the start."""
        return orjson.dumps(self._asked.upstream.get("messages") or self._asked.upstream.get("prompt"))

    def _queued(self, position: int) -> None:
        self._position = position

    def _answered_by(self, opened: Answered) -> None:
        """Receipts name what really answers."""
        if opened.instead is not None:
            self._offer = opened.instead
            self._receipts = {**self._receipts, **receipts_of(opened.instead)}
            self._admitted.answered_by(opened.instead)

    def _streams_upstream(self, replica: Replica) -> bool:
        """Some engines notice that a client has left only while they stream to it."""
        return (
            self._asked.stream
            or self._asked.compose is not None
            or (replica.stream_only and not self._asked.never_stream_upstream)
        )

    def _body(self, replica: Replica) -> bytes:
        fields = {**held(self._asked.upstream, replica.traits, self._asked.stream), **self._address(replica)}
        streams = self._streams_upstream(replica)
        return self._asked.body(streams, fields, counting_of(replica.engine) if streams else {})

    def _address(self, replica: Replica) -> Document:
        return addressing(replica.traits, self._adapter(replica))

    def _adapter(self, replica: Replica) -> str:
        """What is meant at this replica, which may be one of a model that answers instead."""
        offers = (self._offer, *self._offer.alternatives)
        if len(offers) == 1:
            return self._offer.adapter
        return next(offer.adapter for offer in offers if offer.servable.key == replica.model.key)

    def _begin(self, replica: Replica) -> Answer:
        self._engine_began = time.perf_counter()
        self._head = Head.new(self._kind.id_prefix, replica, self._offer.name)
        self._engine = replica.engine.partition("/")[0]
        answer = self._answer = self._kind.answer(self._head, self._asked)
        return answer

    def _named(self) -> dict[str, str]:
        return {**self._receipts, "x-commonweight-queue-position": str(self._position)}

    def _headers(self) -> Headers:
        return [*version_headers(self._named(), self._began), *self._admitted.headers]

    # Whole

    async def _whole(self, send: Send) -> None:
        async with self._ask(self._patience.hold_whole, _say_nothing, self._queued) as opened:
            self._answered_by(opened)
            answer = self._begin(opened.replica)
            if self._streams_upstream(opened.replica):
                await self._fold(opened, answer)
            else:
                raw = await opened.document()
                if not isinstance(raw, dict):
                    raise EngineLost("The engine's answer was no JSON object.")
                self._tally.add_whole(raw)
                answer.take_whole(raw)
            self._settle()
        await self._keep(answer)
        document = answer.whole(self._tally.total())
        await self._attest(opened.replica, document)
        body = orjson.dumps(document)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *self._headers()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _fold(self, opened: Answered, answer: Answer) -> None:
        async for payloads in events_of(opened.chunks()):
            for raw in self._understood(payloads):
                answer.fold(raw)
        self._check_finished(answer)

    # Stream

    async def _stream(self, send: Send) -> None:
        out = EventStream(send, self._headers(), self._patience)

        def queued(position: int) -> None:
            self._queued(position)
            out.announce(self._headers())

        try:
            async with out.kept_awake(), self._ask(self._patience.hold_stream, out.note, queued) as opened:
                self._answered_by(opened)
                if (
                    not out.announce(self._headers()) and opened.instead is not None
                ):  # told in comments where headers are gone
                    await out.write(b"".join(comment(f"{name}: {value}") for name, value in self._receipts.items()))
                await self._relay(opened, out)
        except CommonweightError as error:
            if not out.begun:
                raise
            log.warning("model=%s failed after the start: %s", self._offer.name, error.code)  # an engine may quote prompts
            failed = self._answer.failed if self._answer else self._kind.failed_early
            await out.finish(failed(error))

    async def _relay(self, opened: Answered, out: EventStream) -> None:
        answer = self._begin(opened.replica)
        if events := answer.begin():
            await out.write(events)
        async for payloads in events_of(opened.chunks()):
            if events := b"".join([answer.take(raw) for raw in self._understood(payloads)]):
                if self._first_token is None:
                    self._first_token = time.perf_counter() - self._began
                await out.write(events)
        self._check_finished(answer)
        self._settle()
        if self._witness is not None:
            await self._attest(opened.replica, answer.whole(self._tally.total()))
        last = answer.end(self._tally.total())
        await self._keep(answer)
        await out.finish(last)

    async def _attest(self, replica: Replica, document: Document) -> None:
        """Sign what was answered before its last byte, where that was asked for: then the receipt can be fetched at once."""
        if self._witness is not None:
            await self._witness.sign(self._offer, replica, document, self._tally.total() or {})

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

    async def _keep(self, answer: Answer) -> None:
        if self._kind.keep is not None:
            await self._kind.keep(answer, self._tally.total())

    def _check_finished(self, answer: Answer) -> None:
        if not answer.finished:
            raise EngineLost


async def _say_nothing(text: str) -> None:
    """A whole answer has nowhere to put comments."""
