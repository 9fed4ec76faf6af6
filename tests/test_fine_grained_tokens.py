"""A fine-grained token, walked along the wires: it does what it is for and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from commonweight.hub import AddFile
from commonweight.identity import Grants, Role, TokenScope, TokenWish
from tests.team_world import SHA256, TeamWorld, team_world

SECRET, OTHER = "house/secret", "house/other"
COMMIT = b"\n".join(
    [
        orjson.dumps({"key": "header", "value": {"summary": "more"}}),
        orjson.dumps({"key": "file", "value": {"path": "b.txt", "content": "aGk=", "encoding": "base64"}}),
    ]
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[TeamWorld]:
    async with team_world(tmp_path) as world:
        caller = await world.caller(world.ada)
        other = await world.rooms.hub.create(caller, "model", "house", "other", "private")
        await world.rooms.hub.commit(caller, other, "main", [AddFile("notes.txt", b"hush hush")], title="add")
        yield world


async def made(world: TeamWorld, name: str = "", *scopes: TokenScope, inference: bool = False, days: int = 0) -> str:
    """Ada's fine-grained token."""
    caller = await world.caller(world.ada)
    asked = [(name, frozenset(scopes))] if name else []
    grants = Grants(await world.rooms.hub.granting.of_names(caller, asked), inference)
    ends = world.rooms.clock.now() + timedelta(days=days) if days else None
    return await world.rooms.own_tokens.create(caller, TokenWish("fine", Role.READ, ends, grants))


def reading(repository: str) -> list[tuple[str, str, bytes]]:
    batch = orjson.dumps({"operation": "download", "objects": [{"oid": SHA256, "size": 1}]})
    return [
        ("GET", f"/api/models/{repository}", b""),
        ("GET", f"/api/models/{repository}/tree/main", b""),
        ("GET", f"/{repository}/resolve/main/notes.txt", b""),
        ("HEAD", f"/{repository}/resolve/main/notes.txt", b""),
        ("GET", f"/api/models/{repository}/xet-read-token/main", b""),
        ("GET", f"/api/models/{repository}/discussions", b""),
        ("GET", f"/{repository}.git/info/refs?service=git-upload-pack", b""),
        ("POST", f"/{repository}.git/info/lfs/objects/batch", batch),
    ]


def writing(repository: str) -> list[tuple[str, str, bytes]]:
    batch = orjson.dumps({"operation": "upload", "objects": [{"oid": "a" * 64, "size": 1}]})
    return [
        ("POST", f"/api/models/{repository}/commit/main", COMMIT),
        ("POST", f"/api/models/{repository}/branch/dev", b"{}"),
        ("GET", f"/api/models/{repository}/xet-write-token/main", b""),
        ("GET", f"/{repository}.git/info/refs?service=git-receive-pack", b""),
        ("POST", f"/{repository}.git/info/lfs/objects/batch", batch),
    ]


async def statuses(world: TeamWorld, token: str, calls: list[tuple[str, str, bytes]]) -> set[int]:
    return {(await world.call(method, address, token, body)).status for method, address, body in calls}


async def test_one_for_reading_reads_what_it_names_and_changes_nothing(world: TeamWorld) -> None:
    token = await made(world, SECRET, TokenScope.READ)
    assert await statuses(world, token, reading(SECRET)) == {200}
    assert await statuses(world, token, reading(OTHER)) <= {401, 403, 404}
    assert await statuses(world, token, writing(SECRET)) <= {401, 403, 404}
    listed = (await world.call("GET", "/api/models?author=house", token)).json
    assert [one["id"] for one in listed] == [SECRET]


async def test_one_for_writing_writes_to_what_it_names_alone(world: TeamWorld) -> None:
    token = await made(world, SECRET, TokenScope.WRITE)
    assert await statuses(world, token, writing(SECRET)) <= {200, 201}
    assert await statuses(world, token, writing(OTHER)) <= {401, 403, 404}
    settings = orjson.dumps({"visibility": "public"})
    assert (await world.call("PUT", f"/api/models/{SECRET}/settings", token, settings)).status == 403
    comment = orjson.dumps({"title": "A question", "description": "Why?"})
    assert (await world.call("POST", f"/api/models/{SECRET}/discussions", token, comment)).status == 403
    create = orjson.dumps({"name": "new", "organization": "house"})
    assert (await world.call("POST", "/api/repos/create", token, create)).status == 403


