"""People, organisations, and what is theirs (contract, sections 5 and 14). Nobody follows anybody here."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.clock import iso_z
from commonweight.errors import NotFound
from commonweight.hub import Hub, MayNotWrite, Repository
from commonweight.identity import Account, Caller, Organisations
from commonweight.wire.huggingface.access import Access
from commonweight.wire.huggingface.answers import json_answer, next_page

PAGE_SIZE: Final = 100
MAX_SKIPPED: Final = 1 << 31  # what databases take as a number of rows


class PeopleCalls:
    def __init__(self, hub: Hub, organisations: Organisations, access: Access) -> None:
        self._hub = hub
        self._organisations = organisations
        self._access = access

    def routes(self) -> list[Route]:
        people, houses = "/api/users/{user}", "/api/organizations/{organization}"
        return [
            Route(("GET",), f"{people}/overview", self.person, Needs.NOTHING),
            Route(("GET",), f"{people}/followers", self.no_followers, Needs.NOTHING),
            Route(("GET",), f"{people}/following", self.no_followers, Needs.NOTHING),
            Route(("GET",), f"{houses}/overview", self.organisation, Needs.NOTHING),
            Route(("GET",), f"{houses}/followers", self.no_followers, Needs.NOTHING),
            Route(("GET",), f"{houses}/members", self.members, Needs.SIGNED_IN),
            Route(("GET",), "/api/settings/repositories", self.own, Needs.SIGNED_IN),
            Route(("GET",), f"{houses}/settings/repositories", self.of_organisation, Needs.SIGNED_IN),
        ]

    async def person(self, request: Request) -> Response:
        caller, account = await self._access.caller(request), await self._account(request, "user")
        theirs = await self._organisations.identity.organisations_of(account) if not caller.is_anonymous else {}
        orgs = [{"name": one.name, "fullname": one.fullname} for one, _role in theirs.values()]
        told = _person(account) | await self._counted(caller, account)
        return json_answer(told | {"numFollowing": 0, "numFollowers": 0, "orgs": orgs})

    async def organisation(self, request: Request) -> Response:
        caller, account = await self._access.caller(request), await self._account(request, "organisation")
        told: dict[str, Any] = {"name": account.name, "fullname": account.fullname}
        told |= {"details": account.details, "type": "org"}
        told |= {"isVerified": False, "isFollowing": False, "numFollowers": 0}
        if not caller.is_anonymous:
            told["numUsers"] = len(await self._organisations.members(caller, account))
        return json_answer(told | await self._counted(caller, account))

    async def no_followers(self, request: Request) -> Response:
        kind = "user" if "user" in request.path_params else "organisation"
        await self._account(request, kind)
        return json_answer([])

    async def members(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        account, after = await self._account(request, "organisation"), _skipped(request)
        found = await self._organisations.members(caller, account, after)
        headers = self._next(request, after, len(found) > PAGE_SIZE)
        return json_answer([_person(one.account) | {"role": one.role.word} for one in found[:PAGE_SIZE]], headers=headers)

    async def own(self, request: Request) -> Response:
        caller, account = await self._access.signed_in(request)
        return await self._possessions(request, caller, account)

    async def of_organisation(self, request: Request) -> Response:
        caller, _ = await self._access.signed_in(request)
        account = await self._account(request, "organisation")
        if not caller.is_admin and account.id not in caller.organisations:
            raise MayNotWrite(f"You are no member of {account.name}.", hint="Ask an admin of it.")
        return await self._possessions(request, caller, account)

    async def _possessions(self, request: Request, caller: Caller, account: Account) -> Response:
        after = _skipped(request)
        found = await self._hub.counting.possessions(caller, account.id, PAGE_SIZE + 1, after)
        headers = self._next(request, after, len(found) > PAGE_SIZE)
        return json_answer([_possession(one.repository, one.bytes) for one in found[:PAGE_SIZE]], headers=headers)

    async def _counted(self, caller: Caller, account: Account) -> dict[str, int]:
        counts = await self._hub.counting.of_kinds(caller, account.id)
        return {f"num{kind.capitalize()}s": counts.get(kind, 0) for kind in ("model", "dataset", "space")}

    async def _account(self, request: Request, kind: str) -> Account:
        """Raises AccountMissing, NotFound where it is of the other kind."""
        found = await self._organisations.identity.account(request.path_params["user" if kind == "user" else "organization"])
        if found.kind != kind:
            raise NotFound(f"There is no {kind} {found.name!r}.")
        return found

    def _next(self, request: Request, after: int, more: bool) -> dict[str, str] | None:
        return next_page(request, self._access.base_url(request), skip=str(after + PAGE_SIZE)) if more else None


def _person(account: Account) -> dict[str, Any]:
    told = {"_id": str(account.id), "user": account.name, "fullname": account.fullname, "type": "user"}
    return told | {"avatarUrl": "", "isPro": False, "isFollowing": False}


def _possession(repository: Repository, size: int) -> dict[str, Any]:
    return {
        "id": repository.full_name,
        "type": repository.kind,
        "updatedAt": iso_z(repository.updated_at),
        "visibility": "private" if repository.is_private else "public",
        "storage": size,
        "storagePercent": 0,
    }


def _skipped(request: Request) -> int:
    text = request.query_params.get("skip", "")
    return min(int(text[:10]), MAX_SKIPPED) if text.isascii() and text.isdigit() else 0
