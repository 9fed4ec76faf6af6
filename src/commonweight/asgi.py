"""
Routing on the raw path: the outermost layer of the application.

Starlette decodes `%2F` before it matches, so `tree/refs%2Fpr%2F1/sub%2Fdir` would split in the wrong place. Here the raw
path is split first and each segment is decoded afterwards. A pattern is written like the path:

    /api/models/{namespace}/{name}/tree/{revision}          each {word} is one segment, percent-decoded
    /{namespace}/{name}/resolve/{revision}/{path...}        {word...} is all that remains, at least one segment

A literal segment wins over a word, a word over the remainder. Bad UTF-8, NUL and dot segments are refused with 400.
"""

from __future__ import annotations

import asyncio
import enum
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commonweight.errors import CommonweightError, InvalidInput, MethodNotAllowed, NotFound

log = logging.getLogger("commonweight.request")

Handler = Callable[[Request], Awaitable[ASGIApp]]
#: Told of a request that has ended: method, pattern of its route (empty where none fits), status, seconds.
Requested = Callable[[str, str, int, float], None]
Dresser = Callable[[Request, CommonweightError], Response]

BODY_SECONDS = 120.0  # between two pieces of a body: after that the client counts as gone, and its connection is free again
LEFT = 499  # the status that counts for a client that left before there was one, as with nginx
MAX_RAW_PATH_BYTES = 8192  # longer than any client sends; a path component is at most 255 bytes on disk, trees are shallow


class Needs(enum.Enum):
    """The right a route needs. Every route states one; a test walks all routes for every role."""

    NOTHING = "anybody, also without an account"
    READ = "whoever may read the repository; a private one looks missing to others"
    WRITE = "whoever may write to the repository or namespace"
    SIGNED_IN = "any account"
    OPERATOR = "this machine itself, the token for metrics, or an administrator"
    ADMIN = "an administrator of this installation"
    KEY = "a valid token, as an API key"
    CAS_TOKEN = "a CAS token that the hub gave for one repository"
    SIGNATURE = "a signed address"


@dataclass(frozen=True)
class Route:
    methods: tuple[str, ...]
    pattern: str
    handler: Handler
    needs: Needs


@dataclass(frozen=True)
class Group:
    """Routes of one wire, with the way it dresses errors. `prefix` decides who answers for paths that no route matches."""

    prefix: str
    routes: Sequence[Route]
    dress: Dresser


