"""The routes of the Responses API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.identity import Caller
from commonweight.plans import Demand
from commonweight.retention import Decision, KeptAnswer, Kind, NewAnswer, Retention
from commonweight.serving import ModelNotFound
from commonweight.wire.openai.answer import Answer, Document
from commonweight.wire.openai.asked import read_document
from commonweight.wire.openai.counting import Counter
from commonweight.wire.openai.errors import BadRequest, dress
from commonweight.wire.openai.inference import Inference, check_seen
from commonweight.wire.openai.lists import cursor_of, list_document, oldest_first
from commonweight.wire.openai.screen import Screen
from commonweight.wire.responses.keeping import WHY, Keeping, with_ids
from commonweight.wire.responses.kinds import new_id, queued_document, response_kind
from commonweight.wire.responses.replay import Replay
from commonweight.wire.responses.request import ResponseAsked, response_request

DEFAULT_ALIAS: Final = "default"  # what answers where a request names no model, if an administrator made such an alias
DEFAULT_LISTED: Final = 20  # OpenAI's
MAX_LISTED: Final = 100


class ResponsesWire:
    """Everything below /v1/responses."""

    def __init__(self, inference: Inference, retention: Retention) -> None:
        self._inference = inference
        self._keeping = Keeping(retention)
        self._counter = Counter(inference.upstream, inference.patience.hold_whole)

    def group(self) -> Group:
        """The routes, with the OpenAI shape for their errors."""
        routes = (
            Route(("POST",), "/v1/responses", self.create, Needs.KEY),
            Route(("POST",), "/v1/responses/input_tokens", self.input_tokens, Needs.KEY),
            Route(("GET",), "/v1/responses/{id}", self.retrieve, Needs.KEY),
            Route(("DELETE",), "/v1/responses/{id}", self.delete, Needs.KEY),
            Route(("POST",), "/v1/responses/{id}/cancel", self.cancel, Needs.KEY),
            Route(("GET",), "/v1/responses/{id}/input_items", self.input_items, Needs.KEY),
        )
        return Group("/v1/responses", routes, dress)

    async def create(self, request: Request) -> ASGIApp:
        """`POST /v1/responses`."""
        caller = await self._inference.caller(request)
        document = await read_document(request)
        witness = await self._inference.witness(request, caller, document)
        document, screen = await self._screened(caller, document)
        asked = await self._understood(document, caller)
        decision = await self._keeping.decision(caller, asked)
        if asked.background:
            if witness is not None:
                raise BadRequest("Receipts are signed for responses in the foreground only.", param="background")
            return await self._in_background(caller, asked, decision, screen)
        items = await self._items(caller, asked, screen)
        response_id = new_id()
        if decision is None and asked.conversation is None:
            kind = response_kind(response_id, asked, stored=False)
            return await self._inference.generate(caller, kind, asked.chat(items), witness=witness, screen=screen)
        new = with_ids(response_id, await self._keeping.new_items(caller, asked))
        recorded: list[bytes] = []

        async def keep(answer: Answer, usage: Document | None) -> None:
            whole = answer.whole(usage)
            if not asked.stream:
                answer.end(usage)  # its last event, for those who ask for them later
            events = b"".join(recorded)
            made = _new_answer(whole, asked, {"items": new}, events)
            await self._keeping.keep(caller, asked, decision, made, [*new, *whole["output"]])

        kind = response_kind(response_id, asked, stored=decision is not None, recorded=recorded, keep=keep)
        return await self._inference.generate(caller, kind, asked.chat(items), witness=witness, screen=screen)

    async def _screened(self, caller: Caller, body: Document) -> tuple[Document, Screen | None]:
        """The request as guardrails let it through; one without a model is meant for the alias that stands in for it."""
        named = body if body.get("model") else {**body, "model": DEFAULT_ALIAS}
        looked, screen = await self._inference.screened(caller, named)
        return (body if screen is None else {**looked, "model": body.get("model")}), screen

    async def _items(self, caller: Caller, asked: ResponseAsked, screen: Screen | None) -> Sequence[Document]:
        """What it is asked with, earlier turns included: they may be older than a guardrail."""
        items = await self._keeping.items(caller, asked)
        return items if screen is None or not (asked.previous or asked.conversation) else await screen.items(items)

    async def _in_background(
        self, caller: Caller, asked: ResponseAsked, decision: Decision | None, screen: Screen | None
    ) -> ASGIApp:
        """A row and a job; the worker does the rest. Raises BadRequest where nothing may be kept."""
        if decision is None or caller.token is None:
            message = f"A response in the background has to be stored. {WHY}"
            raise BadRequest(message, param="background", kind="unsupported_parameter")
        items = await self._items(caller, asked, screen)
        new = await self._keeping.new_items(caller, asked)
        asked.chat(items)
        await self._inference.offer(caller, asked.model)
        response_id = new_id()
        body = {name: value for name, value in asked.body.items() if name not in ("input", "model")}
        request: Document = {"items": with_ids(response_id, new), "before": items[: len(items) - len(new)]}
        request |= {"body": body, "token": caller.token.id}
        document = queued_document(response_id, asked)
        await self._keeping.kept.keep(decision, _new_answer(document, asked, request, b""), in_background=True)
        if asked.stream:
            return Replay(self._keeping.kept, response_id, -1, (), self._inference.patience)
        return _json(document)

    async def retrieve(self, request: Request) -> ASGIApp:
        """`GET /v1/responses/{id}`, whole or as its events."""
        kept = await self._found(request)
        if request.query_params.get("stream", "").lower() not in ("true", "1"):
            return _json(_current(kept))
        after = request.query_params.get("starting_after", "-1")
        if not after.removeprefix("-").isdecimal():
            raise BadRequest(f"Invalid 'starting_after': {after!r}; expected a number.", param="starting_after")
        return Replay(self._keeping.kept, kept.id, int(after), (), self._inference.patience)

    async def delete(self, request: Request) -> ASGIApp:
        """`DELETE /v1/responses/{id}`."""
        kept = await self._found(request)
        await self._keeping.kept.delete(kept.account_id, Kind.RESPONSE, kept.id)
        return _json({"id": kept.id, "object": "response.deleted", "deleted": True})

    async def cancel(self, request: Request) -> ASGIApp:
        """`POST /v1/responses/{id}/cancel`: of one in the background; what is finished stays as it is."""
        kept = await self._found(request)
        if not kept.document.get("background"):
            message = f"The response {kept.id!r} is not made in the background; only such can be cancelled."
            raise BadRequest(message, param="response_id", kind="invalid_value")
        return _json(_current(await self._keeping.kept.cancel(kept.account_id, kept.id)))

    async def input_items(self, request: Request) -> ASGIApp:
        """`GET /v1/responses/{id}/input_items`."""
        cursor = cursor_of(request, default=DEFAULT_LISTED, most=MAX_LISTED)
        kept = await self._found(request)
        items = list(kept.request["items"])
        ordered = items if oldest_first(request) else items[::-1]
        if cursor.after:
            ids = [item["id"] for item in ordered]
            ordered = ordered[ids.index(cursor.after) + 1 :] if cursor.after in ids else []
        return _json(list_document(ordered[: cursor.limit], has_more=len(ordered) > cursor.limit))

    async def input_tokens(self, request: Request) -> ASGIApp:
        """`POST /v1/responses/input_tokens`."""
        caller = await self._inference.caller(request)
        asked = await self._understood(await read_document(request), caller)
        offer = await self._inference.offer(caller, asked.model)
        chat = asked.chat(await self._keeping.items(caller, asked))
        check_seen(offer, "input", chat)
        admitted = await self._inference.admit(caller, offer, Demand("responses.input_tokens", 0, 0, name=asked.model))
        try:
            count = await self._counter.tokens(offer, chat)
        finally:
            admitted.release()  # a request, and no tokens
        return _json({"object": "response.input_tokens", "input_tokens": count})

    async def _found(self, request: Request) -> KeptAnswer:
        caller = await self._inference.caller(request)
        return await self._keeping.find(caller, request.path_params["id"])

    async def _understood(self, body: Document, caller: Caller) -> ResponseAsked:
        default = "" if body.get("model") else await self._default(caller)
        return response_request(body, default)

    async def _default(self, caller: Caller) -> str:
        """The alias for requests without a model. Raises BadRequest where there is none."""
        try:
            await self._inference.catalogue.resolve(caller, DEFAULT_ALIAS)
        except ModelNotFound:
            hint = f"Name one, or have an administrator make the alias {DEFAULT_ALIAS!r}."
            message = f"Missing required parameter: 'model'. {hint}"
            raise BadRequest(message, param="model", kind="missing_required_parameter") from None
        return DEFAULT_ALIAS


def _new_answer(document: Document, asked: ResponseAsked, request: Document, events: bytes) -> NewAnswer:
    return NewAnswer(
        id=document["id"],
        kind=Kind.RESPONSE,
        model=asked.model,
        status=document["status"],
        request=request,
        document=document,
        metadata=document["metadata"],
        previous_id=asked.previous,
        events=events,
    )


def _current(kept: KeptAnswer) -> Document:
    """The document; one that is being made says how far it is."""
    return {**kept.document, "status": kept.status}


def _json(document: Document) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")
