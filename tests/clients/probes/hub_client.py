"""A folder goes there and comes back: whole, one file of it, a part of that, and by another name after it has moved."""

import sys
from pathlib import Path

from huggingface_hub import HfApi, HfFileSystem, hf_hub_download, snapshot_download

folder, name = Path(sys.argv[1]), sys.argv[2]
api = HfApi()
api.create_repo(name, private=True)
first = api.upload_folder(repo_id=name, folder_path=folder, commit_message="Add all")
assert set(api.list_repo_files(name)) >= {"small.txt", "sub/large.bin"}
back = Path(snapshot_download(name, local_dir=f"{folder}-back"))
for path in ("small.txt", "sub/large.bin"):
    assert (back / path).read_bytes() == (folder / path).read_bytes(), path
assert Path(hf_hub_download(name, "small.txt", revision=first.oid)).read_bytes() == (folder / "small.txt").read_bytes()
with HfFileSystem().open(f"{name}/sub/large.bin", "rb") as file:
    file.seek(100_000)
    assert file.read(50) == (folder / "sub/large.bin").read_bytes()[100_000:100_050]
api.create_branch(name, branch="dev")
api.create_tag(name, tag="v1")
refs = api.list_repo_refs(name)
assert [one.name for one in refs.branches + refs.tags] == ["dev", "main", "v1"], refs
api.delete_file("small.txt", name, revision="dev")
assert not api.file_exists(name, "small.txt", revision="dev")
assert api.file_exists(name, "small.txt", revision="v1")
api.move_repo(name, f"{name}-moved")
assert api.model_info(name).id == f"{name}-moved"
