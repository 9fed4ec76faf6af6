"""Single requests by hand: headers, ranges, ids that give no right, bad input."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from tests.storage.vectors import stream
from tests.wire.hf_world import HubWorld

WEIGHTS = stream("weights", 300_000)
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
NDJSON = {"Content-Type": "application/x-ndjson"}


def ndjson(*items: tuple[str, dict[str, Any]]) -> bytes:
    return b"\n".join(json.dumps({"key": key, "value": value}).encode() for key, value in items)


def header(**more: Any) -> tuple[str, dict[str, Any]]:
    return "header", {"summary": "Change", "description": "", **more}


def file(path: str, content: bytes) -> tuple[str, dict[str, Any]]:
    return "file", {"path": path, "content": base64.b64encode(content).decode(), "encoding": "base64"}


async def created(world: HubWorld, token: str, name: str = "tiny", **more: Any) -> None:
    status, _, body = await world.request("POST", "/api/repos/create", token, json={"name": name, **more})
    assert status == 200, body


async def commit(world: HubWorld, token: str, repository: str, *items: tuple[str, dict[str, Any]]) -> tuple[int, Any]:
    path = f"/api/models/{repository}/commit/main"
    status, _, body = await world.request("POST", path, token, data=ndjson(header(), *items), headers=NDJSON)
    return status, json.loads(body)


async def uploaded(world: HubWorld, token: str, repository: str = "ada/tiny") -> str:
    """Weights by LFS, moved into chunks, and a text, committed; the commit's id."""
    status, answer = await batch(world, token, repository)
    assert status == 200
    for deed in answer["objects"][0].get("actions", {}).values():
        if "verify" not in deed["href"]:
            assert (await put(world, deed["href"], WEIGHTS))[0] == 200
    large = ("lfsFile", {"path": "m.safetensors", "algo": "sha256", "oid": SHA256, "size": len(WEIGHTS)})
    status, answer = await commit(world, token, repository, large, file("a.txt", b"hello\n"))
    assert status == 200, answer
    await world.moved()
    return str(answer["commitOid"])


async def batch(world: HubWorld, token: str, repository: str, operation: str = "upload") -> tuple[int, Any]:
    body = {"operation": operation, "transfers": ["basic"], "objects": [{"oid": SHA256, "size": len(WEIGHTS)}]}
    path = f"/{repository}.git/info/lfs/objects/batch"
    status, _, answer = await world.request("POST", path, token, json=body)
    return status, json.loads(answer)


async def put(world: HubWorld, href: str, data: bytes) -> tuple[int, bytes]:
    status, _, body = await world.request("PUT", href.removeprefix(world.address), data=data)
    return status, body


async def test_head_tells_all_that_a_download_needs(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    sha = await uploaded(hub_world, token)
    status, headers, _ = await hub_world.request("HEAD", "/ada/tiny/resolve/main/m.safetensors")
    assert (status, headers["x-repo-commit"], headers["etag"]) == (200, sha, f'"{SHA256}"')
    assert (headers["x-linked-size"], headers["content-length"]) == ("300000", "300000")
    assert headers["x-linked-etag"] == f'"{SHA256}"'
    token_address = f"{hub_world.address}/api/models/ada/tiny/xet-read-token/{sha}"
    assert headers["x-xet-refresh-route"] == token_address
    assert f'<{token_address}>; rel="xet-auth"' in headers["link"]
    assert len(headers["x-xet-hash"]) == 64
    assert (headers["x-content-type-options"], "sandbox" in headers["content-security-policy"]) == ("nosniff", True)
    _, headers, body = await hub_world.request("GET", "/ada/tiny/resolve/main/a.txt")
    assert (headers["etag"], body) == ('"ce013625030ba8dba906f756967f9e9ca394464a"', b"hello\n")
    assert "x-xet-hash" not in headers


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=299990-", 299990, 299999),
        ("bytes=-5", 299995, 299999),
        ("bytes=7-999999999", 7, 299999),
    ],
)
async def test_a_range_gives_exactly_its_bytes(hub_world: HubWorld, asked: str, first: int, last: int) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    await uploaded(hub_world, token)
    path = "/ada/tiny/resolve/main/m.safetensors"
    status, headers, body = await hub_world.request("GET", path, headers={"Range": asked})
    assert (status, headers["content-range"]) == (206, f"bytes {first}-{last}/300000")
    assert body == WEIGHTS[first : last + 1]


