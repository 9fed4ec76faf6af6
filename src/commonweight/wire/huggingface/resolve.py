"""Files out: resolve and raw (contract, section 9)."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from commonweight.asgi import Needs, Route
from commonweight.hub import Entry, EntryNotFound, Hub, Revision
from commonweight.identity import Caller
from commonweight.vetting.scans import UnsafeFile, UnsafeGuard
from commonweight.wire.huggingface.access import (
    KIND_OF_SEGMENT,
    Access,
    api_path,
    for_kind,
    no_such_repository,
    who_counts,
)
from commonweight.wire.huggingface.xet_tokens import CAS_PATH
from commonweight.wire.ranges import parse_range

#: What a browser may show; everything else is saved. Types that can carry scripts are shown as text.
_SHOWN = ("text/plain", "application/json", "image/png", "image/jpeg", "image/gif", "image/webp")
_AS_TEXT = ("text/", "application/xml", "application/javascript", "application/x-yaml", "application/x-sh")


class ResolveCalls:
    def __init__(self, hub: Hub, access: Access, guard: UnsafeGuard | None = None) -> None:
        self._hub = hub
        self._access = access
        self._guard = guard

    def routes(self) -> list[Route]:
        routes = [route for segment, kind in KIND_OF_SEGMENT.items() for route in self._of_kind(segment, kind)]
        return [*routes, Route(("GET", "HEAD"), "/{name}/resolve/{revision}/{path...}", self._bare, Needs.NOTHING)]

    def _of_kind(self, segment: str, kind: str) -> list[Route]:
        base = ("" if kind == "model" else f"/{segment}") + "/{namespace}/{name}"
        reads = ("GET", "HEAD")
        return [
            Route(reads, f"{base}/resolve/{{revision}}/{{path...}}", for_kind(self._file, kind), Needs.READ),
            Route(reads, f"{base}/raw/{{revision}}/{{path...}}", for_kind(self._raw, kind), Needs.READ),
        ]

    async def _bare(self, request: Request) -> Response:
        await self._access.caller(request)
        raise no_such_repository(request)

    async def _file(self, request: Request, kind: str) -> Response:
        caller, revision, entry = await self._find(request, kind)
        kept_back = await self._is_kept_back(request, caller, revision, entry)
        headers = _headers(revision, entry) | ({} if kept_back else self._xet_headers(request, revision, entry))
        if request.method == "HEAD":
            return Response(headers=headers | {"Content-Length": str(entry.size)}, media_type=_media_type(entry.path))
        span = parse_range(request.headers.get("range"), entry.size)
        start, end = span or (0, entry.size)
        headers["Content-Length"] = str(end - start)
        if span:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{entry.size}"
        body = await begun(self._hub.read(revision.repository, entry, start, end))
        self._hub.listings.downloads.count(revision.repository.id, who_counts(request, caller))
        return StreamingResponse(body, 206 if span else 200, headers, _media_type(entry.path))

    async def _raw(self, request: Request, kind: str) -> Response:
        """What git holds: of a large file, its pointer."""
        caller, revision, entry = await self._find(request, kind)
        await self._is_kept_back(request, caller, revision, entry)
        data = await self._hub.read_blob(revision.repository, entry)
        headers = _safe_headers(entry.path) | {"X-Repo-Commit": revision.commit, "ETag": f'"{entry.oid}"'}
        return Response(data, headers=headers, media_type=_media_type(entry.path))

    async def _find(self, request: Request, kind: str) -> tuple[Caller, Revision, Entry]:
        """Who asks, and what for."""
        caller, revision = await self._access.revision(request, kind)
        await self._hub.check_files(caller, revision.repository)
        await self._access.downloads.check_download(caller, revision, request.path_params["path"])
        entry = await self._hub.entry(revision, request.path_params["path"])
        if not entry.is_file:
            raise EntryNotFound(f"{entry.path!r} is a folder.", commit=revision.commit)
        return caller, revision, entry

    async def _is_kept_back(self, request: Request, caller: Caller, revision: Revision, entry: Entry) -> bool:
        """
        Raises UnsafeFile, except to HEAD: that answer leaves out where the chunks are. A client that gets an error there
        tells of a broken connection; so it asks for the bytes, and tells what that answer says.
        """
        try:
            if self._guard is not None:
                await self._guard.check_entry(caller, revision.repository, entry)
        except UnsafeFile:
            if request.method != "HEAD":
                raise
            return True
        return False

    def _xet_headers(self, request: Request, revision: Revision, entry: Entry) -> dict[str, str]:
        """They let a client fetch the chunks it does not have yet (xet-protocol, section 13.2)."""
        if entry.large is None or not entry.large.xet_hash:
            return {}
        base = self._access.base_url(request)
        token = f"{base}{api_path(revision.repository)}/xet-read-token/{revision.commit}"
        chunks = f"{base}{CAS_PATH}/v2/reconstructions/{entry.large.xet_hash}"
        return {
            "X-Xet-Hash": entry.large.xet_hash,
            "X-Xet-Refresh-Route": token,
            "Link": f'<{token}>; rel="xet-auth", <{chunks}>; rel="xet-reconstruction-info"',
        }


async def begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, with the first one fetched: what fails at once still gets an honest status."""
    first = await anext(pieces, b"")

    async def all_pieces() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return all_pieces()


def _headers(revision: Revision, entry: Entry) -> dict[str, str]:
    headers = _safe_headers(entry.path) | {
        "X-Repo-Commit": revision.commit,
        "ETag": f'"{entry.large.sha256 if entry.large else entry.oid}"',
        "Accept-Ranges": "bytes",
    }
    if entry.large:
        headers |= {"X-Linked-Size": str(entry.size), "X-Linked-ETag": f'"{entry.large.sha256}"'}
    return headers


def _safe_headers(path: str) -> dict[str, str]:
    """An uploaded file must not run in the name of this site (DESIGN, Safety)."""
    name = path.rpartition("/")[2]
    plain = name.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "_")
    shown = "inline" if _media_type(path) in _SHOWN else "attachment"
    return {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(name, safe='')}; filename=\"{plain}\";",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _media_type(path: str) -> str:
    guessed = mimetypes.guess_type(path, strict=False)[0] or "application/octet-stream"
    if guessed in _SHOWN:
        return guessed
    return "text/plain" if guessed.startswith(_AS_TEXT) or "markdown" in guessed else "application/octet-stream"
