"""The life of a repository: create, delete, move, settings (contract, section 5)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.errors import CommonweightError, InvalidInput
from commonweight.hub import KINDS, Hub, Repository, RepositoryExists, RepositoryNotFound
from commonweight.identity import Caller
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, for_kind, web_path
from commonweight.wire.huggingface.answers import json_answer
from commonweight.wire.huggingface.bodies import optional_text, read_json, text_field


class RepositoryCalls:
    def __init__(self, hub: Hub, access: Access) -> None:
        self._hub = hub
        self._access = access

    def routes(self) -> list[Route]:
        return [
            Route(("POST",), "/api/repos/create", self.create, Needs.WRITE),
            Route(("DELETE",), "/api/repos/delete", self.delete, Needs.WRITE),
            Route(("POST",), "/api/repos/move", self.move, Needs.WRITE),
            *(route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)),
        ]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        async def may_read(request: Request) -> Response:
            place = await self._access.place(request, kind)
            await self._hub.check_files(place.caller, place.repository)
            return json_answer({"ok": True})

        async def may_write(request: Request) -> Response:
            place = await self._access.place(request, kind)
            self._hub.check_writes(place.caller, place.repository)
            return json_answer({"ok": True})

        base = f"/api/{segment}/{{namespace}}/{{name}}"
        return [
            Route(("PUT",), f"{base}/settings", for_kind(self._settings, kind), Needs.WRITE),
            Route(("GET",), f"{base}/auth-check", may_read, Needs.READ),
            Route(("GET",), f"{base}/auth-check/write", may_write, Needs.WRITE),
        ]

    async def create(self, request: Request) -> Response:
        """A name that is taken gives 409 with the same `url`, which `exist_ok` reads."""
        caller, _ = await self._access.signed_in(request)
        body = await read_json(request)
        name, organisation = text_field(body, "name"), optional_text(body, "organization")
        sdk = optional_text(body, "sdk") or "static"
        if "/" in name:  # also accepted by the public hub
            organisation, _, name = name.partition("/")
        try:
            made = await self._hub.create(caller, _kind(body), organisation, name, _visibility(body), sdk=sdk)
        except RepositoryExists as error:
            self._check_may_know(caller, error.repository)
            return name_taken(request, self._access, error)
        return json_answer(named(request, self._access, made))

    def _check_may_know(self, caller: Caller, repository: Repository) -> None:
        """The caller may write in this namespace, so nothing is hidden from him; a change here must not undo that."""
        self._hub.check_reads(caller, repository)

    async def delete(self, request: Request) -> Response:
        caller, account = await self._access.signed_in(request)
        body = await read_json(request)
        namespace, name = optional_text(body, "organization"), text_field(body, "name")
        if "/" in name:
            namespace, _, name = name.partition("/")
        found = await self._find(caller, _kind(body), namespace or account.name, name)
        await self._hub.delete(caller, found)
        return json_answer({"ok": True})

    async def move(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        body = await read_json(request)
        (namespace, name), (to_namespace, to_name) = full_name_field(body, "fromRepo"), full_name_field(body, "toRepo")
        found = await self._find(caller, _kind(body), namespace, name)
        moved = await self._hub.move(caller, found, to_namespace, to_name)
        return json_answer(named(request, self._access, moved))

    async def _find(self, caller: Caller, kind: str, namespace: str, name: str) -> Repository:
        """By its present name alone: a deed on an old name would hit what its author does not mean."""
        found = await self._hub.find(caller, kind, namespace, name)
        if found.moved:
            raise RepositoryNotFound(f"{namespace}/{name} has moved to {found.full_name}.")
        return found

    async def _settings(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        body = await read_json(request)
        gated = body.get("gated")
        words = {None: None, False: "", "auto": "auto", "manual": "manual"}
        if not isinstance(gated, str | bool | None) or gated not in words:
            raise InvalidInput(f'\'gated\' is {gated!r}; expected "auto", "manual" or false.')
        changed = await self._hub.update(place.caller, place.repository, _visibility(body), words[gated])
        visibility = "private" if changed.is_private else "public"  # clients know no drafts
        return json_answer({"private": changed.is_private, "visibility": visibility, "gated": changed.gated or False})


def _kind(body: dict[str, Any]) -> str:
    kind = optional_text(body, "type") or "model"
    if kind not in KINDS:
        raise NotOffered(f"Repositories of the type {kind!r} are not offered here; there are {', '.join(KINDS)}.")
    return kind


class NotOffered(CommonweightError):
    """Part of the public hub's service that this server does not have."""

    status = 501
    code = "not_offered"


def _visibility(body: dict[str, Any]) -> str | None:
    """`visibility`, or the `private` of clients up to 1.5 (section 21)."""
    if body.get("visibility") is not None:
        return text_field(body, "visibility")
    private = body.get("private")
    if private is not None and not isinstance(private, bool):
        raise InvalidInput(f"'private' is {private!r}; expected true or false.")
    return None if private is None else "private" if private else "public"


def named(request: Request, access: Access, repository: Repository) -> dict[str, Any]:
    """How a repository is told of that was made or moved."""
    url = access.base_url(request) + web_path(repository)
    return {"url": url, "name": repository.full_name, "id": str(repository.id), "type": repository.kind}


def name_taken(request: Request, access: Access, error: RepositoryExists) -> Response:
    """409 with the `url` of what is there, which `exist_ok` reads."""
    content = {"error": error.detail, **named(request, access, error.repository)}
    return json_answer(content, error.status, {"X-Error-Code": "RepositoryExists", "X-Error-Message": error.detail})


def full_name_field(body: dict[str, Any], key: str) -> tuple[str, str]:
    """Namespace and name. Raises InvalidInput."""
    namespace, slash, name = text_field(body, key).partition("/")
    if not slash or not name or "/" in name:
        raise InvalidInput(f"{key!r} is {body[key]!r}; expected namespace/name.")
    return namespace, name
