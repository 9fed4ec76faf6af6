"""Logging in by a code, people and organisations, as the official client asks."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from commonweight.identity import Role
from tests.wire.hf_world import HubWorld


async def _login(world: HubWorld, home: Path) -> tuple[asyncio.subprocess.Process, str]:
    """`hf auth login` as it stands, and the code that it shows."""
    variables = {
        "HF_ENDPOINT": world.address,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "PYTHONUNBUFFERED": "1",
    }
    command = [str(Path(sys.executable).with_name("hf")), "auth", "login"]
    process = await asyncio.create_subprocess_exec(
        *command,
        env=variables,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    shown = b""
    assert process.stdout is not None
    while not (found := re.search(rb"code: ([A-Z]{4}-[A-Z]{4})", shown)):
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        assert line, shown.decode()
        shown += line
    assert f"{world.address}/login/device?code={found[1].decode()}".encode() in shown
    return process, found[1].decode()


async def _rest(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.read(), 90)).decode()


async def test_hf_auth_login_gets_a_token_when_somebody_approves(hub_world: HubWorld, tmp_path: Path) -> None:
    caller = await hub_world.identity.authenticate(f"Bearer {await hub_world.user('ada')}")
    process, code = await _login(hub_world, tmp_path)
    await hub_world.devices.decide(caller, code, Role.WRITE)
    said = await _rest(process)
    assert await process.wait() == 0, said
    assert "ada" in await hub_world.command("auth", "whoami", home=tmp_path)
    stored = (tmp_path / "stored_tokens").read_text()
    assert "refresh_token" in stored
    assert "expires_at" in stored


async def test_hf_auth_login_is_told_of_a_refusal(hub_world: HubWorld, tmp_path: Path) -> None:
    caller = await hub_world.identity.authenticate(f"Bearer {await hub_world.user('ada')}")
    process, code = await _login(hub_world, tmp_path)
    await hub_world.devices.decide(caller, code, None)
    said = await _rest(process)
    assert await process.wait() != 0
    assert "denied" in said


async def test_a_client_renews_its_token_by_itself(hub_world: HubWorld, tmp_path: Path) -> None:
    caller = await hub_world.identity.authenticate(f"Bearer {await hub_world.user('ada')}")
    begun = await hub_world.devices.begin("client", "10.0.0.1")
    await hub_world.devices.decide(caller, begun.user_code, Role.WRITE)
    issued = await hub_world.devices.poll(begun.device_code)
    script = """
import time
from huggingface_hub._login import _save_oauth_token
_save_oauth_token({**given, "expires_in": 3600})
from huggingface_hub import get_token
answer["renewed"] = get_token() != given["access_token"]
answer["name"] = whoami()["name"]
"""
    tokens = {"access_token": issued.access_token, "refresh_token": issued.refresh_token}
    answer = await hub_world.client(script, "", **tokens)
    assert answer == {"renewed": True, "name": "ada"}


async def test_people_and_organisations_are_told_of(hub_world: HubWorld) -> None:
    ada = await hub_world.user("ada")
    await hub_world.organisation("house", "ada", visibility="private")
    script = """
api.create_repo("ada/tiny")
api.create_repo("house/own")
api.upload_file(path_or_fileobj=b"x" * 1000, path_in_repo="m.bin", repo_id="house/own")
person, house = api.get_user_overview("ada"), api.get_organization_overview("house")
answer["person"] = [person.username, person.num_models, person.num_followers, [one.name for one in person.orgs]]
answer["house"] = [house.name, house.num_models]
answer["members"] = [one.username for one in api.list_organization_members("house")]
answer["followers"] = list(api.list_user_followers("ada"))
answer["mine"] = [[one.id, one.type, one.visibility, one.storage] for one in api.list_user_repos()]
answer["theirs"] = [[one.id, one.type, one.visibility, one.storage] for one in api.list_user_repos("house")]
"""
    answer = await hub_world.client(script, ada)
    assert answer["person"] == ["ada", 1, 0, ["house"]]
    assert answer["house"] == ["house", 1]
    assert answer["members"] == ["ada"]
    assert answer["followers"] == []
    assert answer["mine"] == [["ada/tiny", "model", "public", 0]]
    assert answer["theirs"] == [["house/own", "model", "private", 1000]]


@pytest.mark.parametrize("path", ["/api/organizations/house/settings/repositories", "/api/organizations/house/members"])
async def test_what_an_organisation_has_is_not_told_to_strangers(hub_world: HubWorld, path: str) -> None:
    await hub_world.user("ada")
    await hub_world.organisation("house", "ada")
    assert (await hub_world.request("GET", path))[0] == 401
    if "settings" in path:
        assert (await hub_world.request("GET", path, await hub_world.user("bob")))[0] == 403


async def test_a_private_repository_that_moved_is_found_by_its_members_alone(hub_world: HubWorld) -> None:
    ada, bob = await hub_world.user("ada"), await hub_world.user("bob")
    await hub_world.organisation("house", "ada", visibility="private")
    script = """
api.create_repo("house/old")
api.upload_file(path_or_fileobj=b"hush", path_in_repo="a.txt", repo_id="house/old")
api.move_repo("house/old", "ada/new")
answer["read"] = Path(hf_hub_download("house/old", "a.txt")).read_text()
"""
    assert (await hub_world.client(script, ada))["read"] == "hush"
    status, headers, _ = await hub_world.request("HEAD", "/house/old/resolve/main/a.txt", ada)
    assert (status, headers["location"]) == (307, "/ada/new/resolve/main/a.txt")
    assert (await hub_world.request("HEAD", "/house/old/resolve/main/a.txt", bob))[0] == 404


async def test_errors_of_the_token_endpoint_have_the_shape_of_oauth(hub_world: HubWorld) -> None:
    for fields, word in (
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=refresh_token&refresh_token=x", "invalid_grant"),
        ("grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=x", "invalid_grant"),
    ):
        status, _, body = await hub_world.request("POST", "/oauth/token", data=fields.encode())
        assert (status, json.loads(body)["error"]) == (400, word)
