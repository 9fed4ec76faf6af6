"""Large files of a history, listed and taken out by the official client."""

from __future__ import annotations

from pathlib import Path

from tests.storage.vectors import stream
from tests.wire.hf_world import HubWorld

SCRIPT = """
api.create_repo("ada/tiny")
for name in ("old.bin", "new.bin"):
    api.upload_file(path_or_fileobj=given["path"], path_in_repo=name, repo_id="ada/tiny", commit_message=name)
api.upload_file(path_or_fileobj=b"other bytes", path_in_repo="third.bin", repo_id="ada/tiny")
files = list(api.list_lfs_files("ada/tiny"))
answer["listed"] = sorted([one.filename, one.ref, one.size] for one in files)
api.permanently_delete_lfs_files("ada/tiny", [one for one in files if one.filename == "third.bin"])
answer["left"] = sorted(one.filename for one in api.list_lfs_files("ada/tiny"))
answer["gone"] = raised(hf_hub_download, "ada/tiny", "third.bin")[0]
answer["there"] = open(hf_hub_download("ada/tiny", "new.bin"), "rb").read() == open(given["path"], "rb").read()
kept = raised(api.permanently_delete_lfs_files, "ada/tiny", files, rewrite_history=False)
answer["kept"] = [kept[0], "bytes that are gone" in kept[1]]
"""


async def test_files_are_listed_and_go_for_good(hub_world: HubWorld, tmp_path: Path) -> None:
    token = await hub_world.user("ada")
    path = tmp_path / "model.bin"
    path.write_bytes(stream("weights", 100_000))
    answer = await hub_world.client(SCRIPT, token, path=str(path))
    assert answer["listed"] == [["new.bin", "main", 100_000], ["old.bin", "main", 100_000], ["third.bin", "main", 11]]
    assert answer["left"] == ["new.bin", "old.bin"]
    assert (answer["gone"], answer["there"]) == ("RemoteEntryNotFoundError", True)
    assert answer["kept"] == ["BadRequestError", True]
