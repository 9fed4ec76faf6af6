"""Responses that are kept: what is written of them, and what a later request finds again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any, Final

from commonweight.identity import Caller
from commonweight.retention import Decision, KeptAnswer, Kind, NewAnswer, NotKept, Retention
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.responses.answer import ID_PREFIX
from commonweight.wire.responses.request import ResponseAsked

WHY: Final = "Responses are kept only where a retention decision of the account allows it, and not beyond its days."
_RANDOM_BYTES: Final = 12  # of an id; more than anybody guesses
_ITEM_ID: Final = re.compile(r"[a-z]+_(?P<response>[0-9a-zA-Z_]+?)_i?\d+")  # as `ResponseAnswer` and `with_ids` make them
_PREFIXES: Final = {"message": "msg_", "function_call": "fc_", "function_call_output": "fco_", "reasoning": "rs_"}


class Keeping:
    """Retention, as the Responses API sees it."""

    def __init__(self, retention: Retention) -> None:
        self.kept = retention.kept
        self.conversations = retention.conversations
        self._decisions = retention.decisions

    async def decision(self, caller: Caller, asked: ResponseAsked) -> Decision | None:
        """By what this response is kept; None where it is not."""
        if not asked.store or caller.account is None:
            return None
        return await self._decisions.in_force(caller.account.id, Kind.RESPONSE)

    async def find(self, caller: Caller, response_id: str) -> KeptAnswer:
        """Raises NotKept, which says why there may be nothing."""
        assert caller.account is not None, "the wire refuses nobody"
        try:
            return await self.kept.find(caller.account.id, Kind.RESPONSE, response_id)
        except NotKept:
            raise NotKept(f"There is no response {response_id!r}.", hint=WHY) from None

    async def items(self, caller: Caller, asked: ResponseAsked) -> list[Document]:
        """Everything the answer is to be based on: earlier turns, then the new items. Raises BadRequest."""
        before = await self._before(caller, asked.previous) if asked.previous else []
        if asked.conversation:
            before = await self._said(caller, asked.conversation)
        return [*before, *await self.new_items(caller, asked)]

    async def new_items(self, caller: Caller, asked: ResponseAsked) -> list[Document]:
        """The request's own items; references are replaced by what they stand for. Raises BadRequest."""
        return [
            await self._resolved(caller, f"input[{i}]", item["id"]) if item["type"] == "item_reference" else item
            for i, item in enumerate(asked.items)
        ]

    async def _said(self, caller: Caller, conversation: str) -> list[Document]:
        assert caller.account is not None, "the wire refuses nobody"
        try:
            return await self.conversations.items(caller.account.id, conversation)
        except NotKept as error:
            raise NotKept(error.detail, hint=WHY) from None

    async def keep(
        self, caller: Caller, asked: ResponseAsked, decision: Decision | None, new: NewAnswer, said: Sequence[Document]
    ) -> None:
        """What was made, by a decision, and in its conversation. Raises Unavailable, NotKept, ConversationFull."""
        if decision is not None:
            await self.kept.keep(decision, new)
        if asked.conversation:
            assert caller.account is not None, "the wire refuses nobody"
            await self.conversations.add(caller.account.id, asked.conversation, said)

    async def _before(self, caller: Caller, response_id: str) -> list[Document]:
        assert caller.account is not None, "the wire refuses nobody"
        try:
            chain = await self.kept.chain(caller.account.id, response_id)
        except NotKept as error:
            message = f"Previous response with id {response_id!r} not found. {error.detail} {WHY}"
            raise BadRequest(message, param="previous_response_id", kind="previous_response_not_found") from None
        return [item for kept in chain for item in (*kept.request["items"], *kept.document["output"])]

    async def _resolved(self, caller: Caller, where: str, item_id: str) -> Document:
        match = _ITEM_ID.fullmatch(item_id)
        if match is not None:
            found = await self._in_response(caller, ID_PREFIX + match["response"], item_id)
            if found is not None:
                return found
        message = f"Item with id {item_id!r} not found. {WHY}"
        raise BadRequest(message, param=where, kind="not_found")

    async def _in_response(self, caller: Caller, response_id: str, item_id: str) -> Document | None:
        try:
            kept = await self.find(caller, response_id)
        except NotKept:
            return None
        items: list[Document] = [*kept.request["items"], *kept.document["output"]]
        return next((item for item in items if item.get("id") == item_id), None)


def with_ids(response_id: str, items: Sequence[Document]) -> list[Document]:
    """The items of a request as they are kept and listed: with ids by which they can be referred to, and parts spelt out."""
    stem = response_id.removeprefix(ID_PREFIX)
    return [_listed(f"{_PREFIXES[item['type']]}{stem}_i{i}", item) for i, item in enumerate(items)]


def as_kept(item: Document) -> Document:
    """An item of a conversation, with an id of its own and its parts spelt out."""
    return _listed(_PREFIXES[item["type"]] + secrets.token_hex(_RANDOM_BYTES), item)


def _listed(item_id: str, item: Document) -> Document:
    kept: Document = {"status": "completed", **item, "id": item_id}
    if item["type"] == "reasoning":
        kept.setdefault("summary", [])
    if item["type"] == "message":
        kept["content"] = _parts(item["role"], item["content"])
    return kept


def _parts(role: str, content: Any) -> list[Document]:
    parts: list[Document] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [_part(role, part) for part in parts]


def _part(role: str, part: Document) -> Document:
    if role == "assistant":
        return {"annotations": [], **part, "type": "output_text"} if "text" in part else part
    if part["type"] == "input_image":
        return {"detail": "auto", **part}
    return {**part, "type": "input_text"}
