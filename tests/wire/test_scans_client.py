"""What was found in files, as the official client reads it, and unsafe files kept back on every wire."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from commonweight.hub import Revision
from tests.vetting.scans.here import quiet
from tests.wire.hf_world import HubWorld, running

EVIL = "cposix\nsystem\n(S'true'\ntR."

UPLOAD = """
api.create_repo("ada/tiny")
for path, size in (("pytorch_model.bin", given["pad"]), ("README.md", 0)):
    api.upload_file(path_or_fileobj=given["evil"].encode() + bytes(size), path_in_repo=path, repo_id="ada/tiny")
"""

READS = """
info = api.model_info("ada/tiny", securityStatus=True)
answer["repository"] = info.security_repo_status
answer["without"] = api.model_info("ada/tiny").security_repo_status
answer["expanded"] = api.model_info("ada/tiny", expand=["securityRepoStatus"]).security_repo_status
def told(files):
    found = {one.path: one.security for one in files}
    return {path: one and [one.safe, one.status, one.pickle_import_scan] for path, one in found.items()}
both = ["pytorch_model.bin", "README.md"]
answer["paths"] = told(api.get_paths_info("ada/tiny", both, expand=True))
answer["tree"] = told(api.list_repo_tree("ada/tiny", expand=True))
answer["bare"] = told(api.list_repo_tree("ada/tiny"))
"""

DOWNLOADS = """
answer["file"] = raised(hf_hub_download, "ada/tiny", "pytorch_model.bin")
answer["card"] = raised(hf_hub_download, "ada/tiny", "README.md")
answer["snapshot"] = raised(snapshot_download, "ada/tiny")[0]
"""


@pytest.fixture
async def refusing(hub_world: HubWorld) -> AsyncIterator[HubWorld]:
    world = HubWorld(hub_world.database, hub_world.storage, hub_world.clock, unsafe_files="refuse")
    async with running(world):
        yield world


async def scan(world: HubWorld, token: str) -> Revision:
    """What the job does after a commit."""
    caller = await world.identity.authenticate(f"Bearer {token}")
    revision = await world.hub.resolve(await world.hub.find(caller, "model", "ada", "tiny"))
    payload = {"repository_id": revision.repository.id, "commit": revision.commit}
    await world.scans.on_commit(payload)
    await world.scans.on_scan(payload, quiet)
    return revision


async def test_the_client_reads_what_was_found_and_unsafe_bytes_stay_here(refusing: HubWorld) -> None:
    ada, bob = await refusing.user("ada"), await refusing.user("bob")
    await refusing.client(UPLOAD, ada, evil=EVIL, pad=70_000)
    revision = await scan(refusing, ada)
    read = await refusing.client(READS, bob)
    issues = {"scansDone": True, "filesWithIssues": [{"path": "pytorch_model.bin", "level": "unsafe"}]}
    assert (read["repository"], read["expanded"], read["without"]) == (issues, issues, None)
    imports = {
        "highestSafetyLevel": "dangerous",
        "imports": [{"module": "posix", "name": "system", "safety": "dangerous"}],
    }
    assert read["paths"] == {"pytorch_model.bin": [False, "unsafe", imports], "README.md": None}
    assert read["tree"]["pytorch_model.bin"] == [False, "unsafe", imports]
    assert set(read["bare"].values()) == {None}
    refused = await refusing.client(DOWNLOADS, bob)
    assert refused["file"][0] == "HfHubHTTPError"
    assert (
        "pytorch_model.bin is kept back, since it was found unsafe. It asks for posix.system at byte 0" in refused["file"][1]
    )
    assert "safetensors" in refused["file"][1]
    assert refused["card"][0] == "nothing"
    assert refused["snapshot"] != "nothing"
    assert await refusing.client(DOWNLOADS, ada) == {"file": ["nothing", ""], "card": ["nothing", ""], "snapshot": "nothing"}
    await _other_wires(refusing, revision, bob)


async def _other_wires(world: HubWorld, revision: Revision, bob: str) -> None:
    large = (await world.hub.entry(revision, "pytorch_model.bin")).large
    assert large is not None
    asked: dict[str, Any] = {"operation": "download", "objects": [{"oid": large.sha256, "size": large.size}]}
    status, _, body = await world.request("POST", "/ada/tiny.git/info/lfs/objects/batch", bob, json=asked)
    [told] = json.loads(body)["objects"]
    assert (status, told["error"]["code"], "actions" in told) == (200, 403, False)
    assert "was found unsafe" in told["error"]["message"]
    _, _, body = await world.request("GET", f"/api/models/ada/tiny/xet-read-token/{revision.commit}", bob)
    token = json.loads(body)["accessToken"]
    status, _, body = await world.request("GET", f"/xet/v1/reconstructions/{large.xet_hash}", token)
    assert (status, b"was found unsafe" in body) == (403, True)
    status, _, body = await world.request("GET", "/ada/tiny/resolve/main/pytorch_model.bin")
    assert (status, b"kept back" in body) == (403, True)
