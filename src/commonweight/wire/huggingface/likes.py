"""Likes (contract, section 14)."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.clock import iso_z
from commonweight.hub import Hub
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, for_kind
from commonweight.wire.huggingface.answers import json_answer, next_page, number

PAGE: Final = 100


class LikeCalls:
    def __init__(self, hub: Hub, access: Access) -> None:
        self._hub = hub
        self._access = access

    def routes(self) -> list[Route]:
        of_kinds = [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]
        return [*of_kinds, Route(("GET",), "/api/users/{user}/likes", self._liked, Needs.NOTHING)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        base = f"/api/{segment}/{{namespace}}/{{name}}"
        return [
            Route(("POST",), f"{base}/like", for_kind(self._like, kind), Needs.READ),
            Route(("DELETE",), f"{base}/like", for_kind(self._unlike, kind), Needs.READ),
            Route(("GET",), f"{base}/likers", for_kind(self._likers, kind), Needs.READ),
        ]

    async def _like(self, request: Request, kind: str) -> Response:
        """Not of the official client, which can only take a like back."""
        place = await self._access.place(request, kind)
        await self._hub.likes.like(place.caller, place.repository)
        return json_answer({"ok": True})

    async def _unlike(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        await self._hub.likes.unlike(place.caller, place.repository)
        return json_answer({"ok": True})

    async def _likers(self, request: Request, kind: str) -> Response:
        place, query = await self._access.place(request, kind), request.query_params
        limit, after = number(query.get("limit"), PAGE, PAGE), number(query.get("after"), 0, 1 << 30)
        found = await self._hub.likes.likers(place.caller, place.repository, after, limit + 1)
        shown = [
            {"user": one.user, "fullname": one.fullname, "avatarUrl": "", "type": "user", "likedAt": iso_z(one.liked_at)}
            for one in found[:limit]
        ]
        return json_answer(shown, headers=self._next(request, after + limit) if len(found) > limit else {})

    async def _liked(self, request: Request) -> Response:
        """Raises AccountMissing."""
        caller, query = await self._access.caller(request), request.query_params
        account = await self._access.account(request.path_params["user"])
        limit, after = number(query.get("limit"), PAGE, PAGE), number(query.get("after"), 0, 1 << 30)
        found = await self._hub.likes.liked_by(caller, account, after, limit + 1)
        shown = [
            {"createdAt": iso_z(one.liked_at), "repo": {"name": one.repository.full_name, "type": one.repository.kind}}
            for one in found[:limit]
        ]
        return json_answer(shown, headers=self._next(request, after + limit) if len(found) > limit else {})

    def _next(self, request: Request, after: int) -> dict[str, str]:
        return next_page(request, self._access.base_url(request), after=str(after))
