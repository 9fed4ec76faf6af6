"""Chat completions that are kept (contract, sections 1 and 3): `store: true`, where a retention decision allows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.identity import Caller
from commonweight.retention import Decision, KeptAnswer, Kind, NewAnswer, NotKept, Retention
from commonweight.wire.openai.answer import Answer, Document
from commonweight.wire.openai.asked import Asked, read_document
from commonweight.wire.openai.errors import dress
from commonweight.wire.openai.fields import required
from commonweight.wire.openai.inference import Inference
from commonweight.wire.openai.lists import cursor_of, list_document, oldest_first
from commonweight.wire.openai.metadata import metadata
from commonweight.wire.openai.order import Kind as GenerationKind
from commonweight.wire.openai.screen import Screen
from commonweight.wire.openai.witness import Witness

STORED: Final = "x-commonweight-stored"  # `true` or `false`: a completion has no field that says it
DEFAULT_LISTED: Final = 20  # OpenAI's
MAX_LISTED: Final = 100
WHY: Final = "They are kept only where a retention decision of the account allows it and 'store' is true."
_PAIR: Final = re.compile(r"metadata\[(.+)\]")


class StoredCompletions:
    """Keeps them, and serves what is kept. They belong to the account of the key."""

    def __init__(self, inference: Inference, retention: Retention) -> None:
        self._inference = inference
        self._decisions = retention.decisions
        self._kept = retention.kept

    def group(self) -> Group:
        """The routes, with the OpenAI shape for their errors."""
        routes = (
            Route(("GET",), "/v1/chat/completions", self.list, Needs.KEY),
            Route(("GET",), "/v1/chat/completions/{id}", self.retrieve, Needs.KEY),
            Route(("POST",), "/v1/chat/completions/{id}", self.update, Needs.KEY),
            Route(("DELETE",), "/v1/chat/completions/{id}", self.delete, Needs.KEY),
            Route(("GET",), "/v1/chat/completions/{id}/messages", self.messages, Needs.KEY),
        )
        return Group("/v1/chat/completions", routes, dress)

    async def generate(
        self,
        caller: Caller,
        kind: GenerationKind,
        body: Mapping[str, Any],
        asked: Asked,
        witness: Witness | None,
        screen: Screen | None,
    ) -> ASGIApp:
        """A chat that asked to be stored. Raises what `Inference.generate` raises."""
        account = caller.account.id if caller.account else 0
        decision = await self._decisions.in_force(account, Kind.COMPLETION)
        headers = {STORED: "true" if decision else "false"}
        if decision is not None:
            kind = replace(kind, keep=self._keep(decision, body, asked))
        return await self._inference.generate(caller, kind, asked, headers, witness, screen)

    def _keep(self, decision: Decision, body: Mapping[str, Any], asked: Asked) -> Any:
        async def keep(answer: Answer, usage: Document | None) -> None:
            document = answer.whole(usage)
            request = {"messages": body["messages"]}
            given = body.get("metadata") or {}
            new = NewAnswer(document["id"], Kind.COMPLETION, asked.model, "completed", request, document, given)
            await self._kept.keep(decision, new)

        return keep

    async def list(self, request: Request) -> ASGIApp:
        """`GET /v1/chat/completions`, the oldest first."""
        account = await self._account(request)
        cursor = cursor_of(request, default=DEFAULT_LISTED, most=MAX_LISTED)
        wanted = {match[1]: value for name, value in request.query_params.items() if (match := _PAIR.fullmatch(name))}
        page = await self._kept.list(
            account,
            Kind.COMPLETION,
            after=cursor.after or "",
            limit=cursor.limit,
            newest_first="order" in request.query_params and not oldest_first(request),
            model=request.query_params.get("model", ""),
            metadata=wanted,
        )
        return _json(list_document([_completion(one) for one in page.answers], has_more=page.more))

    async def retrieve(self, request: Request) -> ASGIApp:
        """`GET /v1/chat/completions/{id}`."""
        return _json(_completion(await self._found(request)))

    async def update(self, request: Request) -> ASGIApp:
        """`POST /v1/chat/completions/{id}`: its metadata, and nothing else."""
        kept = await self._found(request)
        given = required(await read_document(request), "metadata")
        metadata("metadata", given)
        return _json(_completion(await self._kept.change_metadata(kept.account_id, Kind.COMPLETION, kept.id, given)))

    async def delete(self, request: Request) -> ASGIApp:
        """`DELETE /v1/chat/completions/{id}`."""
        kept = await self._found(request)
        await self._kept.delete(kept.account_id, Kind.COMPLETION, kept.id)
        return _json({"id": kept.id, "object": "chat.completion.deleted", "deleted": True})

    async def messages(self, request: Request) -> ASGIApp:
        """`GET /v1/chat/completions/{id}/messages`: what it was asked with."""
        kept = await self._found(request)
        cursor = cursor_of(request, default=DEFAULT_LISTED, most=MAX_LISTED)
        listed = [_message(kept.id, i, message) for i, message in enumerate(kept.request["messages"])]
        if "order" in request.query_params and not oldest_first(request):
            listed.reverse()
        if cursor.after:
            ids = [message["id"] for message in listed]
            listed = listed[ids.index(cursor.after) + 1 :] if cursor.after in ids else []
        return _json(list_document(listed[: cursor.limit], has_more=len(listed) > cursor.limit))

    async def _account(self, request: Request) -> int:
        caller = await self._inference.caller(request)
        assert caller.account is not None, "the line above refuses nobody"
        return caller.account.id

    async def _found(self, request: Request) -> KeptAnswer:
        account, completion_id = await self._account(request), request.path_params["id"]
        try:
            return await self._kept.find(account, Kind.COMPLETION, completion_id)
        except NotKept:
            raise NotKept(f"There is no stored completion {completion_id!r}.", hint=WHY) from None


def _completion(kept: KeptAnswer) -> Document:
    return {**kept.document, "metadata": kept.metadata}


def _message(completion_id: str, number: int, message: Document) -> Document:
    content = message.get("content")
    parts = content if isinstance(content, list) else None
    text = "".join(part.get("text", "") for part in parts) if parts is not None else content
    return {
        "refusal": None,
        **message,
        "id": f"{completion_id}-{number}",
        "content": text,
        "content_parts": parts,
    }


def _json(document: Document) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")
