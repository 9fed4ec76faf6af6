"""The routes of tunings, and of the models that came of them (contract, sections 2 and 9)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route, client_of
from commonweight.errors import InvalidInput
from commonweight.identity import Account
from commonweight.serving import TunedName, parse_model_name
from commonweight.tuning import NotYours, TunedModelMissing, TunedNames, TuningRefused, Tunings
from commonweight.wire.openai.asked import read_document
from commonweight.wire.openai.errors import BadRequest, dress
from commonweight.wire.openai.inference import Authenticate
from commonweight.wire.openai.keys import json_answer, key_owner
from commonweight.wire.openai.lists import cursor_of, list_document
from commonweight.wire.openai.tuning_documents import checkpoint_document, event_document, tuning_document
from commonweight.wire.openai.tuning_request import new_tuning

DEFAULT_LISTED: Final = 20  # OpenAI's, of tunings and events
DEFAULT_CHECKPOINTS: Final = 10
MOST_LISTED: Final = 1_000
LOOK_SECONDS: Final = 0.5  # between two looks for new events, for whoever follows
PING_SECONDS: Final = 15.0  # a comment, so that proxies in between stay awake
_PAIR: Final = re.compile(r"metadata\[(.+)\]")
_PERMISSIONS: Final = "/v1/fine_tuning/checkpoints/{name}/permissions"
_JOB: Final = "/v1/fine_tuning/jobs/{id}"


class NotShared(InvalidInput):
    """A checkpoint cannot be shared with a project by itself."""

    code = "unsupported_operation"


class TuningsWire:
    """`/v1/fine_tuning/jobs`, `…/checkpoints/{name}/permissions`, and `DELETE /v1/models/{name}`."""

    def __init__(self, authenticate: Authenticate, tunings: Tunings, names: TunedNames) -> None:
        self._authenticate = authenticate
        self._tunings = tunings
        self._names = names

    def group(self) -> Group:
        routes = (
            Route(("POST",), "/v1/fine_tuning/jobs", self.create, Needs.KEY),
            Route(("GET",), "/v1/fine_tuning/jobs", self.list, Needs.KEY),
            Route(("GET",), _JOB, self.retrieve, Needs.KEY),
            Route(("POST",), f"{_JOB}/cancel", self.cancel, Needs.KEY),
            Route(("POST",), f"{_JOB}/pause", self.pause, Needs.KEY),
            Route(("POST",), f"{_JOB}/resume", self.resume, Needs.KEY),
            Route(("GET",), f"{_JOB}/events", self.events, Needs.KEY),
            Route(("GET",), f"{_JOB}/checkpoints", self.checkpoints, Needs.KEY),
            Route(("GET", "POST"), _PERMISSIONS, self.permissions, Needs.KEY),
            Route(("DELETE",), f"{_PERMISSIONS}/{{permission}}", self.permissions, Needs.KEY),
            Route(("DELETE",), "/v1/models/{name...}", self.delete_model, Needs.KEY),
        )
        return Group("/v1/fine_tuning", routes, dress)

    async def create(self, request: Request) -> ASGIApp:
        """`POST /v1/fine_tuning/jobs`."""
        caller, account = await key_owner(self._authenticate, request)
        new = new_tuning(await read_document(request), client_of(request))
        try:
            tuning = await self._tunings.create(caller, new)
        except TuningRefused as refused:
            raise BadRequest(refused.sentence, param=refused.param, kind=refused.kind) from None
        return json_answer(tuning_document(tuning, account.name))

    async def list(self, request: Request) -> ASGIApp:
        """`GET /v1/fine_tuning/jobs`; `metadata[k]=v` and `metadata=null` filter."""
        account = await self._account(request)
        cursor = cursor_of(request, default=DEFAULT_LISTED, most=MOST_LISTED)
        wanted = {match[1]: value for name, value in request.query_params.items() if (match := _PAIR.fullmatch(name))}
        page = await self._tunings.list(
            account.id,
            after=cursor.after,
            limit=cursor.limit,
            metadata=wanted,
            without_metadata=request.query_params.get("metadata") == "null",
        )
        documents = [tuning_document(tuning, account.name) for tuning in page.items]
        return json_answer(list_document(documents, has_more=page.has_more))

    async def retrieve(self, request: Request) -> ASGIApp:
        """`GET /v1/fine_tuning/jobs/{id}`."""
        account = await self._account(request)
        return json_answer(tuning_document(await self._tunings.get(account.id, _id(request)), account.name))

    async def cancel(self, request: Request) -> ASGIApp:
        """`POST /v1/fine_tuning/jobs/{id}/cancel`."""
        account = await self._account(request)
        return json_answer(tuning_document(await self._tunings.cancel(account.id, _id(request)), account.name))

    async def pause(self, request: Request) -> ASGIApp:
        """`POST /v1/fine_tuning/jobs/{id}/pause`."""
        account = await self._account(request)
        return json_answer(tuning_document(await self._tunings.pause(account.id, _id(request)), account.name))

    async def resume(self, request: Request) -> ASGIApp:
        """`POST /v1/fine_tuning/jobs/{id}/resume`."""
        account = await self._account(request)
        return json_answer(tuning_document(await self._tunings.resume(account.id, _id(request)), account.name))

    async def permissions(self, request: Request) -> ASGIApp:
        """
        `/v1/fine_tuning/checkpoints/{name}/permissions`: none are given, and how access is given instead is said.

        Raises NotShared; TunedModelMissing for a name that is not the caller's.
        """
        account = await self._account(request)
        name = request.path_params["name"]
        model = await self._names.find(name)
        if model is None or model.account_id != account.id:
            raise TunedModelMissing(name)
        raise NotShared(
            f"{name[:200]!r} is not shared by permissions: whoever may read the repository that holds it, and the files of "
            "its base, may call it.",
            hint="Accept the draft, make its repository public, or move it to an organisation whose members are to call it.",
        )

    async def events(self, request: Request) -> ASGIApp:
        """`GET /v1/fine_tuning/jobs/{id}/events`; with `stream=true` as they come, from the first to the last."""
        account = await self._account(request)
        if request.query_params.get("stream") == "true":
            await self._tunings.get(account.id, _id(request))
            headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
            return StreamingResponse(self._follow(account.id, _id(request)), headers=headers, media_type="text/event-stream")
        cursor = cursor_of(request, default=DEFAULT_LISTED, most=MOST_LISTED)
        page = await self._tunings.events(account.id, _id(request), after=cursor.after, limit=cursor.limit)
        return json_answer(list_document([event_document(event) for event in page.items], has_more=page.has_more))

    async def _follow(self, account_id: int, tuning_id: str) -> AsyncIterator[bytes]:
        """All events, oldest first, until the tuning is over."""
        last, quiet = 0, 0.0
        while True:
            over = (await self._tunings.get(account_id, tuning_id)).status.over
            new = await self._tunings.events_since(account_id, tuning_id, last)
            for event in new:
                yield b"data: %b\n\n" % orjson.dumps(event_document(event))
                last = event.number
            if over and not new:
                yield b"data: [DONE]\n\n"
                return
            quiet = 0.0 if new else quiet + LOOK_SECONDS
            if quiet >= PING_SECONDS:
                quiet = 0.0
                yield b": ping\n\n"
            await asyncio.sleep(0 if new else LOOK_SECONDS)

    async def checkpoints(self, request: Request) -> ASGIApp:
        """`GET /v1/fine_tuning/jobs/{id}/checkpoints`."""
        account = await self._account(request)
        cursor = cursor_of(request, default=DEFAULT_CHECKPOINTS, most=MOST_LISTED)
        page = await self._tunings.checkpoints(account.id, _id(request), after=cursor.after, limit=cursor.limit)
        return json_answer(list_document([checkpoint_document(one) for one in page.items], has_more=page.has_more))

    async def delete_model(self, request: Request) -> ASGIApp:
        """`DELETE /v1/models/{name}`: the `ft:` name stands for nothing any more; its repository stays in the hub."""
        account = await self._account(request)
        name = request.path_params["name"]
        if not isinstance(parse_model_name(name), TunedName):
            hint = "A repository is deleted in the hub; an alias is removed by an administrator."
            raise NotYours(
                f"{name[:200]!r} is no fine-tuned model; only one's own fine-tuned models are deleted here.", hint=hint
            )
        await self._names.delete(account.id, name)
        return json_answer({"id": name, "object": "model", "deleted": True})

    async def _account(self, request: Request) -> Account:
        _, account = await key_owner(self._authenticate, request)
        return account


def _id(request: Request) -> str:
    return str(request.path_params["id"])
