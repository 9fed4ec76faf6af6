"""The routes of conversations: what was said, kept by a retention decision, for responses to go on from."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.identity import Caller
from commonweight.retention import Conversation, Kind, NotKept, Retention
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.asked import read_document
from commonweight.wire.openai.errors import BadRequest, dress
from commonweight.wire.openai.fields import required, wrong_type
from commonweight.wire.openai.inference import Inference
from commonweight.wire.openai.lists import cursor_of, list_document, oldest_first
from commonweight.wire.openai.metadata import metadata
from commonweight.wire.responses.items import as_items, as_messages
from commonweight.wire.responses.keeping import as_kept

ID_PREFIX: Final = "conv_"
RANDOM_BYTES: Final = 16  # of an id
MAX_NEW: Final = 20  # items at once; OpenAI's
DEFAULT_LISTED: Final = 20  # OpenAI's
MAX_LISTED: Final = 100
WHY: Final = "Conversations are kept only where a retention decision of the account allows it, and not beyond its days."
REFERENCE: Final = "item_reference"


class ConversationsWire:
    """Everything below /v1/conversations. They belong to the account of the key."""

    def __init__(self, inference: Inference, retention: Retention) -> None:
        self._inference = inference
        self._decisions = retention.decisions
        self._conversations = retention.conversations

    def group(self) -> Group:
        """The routes, with the OpenAI shape for their errors."""
        one = "/v1/conversations/{id}"
        routes = (
            Route(("POST",), "/v1/conversations", self.create, Needs.KEY),
            Route(("GET",), one, self.retrieve, Needs.KEY),
            Route(("POST",), one, self.update, Needs.KEY),
            Route(("DELETE",), one, self.delete, Needs.KEY),
            Route(("GET",), f"{one}/items", self.items, Needs.KEY),
            Route(("POST",), f"{one}/items", self.add_items, Needs.KEY),
            Route(("GET",), f"{one}/items/{{item_id}}", self.item, Needs.KEY),
            Route(("DELETE",), f"{one}/items/{{item_id}}", self.delete_item, Needs.KEY),
        )
        return Group("/v1/conversations", routes, dress)

    async def create(self, request: Request) -> ASGIApp:
        """`POST /v1/conversations`. Raises BadRequest where nothing may be kept."""
        caller = await self._inference.caller(request)
        account = _account(caller)
        body, _ = await self._inference.screened(caller, await read_document(request))
        said, items = _metadata(body), _new_items(body.get("items") or [])
        decision = await self._decisions.in_force(account, Kind.CONVERSATION)
        if decision is None:
            raise BadRequest(f"No conversation can be kept for this account. {WHY}", kind="not_kept")
        new = ID_PREFIX + secrets.token_hex(RANDOM_BYTES)
        return _json(_document(await self._conversations.create(decision, new, said, items)))

    async def retrieve(self, request: Request) -> ASGIApp:
        """`GET /v1/conversations/{id}`."""
        return _json(_document((await self._found(request))[1]))

    async def update(self, request: Request) -> ASGIApp:
        """`POST /v1/conversations/{id}`: its `metadata`."""
        account, found = await self._found(request)
        body = await read_document(request)
        required(body, "metadata")
        return _json(_document(await self._conversations.change_metadata(account, found.id, _metadata(body))))

    async def delete(self, request: Request) -> ASGIApp:
        """`DELETE /v1/conversations/{id}`, with all that was said in it."""
        account, found = await self._found(request)
        await self._conversations.delete(account, found.id)
        return _json({"id": found.id, "object": "conversation.deleted", "deleted": True})

    async def items(self, request: Request) -> ASGIApp:
        """`GET /v1/conversations/{id}/items`."""
        cursor = cursor_of(request, default=DEFAULT_LISTED, most=MAX_LISTED)
        account, found = await self._found(request)
        page = await self._conversations.page(
            account, found.id, after=cursor.after or "", limit=cursor.limit, newest_first=not oldest_first(request)
        )
        return _json(list_document(page.items, has_more=page.more))

    async def add_items(self, request: Request) -> ASGIApp:
        """`POST /v1/conversations/{id}/items`: up to 20 at once."""
        account, found = await self._found(request)
        body, _ = await self._inference.screened(await self._inference.caller(request), await read_document(request))
        items = _new_items(required(body, "items"))
        await self._conversations.add(account, found.id, items)
        return _json(list_document(items, has_more=False))

    async def item(self, request: Request) -> ASGIApp:
        """`GET /v1/conversations/{id}/items/{item_id}`."""
        account, found = await self._found(request)
        return _json(await self._conversations.item(account, found.id, request.path_params["item_id"]))

    async def delete_item(self, request: Request) -> ASGIApp:
        """`DELETE /v1/conversations/{id}/items/{item_id}`."""
        account, found = await self._found(request)
        return _json(_document(await self._conversations.delete_item(account, found.id, request.path_params["item_id"])))

    async def _found(self, request: Request) -> tuple[int, Conversation]:
        """Raises NotKept, which says why there may be nothing."""
        account = _account(await self._inference.caller(request))
        try:
            return account, await self._conversations.find(account, request.path_params["id"])
        except NotKept as error:
            raise NotKept(error.detail, hint=WHY) from None


def _account(caller: Caller) -> int:
    assert caller.account is not None, "the wire refuses nobody"
    return caller.account.id


def _new_items(given: Any) -> Sequence[Document]:
    """Raises BadRequest for what no response could go on from."""
    if not isinstance(given, list):
        raise wrong_type("items", "an array", given)
    if len(given) > MAX_NEW:
        raise BadRequest(f"Invalid 'items': at most {MAX_NEW} are taken at once, but got {len(given)}.", param="items")
    items = as_items(given, "items")
    for number, item in enumerate(items):
        if item["type"] == REFERENCE:
            raise BadRequest("A conversation takes items, and no references to some.", param=f"items[{number}]")
    as_messages(None, items)
    return [as_kept(item) for item in items]


def _metadata(body: Mapping[str, Any]) -> Mapping[str, str]:
    given: Mapping[str, str] = body.get("metadata") or {}
    metadata("metadata", given)
    return given


def _document(conversation: Conversation) -> Document:
    created = int(conversation.created_at.timestamp())
    return {
        "id": conversation.id,
        "object": "conversation",
        "created_at": created,
        "metadata": conversation.metadata,
    }


def _json(document: Any) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")
