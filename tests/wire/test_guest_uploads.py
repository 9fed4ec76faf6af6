"""What somebody who may only read a repository can do with the routes for its bytes: bring his own, and nothing else."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.wire.hf_world import HubWorld

SECRET = b"secret weights " * 10_000
OID = hashlib.sha256(SECRET).hexdigest()
BATCH = "/ada/tiny.git/info/lfs/objects/batch"


async def prepared(world: HubWorld) -> tuple[str, str]:
    """Tokens of Ada, whose repository had a large file once, and of Bob."""
    ada, bob = await world.user("ada"), await world.user("bob")
    await world.request("POST", "/api/repos/create", ada, json={"name": "tiny"})
    await lfs_sent(world, ada, SECRET)
    return ada, bob


async def lfs_sent(world: HubWorld, token: str, data: bytes, **more: Any) -> int:
    """The status of sending bytes by LFS; 0 where they were said to be there already."""
    oid = hashlib.sha256(data).hexdigest()
    body = {"operation": "upload", "objects": [{"oid": oid, "size": len(data)}], **more}
    status, _, answer = await world.request("POST", BATCH, token, json=body)
    if status != 200:
        return status
    (item,) = json.loads(answer)["objects"]
    if "actions" not in item:
        return 0
    href = item["actions"]["upload"]["href"].removeprefix(world.address)
    return (await world.request("PUT", href, data=data))[0]


async def proposed(
    world: HubWorld, token: str, *lines: dict[str, Any], query: str = "create_pr=1"
) -> tuple[int, dict[str, Any]]:
    head = {"key": "header", "value": {"summary": "Mine", "description": ""}}
    body = b"\n".join(json.dumps(one).encode() for one in (head, *lines))
    status, _, answer = await world.request("POST", f"/api/models/ada/tiny/commit/main?{query}", token, data=body)
    return status, json.loads(answer)


def large(data: bytes, path: str = "m.bin") -> dict[str, Any]:
    value = {"path": path, "algo": "sha256", "oid": hashlib.sha256(data).hexdigest(), "size": len(data)}
    return {"key": "lfsFile", "value": value}


async def test_whoever_may_not_write_is_refused_but_for_a_pull_request(hub_world: HubWorld) -> None:
    _, bob = await prepared(hub_world)
    files = {"files": [{"path": "x", "size": 1, "sample": ""}]}
    base = "/api/models/ada/tiny"
    for query, status in (("", 403), ("?create_pr=1", 200)):
        assert (await hub_world.request("POST", f"{base}/preupload/main{query}", bob, json=files))[0] == status
        assert (await hub_world.request("GET", f"{base}/xet-write-token/main{query}", bob))[0] == status
        assert (await hub_world.request("POST", f"{base}/preupload/main{query}", json=files))[0] == 401
    assert await lfs_sent(hub_world, bob, b"mine", ref={"name": "refs/heads/main"}) == 403
    assert await lfs_sent(hub_world, bob, b"mine") == 200
    status, _ = await proposed(hub_world, bob, large(b"mine"), query="")
    assert status == 403


async def test_bytes_of_others_are_not_had_by_their_id(hub_world: HubWorld) -> None:
    _, bob = await prepared(hub_world)
    carl = await hub_world.user("carl")
    assert (await proposed(hub_world, bob, large(SECRET)))[0] == 400  # never committed: nobody but writers may name it
    assert await lfs_sent(hub_world, bob, b"of bob" * 1000) == 200
    assert (await proposed(hub_world, carl, large(b"of bob" * 1000)))[0] == 400
    assert await lfs_sent(hub_world, carl, b"of bob" * 1000) == 200  # not even told that somebody has sent them
    status, answer = await proposed(hub_world, bob, large(b"of bob" * 1000))
    assert (status, answer["pullRequestUrl"]) == (200, f"{hub_world.address}/ada/tiny/discussions/1")


async def test_a_guests_token_for_the_store_reads_and_writes_his_own_alone(hub_world: HubWorld) -> None:
    ada, bob = await prepared(hub_world)
    status, _ = await proposed(hub_world, ada, large(SECRET), query="")
    assert status == 200
    await hub_world.moved()
    tree = json.loads((await hub_world.request("GET", "/api/models/ada/tiny/tree/main", ada))[2])
    xet_hash = next(one["xetHash"] for one in tree if one["path"] == "m.bin")
    token = json.loads((await hub_world.request("GET", "/api/models/ada/tiny/xet-write-token/main?create_pr=1", bob))[2])
    path = f"{token['casUrl'].removeprefix(hub_world.address)}/v1/reconstructions/{xet_hash}"
    assert (await hub_world.request("GET", path, token["accessToken"]))[0] == 404
    read = json.loads((await hub_world.request("GET", "/api/models/ada/tiny/xet-read-token/main", bob))[2])
    assert (await hub_world.request("GET", path, read["accessToken"]))[0] == 200  # a public file, by the token for reading


async def test_a_guest_sends_to_his_own_pull_request_and_to_no_others(hub_world: HubWorld) -> None:
    _, bob = await prepared(hub_world)
    carl = await hub_world.user("carl")
    await proposed(hub_world, bob, {"key": "file", "value": {"path": "x", "content": "x", "encoding": "utf-8"}})
    route = "/api/models/ada/tiny/xet-write-token/refs%2Fpr%2F1"
    assert [(await hub_world.request("GET", route, one))[0] for one in (bob, carl)] == [200, 403]
    ref = {"name": "refs/pr/1"}
    assert [await lfs_sent(hub_world, one, b"more", ref=ref) for one in (bob, carl)] == [200, 403]


async def test_lines_of_a_gated_repository_are_for_who_may_have_its_files(hub_world: HubWorld) -> None:
    ada, bob = await prepared(hub_world)
    await proposed(hub_world, ada, {"key": "file", "value": {"path": "x", "content": "hush", "encoding": "utf-8"}})
    await hub_world.request("PUT", "/api/models/ada/tiny/settings", ada, json={"gated": "manual"})
    path = "/api/models/ada/tiny/discussions/1?diff=1"
    shown = [json.loads((await hub_world.request("GET", path, one))[2]) for one in (ada, bob)]
    assert ["+hush" in one["diff"] for one in shown] == [True, False]
    assert shown[1]["filesWithConflicts"] == []
