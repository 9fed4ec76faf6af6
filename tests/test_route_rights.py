"""Every route states the right it needs, and holds to it for every role."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from commonweight.asgi import Needs, Route, Router
from commonweight.db.migrate import migrate
from commonweight.front import Engines, build_router
from commonweight.hub import AddFile
from commonweight.identity import Role
from commonweight.rooms import Rooms, build_rooms
from commonweight.serving import Replicas
from commonweight.serving import Router as ReplicaRouter
from commonweight.settings import Settings

#: What a path's word stands for when the walk fills it in. `house/secret` is a private repository with one file.
WORDS = {"namespace": "house", "name": "secret", "revision": "main", "path": "notes.txt", "rev": "main", "ns": "house"}
HIDDEN = {401, 403, 404}
REFUSED_INPUT = {400, 405, 409, 411, 412, 413, 415, 422}  # a request without a sensible body may end here, before or after


@dataclass
class World:
    rooms: Rooms
    router: Router
    tokens: dict[str, str | None]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    rooms = build_rooms(Settings(home=tmp_path))
    await migrate(rooms.database)
    identity = rooms.identity
    house = await identity.create_organisation("house", default_visibility="private")
    tokens: dict[str, str | None] = {"nobody": None}
    for name, role in (("reader", Role.READ), ("writer", Role.WRITE), ("outsider", None)):
        account = await identity.create_user(name)
        if role:
            await identity.set_member(house, account, role)
        tokens[name] = await identity.create_token(account, "t", Role.WRITE)
    root = await identity.create_user("root", is_admin=True)
    tokens["administrator"] = await identity.create_token(root, "t", Role.ADMIN)
    writer = await identity.authenticate(f"Bearer {tokens['writer']}")
    repository = await rooms.hub.create(writer, "model", "house", "secret", "private")
    await rooms.hub.commit(writer, repository, "main", [AddFile("notes.txt", b"hush hush")], title="add")
    replicas = ReplicaRouter(Replicas(rooms.database, rooms.clock))
    async with aiohttp.ClientSession() as session:
        yield World(rooms, build_router(rooms, Engines(replicas, session)), tokens)
        await replicas.close()
    await rooms.close()


def _routes(router: Router) -> list[Route]:
    return [route for group in router.groups for route in group.routes]


def _path(route: Route) -> str:
    return re.sub(r"\{(\w+)(\.\.\.)?\}", lambda m: WORDS.get(m[1], "x"), route.pattern)


async def _call(world: World, method: str, path: str, role: str) -> tuple[int, bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        return messages.pop() if messages else {"type": "http.disconnect"}

    token = world.tokens[role]
    headers = [(b"host", b"test"), *([(b"authorization", f"Bearer {token}".encode())] if token else [])]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
    }
    await world.router({**scope, "query_string": b"", "headers": headers, "server": ("test", 80)}, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


async def test_a_private_repository_is_missing_for_those_who_may_not_see_it(world: World) -> None:
    """The walk: every route that reads or writes a repository, as nobody and as an outsider."""
    wrong = []
    for route in _routes(world.router):
        if route.needs not in (Needs.READ, Needs.WRITE) or "{name}" not in route.pattern:
            continue
        for method in route.methods:
            for role in ("nobody", "outsider"):
                status, body = await _call(world, method, _path(route), role)
                if status not in HIDDEN | REFUSED_INPUT | {303} or b"hush" in body:
                    wrong.append((method, route.pattern, role, status))
    assert wrong == []


async def test_a_reader_changes_nothing(world: World) -> None:
    wrong = []
    for route in _routes(world.router):
        if route.needs is not Needs.WRITE:
            continue
        for method in route.methods:
            if method in ("GET", "HEAD"):
                continue
            status, _ = await _call(world, method, _path(route), "reader")
            if status not in HIDDEN | REFUSED_INPUT:
                wrong.append((method, route.pattern, status))
    assert wrong == []


async def test_what_needs_an_account_is_closed_to_nobody(world: World) -> None:
    wrong = []
    for route in _routes(world.router):
        if route.needs in (Needs.SIGNED_IN, Needs.KEY, Needs.OPERATOR, Needs.ADMIN, Needs.CAS_TOKEN, Needs.SIGNATURE):
            for method in route.methods:
                status, _ = await _call(world, method, _path(route), "nobody")
                if status not in HIDDEN | {303, 400}:
                    wrong.append((method, route.pattern, status))
    assert wrong == []


async def test_what_needs_an_administrator_is_closed_to_a_writer(world: World) -> None:
    wrong = []
    for route in _routes(world.router):
        if route.needs in (Needs.ADMIN, Needs.OPERATOR):
            for method in route.methods:
                status, _ = await _call(world, method, _path(route), "writer")
                if status not in HIDDEN | {303, 400}:
                    wrong.append((method, route.pattern, status))
    assert wrong == []


async def test_no_route_fails_inside_for_any_role(world: World) -> None:
    """An empty body, odd words in the path: a clear answer, never a 500."""
    wrong = []
    for route in _routes(world.router):
        for method in route.methods:
            for role in world.tokens:
                status, body = await _call(world, method, _path(route), role)
                if status >= 500:
                    wrong.append((method, route.pattern, role, status, body[:200]))
            if method == "DELETE" and "repos" in route.pattern:
                break
    assert wrong == []


async def test_a_reader_reads_and_an_administrator_too(world: World) -> None:
    for role in ("reader", "writer", "administrator"):
        status, body = await _call(world, "GET", "/house/secret/resolve/main/notes.txt", role)
        assert (status, body) == (200, b"hush hush"), role
