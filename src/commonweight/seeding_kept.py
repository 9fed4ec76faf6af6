"""Retention decisions and kept answers of a test installation, put back as a seed says."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

from commonweight.identity import Account, Caller
from commonweight.retention import Decision, Kind, NewAnswer, NotKept, Scope
from commonweight.rooms import Rooms
from commonweight.wire.openai.answer import Head
from commonweight.wire.openai.chat_answer import ChatAnswer
from commonweight.wire.responses.answer import ResponseAnswer
from commonweight.wire.responses.items import as_items
from commonweight.wire.responses.keeping import as_kept, with_ids
from commonweight.wire.responses.request import response_request


class KeptSeeder:
    """Documents and events are written by the code that writes those of answers; only the words come from the seed."""

    def __init__(self, rooms: Rooms) -> None:
        self._identity = rooms.identity
        self._decisions = rooms.retention.decisions
        self._kept = rooms.retention.kept
        self._conversations = rooms.retention.conversations

    async def decision(self, administrator: Caller, said: Mapping[str, Any]) -> None:
        """Leaves one alone that covers the same."""
        account, scope = await self._identity.account(str(said["account"])), Scope(said.get("scope", Scope.ALL))
        held = [one for one in await self._decisions.of(administrator, account) if one.ended_at is None]
        if not any(one.scope is scope for one in held):
            await self._decisions.decide(administrator, account, scope, int(said["days"]), str(said["reason"]))

    async def answer(self, said: Mapping[str, Any]) -> None:
        """Puts it back as it was."""
        owner, kind = await self._identity.account(str(said["owner"])), Kind(said["kind"])
        decision = await self._decisions.in_force(owner.id, kind)
        if decision is None:
            raise ValueError(f"{owner.name} has no retention decision for a {kind}")
        await self._forget(owner, kind, str(said["id"]))
        make = self._response if kind is Kind.RESPONSE else self._completion
        await make(decision, said)

    async def conversation(self, said: Mapping[str, Any]) -> None:
        """`{id, owner, items: [{id, role, content}]}`, put back as it was."""
        owner = await self._identity.account(str(said["owner"]))
        decision = await self._decisions.in_force(owner.id, Kind.CONVERSATION)
        if decision is None:
            raise ValueError(f"{owner.name} has no retention decision for a conversation")
        with contextlib.suppress(NotKept):
            await self._conversations.delete(owner.id, str(said["id"]))
        items = [{**as_kept(item), "id": str(given["id"])} for item, given in _pairs(said["items"])]
        await self._conversations.create(decision, str(said["id"]), {}, items)

    async def _forget(self, owner: Account, kind: Kind, answer_id: str) -> None:
        try:
            await self._kept.delete(owner.id, kind, answer_id)
        except NotKept:
            return

    async def _response(self, decision: Decision, said: Mapping[str, Any]) -> None:
        body = {"model": said["model"], "input": said["input"], "background": bool(said.get("background"))}
        asked, recorded = response_request(body), list[bytes]()
        answer = ResponseAnswer(_head(said), asked, stored=True, recorded=recorded)
        answer.begin()
        answer.take(_said(said["output"]))
        answer.end(_usage(said))
        document, request = answer.whole(_usage(said)), {"items": with_ids(str(said["id"]), asked.items)}
        new = NewAnswer(
            document["id"],
            Kind.RESPONSE,
            asked.model,
            document["status"],
            request,
            document,
            events=b"".join(recorded),
        )
        await self._kept.keep(decision, new)

    async def _completion(self, decision: Decision, said: Mapping[str, Any]) -> None:
        answer = ChatAnswer(_head(said))
        answer.fold(_said(said["output"]))
        document, request = answer.whole(_usage(said)), {"messages": list(said["messages"])}
        await self._kept.keep(
            decision, NewAnswer(document["id"], Kind.COMPLETION, str(said["model"]), "completed", request, document)
        )


def _pairs(given: list[Mapping[str, Any]]) -> list[tuple[dict[str, Any], Mapping[str, Any]]]:
    """Items as a request's, each beside what the seed says of it."""
    return list(zip(as_items(given, "items"), given, strict=True))


def _head(said: Mapping[str, Any]) -> Head:
    return Head(str(said["id"]), int(time.time()), str(said["model"]), "")


def _said(output: str) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": str(output)}, "finish_reason": "stop"}]}


def _usage(said: Mapping[str, Any]) -> dict[str, Any]:
    """One token a word: no engine was asked."""
    prompt, completion = len(str(said.get("input", ""))), len(str(said["output"]).split())
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
