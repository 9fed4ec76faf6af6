"""What every wire that generates does first: who asks, which model is meant, whether it may run here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import aiohttp
import orjson
from starlette.requests import Request

from commonweight.asgi import header_in
from commonweight.guarding import Guardrails
from commonweight.identity import Caller
from commonweight.plans import Accounting, Admitted, Demand
from commonweight.serving import Catalogue, Lane, Mode, ModelRefused, Offer, Seats, Target, parse_model_name
from commonweight.telemetry import Watch
from commonweight.wire.openai.asked import Asked
from commonweight.wire.openai.bounds import bounds_of
from commonweight.wire.openai.errors import BadRequest, KeyMissing
from commonweight.wire.openai.generation import Generation
from commonweight.wire.openai.judging import Judge
from commonweight.wire.openai.leaving import Watches
from commonweight.wire.openai.order import Kind, Order
from commonweight.wire.openai.pictures import check_media
from commonweight.wire.openai.receipts import receipts_of
from commonweight.wire.openai.screen import Count, Screen, Screens, count_nothing
from commonweight.wire.openai.stream import Patience
from commonweight.wire.openai.upstream import Upstream
from commonweight.wire.openai.witness import RECEIPT, SIGNED, Witness, Witnesses, witness_for

_RECEIPT = RECEIPT.encode()
NO_HEADERS: Mapping[str, str] = {}
_DEEDS = {
    Mode.CHAT: "generate text",
    Mode.EMBEDDINGS: "make embeddings",
    Mode.RERANK: "rank documents",
    Mode.IMAGES: "draw",
    Mode.TRANSCRIPTION: "write down speech",
}
DEFAULT_CONTEXT = 4096  # tokens; as the setting

Authenticate = Callable[[Request], Awaitable[Caller]]


class Inference:
    """
    Shared by the wires that speak to models. `authenticate` names the caller of a request (raises NotAuthenticated); a
    caller without a key is refused here. `lane`: in which all of its requests queue.
    """

    def __init__(
        self,
        *,
        authenticate: Authenticate,
        catalogue: Catalogue,
        router: Seats,
        session: aiohttp.ClientSession,
        remote_session: aiohttp.ClientSession | None = None,
        accounting: Accounting,
        patience: Patience | None = None,
        context_tokens: int = DEFAULT_CONTEXT,
        witnesses: Witnesses | None = None,
        watch: Watch | None = None,
        lane: Lane = Lane.INTERACTIVE,
        guardrails: Guardrails | None = None,
        count: Count = count_nothing,
    ) -> None:
        """`watch` is told of each answer when it has ended, `count` of what guardrails found."""
        self._watch = watch
        self._watches = Watches()
        self._authenticate = authenticate
        self._witnesses = witnesses
        self.catalogue = catalogue
        self.upstream = Upstream(router, session, lane, remote_session)
        self.patience = patience or Patience()
        self._accounting = accounting
        self._context = context_tokens
        self._lane = lane
        self._screens: Screens | None = None
        if guardrails is not None:
            judge = Judge(catalogue, self.upstream, self.patience.hold_whole)
            self._screens = Screens(guardrails, catalogue.resolve, judge, count)

    async def caller(self, request: Request) -> Caller:
        """Who asks. Raises NotAuthenticated."""
        caller = await self._authenticate(request)
        if caller.is_anonymous:
            raise KeyMissing
        return caller

    async def offer(self, caller: Caller, name: str, mode: Mode = Mode.CHAT) -> Offer:
        """The model by that name, which may run here and is for that. Raises ModelNotFound, ModelRefused, BadRequest."""
        parse_model_name(name)
        offer = await self.catalogue.resolve(caller, name)
        if offer.refused is not None:
            raise ModelRefused(offer.refused.message, headers=receipts_of(offer))  # they say by which verdict
        if offer.servable.mode is not mode:
            raise _wrong_mode(offer, name, mode)
        return offer

    async def screen(self, caller: Caller, body: Mapping[str, Any]) -> Screen | None:
        """What guardrails look at this request with, and at its answer; None where none does. Raises GuardNotInstalled."""
        return None if self._screens is None or self._screens.idle() else await self._screens.screen(caller, body)

    async def screened(self, caller: Caller, body: dict[str, Any]) -> tuple[dict[str, Any], Screen | None]:
        """The body as guardrails let it through. Raises what `screen` and `Screen.request` raise."""
        if self._screens is None or self._screens.idle():
            return body, None
        screen = await self.screen(caller, body)
        return (body, None) if screen is None else (await screen.request(body), screen)

    async def witness(self, request: Request, caller: Caller, document: Mapping[str, Any]) -> Witness | None:
        """
        Who signs a receipt of the answer to this document, where its client asks for one or its key signs every answer.
        Raises BadRequest for another wish than that, and where none are given here.
        """
        wish = await self._wish(request, caller)
        return None if wish is None else witness_for(self._witnesses, wish, caller, request.url.path, document)

    async def without_witness(self, request: Request, caller: Caller) -> None:
        """For answers that are not signed. Raises BadRequest where that was wished: it is not left out in silence."""
        if await self._wish(request, caller) is not None:
            raise BadRequest(
                f"Answers of {request.url.path} are not signed; leave {RECEIPT} out, or use a key that does not sign "
                "every answer.",
                param=RECEIPT,
                kind="unsupported_value",
            )

    async def _wish(self, request: Request, caller: Caller) -> str | None:
        wish = header_in(request.scope, _RECEIPT)
        return SIGNED if wish is None and await self._accounting.signs(caller) else wish

    async def generate(
        self,
        caller: Caller,
        kind: Kind,
        asked: Asked,
        headers: Mapping[str, str] = NO_HEADERS,
        witness: Witness | None = None,
        screen: Screen | None = None,
    ) -> Generation:
        """
        The answer, which begins when it is called; `headers` go out beside its receipts. Raises what `offer` and `admit`
        raise.
        """
        offer = await self.offer(caller, asked.model)
        if asked.media:
            check_seen(offer, "" if kind.route == "chat.completions" else kind.prompt_field, asked)
        written = b"" if asked.media else orjson.dumps(asked.upstream)
        prompt, completion = bounds_of(asked, written, self._context)
        admitted = await self.admit(caller, offer, Demand(kind.route, prompt, completion, name=asked.model))
        receipts = {**receipts_of(offer), **headers} if headers else receipts_of(offer)
        if witness is not None:
            receipts = {**receipts, RECEIPT: witness.id}
        order = Order(kind, asked, offer, admitted, receipts, witness, screen, written)
        return Generation(order, upstream=self.upstream, patience=self.patience, watches=self._watches, watch=self._watch)

    def admit(self, caller: Caller, offer: Offer, demand: Demand) -> Awaitable[Admitted]:
        """What every route does that has a model work. Raises KeyNotAllowed, PlanNeeded, RateLimited, QuotaExceeded."""
        demand = demand if demand.lane == self._lane else replace(demand, lane=self._lane)
        return self._accounting.admit(caller, offer, demand)


def check_seen(offer: Offer, prompt_field: str, asked: Asked) -> None:
    """
    What stands in messages beside text, unless another house alone will read it. Raises BadRequest, about `prompt_field`, or
    where that is empty about the part of the message.
    """
    if asked.media and any(one.servable.target is not Target.REMOTE for one in (offer, *offer.alternatives)):
        check_media([(prompt_field or where, part) for where, part in asked.media], offer.about.vision)


def _wrong_mode(offer: Offer, name: str, wanted: Mode) -> BadRequest:
    """For a model that was made for something else."""
    message = f"The model {name!r} is for {offer.servable.mode}; it does not {_DEEDS.get(wanted, f'do {wanted}')}."
    return BadRequest(message, param="model", kind="unsupported_value")
