"""Gated repositories by the official client, and every way by which bytes go out."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any

import pytest

from tests.wire.hf_world import HubWorld

OWNER = """
import warnings
warnings.simplefilter("ignore")
api.create_repo("ada/tiny")
card = "---\\nextra_gated_fields:\\n  Company: text\\n---\\n"
api.upload_file(path_or_fileobj=card.encode(), path_in_repo="README.md", repo_id="ada/tiny")
api.upload_file(path_or_fileobj=bytes(given["size"]), path_in_repo="model.safetensors", repo_id="ada/tiny")
api.update_repo_settings("ada/tiny", gated="manual")
answer["gated"] = api.model_info("ada/tiny").gated
"""

DECIDES = """
import warnings
warnings.simplefilter("ignore")
def shown(list):
    return [[one.username, one.status, one.email, one.fields, one.request_id.isdigit()] for one in list("ada/tiny")]
answer["pending"] = shown(api.list_pending_access_requests)
api.accept_access_request("ada/tiny", "bob")
answer["again"] = raised(api.accept_access_request, "ada/tiny", "bob")
answer["accepted"] = shown(api.list_accepted_access_requests)
answer["granted twice"] = raised(api.grant_access, "ada/tiny", "bob")
"""

READS = """
answer["file"] = raised(hf_hub_download, "ada/tiny", "model.safetensors")
answer["check"] = raised(api.auth_check, "ada/tiny")
"""


async def ask(world: HubWorld, token: str, **options: Any) -> tuple[int, dict[str, Any]]:
    status, _, body = await world.request("POST", "/ada/tiny/ask-access", token, **options)
    return status, json.loads(body)


@pytest.fixture
async def tokens(hub_world: HubWorld) -> dict[str, str]:
    return {name: await hub_world.user(name) for name in ("ada", "bob")}


async def test_a_person_asks_is_let_in_and_put_out_again_on_every_wire(hub_world: HubWorld, tokens: dict[str, str]) -> None:
    large = bytes(70_000)
    ada, bob = tokens["ada"], tokens["bob"]
    assert await hub_world.client(OWNER, ada, size=len(large)) == {"gated": "manual"}
    refused = await hub_world.client(READS, bob)
    assert refused["file"][0] == refused["check"][0] == "GatedRepoError"
    assert "Access to model ada/tiny is restricted and you are not in the authorized list" in refused["check"][1]
    assert "/ada/tiny/access" in refused["check"][1]
    assert (await ask(hub_world, bob, json={"fields": {}}))[0] == 400
    status, asked = await ask(hub_world, bob, data={"Company": "ACME"})
    assert (status, asked["status"]) == (200, "pending")
    decided = await hub_world.client(DECIDES, ada)
    assert decided["pending"] == [["bob", "pending", None, {"Company": "ACME"}, True]]
    assert decided["accepted"] == [["bob", "accepted", None, {"Company": "ACME"}, True]]
    assert decided["again"][0] == decided["granted twice"][0] == "HfHubHTTPError"
    assert (await hub_world.client(READS, bob))["file"] == ["nothing", ""]

    digest = hashlib.sha256(large).hexdigest()
    addresses = await given_addresses(hub_world, bob, digest, len(large))
    assert [(await hub_world.request("GET", one))[0] // 100 for one in addresses] == [2, 2]
    rejects = 'api.reject_access_request("ada/tiny", "bob", rejection_reason="No more")'
    await hub_world.client(rejects, ada)
    refused = await hub_world.client(READS, bob)
    assert refused["file"][0] == refused["check"][0] == "GatedRepoError"
    assert [(await hub_world.request("GET", one))[0] for one in addresses] == [403, 403]
    for method, path in (
        ("GET", "/ada/tiny/resolve/main/model.safetensors"),
        ("GET", "/ada/tiny/raw/main/README.md"),
        ("GET", "/api/models/ada/tiny/xet-read-token/main"),
        ("GET", "/ada/tiny.git/info/refs?service=git-upload-pack"),
    ):
        assert (await hub_world.request(method, path, bob))[0] == 403, path
    assert (await ask(hub_world, bob, data={"Company": "ACME"}))[0] == 403
    for path in ("/api/models/ada/tiny", "/api/models/ada/tiny/tree/main", "/api/models/ada/tiny/access-terms"):
        assert (await hub_world.request("GET", path, bob))[0] == 200, path


async def given_addresses(world: HubWorld, token: str, digest: str, size: int) -> list[str]:
    """Those at which bytes lie, as the two stores give them to whoever may read: LFS, and chunks."""
    asked = {"operation": "download", "transfers": ["basic"], "objects": [{"oid": digest, "size": size}]}
    _, _, body = await world.request("POST", "/ada/tiny.git/info/lfs/objects/batch", token, json=asked)
    lfs = json.loads(body)["objects"][0]["actions"]["download"]["href"]
    _, headers, _ = await world.request("HEAD", "/ada/tiny/resolve/main/model.safetensors", token)
    _, _, body = await world.request("GET", "/api/models/ada/tiny/xet-read-token/main", token)
    given = json.loads(body)
    _, _, body = await world.request(
        "GET",
        f"{given['casUrl'].removeprefix(world.address)}/v1/reconstructions/{headers['x-xet-hash']}",
        given["accessToken"],
    )
    [[chunks]] = json.loads(body)["fetch_info"].values()
    return [one.removeprefix(world.address) for one in (lfs, chunks["url"])]


async def test_what_was_accepted_comes_as_a_table_and_its_text_by_its_hash(
    hub_world: HubWorld, tokens: dict[str, str]
) -> None:
    ada, bob = tokens["ada"], tokens["bob"]
    await hub_world.client(OWNER, ada, size=100)
    terms = json.loads((await hub_world.request("GET", "/api/models/ada/tiny/access-terms", bob))[2])
    assert terms["fields"] == [{"label": "Company", "type": "text"}]
    assert (await ask(hub_world, bob, json={"fields": {"Company": "x"}, "terms": "0" * 64}))[0] == 412
    assert (await ask(hub_world, bob, json={"fields": {"Company": "=1+1"}, "terms": terms["hash"]}))[0] == 200
    base = "/api/models/ada/tiny/user-access-request"
    assert (await hub_world.request("GET", f"{base}/acceptances.csv", bob))[0] == 403
    status, headers, body = await hub_world.request("GET", f"{base}/acceptances.csv", ada)
    [row] = csv.DictReader(io.StringIO(body.decode()))
    assert (status, headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert (row["user"], row["repository"], row["terms_were_shown"]) == ("bob", "models/ada/tiny", "yes")
    assert json.loads(row["fields"]) == {"Company": "=1+1"}
    assert row["terms_sha256"] == terms["hash"]
    _, _, text = await hub_world.request("GET", f"{base}/texts/{terms['hash']}", bob)
    assert text.decode() == terms["text"]
    assert (await hub_world.request("GET", f"{base}/texts/{'0' * 64}", ada))[0] == 404


async def test_a_list_of_requests_is_followed_over_its_pages(hub_world: HubWorld, tokens: dict[str, str]) -> None:
    await hub_world.client(OWNER, tokens["ada"], size=100)
    for name in ("bea", "cat", "dan"):
        token = await hub_world.user(name)
        assert (await ask(hub_world, token, data={"Company": "x"}))[0] == 200
    path, seen = "/api/models/ada/tiny/user-access-request/pending?limit=2", []
    while path:
        _, headers, body = await hub_world.request("GET", path, tokens["ada"])
        seen += [one["user"]["user"] for one in json.loads(body)]
        path = headers.get("link", "").partition(">")[0].removeprefix(f"<{hub_world.address}")
    assert seen == ["bea", "cat", "dan"]
