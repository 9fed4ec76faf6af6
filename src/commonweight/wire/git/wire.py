"""Routes of git over HTTP (gitprotocol-http; contract, section 19)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.errors import InvalidInput, NotAllowed
from commonweight.hub import MAX_PACK_BYTES, Hub, Push, Repository, Revision, RevisionNotFound
from commonweight.identity import Caller
from commonweight.storage import Scratch, receive
from commonweight.wire.git.bodies import body_of
from commonweight.wire.git.errors import dress
from commonweight.wire.git.pkt import FLUSH, PktReader, line
from commonweight.wire.git.receive import PushAnswer, advertise_receive, read_commands
from commonweight.wire.git.upload import UploadPack, advertise_v0, advertise_v2

MAX_NEGOTIATION = 8 << 20  # bytes of one request to fetch: 100,000 lines of 50
_BASES = {"": "model", "/datasets": "dataset", "/spaces": "space"}
UPLOAD, RECEIVE = "git-upload-pack", "git-receive-pack"
_FRESH = {"Cache-Control": "no-cache, max-age=0, must-revalidate", "Pragma": "no-cache", "Expires": "0"}


class GitPlace(Protocol):
    @property
    def caller(self) -> Caller: ...

    @property
    def repository(self) -> Repository: ...


class GitDownloads(Protocol):
    """Who lets bytes out; raises where it does not."""

    async def check_download(self, caller: Caller, revision: Revision, path: str = "", /) -> None: ...


class GitAccess(Protocol):
    """Who asks, and which repository the path names."""

    async def place(self, request: Request, kind: str, /) -> GitPlace: ...

    @property
    def downloads(self) -> GitDownloads: ...


class GitCalls:
    def __init__(self, hub: Hub, access: GitAccess, scratch: Scratch) -> None:
        """`scratch` keeps packs while they are received."""
        self._hub = hub
        self._scratch = scratch
        self._access = access

    def group(self) -> Group:
        """For paths below a repository alone: no other path begins as the prefix does."""
        return Group(
            "/{namespace}/{name}.git", [route for base, kind in _BASES.items() for route in self._of_kind(base, kind)], dress
        )

    def _of_kind(self, base: str, kind: str) -> list[Route]:
        async def names(request: Request) -> Response:
            return await self._names(request, kind)

        async def fetch(request: Request) -> Response:
            return await self._fetch(request, kind)

        async def push(request: Request) -> ASGIApp:
            return await self._push(request, kind)

        below = f"{base}/{{namespace}}/{{name}}"
        return [
            Route(("GET",), f"{below}/info/refs", names, Needs.READ),
            Route(("POST",), f"{below}/{UPLOAD}", fetch, Needs.READ),
            Route(("POST",), f"{below}/{RECEIVE}", push, Needs.WRITE),
        ]

    async def _names(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        service = request.query_params.get("service", "")
        if service == UPLOAD:
            await self._check_reads(place)
            said = (
                advertise_v2() if _version(request) == 2 else advertise_v0(await self._hub.fetching.refs(place.repository))
            )
            return _advertised(service, said)
        if service == RECEIVE:
            self._check_takes_part(place)
            return _advertised(service, advertise_receive(await self._hub.fetching.refs(place.repository)))
        expected = f"expected {UPLOAD} or {RECEIVE}"
        raise NotAllowed(f"The service {service[:80]!r} is not offered; {expected}.", hint="Use git 1.6.6 or later.")

    async def _push(self, request: Request, kind: str) -> ASGIApp:
        place = await self._access.place(request, kind)
        self._check_takes_part(place)
        _check_type(request, RECEIVE)
        lines = PktReader(body_of(request, MAX_PACK_BYTES))
        commands = await read_commands(lines)
        if not commands.updates:  # git asks so whether it may, before it sends a large pack
            return Response(headers=_FRESH, media_type=f"application/x-{RECEIVE}-result")
        with ExitStack() as stack:
            pack = stack.enter_context(self._scratch.path()) if commands.brings_objects else None
            if pack is not None:
                await receive(lines.rest(), pack)
            atomic = "atomic" in commands.caps
            push = Push(place.caller, place.repository, commands.updates, pack, atomic=atomic)
            return PushAnswer(self._hub.pushes, push, commands.caps, stack.pop_all(), _FRESH)

    async def _fetch(self, request: Request, kind: str) -> Response:
        place = await self._access.place(request, kind)
        await self._check_reads(place)
        _check_type(request, UPLOAD)
        lines = PktReader(body_of(request, MAX_NEGOTIATION))

        async def check(commit: str) -> None:
            await self._access.downloads.check_download(place.caller, Revision(place.repository, commit))

        upload = UploadPack(self._hub.fetching, place.repository, check)
        try:
            answer = await (upload.answer_v2(lines) if _version(request) == 2 else upload.answer_v0(lines))
        except (RevisionNotFound, NotAllowed) as error:  # of an error's body git prints nothing here
            answer = _said(line(f"ERR upload-pack: {error.sentence}\n".encode()))
        return StreamingResponse(answer, headers=_FRESH, media_type=f"application/x-{UPLOAD}-result")

    def _check_takes_part(self, place: GitPlace) -> None:
        """Whoever may take part may push to a pull request of his own; each name is asked for when it is pushed."""
        self._hub.check_sends(place.caller, place.repository)

    async def _check_reads(self, place: GitPlace) -> None:
        """A clone takes all files, so it needs what each of them does."""
        await self._hub.check_files(place.caller, place.repository)
        await self._access.downloads.check_download(place.caller, await self._hub.resolve(place.repository))


def _version(request: Request) -> int:
    """The protocol that the client prefers, of those spoken here (gitprotocol-v2, `version=2`; perhaps other words)."""
    return 2 if "version=2" in request.headers.get("git-protocol", "").split(":") else 0


def _advertised(service: str, said: Iterable[bytes]) -> Response:
    head = line(f"# service={service}\n".encode()) + FLUSH
    return Response(head + b"".join(said), headers=_FRESH, media_type=f"application/x-{service}-advertisement")


def _check_type(request: Request, service: str) -> None:
    expected = f"application/x-{service}-request"
    if request.headers.get("content-type") != expected:
        raise InvalidInput(f"The content type is {request.headers.get('content-type')!r}; expected {expected}.")


async def _said(text: bytes) -> AsyncIterator[bytes]:
    yield text
