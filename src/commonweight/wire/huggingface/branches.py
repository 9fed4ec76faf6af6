"""Branches and tags (contract, section 11)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.hub import Hub
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, for_kind
from commonweight.wire.huggingface.answers import json_answer
from commonweight.wire.huggingface.bodies import optional_text, read_json, text_field


class BranchCalls:
    def __init__(self, hub: Hub, access: Access) -> None:
        self._hub = hub
        self._access = access

    def routes(self) -> list[Route]:
        return [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        base = f"/api/{segment}/{{namespace}}/{{name}}"
        return [
            Route(("POST",), f"{base}/branch/{{branch}}", for_kind(self._create, kind), Needs.WRITE),
            Route(("DELETE",), f"{base}/branch/{{branch}}", for_kind(self._delete, kind), Needs.WRITE),
            Route(("POST",), f"{base}/tag/{{revision}}", for_kind(self._tag, kind), Needs.WRITE),
            Route(("DELETE",), f"{base}/tag/{{revision}}", for_kind(self._untag, kind), Needs.WRITE),
            Route(("POST",), f"{base}/super-squash/{{branch}}", for_kind(self._squash, kind), Needs.WRITE),
        ]

    async def _create(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        body = await read_json(request)
        start = await self._hub.resolve(place.repository, optional_text(body, "startingPoint") or "main")
        await self._hub.branches.create(place.caller, start, request.path_params["branch"])
        return json_answer({"ok": True})

    async def _delete(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        await self._hub.branches.delete(place.caller, place.repository, request.path_params["branch"])
        return json_answer({"ok": True})

    async def _tag(self, request: Request, kind: str) -> Response:
        caller, revision = await self._access.revision(request, kind)
        body = await read_json(request)
        message = optional_text(body, "message") or ""
        await self._hub.branches.create_tag(caller, revision, text_field(body, "tag"), message)
        return json_answer({"ok": True})

    async def _untag(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        await self._hub.branches.delete_tag(place.caller, place.repository, request.path_params["revision"])
        return json_answer({"ok": True})

    async def _squash(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        message = optional_text(await read_json(request), "message") or "Super-squash branch"
        commit = await self._hub.squash(place.caller, place.repository, request.path_params["branch"], message)
        return json_answer({"ok": True, "commitOid": commit.id})
