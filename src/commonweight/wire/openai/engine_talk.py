"""Questions to an engine that it answers in one document, and answers made of them: nothing is generated here."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from commonweight.errors import CommonweightError
from commonweight.plans import Admitted, NotRecorded, Tokens
from commonweight.serving import EngineLost, Offer, Replica
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.leaving import unless_left
from commonweight.wire.openai.receipts import version_headers
from commonweight.wire.openai.upstream import Call, Upstream

log = logging.getLogger("commonweight.inference")

#: A whole answer and what of it is counted.
Made = tuple[Document, Mapping[str, int]]


class EngineTalk:
    """`prompt_field` is what refusals of the engine are about."""

    def __init__(self, upstream: Upstream, offer: Offer, prompt_field: str, wait: float, admitted: Admitted) -> None:
        self.admitted = admitted
        self.read = 0  # tokens that engines have read for this request
        self.seconds = 0.0  # that they took
        self._upstream = upstream
        self._offer = offer
        self._prompt_field = prompt_field
        self._wait = wait

    async def ask(self, path: str, body: Callable[[Replica], Document]) -> tuple[Replica, Document]:
        """Who answered, and what. Raises what `Upstream.ask` raises, EngineLost for what is no object."""

        def written(replica: Replica) -> bytes:
            named = {"model": replica.traits.model} if replica.traits.model else {}
            return orjson.dumps({**body(replica), **named})

        call = Call(self._offer.servable, path, written, self._prompt_field, ticket=self.admitted.ticket)
        began = time.perf_counter()
        async with self._upstream.ask(call, self._wait, _say_nothing) as opened:
            document = await opened.document()
        if not isinstance(document, dict):
            raise EngineLost("The engine's answer was no JSON object.")
        self.read += prompt_tokens(document)
        self.seconds += time.perf_counter() - began
        return opened.replica, document

    def settle(self) -> None:
        """Charge what was read; nothing where no engine has answered. Raises NotRecorded."""
        if self.read or self.seconds:
            self.admitted.settle(Tokens(self.read), self.seconds)
        else:
            self.admitted.release()


class WholeAnswer:
    """An ASGI application that answers one request with what `work` makes. The work stops when the client leaves."""

    def __init__(
        self, what: str, offer: Offer, receipts: dict[str, str], talk: EngineTalk, work: Callable[[], Awaitable[Made]]
    ) -> None:
        self._talk = talk
        self._what = what
        self._offer = offer
        self._receipts = receipts
        self._work = work
        self._began = time.perf_counter()
        self._usage: Mapping[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outcome = "left"
        try:
            await unless_left(receive, self._answer(send))
            outcome = "done"
        except CommonweightError as error:
            outcome = error.code
            error.headers.update(self._receipts)
            raise
        finally:
            self._settle_what_there_is()
            self._log(outcome)

    def _settle_what_there_is(self) -> None:
        """Of a request that broke off; nothing more is charged for one that went well."""
        try:
            self._talk.settle()
        except NotRecorded as error:
            log.error("model=%s usage is lost: %s", self._offer.servable.name, error.sentence)  # noqa: TRY400

    async def _answer(self, send: Send) -> None:
        document, self._usage = await self._work()
        self._talk.settle()
        body = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers += [*version_headers(self._receipts, self._began), *self._talk.admitted.headers]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _log(self, outcome: str) -> None:
        """One line per request; never what was said in it."""
        took = (time.perf_counter() - self._began) * 1000
        tokens = self._usage.get("prompt_tokens", 0)
        log.info("model=%s %s %s ms=%.0f prompt_tokens=%d", self._offer.servable.name, self._what, outcome, took, tokens)


def prompt_tokens(document: Mapping[str, Any]) -> int:
    """What an engine's document says that was read; 0 where it does not."""
    usage = document.get("usage")
    tokens = usage.get("prompt_tokens") if isinstance(usage, Mapping) else 0
    return tokens if isinstance(tokens, int) else 0


async def _say_nothing(text: str) -> None:
    """A whole answer has nowhere to put comments."""
