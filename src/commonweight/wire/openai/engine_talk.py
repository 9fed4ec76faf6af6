"""Questions to an engine that it answers in one document, and answers made of them: nothing is generated here."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson
from starlette.types import Receive, Scope, Send

from commonweight.errors import CommonweightError
from commonweight.plans import Admitted, NotRecorded, Tokens
from commonweight.serving import EngineLost, Offer, OnProgress, Replica, addressing
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.call import Call, Opened
from commonweight.wire.openai.events import Said
from commonweight.wire.openai.held import held
from commonweight.wire.openai.leaving import unless_left
from commonweight.wire.openai.receipts import receipts_of, version_headers
from commonweight.wire.openai.screen import Screen
from commonweight.wire.openai.stream import Headers
from commonweight.wire.openai.upstream import Upstream
from commonweight.wire.openai.witness import RECEIPT, Witness

CHAT_PATH: Final = "/v1/chat/completions"

log = logging.getLogger("commonweight.inference")


class EngineTalk:
    """
    Several requests to one model, each like `call` but for its path and its body. The first may be answered by what stands
    in for the model; all others go where the first went.
    """

    def __init__(
        self,
        upstream: Upstream,
        call: Call,
        wait: float,
        on_progress: OnProgress | None = None,
        address: Callable[[Replica], Document] | None = None,
    ) -> None:
        """`address` gives the fields that say which of an engine's weights are meant; the model's own where left out."""
        self._address = address or (lambda replica: addressing(replica.traits))
        self._upstream = upstream
        self._call = call
        self._wait = wait
        self._on_progress = on_progress or _say_nothing
        self.instead: Offer | None = None  # what answers, where it is not the model of the call
        self.replica: Replica | None = None  # who answered last
        self.began: float | None = None  # since when an engine works on it, by `time.perf_counter`
        self.prompt_tokens = 0  # that engines have said to have read, and to have written
        self.completion_tokens = 0

    @asynccontextmanager
    async def _ask(self, path: str, body: Callable[[Replica], Document]) -> AsyncIterator[Opened]:
        def written(replica: Replica) -> bytes:
            fields = body(replica)
            kept = held(fields, replica.traits) if path == CHAT_PATH else fields
            return orjson.dumps({**kept, **self._address(replica)})

        call = self._call._replace(path=path, body=written)
        async with self._upstream.ask(call, self._wait, self._on_progress) as opened:
            self.began = self.began or time.perf_counter()
            self.replica = opened.replica
            self.instead = opened.instead or self.instead
            self._call = self._call._replace(model=opened.replica.model, instead=())
            yield opened

    def _count(self, document: Mapping[str, Any]) -> None:
        usage = document.get("usage")
        if isinstance(usage, Mapping):
            self.prompt_tokens += _number(usage.get("prompt_tokens"))
            self.completion_tokens += _number(usage.get("completion_tokens"))

    async def once(self, question: str, ask: Callable[[], Awaitable[bool]]) -> bool:
        """What is the same in every request to a model, asked once in this process."""
        return await self._upstream.once((self._call.model.key, question), ask)

    async def ask(self, path: str, body: Callable[[Replica], Document]) -> tuple[Replica, Document]:
        """Who answered, and what. Raises what `Upstream.ask` raises, EngineLost for what is no object."""
        async with self._ask(path, body) as opened:
            document = await opened.document()
        if not isinstance(document, dict):
            raise EngineLost("The engine's answer was no JSON object.")
        self._count(document)
        return opened.replica, document

    async def stream(self, path: str, body: Callable[[Replica], Document]) -> AsyncIterator[Document]:
        """The documents of an engine's stream. Raises what `Upstream.ask` raises, and what an error in the stream means."""
        async with self._ask(path, body) as opened:
            said, piece = Said(self._call.prompt_field), b"\n"
            while piece:
                piece = await opened.readany()
                for raw in said.take(piece):
                    self._count(raw)
                    yield raw
                said.check()


class WholeAnswer:
    """
    An ASGI application that answers one request with the document that `work` makes. The work stops when the client leaves;
    what engines have done until then is charged.
    """

    def __init__(
        self,
        what: str,
        offer: Offer,
        talk: EngineTalk,
        admitted: Admitted,
        work: Callable[[], Awaitable[Document]],
        screen: Screen | None = None,
        witness: Witness | None = None,
    ) -> None:
        """
        `screen` says in a header what guardrails did; vectors and pictures are not looked at. `witness` signs
        the answer before it goes out, where that was asked for.
        """
        self._witness = witness
        self._what = what
        self._offer = offer
        self._talk = talk
        self._admitted = admitted
        self._work = work
        self._screen = screen
        self._began = time.perf_counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outcome = "left"
        try:
            await unless_left(receive, self._answer(send))
            outcome = "done"
        except CommonweightError as error:
            outcome = error.code
            error.headers.update(receipts_of(self._offer))
            raise
        finally:
            self._settle_what_there_is()
            self._log(outcome)

    async def _answer(self, send: Send) -> None:
        body = orjson.dumps(await self._finished(), option=orjson.OPT_SERIALIZE_NUMPY)
        await self._send_whole(send, b"application/json", body)

    async def _finished(self) -> Document:
        """What the work made, charged to whoever asked, and signed where that was asked for."""
        document = await self._work()
        if self._talk.instead is not None:
            self._offer = self._talk.instead
            self._admitted.answered_by(self._offer)
        self._settle()
        if self._witness is not None and self._talk.replica is not None:
            usage = {"prompt_tokens": self._talk.prompt_tokens, "completion_tokens": self._talk.completion_tokens}
            await self._witness.sign(self._offer, self._talk.replica, document, usage)
        return document

    def _headers(self) -> Headers:
        named = receipts_of(self._offer) if self._screen is None else {**receipts_of(self._offer), **self._screen.headers()}
        if self._witness is not None:
            named = {**named, RECEIPT: self._witness.id}
        return [*version_headers(named, self._began), *self._admitted.headers]

    async def _send_whole(self, send: Send, kind: bytes, body: bytes) -> None:
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *self._headers()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _settle(self) -> None:
        """Charge what engines have counted. Raises NotRecorded."""
        if self._talk.began is None:
            self._admitted.release()
            return
        tokens = Tokens(self._talk.prompt_tokens, 0, self._talk.completion_tokens)
        self._admitted.settle(tokens, time.perf_counter() - self._talk.began)

    def _settle_what_there_is(self) -> None:
        """Of a request that broke off; nothing more is charged for one that went well."""
        try:
            self._settle()
        except NotRecorded as error:
            log.error("model=%s usage is lost: %s", self._offer.name, error.sentence)  # noqa: TRY400

    def _log(self, outcome: str) -> None:
        """One line per request; never what was said in it."""
        took = (time.perf_counter() - self._began) * 1000
        counts = (self._talk.prompt_tokens, self._talk.completion_tokens)
        said = "model=%s %s %s ms=%.0f prompt_tokens=%d completion_tokens=%d"
        log.info(said, self._offer.name, self._what, outcome, took, *counts)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


async def _say_nothing(text: str) -> None:
    """A whole answer has nowhere to put comments."""
