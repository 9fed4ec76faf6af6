"""Collections (contract, section 15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.clock import iso_z
from commonweight.collections import Asked, Collection, CollectionExists, Collections, Item
from commonweight.errors import InvalidInput
from commonweight.hub import Hub, Repository, RepositoryNotFound
from commonweight.identity import Caller
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access
from commonweight.wire.huggingface.answers import json_answer, next_page, number
from commonweight.wire.huggingface.bodies import optional_text, read_json, text_field
from commonweight.wire.huggingface.repos import NotOffered

PAGE: Final = 100
SHOWN_IN_LISTS: Final = 4  # items of each; who wants all asks for the one
KINDS: Final = tuple(KIND_OF_SEGMENT.values())


class CollectionCalls:
    def __init__(self, collections: Collections, hub: Hub, access: Access) -> None:
        self._collections = collections
        self._hub = hub
        self._access = access

    def routes(self) -> list[Route]:
        one = "/api/collections/{namespace}/{slug}"
        return [
            Route(("GET",), "/api/collections", self._list, Needs.NOTHING),
            Route(("POST",), "/api/collections", self._create, Needs.SIGNED_IN),
            Route(("GET",), one, self._show, Needs.NOTHING),
            Route(("PATCH",), one, self._update, Needs.SIGNED_IN),
            Route(("DELETE",), one, self._delete, Needs.SIGNED_IN),
            Route(("POST",), f"{one}/items", self._add, Needs.SIGNED_IN),
            Route(("PATCH",), f"{one}/items/{{item}}", self._change_item, Needs.SIGNED_IN),
            Route(("DELETE",), f"{one}/items/{{item}}", self._remove, Needs.SIGNED_IN),
            Route(("POST",), f"{one}/resource-group", self._group, Needs.SIGNED_IN),
        ]

    async def _list(self, request: Request) -> Response:
        """`sort` is taken and makes no difference: what was changed last comes first, of one owner in its own order."""
        caller, query = await self._access.caller(request), request.query_params
        limit, after = number(query.get("limit"), PAGE, PAGE), number(query.get("after"), 0, 1 << 30)
        held = [await self._held(caller, one) for one in query.getlist("item")]
        asked = Asked(
            owners=tuple(query.getlist("owner")),
            repositories=tuple(one for one in held if one is not None),
            limit=limit + 1,
            after=after,
            nothing=None in held,
        )
        found = await self._collections.list(caller, asked)
        shown = [await self._described(caller, one, whole=False) for one in found[:limit]]
        more = len(found) > limit
        headers = next_page(request, self._access.base_url(request), after=str(after + limit)) if more else {}
        return json_answer(shown, headers=headers)

    async def _held(self, caller: Caller, text: str) -> int | None:
        """`models/ada/tiny` -> its number; None where there is none for the caller."""
        segment, _, name = text.partition("/")
        if segment not in KIND_OF_SEGMENT:
            raise InvalidInput(f"'item' is {text[:100]!r}; expected models/…, datasets/… or spaces/….")
        try:
            return (await self._hub.find(caller, KIND_OF_SEGMENT[segment], *_two(name))).id
        except RepositoryNotFound:
            return None

    async def _show(self, request: Request) -> Response:
        caller = await self._access.caller(request)
        found = await self._collections.find(caller, _slug(request))
        return json_answer(await self._described(caller, found))

    async def _create(self, request: Request) -> Response:
        caller, account = await self._access.signed_in(request)
        body = await read_json(request)
        title, about = text_field(body, "title"), optional_text(body, "description") or ""
        namespace, is_private = optional_text(body, "namespace") or account.name, _flag(body, "private") or False
        try:
            made = await self._collections.create(caller, namespace, title, about, is_private=is_private)
        except CollectionExists as error:
            headers = {
                "X-Error-Code": "CollectionExists",
                "X-Error-Message": error.detail.encode("ascii", "replace").decode(),
            }
            return json_answer({"error": error.detail, "slug": error.collection.slug}, error.status, headers)
        return json_answer(await self._described(caller, made))

    async def _update(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        body = await read_json(request)
        changed = await self._collections.update(
            caller,
            _slug(request),
            title=optional_text(body, "title"),
            description=optional_text(body, "description"),
            is_private=_flag(body, "private"),
            theme=optional_text(body, "theme"),
            position=_place(body),
        )
        return json_answer({"success": True, "data": await self._described(caller, changed)})

    async def _delete(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        await self._collections.delete(caller, _slug(request))
        return json_answer({"success": True})

    async def _add(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        body = await read_json(request)
        said = body.get("item")
        if not isinstance(said, dict):
            raise InvalidInput("'item' must be an object with id and type.")
        item = await self._thing(caller, text_field(said, "type"), text_field(said, "id"))
        changed = await self._collections.add(caller, _slug(request), item, optional_text(body, "note") or "")
        return json_answer(await self._described(caller, changed))

    async def _thing(self, caller: Caller, type: str, id: str) -> Repository | Collection:
        if type == "collection":
            return await self._collections.find(caller, id)
        if type not in KINDS:
            raise NotOffered(
                f"Items of the type {type[:50]!r} are not offered here; there are {', '.join(KINDS)}, collection."
            )
        return await self._hub.find(caller, type, *_two(id))

    async def _change_item(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        body = await read_json(request)
        note, item = optional_text(body, "note"), request.path_params["item"]
        await self._collections.change_item(caller, _slug(request), item, note=note, position=_place(body))
        return json_answer({"success": True})

    async def _remove(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        await self._collections.remove(caller, _slug(request), request.path_params["item"])
        return json_answer({"success": True})

    async def _group(self, request: Request) -> Response:
        """There are no resource groups; to be in none is all that can be asked for."""
        caller, _ = await self._access.signed_in(request)
        await self._collections.find(caller, _slug(request))
        if (await read_json(request)).get("resourceGroupId") is not None:
            raise NotOffered("Resource groups are not offered here; an organisation says who may see its collections.")
        return json_answer({"success": True})

    async def _described(self, caller: Caller, one: Collection, *, whole: bool = True) -> dict[str, Any]:
        items: Sequence[Item] = await self._collections.items(caller, one)
        described = {
            "slug": one.slug,
            "title": one.title,
            "description": one.description or None,
            "owner": one.namespace,
            "lastUpdated": iso_z(one.updated_at),
            "private": one.is_private,
            "theme": one.theme,
            "upvotes": 0,
            "items": [_item(item) for item in (items if whole else items[:SHOWN_IN_LISTS])],
        }
        # Clients count the entries of a list themselves, and fail where one says its place.
        return described | ({"position": one.position} if whole else {})


def _item(item: Item) -> dict[str, Any]:
    described: dict[str, Any] = {"_id": item.key, "type": item.type, "position": item.position}
    if item.note:
        described["note"] = {"text": item.note}
    if item.repository is not None:
        here = item.repository
        named = {"id": here.full_name, "author": here.namespace, "private": here.is_private, "gated": here.gated or False}
        return described | named | {"downloads": here.downloads, "lastModified": iso_z(here.updated_at)}
    assert item.inner is not None
    return described | {"id": item.inner.key, "slug": item.inner.slug, "title": item.inner.title}


def _slug(request: Request) -> str:
    return f"{request.path_params['namespace']}/{request.path_params['slug']}"


def _two(name: str) -> tuple[str, str]:
    namespace, slash, rest = name.partition("/")
    if not slash or not rest or "/" in rest:
        raise RepositoryNotFound(f"{name[:200]!r} is no repository; expected namespace/name.")
    return namespace, rest


def _flag(body: dict[str, Any], key: str) -> bool | None:
    value = body.get(key)
    if value is not None and not isinstance(value, bool):
        raise InvalidInput(f"{key!r} is {value!r}; expected true or false.")
    return value


def _place(body: dict[str, Any]) -> int | None:
    value = body.get("position")
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not -1_000_000 < value < 1_000_000:
        raise InvalidInput(f"'position' is {value!r}; expected a place, counted from 0.")
    return value