async def test_a_range_past_the_end_is_refused(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    await uploaded(hub_world, token)
    for path, size in (("m.safetensors", 300_000), ("a.txt", 6)):
        asked = {"Range": f"bytes={size}-"}
        status, headers, _ = await hub_world.request("GET", f"/ada/tiny/resolve/main/{path}", headers=asked)
        assert (status, headers["content-range"]) == (416, f"bytes */{size}")


async def test_a_missing_file_names_the_commit_that_was_looked_into(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    sha = await uploaded(hub_world, token)
    for method in ("HEAD", "GET"):
        status, headers, _ = await hub_world.request(method, "/ada/tiny/resolve/main/none.txt")
        assert (status, headers["x-error-code"], headers["x-repo-commit"]) == (404, "EntryNotFound", sha)
    status, headers, _ = await hub_world.request("GET", "/api/models/ada/tiny/tree/main/none")
    assert (status, headers["x-error-code"]) == (404, "EntryNotFound")


async def test_slashes_of_revisions_and_paths_come_encoded(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    await commit(hub_world, token, "ada/tiny", file("sub/dir/x.txt", b"x"))
    status, _, _ = await hub_world.request("POST", "/api/models/ada/tiny/branch/dev%2Fone", token, json={})
    assert status == 200
    _, _, body = await hub_world.request("GET", "/api/models/ada/tiny/tree/dev%2Fone/sub%2Fdir")
    assert [one["path"] for one in json.loads(body)] == ["sub/dir/x.txt"]
    _, _, body = await hub_world.request("GET", "/ada/tiny/resolve/refs%2Fheads%2Fdev%2Fone/sub/dir/x.txt")
    assert body == b"x"


@pytest.mark.parametrize("path", ["%ff.txt", "a%00b", "..%2Fsecret", "sub/../../x"])
async def test_a_path_that_is_no_path_is_refused(hub_world: HubWorld, path: str) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    status, _, _ = await hub_world.request("GET", f"/ada/tiny/resolve/main/{path}", token)
    assert status == 400


async def test_a_moved_repository_leads_to_its_new_name(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token, private=True)
    await uploaded(hub_world, token)
    body = {"fromRepo": "ada/tiny", "toRepo": "ada/small", "type": "model"}
    assert (await hub_world.request("POST", "/api/repos/move", token, json=body))[0] == 200
    status, headers, _ = await hub_world.request("HEAD", "/ada/tiny/resolve/main/a.txt?x=1", token)
    assert (status, headers["location"]) == (307, "/ada/small/resolve/main/a.txt?x=1")
    status, headers, _ = await hub_world.request("GET", "/api/models/%61da/TINY/tree/main", token)
    assert (status, headers["location"]) == (307, "/api/models/ada/small/tree/main")  # never to itself
    status, _, _ = await hub_world.request("HEAD", "/ada/tiny/resolve/main/a.txt")
    assert status == 401  # hidden from others, so that the move tells them nothing


async def test_an_id_is_never_a_right(hub_world: HubWorld) -> None:
    ada, bob = await hub_world.user("ada"), await hub_world.user("bob")
    await created(hub_world, ada, private=True)
    sha = await uploaded(hub_world, ada)
    _, headers, _ = await hub_world.request("HEAD", "/ada/tiny/resolve/main/m.safetensors", ada)
    xet_hash = headers["x-xet-hash"]
    await created(hub_world, bob, "thief")
    # a commit's id
    for revision in (sha, sha[:8]):
        status, headers, _ = await hub_world.request("GET", f"/api/models/bob/thief/revision/{revision}", bob)
        assert (status, headers["x-error-code"]) == (404, "RevisionNotFound")
    # a SHA-256, by commit and by LFS
    large = ("lfsFile", {"path": "m.bin", "algo": "sha256", "oid": SHA256, "size": len(WEIGHTS)})
    assert (await commit(hub_world, bob, "bob/thief", large))[0] == 400
    status, answer = await batch(hub_world, bob, "bob/thief", "download")
    assert answer["objects"][0]["error"]["code"] == 404
    _, answer = await batch(hub_world, bob, "bob/thief", "upload")
    assert "actions" in answer["objects"][0]  # nothing says that these bytes are stored elsewhere
    # a Xet hash, with a token for another repository
    _, _, body = await hub_world.request("GET", "/api/models/bob/thief/xet-read-token/main", bob)
    cas = json.loads(body)["accessToken"]
    for version in ("v1", "v2"):
        status, _, _ = await hub_world.request("GET", f"/xet/{version}/reconstructions/{xet_hash}", cas)
        assert status == 404


async def test_a_token_for_the_store_needs_the_right_in_the_hub(hub_world: HubWorld) -> None:
    ada, bob = await hub_world.user("ada"), await hub_world.user("bob")
    await created(hub_world, ada, "open")
    await created(hub_world, ada, "closed", private=True)
    path = "/api/models/ada/{}/xet-{}-token/main"
    assert (await hub_world.request("GET", path.format("open", "read")))[0] == 200
    assert (await hub_world.request("GET", path.format("open", "write"), bob))[0] == 403
    assert (await hub_world.request("GET", path.format("open", "write")))[0] == 401
    assert (await hub_world.request("GET", path.format("closed", "read"), bob))[0] == 404
    status, headers, body = await hub_world.request("GET", path.format("closed", "write"), ada)
    answer = json.loads(body)
    assert (status, headers["x-xet-access-token"], headers["x-xet-cas-url"]) == (
        200,
        answer["accessToken"],
        answer["casUrl"],
    )
    assert int(headers["x-xet-token-expiration"]) == answer["exp"]


async def test_the_files_of_a_gated_repository_are_for_its_namespace(hub_world: HubWorld) -> None:
    ada, bob = await hub_world.user("ada"), await hub_world.user("bob")
    await created(hub_world, ada)
    await uploaded(hub_world, ada)
    await hub_world.request("PUT", "/api/models/ada/tiny/settings", ada, json={"gated": "auto"})
    guarded = ["/ada/tiny/resolve/main/a.txt", "/ada/tiny/raw/main/m.safetensors"]
    guarded += ["/api/models/ada/tiny/xet-read-token/main", "/api/models/ada/tiny/auth-check"]
    for path in guarded:
        assert (await hub_world.request("GET", path, ada))[0] == 200
        status, headers, body = await hub_world.request("GET", path, bob)
        assert (status, headers["x-error-code"]) == (403, "GatedRepo")
        assert "Access to model ada/tiny is restricted and you are not in the authorized list" in json.loads(body)["error"]
        assert (await hub_world.request("GET", path))[0] == 401
    assert (await batch(hub_world, bob, "ada/tiny", "download"))[0] == 403
    assert (await batch(hub_world, ada, "ada/tiny", "download"))[0] == 200
    for path in ("/api/models/ada/tiny", "/api/models/ada/tiny/tree/main"):
        assert (await hub_world.request("GET", path, bob))[0] == 200
    await hub_world.request("PUT", "/api/models/ada/tiny/settings", ada, json={"gated": False})
    assert (await hub_world.request("GET", guarded[0], bob))[0] == 200


async def test_the_files_of_what_carries_a_closed_model_are_for_those_who_may_have_that_ones(hub_world: HubWorld) -> None:
    """bob writes to his repository, which carries the weights of ada's; ada closes hers later."""
    ada, bob, eve = [await hub_world.user(name) for name in ("ada", "bob", "eve")]
    await created(hub_world, ada, "base")
    await created(hub_world, bob)
    sha = await uploaded(hub_world, bob, "bob/tiny")
    await hub_world.organisation("friends", "bob")
    hub, identity = hub_world.hub, hub_world.identity
    owner, maker = [await identity.authenticate(f"Bearer {token}") for token in (ada, bob)]
    base, made = await hub.find(owner, "model", "ada", "base"), await hub.find(maker, "model", "bob", "tiny")
    await hub.carry(made, [(await hub.resolve(base), "")])
    guarded = ["/bob/tiny/resolve/main/m.safetensors", f"/bob/tiny/resolve/{sha}/a.txt", "/bob/tiny/raw/main/m.safetensors"]
    guarded += ["/api/models/bob/tiny/xet-read-token/main", "/api/models/bob/tiny/auth-check"]
    head = (await hub_world.request("HEAD", guarded[0], bob))[1]
    store = json.loads((await hub_world.request("GET", guarded[3], bob))[2])
    writing = json.loads((await hub_world.request("GET", "/api/models/bob/tiny/xet-write-token/main", bob))[2])
    chunks = f"/xet/v1/reconstructions/{head['x-xet-hash']}"
    assert (await hub_world.request("GET", chunks, store["accessToken"]))[0] == 200
    for closing in ({"gated": "manual"}, {"gated": False, "private": True}):
        await hub_world.request("PUT", "/api/models/ada/base/settings", ada, json=closing)
        for path in guarded:
            assert (await hub_world.request("GET", path, bob))[0] == 403
            assert (await hub_world.request("GET", path, eve))[0] == 403
        assert (await hub_world.request("HEAD", guarded[0], bob))[0] == 403
        assert (await batch(hub_world, bob, "bob/tiny", "download"))[0] == 403
        for token in (store, writing):  # given before, and to a writer
            assert (await hub_world.request("GET", chunks, token["accessToken"]))[0] == 404
        for path in ("/api/models/bob/tiny", "/api/models/bob/tiny/tree/main"):
            assert (await hub_world.request("GET", path, bob))[0] == 200
        assert json.loads((await hub_world.request("GET", "/api/models/bob/tiny", bob))[2])["gated"] == "manual"
        assert (await hub_world.request("GET", guarded[0], ada))[0] == 200
    body = (await hub_world.request("GET", guarded[0], bob))[2]
    assert "another model" in json.loads(body)["error"]
    assert (await commit(hub_world, bob, "bob/tiny", file("b.txt", b"mine")))[0] == 200  # whoever writes goes on writing
    await hub_world.request("PUT", "/api/models/ada/base/settings", ada, json={"private": False})
    assert (await hub_world.request("GET", guarded[0], eve))[0] == 200


async def test_an_lfs_address_works_for_its_own_bytes_alone(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    _, answer = await batch(hub_world, token, "ada/tiny")
    href = answer["objects"][0]["actions"]["upload"]["href"]
    assert (await put(hub_world, href.replace("/api/lfs/1/", "/api/lfs/2/"), WEIGHTS))[0] == 403
    assert (await put(hub_world, href.replace("exp=", "exp=9"), WEIGHTS))[0] == 403
    assert (await put(hub_world, href, WEIGHTS[:-1]))[0] == 400
    assert (await put(hub_world, href, WEIGHTS[:-1] + b"!"))[0] == 400
    assert (await put(hub_world, href, WEIGHTS + b"!"))[0] == 413
    _, answer = await batch(hub_world, token, "ada/tiny")
    assert "actions" in answer["objects"][0]
    assert (await put(hub_world, href, WEIGHTS))[0] == 200
    _, answer = await batch(hub_world, token, "ada/tiny")
    assert "actions" not in answer["objects"][0]
    _, answer = await batch(hub_world, token, "ada/tiny", "download")
    href = answer["objects"][0]["actions"]["download"]["href"].removeprefix(hub_world.address)
    status, _, body = await hub_world.request("GET", href, headers={"Range": "bytes=299999-"})
    assert (status, body) == (206, WEIGHTS[-1:])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"key": "file", "value": {}}',
        ndjson(header(), ("file", {"path": "x", "content": "*", "encoding": "base64"})),
        ndjson(header(), ("file", {"path": "x", "content": "x", "encoding": "rot13"})),
        ndjson(header(), ("fly", {})),
        ndjson(header(), header()),
        ndjson(header(), ("lfsFile", {"path": "x", "oid": "abc"})),
        ndjson(header(), ("lfsFile", {"path": "x", "oid": "a" * 64, "size": -1})),
        ndjson(header(parentCommit=7)),
    ],
)
async def test_a_commit_that_makes_no_sense_is_refused(hub_world: HubWorld, body: bytes) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    path = "/api/models/ada/tiny/commit/main"
    status, headers, answer = await hub_world.request("POST", path, token, data=body, headers=NDJSON)
    assert (status, "x-error-code" in headers) == (400, True)
    assert json.loads(answer)["error"]


async def test_a_commit_of_a_hundred_megabytes_is_taken_line_by_line(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    contents = [(f"part-{n}.text", (f"{n}\n" * 4_500_000)) for n in range(9)]  # 9 MB each, regular
    lines = (json.dumps({"key": "file", "value": {"path": p, "content": t, "encoding": "utf-8"}}) for p, t in contents)

    async def body() -> Any:
        yield ndjson(header()) + b"\n"
        for line in lines:
            yield line.encode() + b"\n"

    path = "/api/models/ada/tiny/commit/main"
    status, _, answer = await hub_world.request("POST", path, token, data=body(), headers=NDJSON)
    assert status == 200, answer
    _, headers, _ = await hub_world.request("HEAD", "/ada/tiny/resolve/main/part-8.text")
    assert headers["content-length"] == "9000000"


async def test_pages_of_a_tree_follow_each_other(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    await commit(hub_world, token, "ada/tiny", *(file(f"d/{n:02}.txt", b"x") for n in range(7)))
    path, seen = "/api/models/ada/tiny/tree/main?recursive=true&limit=3", []
    while path:
        _, headers, body = await hub_world.request("GET", path)
        seen += [one["path"] for one in json.loads(body)]
        link = headers.get("link", "")
        path = link[1 : link.index(">")].removeprefix(hub_world.address) if link else ""
    assert seen == [".gitattributes", "d", *(f"d/{n:02}.txt" for n in range(7))]


async def test_paths_info_takes_json_and_forms(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    await uploaded(hub_world, token)
    path = "/api/models/ada/tiny/paths-info/main"
    asked = ["m.safetensors", "none"]
    _, _, by_json = await hub_world.request("POST", path, json={"paths": asked})
    _, _, by_form = await hub_world.request("POST", path, data=[("paths", one) for one in asked])
    assert json.loads(by_json) == json.loads(by_form)
    (entry,) = json.loads(by_json)
    assert (entry["size"], entry["lfs"]["oid"], len(entry["xetHash"])) == (300_000, SHA256, 64)


async def test_preupload_says_how_each_file_is_to_come(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    await uploaded(hub_world, token)
    files = [
        {"path": "m.safetensors", "size": 9, "sample": ""},
        {"path": "a.txt", "size": 6, "sample": base64.b64encode(b"hello\n").decode()},
        {"path": "empty.bin", "size": 0, "sample": ""},
        {"path": "long.text", "size": 9_000_000, "sample": base64.b64encode(b"x" * 512).decode()},
        {"path": "longer.text", "size": 30_000_000, "sample": ""},
        {"path": "skip/me.log", "size": 1, "sample": ""},
    ]
    path = "/api/models/ada/tiny/preupload/main"
    _, _, body = await hub_world.request("POST", path, token, json={"files": files, "gitIgnore": "skip/\n"})
    answer = {one["path"]: one for one in json.loads(body)["files"]}
    assert {path: one["uploadMode"] for path, one in answer.items()} == {
        "m.safetensors": "lfs",
        "a.txt": "regular",
        "empty.bin": "regular",
        "long.text": "regular",
        "longer.text": "lfs",
        "skip/me.log": "regular",
    }
    assert [path for path, one in answer.items() if one["shouldIgnore"]] == ["skip/me.log"]
    assert answer["m.safetensors"]["oid"] == SHA256
    assert answer["a.txt"]["oid"] == "ce013625030ba8dba906f756967f9e9ca394464a"


async def test_a_taken_name_answers_with_its_address(hub_world: HubWorld) -> None:
    ada, bob = await hub_world.user("ada"), await hub_world.user("bob")
    await created(hub_world, ada)
    status, _, body = await hub_world.request("POST", "/api/repos/create", ada, json={"name": "TINY"})
    assert (status, json.loads(body)["url"]) == (409, f"{hub_world.address}/ada/tiny")
    status, _, _ = await hub_world.request("POST", "/api/repos/create", bob, json={"name": "tiny", "organization": "ada"})
    assert status == 403


async def test_an_organisation_may_prefer_private_repositories(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await hub_world.organisation("lab", "ada", visibility="private")
    await created(hub_world, token, "tiny", organization="lab")
    assert (await hub_world.request("GET", "/api/models/lab/tiny", token))[0] == 200
    assert (await hub_world.request("GET", "/api/models/lab/tiny"))[0] == 401


async def test_unknown_addresses_and_expansions_are_refused_in_this_shape(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    await created(hub_world, token)
    status, headers, body = await hub_world.request("GET", "/api/nothing")
    assert (status, headers["x-error-code"], "error" in json.loads(body)) == (404, "NotFound", True)
    status, _, body = await hub_world.request("GET", "/api/models/ada/tiny?expand=nothing")
    assert (status, 'expected one of "' in json.loads(body)["error"]) == (400, True)
    _, _, body = await hub_world.request("GET", "/api/models/ada/tiny?expand=sha&expand=tags")
    assert set(json.loads(body)) == {"_id", "id", "sha", "tags"}
