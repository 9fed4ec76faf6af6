"""What members may do on every wire, and what is left of it when they are members no longer."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from commonweight.identity import MemberRole
from commonweight.storage import hash_text
from commonweight.storage.xet.xorb import build_xorb
from tests.team_world import DATA, SHA256, TeamWorld, team_world

NEW = b"something new " * 5_000
SECRET = "/api/models/house/secret"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[TeamWorld]:
    async with team_world(tmp_path) as world:
        yield world


async def _batch(world: TeamWorld, token: str, operation: str, sha256: str, size: int) -> str:
    """The signed address of a large file."""
    body = orjson.dumps({"operation": operation, "transfers": ["basic"], "objects": [{"oid": sha256, "size": size}]})
    answer = await world.call("POST", "/house/secret.git/info/lfs/objects/batch", token, body)
    return str(answer.json["objects"][0]["actions"][operation]["href"])


async def _given(world: TeamWorld, token: str) -> list[tuple[str, str, str, bytes]]:
    """Everything that a member holds or can ask for: method, address, bearer token, body."""
    reading = (await world.call("GET", f"{SECRET}/xet-read-token/main", token)).json["accessToken"]
    writing = (await world.call("GET", f"{SECRET}/xet-write-token/main", token)).json["accessToken"]
    told = await world.call("GET", f"/xet/v1/reconstructions/{world.file}", reading)
    [blob] = [one["url"] for found in told.json["fetch_info"].values() for one in found]
    body, facts = build_xorb([NEW])
    new = hashlib.sha256(NEW).hexdigest()
    commit = orjson.dumps({"key": "header", "value": {"summary": "more"}})
    commit += b"\n" + orjson.dumps({"key": "file", "value": {"path": "b.txt", "content": "aGk=", "encoding": "base64"}})
    return [
        ("GET", SECRET, token, b""),
        ("GET", f"{SECRET}/tree/main", token, b""),
        ("GET", "/house/secret/resolve/main/notes.txt", token, b""),
        ("HEAD", "/house/secret/resolve/main/weights.bin", token, b""),
        ("POST", f"{SECRET}/commit/main", token, commit),
        ("GET", f"{SECRET}/discussions", token, b""),
        ("GET", f"{SECRET}/xet-read-token/main", token, b""),
        ("GET", "/house/secret.git/info/refs?service=git-upload-pack", token, b""),
        ("GET", "/house/secret.git/info/refs?service=git-receive-pack", token, b""),
        ("GET", await _batch(world, token, "download", SHA256, len(DATA)), "", b""),
        ("PUT", await _batch(world, token, "upload", new, len(NEW)), "", NEW),
        ("GET", f"/xet/v1/reconstructions/{world.file}", reading, b""),
        ("GET", blob, "", b""),
        ("POST", f"/xet/v1/xorbs/default/{hash_text(facts.xorb_hash)}", writing, body),
    ]


async def test_a_removed_member_is_a_stranger_at_once_on_every_wire(world: TeamWorld) -> None:
    bob = await world.person("bob", MemberRole.WRITE)
    signed_in = await world.rooms.identity.sign_in(bob)
    cookie = f"cw_session={signed_in.cookie}"
    held = await _given(world, bob)
    before = [
        (method, address, (await world.call(method, address, token, body)).status) for method, address, token, body in held
    ]
    assert [one for one in before if one[2] not in (200, 206)] == []
    assert (await world.call("GET", "/house/secret", cookie=cookie)).status == 200

    await world.remove("bob")

    after = [
        (method, address, (await world.call(method, address, token, body)).status) for method, address, token, body in held
    ]
    assert [one for one in after if one[2] not in (401, 403, 404)] == []
    assert (await world.call("GET", "/house/secret", cookie=cookie)).status == 404
    assert b"secret" not in (await world.call("GET", "/house", cookie=cookie)).body
    assert (await world.call("GET", "/api/models?author=house", bob)).json == []


async def test_a_contributor_writes_to_what_he_made_and_to_nothing_else(world: TeamWorld) -> None:
    bob = await world.person("bob", MemberRole.CONTRIBUTOR)
    body = orjson.dumps({"name": "own", "organization": "house"})
    assert (await world.call("POST", "/api/repos/create", bob, body)).status == 200
    line = orjson.dumps({"key": "header", "value": {"summary": "add"}})
    line += b"\n" + orjson.dumps({"key": "file", "value": {"path": "b.txt", "content": "aGk=", "encoding": "base64"}})
    assert (await world.call("POST", "/api/models/house/own/commit/main", bob, line)).status == 200
    assert (await world.call("POST", f"{SECRET}/commit/main", bob, line)).status == 403
    settings = orjson.dumps({"visibility": "public"})
    assert (await world.call("PUT", f"{SECRET}/settings", bob, settings)).status == 403
    assert (await world.call("PUT", "/api/models/house/own/settings", bob, settings)).status == 200
    refs = "/house/secret.git/info/refs?service=git-receive-pack"
    assert (await world.call("GET", refs, bob)).status == 200  # to propose a change: each name is asked for when pushed
    carol = await world.person("carol", MemberRole.CONTRIBUTOR)
    assert (await world.call("POST", "/api/models/house/own/commit/main", carol, line)).status == 403


async def test_a_reader_creates_nothing_in_the_house(world: TeamWorld) -> None:
    bob = await world.person("bob", MemberRole.READ)
    body = orjson.dumps({"name": "own", "organization": "house"})
    assert (await world.call("POST", "/api/repos/create", bob, body)).status == 403


async def test_new_repositories_are_as_the_organisation_prefers(world: TeamWorld) -> None:
    await world.call("POST", "/api/repos/create", world.ada, orjson.dumps({"name": "own", "organization": "house"}))
    assert (await world.call("GET", "/api/models/house/own", world.ada)).json["private"] is True


async def test_whoami_tells_the_role_in_each_organisation(world: TeamWorld) -> None:
    bob = await world.person("bob", MemberRole.CONTRIBUTOR)
    [told] = (await world.call("GET", "/api/whoami-v2", bob)).json["orgs"]
    assert (told["name"], told["roleInOrg"]) == ("house", "contributor")