async def test_each_scope_is_for_one_thing(world: TeamWorld) -> None:
    settings = orjson.dumps({"visibility": "public"})
    comment = orjson.dumps({"title": "A question", "description": "Why?"})
    talks, sets = await made(world, SECRET, TokenScope.DISCUSSIONS), await made(world, SECRET, TokenScope.SETTINGS)
    assert (await world.call("POST", f"/api/models/{SECRET}/discussions", talks, comment)).status == 200
    assert (await world.call("PUT", f"/api/models/{SECRET}/settings", talks, settings)).status == 403
    assert await statuses(world, talks, writing(SECRET)[:2]) == {403}
    assert (await world.call("POST", f"/api/models/{SECRET}/discussions", sets, comment)).status == 403
    assert (await world.call("PUT", f"/api/models/{SECRET}/settings", sets, settings)).status == 200


async def test_one_for_an_organisation_makes_repositories_there_and_nowhere_else(world: TeamWorld) -> None:
    token = await made(world, "house", TokenScope.WRITE)
    for organisation, status in (("house", 200), ("ada", 403)):
        create = orjson.dumps({"name": "new", "organization": organisation})
        assert (await world.call("POST", "/api/repos/create", token, create)).status == status
    assert await statuses(world, token, reading(OTHER)) == {200}


async def test_what_is_not_about_repositories_is_closed_to_it(world: TeamWorld) -> None:
    token = await made(world, SECRET, TokenScope.WRITE)
    for address in (
        "/cw/v1/tokens",
        "/cw/v1/keys",
        "/cw/v1/organizations?mine=true",
        "/v1/files",
        "/v1/models",
        "/v1/batches",
    ):
        answer = await world.call("GET", address, token)
        assert (answer.status, address) == (403, address), answer.body
    login = await world.call(
        "POST", "/login", body=f"token={token}".encode(), content_type="application/x-www-form-urlencoded"
    )
    assert "set-cookie" not in login.headers


async def test_one_that_calls_models_does_that_alone(world: TeamWorld) -> None:
    token = await made(world, inference=True)
    assert (await world.call("GET", "/v1/models", token)).status == 200
    assert (await world.call("GET", "/v1/files", token)).status == 403
    assert await statuses(world, token, reading(SECRET)) <= {401, 403, 404}


async def test_it_ends_on_its_day_and_is_revoked_at_once(world: TeamWorld) -> None:
    token = await made(world, SECRET, TokenScope.READ, days=1)
    assert await statuses(world, token, reading(SECRET)) == {200}
    caller = await world.caller(world.ada)
    newest = (await world.rooms.own_tokens.listed(caller))[0]
    assert newest.info.expires_at is not None
    assert newest.last_used_at is not None
    await world.rooms.own_tokens.revoke(caller, newest.info.id)
    assert await statuses(world, token, reading(SECRET)) <= {401, 403}


async def test_it_reaches_no_further_than_its_holder(world: TeamWorld) -> None:
    token = await made(world, SECRET, TokenScope.WRITE)
    identity = world.rooms.identity
    bob = await identity.create_user("bob")
    await identity.set_member(world.house, bob, Role.ADMIN)
    bobs = await world.caller(await identity.create_token(bob, "t", Role.WRITE))
    await world.rooms.organisations.remove(bobs, world.house, "ada")
    assert await statuses(world, token, reading(SECRET)) <= {401, 403, 404}


async def test_whoami_tells_its_kind_and_what_it_is_for(world: TeamWorld) -> None:
    token = await made(world, SECRET, TokenScope.WRITE)
    told = (await world.call("GET", "/api/whoami-v2", token)).json["auth"]["accessToken"]
    assert told["role"] == "fineGrained"
    [scoped] = told["fineGrained"]["scoped"]
    assert (scoped["entity"]["type"], scoped["entity"]["name"]) == ("model", SECRET)
    assert scoped["permissions"] == ["repo.content.read", "repo.write"]


async def test_the_own_api_makes_lists_and_revokes_tokens(world: TeamWorld) -> None:
    body = {"name": "ci", "grants": [{"name": SECRET, "scopes": ["read"]}], "expires_at": "2030-01-01T00:00:00Z"}
    headers = {"content_type": "application/json"}
    made = await world.call("POST", "/cw/v1/tokens", world.ada, orjson.dumps(body), **headers)
    assert made.status == 201, made.body
    token = made.json["token"]
    assert (await world.call("GET", f"/api/models/{SECRET}", token)).status == 200
    [told] = [one for one in (await world.call("GET", "/cw/v1/tokens", world.ada)).json if one["name"] == "ci"]
    assert told["grants"] == [{"kind": "model", "name": SECRET, "scopes": ["read"]}]
    assert (await world.call("DELETE", f"/cw/v1/tokens/{told['id']}", world.ada)).status == 204
    assert (await world.call("GET", f"/api/models/{SECRET}", token)).status == 401
    admin = await world.call("POST", "/cw/v1/tokens", world.ada, orjson.dumps({"name": "x", "role": "admin"}), **headers)
    assert admin.status == 403
