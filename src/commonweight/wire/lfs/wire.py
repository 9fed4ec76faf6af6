"""LFS routes: batch and verify below a repository, bytes at signed addresses."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from commonweight.asgi import Needs, Route
from commonweight.errors import InvalidInput, NotAllowed, NotFound, TooLarge
from commonweight.hub import Hub, LargeFileMissing, Repository, Revision, pull_number
from commonweight.identity import Caller
from commonweight.storage import Storage
from commonweight.vetting.scans import UnsafeFile, UnsafeGuard
from commonweight.wire.lfs.addresses import GET, LIFETIME_SECONDS, PUT, VERIFY, LargeAddress, LargeAddresses
from commonweight.wire.lfs.batch import Asked, action, failed, read_batch, read_object

MEDIA_TYPE = "application/vnd.git-lfs+json"
MAX_BODY_BYTES = 1 << 20  # a batch of 1,000 objects has about 120 KB
_BASES = {"": "model", "/datasets": "dataset", "/spaces": "space"}


class LfsPlace(Protocol):
    @property
    def caller(self) -> Caller: ...

    @property
    def repository(self) -> Repository: ...


class LfsDownloads(Protocol):
    """Who lets bytes out; raises where it does not."""

    async def check_download(self, caller: Caller, revision: Revision, path: str = "", /) -> None: ...


class LfsAccess(Protocol):
    """Who asks, and which repository the path names."""

    async def place(self, request: Request, kind: str, /) -> LfsPlace: ...

    async def by_token(self, token_id: int, /) -> Caller:
        """Who asked before; nobody where the token is gone, or there was none."""
        ...

    def base_url(self, request: Request, /) -> str: ...

    @property
    def downloads(self) -> LfsDownloads: ...


class LfsCalls:
    def __init__(self, hub: Hub, storage: Storage, access: LfsAccess, key: bytes, guard: UnsafeGuard | None = None) -> None:
        self._hub = hub
        self._storage = storage
        self._access = access
        self._guard = guard
        self._addresses = LargeAddresses(key, time.time)

    def routes(self) -> list[Route]:
        below = [route for base, kind in _BASES.items() for route in self._of_kind(base, kind)]
        bytes_route = "/api/lfs/{scope}/{oid}"
        return [
            *below,
            Route(("PUT",), bytes_route, self.put, Needs.SIGNATURE),
            Route(("GET",), bytes_route, self.get, Needs.SIGNATURE),
            Route(("POST",), bytes_route, self.verify, Needs.SIGNATURE),
        ]

    def _of_kind(self, base: str, kind: str) -> list[Route]:
        async def batch(request: Request) -> Response:
            return await self._batch(request, kind)

        async def verify(request: Request) -> Response:
            return await self._verify(request, kind)

        async def no_locks(request: Request) -> Response:
            await self._access.place(request, kind)
            raise NotFound("There are no locks here.")  # with 404 git-lfs pushes without them

        below = f"{base}/{{namespace}}/{{name}}/info/lfs"
        return [
            Route(("POST",), f"{below}/objects/batch", batch, Needs.READ),
            Route(("POST",), f"{below}/objects/verify", verify, Needs.WRITE),
            Route(("POST",), f"{below}/locks/verify", no_locks, Needs.READ),
        ]

    async def _batch(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        asked = read_batch(await _read(request))
        scope = place.repository.scope
        if asked.operation == "upload":
            await self._check_upload(place, asked.ref)
            scope = await self._hub.upload_scope(place.caller, place.repository)
        else:
            await self._hub.check_files(place.caller, place.repository)
            await self._access.downloads.check_download(place.caller, await self._hub.resolve(place.repository))
        token_id = place.caller.token.id if place.caller.token else 0
        kept_back = await self._kept_back(place, asked) if asked.operation == "download" else {}
        objects = await self._objects(request, scope, asked, token_id)
        return _answer({"transfer": "basic", "objects": [kept_back.get(one["oid"], one) for one in objects]})

    async def _kept_back(self, place: LfsPlace, asked: Asked) -> dict[str, dict[str, Any]]:
        """Answers for what does not go out, since it was found unsafe."""
        found: dict[str, dict[str, Any]] = {}
        if self._guard is None:
            return found
        for oid, size in asked.objects:
            try:
                await self._guard.check_large(place.caller, place.repository, oid)
            except UnsafeFile as error:
                found[oid] = failed(oid, size, 403, error.sentence)
        return found

    async def _check_upload(self, place: LfsPlace, ref: str) -> None:
        """What is for a branch is for who may write; all else may be for a pull request."""
        if pull_number(ref) is not None:
            await self._hub.check_commits(place.caller, place.repository, ref)
        elif ref:
            self._hub.check_writes(place.caller, place.repository)

    async def _objects(self, request: Request, scope: int, asked: Asked, token_id: int) -> list[dict[str, Any]]:
        give = self._upload if asked.operation == "upload" else self._download
        return [await give(request, scope, oid, size, token_id) for oid, size in asked.objects]

    async def _upload(self, request: Request, scope: int, oid: str, size: int, token_id: int) -> dict[str, Any]:
        """
        No actions where these bytes are there already (in this repository: an id is never a right). git-lfs sends no token
        to any address of an answer that says `authenticated`, so that of `verify` is signed too.
        """
        if await self._storage.mention(scope, [oid]):  # the client will count on them
            return {"oid": oid, "size": size, "authenticated": True}
        base = self._access.base_url(request)
        address = base + self._addresses.sign(LargeAddress(PUT, scope, oid, size, token_id))
        verify = base + self._addresses.sign(LargeAddress(VERIFY, scope, oid, size, token_id))
        actions = {"upload": action(address, LIFETIME_SECONDS), "verify": action(verify, LIFETIME_SECONDS)}
        return {"oid": oid, "size": size, "authenticated": True, "actions": actions}

    async def _download(self, request: Request, scope: int, oid: str, size: int, token_id: int) -> dict[str, Any]:
        large = await self._storage.large_file(scope, oid)
        if large is None or large.size != size:
            return failed(oid, size, 404, "This repository holds no such object.")
        address = self._access.base_url(request) + self._addresses.sign(LargeAddress(GET, scope, oid, size, token_id))
        return {"oid": oid, "size": size, "authenticated": True, "actions": {"download": action(address, LIFETIME_SECONDS)}}

    async def _verify(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        scope = await self._hub.upload_scope(place.caller, place.repository)
        oid, size = read_object(await _read(request))
        return await self._held(scope, oid, size)

    async def verify(self, request: Request) -> Response:
        """Whether the bytes that the address names are stored. Raises NotAllowed, LargeFileMissing."""
        address = await self._opened(request, VERIFY)
        return await self._held(address.scope, address.oid, address.size)

    async def _held(self, scope: int, oid: str, size: int) -> Response:
        large = (await self._storage.mention(scope, [oid])).get(oid)
        if large is None or large.size != size:
            raise LargeFileMissing(f"The object {oid} with {size} bytes is not stored.", hint="Upload it again.")
        return _answer({"ok": True})

    async def put(self, request: Request) -> Response:
        """Stores the bytes if they are those that the address names. Raises NotAllowed, DigestRefused, InvalidInput."""
        address = await self._opened(request, PUT)
        await self._hub.into_chunks.receive(address.scope, _exactly(request, address.size), address.oid)
        return _answer({"ok": True})

    async def _opened(self, request: Request, deed: str) -> LargeAddress:
        """The address, if whoever it was given to still may what it says. Raises NotAllowed."""
        params = request.path_params
        address = self._addresses.open(deed, params["scope"], params["oid"], request.query_params)
        may = self._hub.may_read_scope if deed == GET else self._hub.may_write_scope
        if not await may(await self._access.by_token(address.token_id), address.scope):
            raise NotAllowed("Whoever asked for this address may not do this any more.")
        return address

    async def get(self, request: Request) -> Response:
        """Raises NotAllowed, also for whoever has lost access since the address was given."""
        address = await self._opened(request, GET)
        large = await self._storage.large_file(address.scope, address.oid)
        if large is None:
            raise NotFound("These bytes are no longer stored.")
        start = _resumed(request.headers.get("range"), large.size)
        headers = {"Content-Length": str(large.size - start), "Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{large.size - 1}/{large.size}"
        body = self._storage.read(large, start)
        return StreamingResponse(body, 206 if start else 200, headers, "application/octet-stream")


def _resumed(header: str | None, size: int) -> int:
    """git-lfs resumes with `bytes=N-` or `bytes=N-M` up to the end; anything else is answered with the whole."""
    first, dash, last = (header or "").removeprefix("bytes=").partition("-")
    fits = dash and first.isascii() and first.isdigit() and last in ("", str(size - 1))
    start = int(first[:19]) if fits else 0
    return start if start < size else 0


async def _exactly(request: Request, size: int) -> AsyncIterator[bytes]:
    """The body. Raises InvalidInput where it is shorter than announced, TooLarge where longer."""
    came = 0
    async for piece in request.stream():
        came += len(piece)
        if came > size:
            raise TooLarge(f"More bytes came than the {size} that were announced.")
        yield piece
    if came != size:
        raise InvalidInput(f"{came} bytes came; {size} were announced.", hint="Send the file again.")


async def _read(request: Request) -> dict[str, Any]:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"The body has more than {MAX_BODY_BYTES} bytes.")
    try:
        value = orjson.loads(bytes(body))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"The body is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise InvalidInput(f"A JSON object was expected; {type(value).__name__} came.")
    return value


def _answer(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), media_type=MEDIA_TYPE)
