"""Copies between repositories, as the official client asks for them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.storage.vectors import stream
from tests.wire.hf_world import HubWorld

WEIGHTS = stream("weights that are copied", 300_000)

COPYING = """
api.create_repo("ada/source")
api.upload_file(path_or_fileobj=given["path"], path_in_repo="sub/model.bin", repo_id="ada/source")
api.upload_file(path_or_fileobj=b"notes", path_in_repo="sub/notes.txt", repo_id="ada/source")
api.create_repo("ada/data", repo_type="dataset")
api.copy_files("hf://ada/source/sub/", "hf://datasets/ada/data/copied/")
answer["copied"] = sorted(api.list_repo_files("ada/data", repo_type="dataset"))
file = hf_hub_download("ada/data", "copied/model.bin", repo_type="dataset")
answer["same"] = open(file, "rb").read() == open(given["path"], "rb").read()
url = api.duplicate_repo("ada/source", to_id="ada/twin", private=True)
answer["twin"] = [str(url), sorted(api.list_repo_files("ada/twin")), api.model_info("ada/twin").private]
answer["title"] = api.list_repo_commits("ada/twin")[0].title
answer["again"] = raised(api.duplicate_repo, "ada/source", to_id="ada/twin")
"""


async def test_files_and_whole_repositories_are_copied_without_sending_them_again(
    hub_world: HubWorld, tmp_path: Path
) -> None:
    token = await hub_world.user("ada")
    path = tmp_path / "model.bin"
    path.write_bytes(WEIGHTS)
    answer = await hub_world.client(COPYING, token, path=str(path))
    assert answer["copied"] == [".gitattributes", "copied/model.bin", "copied/notes.txt"]
    assert answer["same"] is True
    assert answer["twin"][0] == f"{hub_world.address}/ada/twin"
    assert answer["twin"][1:] == [[".gitattributes", "sub/model.bin", "sub/notes.txt"], True]
    assert answer["title"] == "Duplicate from ada/source"
    assert answer["again"][0] == "HfHubHTTPError"
    assert sum("/v1/xorbs" in one for one in hub_world.requests) == 1


LOOKING = """
api.create_repo("eve/copy")
answer["files"] = raised(api.duplicate_repo, "ada/closed", to_id="eve/closed")
answer["id"] = raised(api.copy_files, "hf://ada/closed/model.bin", "hf://eve/copy/model.bin")
"""

CLOSED = """
api.create_repo("ada/closed", private=True)
api.upload_file(path_or_fileobj=given["path"], path_in_repo="model.bin", repo_id="ada/closed")
"""


async def test_nobody_copies_what_he_may_not_read(hub_world: HubWorld, tmp_path: Path) -> None:
    ada, eve = await hub_world.user("ada"), await hub_world.user("eve")
    path = tmp_path / "model.bin"
    path.write_bytes(WEIGHTS)
    await hub_world.client(CLOSED, ada, path=str(path))
    answer = await hub_world.client(LOOKING, eve)
    assert [answer["files"][0], answer["id"][0]] == ["RepositoryNotFoundError", "RepositoryNotFoundError"]


async def test_a_file_is_asked_for_by_its_digest_in_full(hub_world: HubWorld, tmp_path: Path) -> None:
    token = await hub_world.user("ada")
    path = tmp_path / "model.bin"
    path.write_bytes(WEIGHTS)
    await hub_world.client(CLOSED, token, path=str(path))
    target = {"type": "model", "name": "ada/closed"}
    for files in ([{}], [{"sha256": "0" * 63}], "all", [1]):
        body = {"target": target, "files": files}
        status, _, text = await hub_world.request("POST", "/api/models/ada/closed/lfs-files/duplicate", token, json=body)
        assert status == 400, text
    body = {"target": target, "files": [{"sha256": "0" * 64, "xetHash": "", "filename": "x"}]}
    status, _, text = await hub_world.request("POST", "/api/models/ada/closed/lfs-files/duplicate", token, json=body)
    assert (status, [one["sha256"] for one in json.loads(text)["failed"]]) == (200, ["0" * 64])


GATED = """
api.create_repo("ada/closed")
api.upload_file(path_or_fileobj=given["path"], path_in_repo="model.bin", repo_id="ada/closed")
api.update_repo_settings("ada/closed", gated="auto")
"""

TAKING = """
api.duplicate_repo("ada/closed", to_id="eve/open", private=False)
answer["eve"] = open(hf_hub_download("eve/open", "model.bin"), "rb").read() == open(given["path"], "rb").read()
"""

OTHERS = """
answer["files"] = raised(hf_hub_download, "eve/open", "model.bin")
"""


async def test_a_copy_of_what_is_gated_is_open_to_those_alone_who_were_let_in(hub_world: HubWorld, tmp_path: Path) -> None:
    ada, eve, bob = [await hub_world.user(name) for name in ("ada", "eve", "bob")]
    path = tmp_path / "model.bin"
    path.write_bytes(WEIGHTS)
    await hub_world.client(GATED, ada, path=str(path))
    status, _, _ = await hub_world.request("POST", "/ada/closed/ask-access", eve, json={})
    assert status == 200
    assert (await hub_world.client(TAKING, eve, path=str(path)))["eve"] is True
    assert (await hub_world.client(OTHERS, bob))["files"][0] in ("GatedRepoError", "RepositoryNotFoundError")
