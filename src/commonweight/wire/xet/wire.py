"""
The content store's routes, below /xet (xet-protocol, section 7; older clients, section 17), and again below
/xet/for/{memory}, which is what clients are told: see CasTokens.path.

What is not here must be answered with exactly 404: a client that gets 200 for `xorb-grants` believes that its bytes are
stored and never sends them, and with 405 or 501 its upload fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp

from commonweight.asgi import Group, Needs, Route
from commonweight.clock import Clock
from commonweight.errors import CommonweightError, MethodNotAllowed, NotAllowed, NotFound
from commonweight.storage import (
    MAX_BODY_BYTES,
    MAX_SHARD_BYTES,
    NotStored,
    Reconstruction,
    ShardProgress,
    Storage,
    TooManyBytes,
    parse_hash,
    receive,
)
from commonweight.wire.xet.addresses import LIFETIME_SECONDS, BlobAddresses, Right
from commonweight.wire.xet.chunks import ChunkAnswers, Related
from commonweight.wire.xet.reconstructions import Address, parse_range, version_1, version_2
from commonweight.wire.xet.shards import progress_lines, registered
from commonweight.wire.xet.tokens import ROOT, CasGrant, CasTokens

MAX_TELEMETRY_BYTES = 64 << 10  # a summary has about one
SHARDS_AT_ONCE = 4  # each may take 64 MiB of memory while it is checked

ScopeReadable = Callable[[int | None, int], Awaitable[bool]]
"""(id of a hub token or None, scope) -> whether its owner may read every repository of the scope; the hub knows."""

GrantHolds = Callable[[CasGrant], Awaitable[bool]]
CheckFile = Callable[[CasGrant, str], Awaitable[None]]  # raises where this file is kept back
"""Whether what a token was given for still holds: a repository may be closed, or its terms keep the bytes, in between."""

Shape = Callable[[Reconstruction, Address], dict[str, Any]]


class XetWire:
    def __init__(
        self,
        storage: Storage,
        tokens: CasTokens,
        address_key: bytes,
        clock: Clock,
        scope_readable: ScopeReadable,
        still_readable: GrantHolds,
        base_url: Callable[[Request], str],
        related: Related | None = None,
        check_file: CheckFile | None = None,
    ) -> None:
        """
        `address_key` signs addresses of stored bytes; `base_url` is how this client reaches us.

        `scope_readable` is asked for other scopes that a shard refers to, `still_readable` whether what a token or address
        was given for still holds, whenever one comes: they live for half an hour and more, and a repository may be closed,
        gated, deleted or refused in between, or a member removed.
        `related` says what an upload may share chunks with (None: nothing). `check_file` raises where the bytes of one file
        are kept back (None: of no file).
        """
        self._storage = storage
        self._tokens = tokens
        self._addresses = BlobAddresses(address_key, clock)
        self._scope_readable = scope_readable
        self._still_readable = still_readable
        self._base_url = base_url
        self._check_file = check_file
        self._chunks = ChunkAnswers(storage, related, address_key, clock) if related else None
        self._shards = asyncio.Semaphore(SHARDS_AT_ONCE)

    def group(self) -> Group:
        """The routes, with `{"error": …}` for what goes wrong and for whatever else is below /xet."""
        below = [route for root in (ROOT, f"{ROOT}/for/{{memory}}") for route in self._below(root)]
        at_root = [
            Route(("GET",), f"{ROOT}/v1/blobs/{{xorb}}", self.blob, Needs.SIGNATURE),
            Route(("POST",), "/v1/telemetry", self.telemetry, Needs.NOTHING),
        ]
        return Group(f"{ROOT}/", (*below, *at_root), dress)

    def _below(self, root: str) -> list[Route]:
        return [*self._routes(f"{root}/v1"), *self._routes(root), *self._newest(root), *self._oldest(root)]

    def _routes(self, base: str) -> list[Route]:
        return [
            Route(("GET",), f"{base}/chunks/{{prefix}}/{{chunk}}", self.chunk, Needs.CAS_TOKEN),
            Route(("POST",), f"{base}/xorbs/{{prefix}}/{{xorb}}", self.put_xorb, Needs.CAS_TOKEN),
            Route(("HEAD",), f"{base}/xorbs/{{prefix}}/{{xorb}}", self.xorb, Needs.CAS_TOKEN),
            Route(("POST",), f"{base}/shards", self.put_shard, Needs.CAS_TOKEN),
            Route(("GET",), f"{base}/reconstructions/{{file}}", self.reconstruction, Needs.CAS_TOKEN),
        ]

    def _newest(self, root: str) -> list[Route]:
        return [
            Route(("POST",), f"{root}/v2/shards", self.stream_shard, Needs.CAS_TOKEN),
            Route(("GET",), f"{root}/v2/reconstructions/{{file}}", self.reconstruction_2, Needs.CAS_TOKEN),
        ]

    def _oldest(self, root: str) -> list[Route]:
        """Clients up to hf_xet 1.1.3 use words in the singular, and name the shard."""
        return [
            Route(("GET",), f"{root}/chunk/{{prefix}}/{{chunk}}", self.chunk, Needs.CAS_TOKEN),
            Route(("POST",), f"{root}/xorb/{{prefix}}/{{xorb}}", self.put_xorb, Needs.CAS_TOKEN),
            Route(("POST", "PUT"), f"{root}/shard/{{prefix}}/{{shard}}", self.put_shard, Needs.CAS_TOKEN),
            Route(("GET",), f"{root}/reconstruction/{{file}}", self.reconstruction, Needs.CAS_TOKEN),
        ]

    async def chunk(self, request: Request) -> ASGIApp:
        """A shard with what is here already of what is about to be sent; 404 where that is nothing."""
        grant = self._tokens.reader(request.headers.get("authorization"))
        chunk, session = request.path_params["chunk"], request.headers.get("x-xet-session-id", "")
        parse_hash(chunk)
        answer = await self._chunks.answer(grant, session, chunk) if self._chunks else None
        if answer is None:
            raise NotFound("This chunk is not known here.")
        return Response(answer, media_type="application/octet-stream")

    async def put_xorb(self, request: Request) -> ASGIApp:
        grant = await self._writer(request)
        name = request.path_params["xorb"]
        parse_hash(name)
        async with self._received(request, MAX_BODY_BYTES) as body:
            return _json({"was_inserted": await self._storage.put_xorb(grant.scope, name, body)})

    async def xorb(self, request: Request) -> ASGIApp:
        grant = self._tokens.reader(request.headers.get("authorization"))
        there = await self._still_readable(grant)
        size = await self._storage.xorb_bytes(grant.scope, request.path_params["xorb"]) if there else None
        if size is None:
            raise NotFound("This xorb is not held by this repository.")
        return Response(headers={"content-length": str(size)}, media_type="application/octet-stream")

    async def put_shard(self, request: Request) -> ASGIApp:
        grant = await self._writer(request)
        async with self._received(request, MAX_SHARD_BYTES) as body:
            return _json({"result": int((await registered(self._registration(grant, body))).new)})

    async def stream_shard(self, request: Request) -> ASGIApp:
        grant = await self._writer(request)
        received = self._received(request, MAX_SHARD_BYTES)
        body = await received.__aenter__()

        async def lines() -> AsyncGenerator[bytes, None]:
            try:
                async for line in progress_lines(self._registration(grant, body)):
                    yield line
            finally:
                await received.__aexit__(None, None, None)

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    async def reconstruction(self, request: Request) -> ASGIApp:
        return await self._reconstruction(request, version_1)

    async def reconstruction_2(self, request: Request) -> ASGIApp:
        return await self._reconstruction(request, version_2)

    async def blob(self, request: Request) -> ASGIApp:
        """Stored bytes under a signed address: always 206, and never a byte beyond what is signed."""
        xorb = request.path_params["xorb"]
        first, stop, right = self._addresses.check(xorb, request.query_params)
        start, end = parse_range(request.headers.get("range")) or (first, stop)
        end = stop if end is None else end
        if not first <= start < end <= stop:
            raise NotAllowed("The Range reaches beyond the bytes that this address is signed for.")
        if not await self._still_readable(CasGrant(right.scope, right.token_id, right.write, "", "", 0)):
            raise NotAllowed("Whoever asked for this address may not read these bytes any more.")
        headers = {
            "content-range": f"bytes {start}-{end - 1}/*",
            "content-length": str(end - start),
            "accept-ranges": "bytes",
            "cache-control": "private, immutable",
        }
        pieces = await self._storage.read_xorb_range(xorb, start, end)
        return StreamingResponse(pieces, 206, headers, media_type="application/octet-stream")

    async def telemetry(self, request: Request) -> ASGIApp:
        """Figures that clients send to the host's root. They are read, so that the connection can go on, and dropped."""
        total = 0
        async for piece in request.stream():
            total += len(piece)
            if total > MAX_TELEMETRY_BYTES:
                raise TooManyBytes(f"More than {MAX_TELEMETRY_BYTES} bytes of figures came.")
        return _json({})

    async def _reconstruction(self, request: Request, shape: Shape) -> ASGIApp:
        grant = self._tokens.reader(request.headers.get("authorization"))
        start, end = parse_range(request.headers.get("range")) or (0, None)
        parse_hash(request.path_params["file"])
        if not await self._still_readable(grant):
            raise NotStored(f"There is no large file {request.path_params['file']} in this repository.")
        if self._check_file is not None:
            await self._check_file(grant, request.path_params["file"])
        found = await self._storage.reconstruction(grant.scope, request.path_params["file"], start, end)
        return _json(shape(found, await self._address(request, grant, found)))

    async def _address(self, request: Request, grant: CasGrant, found: Reconstruction) -> Address:
        """How stored bytes are addressed: in the object store itself where it lets clients in, else below /xet."""
        direct = await self._storage.addresses(found, LIFETIME_SECONDS)
        base = f"{self._base_url(request)}{ROOT}"
        right = Right(grant.scope, grant.token_id, grant.write)
        return direct or (lambda xorb, first, stop: self._addresses.sign(base, xorb, first, stop, right))

    async def _writer(self, request: Request) -> CasGrant:
        """
        Who may write, and still may: somebody can have lost that since the token was given. Raises NotAuthenticated,
        NotAllowed.
        """
        grant = self._tokens.writer(request.headers.get("authorization"))
        if not await self._still_readable(grant):
            raise NotAllowed(
                "Whoever this token was given to may not write there any more.", hint="Ask the hub for another."
            )
        return grant

    async def _registration(self, grant: CasGrant, path: Path) -> AsyncGenerator[ShardProgress, None]:
        async def readable(scope: int) -> bool:
            return await self._scope_readable(grant.token_id, scope)

        async with self._shards:
            body = await asyncio.to_thread(path.read_bytes)
            async for step in self._storage.register_shard(grant.scope, body, readable):
                yield step

    @asynccontextmanager
    async def _received(self, request: Request, limit: int) -> AsyncIterator[Path]:
        """The body as a file, which goes when the block ends. Raises TooManyBytes."""
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit:
            raise TooManyBytes(f"The body has {declared} bytes; at most {limit} are accepted here.")
        with self._storage.scratch.path() as path:
            await receive(request.stream(), path, limit)
            yield path


def dress(_: Request, error: CommonweightError) -> Response:
    """`{"error": …}`. A method that an address does not know is a 404 here like all that is missing."""
    status = 404 if isinstance(error, MethodNotAllowed) else error.status
    return _json({"error": error.sentence}, status)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
