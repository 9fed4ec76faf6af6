"""Tokens for the content store (contract, section 10.4; xet-protocol, section 13.1)."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from commonweight.asgi import Needs, Route
from commonweight.hub import Hub, RevisionNotFound, pull_number
from commonweight.wire.huggingface.access import KIND_OF_SEGMENT, Access, Place, who_counts
from commonweight.wire.huggingface.answers import flag, json_answer

CAS_PATH = "/xet"


class CasToken(Protocol):
    @property
    def text(self) -> str: ...

    @property
    def expires(self) -> int:
        """Unix seconds."""
        ...


class CasMint(Protocol):
    """Makes tokens for the content store; the one who asks must have been checked."""

    async def path(self, account_id: int | None) -> str:
        """Where this account's clients are to find the content store."""
        ...

    def mint(
        self, *, scope: int, token_id: int | None, write: bool, repository: str = "", revision: str = ""
    ) -> CasToken: ...


class XetTokenCalls:
    def __init__(self, hub: Hub, access: Access, cas: CasMint) -> None:
        self._hub = hub
        self._access = access
        self._cas = cas

    def routes(self) -> list[Route]:
        return [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        async def reading(request: Request) -> Response:
            place = await self._access.place(request, kind)
            await self._hub.check_files(place.caller, place.repository)
            await self._check_download(request, place)
            self._hub.listings.downloads.count(place.repository.id, who_counts(request, place.caller))
            return await self._answer(request, place, place.repository.scope, write=False)

        async def writing(request: Request) -> Response:
            place = await self._access.place(request, kind)
            await self._check_upload(request, place)
            scope = await self._hub.upload_scope(place.caller, place.repository)
            return await self._answer(request, place, scope, write=True)

        base = f"/api/{segment}/{{namespace}}/{{name}}"
        return [
            Route(("GET",), f"{base}/xet-read-token", reading, Needs.READ),
            Route(("GET",), f"{base}/xet-read-token/{{revision}}", reading, Needs.READ),
            Route(("GET",), f"{base}/xet-write-token", writing, Needs.WRITE),
            Route(("GET",), f"{base}/xet-write-token/{{revision}}", writing, Needs.WRITE),
        ]

    async def _check_download(self, request: Request, place: Place) -> None:
        """A token reaches every file of the repository: the newest commit and the one asked for must both be let out."""
        asked = {request.path_params.get("revision", "None"), "main"} - {"None"}
        for revision in sorted(asked):
            try:
                found = await self._hub.resolve(place.repository, revision)
            except RevisionNotFound:
                continue  # said below, where a revision was asked for
            await self._access.downloads.check_download(place.caller, found)

    async def _check_upload(self, request: Request, place: Place) -> None:
        """For a pull request, a new one or the caller's own, whoever may read may send bytes: into a scope of his own."""
        revision = request.path_params.get("revision", "")
        if flag(request.query_params.get("create_pr")):
            self._hub.check_contributes(place.caller, place.repository)
        elif pull_number(revision) is not None:
            await self._hub.check_commits(place.caller, place.repository, revision)
        else:
            self._hub.check_writes(place.caller, place.repository)

    async def _answer(self, request: Request, place: Place, scope: int, *, write: bool) -> Response:
        """Both ways at once: some clients read the headers, others the body."""
        revision = request.path_params.get("revision", "None")
        if revision != "None":  # what clients send for none
            await self._hub.resolve(place.repository, revision)
        asker, account, repository = place.caller.token, place.caller.account, place.repository
        token = self._cas.mint(
            scope=scope,
            token_id=asker.id if asker else None,
            write=write,
            repository=repository.full_name,
            revision=revision,
        )
        address = self._access.base_url(request) + await self._cas.path(account.id if account else None)
        headers = {
            "X-Xet-Cas-Url": address,
            "X-Xet-Access-Token": token.text,
            "X-Xet-Token-Expiration": str(token.expires),
            "Cache-Control": "no-store",
        }
        return json_answer({"casUrl": address, "accessToken": token.text, "exp": token.expires}, headers=headers)