@dataclass
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    word: _Node | None = None
    routes: dict[str, tuple[Route, Group, tuple[str, ...]]] = field(default_factory=dict)
    remainder: dict[str, tuple[Route, Group, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    route: Route
    group: Group
    params: dict[str, str]


class Router:
    """An ASGI application made of groups. `fallback` takes what no group's route matches below `fallback_prefix`."""

    def __init__(
        self,
        groups: Iterable[Group],
        mounts: Sequence[tuple[str, ASGIApp]] = (),
        body_seconds: float = BODY_SECONDS,
        requested: Requested | None = None,
    ) -> None:
        """`requested` is told of each request when it has ended."""
        self._requested = requested
        self.groups = tuple(groups)
        self._body_seconds = body_seconds
        self._mounts = tuple((prefix, prefix.encode(), prefix.encode() + b"/", app) for prefix, app in mounts)
        self._exact: dict[tuple[str, bytes], tuple[Route, Group]] = {}  # routes without words are found at once
        self._root = _Node()
        for group in self.groups:
            for route in group.routes:
                self._add(route, group)
                if "{" not in route.pattern:
                    self._exact |= {(method, route.pattern.encode()): (route, group) for method in route.methods}

    def _add(self, route: Route, group: Group) -> None:
        node, names = self._root, []
        segments = route.pattern.lstrip("/").split("/")
        for segment in segments:
            if segment.endswith("...}"):
                names.append(segment[1:-4])
                _claim(node.remainder, route, group, tuple(names))
                return
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.word = node.word or _Node()
                node = node.word
            else:
                node = node.literals.setdefault(segment, _Node())
        _claim(node.routes, route, group, tuple(names))

    def match(self, method: str, raw_path: bytes) -> Match:
        """The route for a request. Raises InvalidInput, NotFound or MethodNotAllowed."""
        exact = self._exact.get((method, raw_path))
        if exact is not None:
            return Match(*exact, {})
        segments = split_raw_path(raw_path)
        found = _walk(self._root, segments, 0, ())
        if found is None:
            raise NotFound(f"There is nothing at {raw_path.decode('latin-1')!r}.")
        table, values = found
        entry = table.get(method) or (table.get("GET") if method == "HEAD" else None)
        if entry is None:
            allowed = ", ".join(sorted(table))
            raise MethodNotAllowed(f"{method} is not possible here; possible: {allowed}.", headers={"allow": allowed})
        route, group, names = entry
        return Match(route, group, dict(zip(names, values, strict=True)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _refuse_other_protocols(scope, send)
            return
        raw, receive = raw_path_of(scope), _within(self._body_seconds, receive)
        state = _new_state(scope)
        try:
            await self._route(scope, receive, send, raw)
        finally:
            if self._requested is not None:
                took = time.perf_counter() - state["began"]
                self._requested(scope["method"], state.get("route", ""), state.get("status", LEFT), took)

    async def _route(self, scope: Scope, receive: Receive, send: Send, raw: bytes) -> None:
        for prefix, whole, below, app in self._mounts:
            if raw == whole or raw.startswith(below):
                scope["state"]["route"] = prefix
                await app(scope, receive, _with_request_id(scope, send))
                return
        await self._answer(scope, receive, _with_request_id(scope, send), raw)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, raw: bytes) -> None:
        """The request border: the one place on this path where every exception is caught, logged and dressed."""
        request, started = Request(scope, receive), _Started(send)
        group: Group | None = None
        try:
            match = self.match(scope["method"], raw)
            group = match.group
            scope["path_params"] = match.params
            scope["state"]["route"] = match.route.pattern
            response = await match.route.handler(request)
            await response(scope, receive, started)
        except CommonweightError as error:
            await self._fail(group or self._group_for(raw), request, error, started)
        except ClientDisconnect:
            log.info("client left %s %s", scope["method"], raw.decode("latin-1"))
        except Exception:
            log.exception("request failed: %s %s", scope["method"], raw.decode("latin-1"))
            await self._fail(group or self._group_for(raw), request, _internal(scope), started)

    async def _fail(self, group: Group, request: Request, error: CommonweightError, started: _Started) -> None:
        if started.begun:  # the status line is gone: closing without the end of the body is the only honest sign left
            raise error
        response = group.dress(request, error)
        for name, value in error.headers.items():
            response.headers.setdefault(name, value)
        await response(request.scope, request.receive, started)

    def _group_for(self, raw: bytes) -> Group:
        """Who answers for a failure: whose route was meant, also by a path that cannot be decoded; else by prefix."""
        meant = _walk(self._root, raw.decode("latin-1").removeprefix("/").split("/"), 0, ())
        if meant is not None:
            table, _ = meant
            return next(iter(table.values()))[1]  # type: ignore[no-any-return]  # tables hold (route, group, names)
        fitting = [group for group in self.groups if raw.startswith(group.prefix.encode())]
        if not fitting:  # what came is no path
            return min(self.groups, key=lambda group: len(group.prefix))
        return max(fitting, key=lambda group: len(group.prefix))


class _Started:
    """Remembers whether the answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


def _claim(table: dict[str, Any], route: Route, group: Group, names: tuple[str, ...]) -> None:
    for method in route.methods:
        if method in table:
            raise ValueError(f"two routes claim {method} {route.pattern}")
        table[method] = (route, group, names)


def _walk(
    node: _Node, segments: list[str], at: int, values: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[str, ...]] | None:
    if at == len(segments):
        return (node.routes, values) if node.routes else None
    literal = node.literals.get(segments[at])
    found = _walk(literal, segments, at + 1, values) if literal else None
    if found is None and node.word is not None and segments[at]:
        found = _walk(node.word, segments, at + 1, (*values, segments[at]))
    if found is None and node.remainder:
        return node.remainder, (*values, "/".join(segments[at:]))
    return found


def split_raw_path(raw_path: bytes) -> list[str]:
    """
    b"/a/refs%2Fpr%2F1/x%20y" -> ["a", "refs/pr/1", "x y"]

    Raises InvalidInput for what is no path or an over-long one, bad UTF-8, NUL, a dot segment (also one hidden behind %2F).
    """
    if not raw_path.startswith(b"/"):  # `OPTIONS *`, or what a proxy is asked
        raise InvalidInput("A path that begins with a slash was expected.")
    if len(raw_path) > MAX_RAW_PATH_BYTES:
        raise InvalidInput(f"The path has {len(raw_path)} bytes; at most {MAX_RAW_PATH_BYTES} are accepted.")
    return [_decode(segment) for segment in raw_path.removeprefix(b"/").split(b"/")]


def _decode(segment: bytes) -> str:
    try:
        text = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise InvalidInput("The path is not valid UTF-8 after percent-decoding.") from None
    if "\0" in text:
        raise InvalidInput("The path contains a NUL character.")
    if any(part in (".", "..") for part in text.split("/")):
        raise InvalidInput("The path contains a dot segment ('.' or '..'); send the path it stands for.")
    return text


def raw_path_of(scope: Scope) -> bytes:
    """The path as the client sent it, without the query."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0]


def _within(seconds: float, receive: Receive) -> Receive:
    """The same messages; a body that stops coming ends as if the client had left."""
    whole = False

    async def receiving() -> Message:
        nonlocal whole
        if whole:
            return await receive()  # this waits for the client to leave, for as long as its answer takes
        try:
            async with asyncio.timeout(seconds):
                message = await receive()
        except TimeoutError:
            message = {"type": "http.disconnect"}
        whole = not message.get("more_body", False)
        return message

    return receiving


def _new_state(scope: Scope) -> dict[str, Any]:
    """What is known of a request besides what it says; a server may have begun it."""
    state: dict[str, Any] = scope.setdefault("state", {})
    state["request_id"] = uuid.uuid4().hex
    state["began"] = time.perf_counter()
    return state


def _with_request_id(scope: Scope, send: Send) -> Send:
    """Every answer carries `x-request-id`: the client's own where it is sane, else a new one."""
    state = scope["state"]
    request_id = state["request_id"]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            state["status"] = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
        await send(message)

    return sending


def _internal(scope: Scope) -> CommonweightError:
    return CommonweightError(
        "Something went wrong on the server.",
        hint=f"Tell the operator this request id: {scope['state']['request_id']}.",
    )


async def _refuse_other_protocols(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})


def dress_as_problem(request: Request, error: CommonweightError) -> Response:
    """problem+json, the shape of our own API."""
    return JSONResponse(error.problem(), status_code=error.status, media_type="application/problem+json")


def base_url(request: Request, public_url: str = "") -> str:
    """
    The address under which this client reaches us, without a slash at its end.

    Addresses in answers must use the host that the client used (hub-http-contract, section 0, fact 8).
    """
    return public_url.rstrip("/") or f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"


def client_of(request: Request) -> str:
    """The IP address that a request came from; "" where the server does not say. `TrustedProxies` mends it."""
    client = request.scope.get("client")
    return client[0] if client else ""


class TrustedProxies:
    """
    Reads the client's address out of `X-Forwarded-For` where the peer is a proxy of ours: the last address in it that is
    no proxy of ours. Whatever others write into the header counts for nothing.
    """

    def __init__(self, app: ASGIApp, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._app = app
        self._networks = tuple(networks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client and self._trusts(client[0]):
            said = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
            for address in reversed([one.strip() for one in said.split(",") if one.strip()]):
                scope = {**scope, "client": (address, 0)}
                if not self._trusts(address):
                    break
        await self._app(scope, receive, send)

    def _trusts(self, address: str) -> bool:
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in self._networks)
