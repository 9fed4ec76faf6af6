"""Discussions and pull requests by the official client, at its defaults, against a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.storage.vectors import stream
from tests.wire.hf_world import HubWorld

TALK = """
import warnings
warnings.simplefilter("ignore")
api.create_repo("ada/tiny")
pull = api.create_pull_request("ada/tiny", " A pull request  ")
talk = api.create_discussion("ada/tiny", "A question", description="**Which** licence?")
where = dict(repo_id="ada/tiny", discussion_num=talk.num)
first = talk.events[0]
answer["opened"] = [pull.num, pull.title, pull.status, pull.git_reference, pull.target_branch, pull.conflicting_files,
                    pull.merge_commit_oid, pull.diff, pull.events[0].content]
answer["talk"] = [talk.num, talk.author, talk.is_pull_request, talk.url, first.type, first.content, first.rendered]
answer["equal"] = api.get_discussion_details(**where) == talk and api.get_discussion_details("ada/tiny", 1) == pull
edited = api.edit_discussion_comment(**where, comment_id=first.id, new_content="Which one?")
history = edited.edit_history
answer["edited"] = [edited.content, edited.edited, edited.number_of_edits, history[0]["raw"], edited.last_edited_by]
said = api.comment_discussion(**where, comment="MIT")
renamed = api.rename_discussion(**where, new_title="A question of licence")
answer["renamed"] = [renamed.old_title, renamed.new_title]
hidden = api.hide_discussion_comment(**where, comment_id=said.id)
answer["hidden"] = [hidden.hidden, "MIT" in hidden.content, hidden == api.get_discussion_details(**where).events[1]]
closed = api.change_discussion_status(**where, new_status="closed", comment="Thanks")
answer["closed"] = [closed.new_status, api.get_discussion_details(**where).status]
answer["events"] = [one.type for one in api.get_discussion_details(**where).events]
wanted = [{}, dict(discussion_type="pull_request"), dict(discussion_type="discussion"), dict(discussion_status="open"),
          dict(discussion_status="closed"), dict(author="ada", discussion_type="all"), dict(author="unknown")]
answer["lists"] = [[one.num for one in api.get_repo_discussions("ada/tiny", **one)] for one in wanted]
answer["again"] = raised(api.change_discussion_status, **where, new_status="closed")
answer["missing"] = raised(api.get_discussion_details, "ada/tiny", 77)
answer["no_repository"] = raised(api.create_discussion, "ada/none", "x")
"""


async def test_the_client_talks(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    answer = await hub_world.client(TALK, token)
    assert answer["opened"][:6] == [1, "A pull request", "draft", "refs/pr/1", "refs/heads/main", []]
    assert answer["opened"][6:8] == [None, ""]
    assert "huggingface_hub" in answer["opened"][8]
    url = f"{hub_world.address}/ada/tiny/discussions/2"
    assert answer["talk"][:6] == [2, "ada", False, url, "comment", "**Which** licence?"]
    assert "Which" in answer["talk"][6]
    assert answer["equal"] is True
    assert answer["edited"] == ["Which one?", True, 1, "**Which** licence?", "ada"]
    assert answer["renamed"] == ["A question", "A question of licence"]
    assert answer["hidden"] == [True, False, True]
    assert answer["closed"] == ["closed", "closed"]
    assert answer["events"] == ["comment", "comment", "title-change", "comment", "status-change"]
    assert answer["lists"] == [[2, 1], [1], [2], [1], [2], [2, 1], []]
    assert answer["again"][0] == answer["missing"][0] == "HfHubHTTPError"
    assert "is closed already" in answer["again"][1]
    assert answer["no_repository"][0] == "RepositoryNotFoundError"


PAGES = """
api.create_repo("ada/tiny")
import httpx2 as http
for n in range(53):
    http.post(f"{os.environ['HF_ENDPOINT']}/api/models/ada/tiny/discussions", json={"title": f"No {n}"},
              headers={"Authorization": f"Bearer {os.environ['HF_TOKEN']}"})
answer["numbers"] = [one.num for one in api.get_repo_discussions("ada/tiny")]
"""


async def test_a_list_is_followed_over_its_pages(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    answer = await hub_world.client(PAGES, token)
    assert answer["numbers"] == list(range(53, 0, -1))
    assert sum("discussions?" in one for one in hub_world.requests) == 0  # the query is no part of the raw path
    assert sum(one == "GET /api/models/ada/tiny/discussions" for one in hub_world.requests) == 2


PULLS = """
api.create_repo("ada/tiny")
pull = api.create_pull_request("ada/tiny", "A file")
where = dict(repo_id="ada/tiny", discussion_num=pull.num)
empty = api.create_commit("ada/tiny", [], commit_message="Empty", revision=pull.git_reference)
answer["empty"] = empty.oid == api.list_repo_commits("ada/tiny", revision=pull.git_reference)[0].commit_id
add = [CommitOperationAdd("file.test", b"Content"), CommitOperationAdd("w.bin", b"\\0" * 5000)]
api.create_commit("ada/tiny", add, commit_message="Add a file", revision=pull.git_reference)
answer["draft"] = raised(api.merge_pull_request, "ada/tiny", pull.num)
api.change_discussion_status(**where, new_status="open")
looked = api.get_discussion_details(**where)
answer["looked"] = [looked.status, looked.conflicting_files, [one.type for one in looked.events], looked.events[1].summary]
answer["diff"] = looked.diff
refs = api.list_repo_refs("ada/tiny", include_pull_requests=True)
answer["refs"] = [one.ref for one in refs.pull_requests] + [one.ref for one in refs.branches]
api.create_tag("ada/tiny", tag="on-pr", revision="refs/pr/1")
api.merge_pull_request(**where, comment="Thanks")
merged = api.get_discussion_details(**where)
answer["merged"] = [merged.status, merged.merge_commit_oid == api.model_info("ada/tiny").sha, merged.diff == looked.diff]
answer["file"] = open(hf_hub_download("ada/tiny", "file.test")).read()
other = api.create_commit("ada/tiny", [CommitOperationAdd("file.test", b"Mine")], commit_message="Mine", create_pr=True)
api.create_commit("ada/tiny", [CommitOperationAdd("file.test", b"Ours")], commit_message="Ours")
clash = api.get_discussion_details("ada/tiny", other.pr_num)
answer["clash"] = [clash.status, clash.conflicting_files]
answer["refused"] = raised(api.merge_pull_request, "ada/tiny", other.pr_num)
api.super_squash_history("ada/tiny", branch="refs/pr/2")
answer["squashed"] = len(api.list_repo_commits("ada/tiny", revision="refs/pr/2"))
"""


async def test_the_client_opens_changes_and_merges(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    answer = await hub_world.client(PULLS, token)
    assert answer["empty"] is True
    assert "is a draft" in answer["draft"][1]
    assert answer["looked"] == ["open", [], ["comment", "commit", "status-change"], "Add a file"]
    assert "diff --git a/file.test b/file.test\nnew file mode 100644\n" in answer["diff"]
    assert "@@ -0,0 +1 @@\n+Content\n\\ No newline at end of file\n" in answer["diff"]
    assert "+oid sha256:" in answer["diff"]
    assert answer["refs"] == ["refs/pr/1", "refs/heads/main"]
    assert answer["merged"] == ["merged", True, True]
    assert answer["file"] == "Content"
    assert answer["clash"] == ["open", ["file.test"]]
    assert "Both sides have changed: 'file.test'" in answer["refused"][1]
    assert answer["squashed"] == 1


WAYS = """
api.create_repo("ada/tiny")
api.create_branch("ada/tiny", branch="dev")
head = api.model_info("ada/tiny").sha
add = lambda name: [CommitOperationAdd(name, b"content")]
made = api.create_commit("ada/tiny", add("a"), commit_message="Test", commit_description="Why", create_pr=True)
url = f"{api.endpoint}/ada/tiny/commit/{made.oid}"
answer["made"] = [made.pr_url, made.pr_num, made.pr_revision, made.commit_url == url]
answer["on_main"] = api.file_exists("ada/tiny", "a")
answer["on_pull"] = api.file_exists("ada/tiny", "a", revision="refs/pr/1")
events = api.get_discussion_details("ada/tiny", 1).events
answer["described"] = [one.type + ":" + getattr(one, "content", "") for one in events]
dev = api.create_commit("ada/tiny", add("b"), commit_message="To dev", revision="dev", create_pr=True)
answer["dev"] = api.get_discussion_details("ada/tiny", dev.pr_num).target_branch
answer["oid"] = raised(api.create_commit, "ada/tiny", add("c"), commit_message="No", revision=head, create_pr=True)
answer["none"] = raised(api.create_commit, "ada/tiny", add("c"), commit_message="No", revision="none", create_pr=True)
api.create_commit("ada/tiny", add("later"), commit_message="Later")
parent = api.create_commit("ada/tiny", add("p"), commit_message="Old", parent_commit=head, create_pr=True)
answer["parent"] = api.file_exists("ada/tiny", "later", revision=parent.pr_revision)
folder = api.upload_folder(repo_id="ada/tiny", folder_path=given["folder"], path_in_repo="temp/dir", create_pr=True)
answer["folder"] = [folder.pr_revision, sorted(api.list_repo_files("ada/tiny", revision=folder.pr_revision))]
answer["size"] = os.path.getsize(hf_hub_download("ada/tiny", "temp/dir/w.safetensors", revision=folder.pr_revision))
file = api.upload_file(path_or_fileobj=b"x", path_in_repo="x.md", repo_id="ada/tiny", create_pr=True)
answer["file"] = file.pr_revision
metadata_update("ada/tiny", {"license": "mit"}, create_pr=True)
answer["card"] = api.model_info("ada/tiny", revision="refs/pr/6").card_data.license
answer["draft"] = api.get_discussion_details("ada/tiny", 4).status
"""


@pytest.mark.parametrize("xet", [True, False])
async def test_all_ways_in_which_the_client_opens_one(hub_world: HubWorld, tmp_path: Path, xet: bool) -> None:
    token = await hub_world.user("ada")
    (tmp_path / "w.safetensors").write_bytes(stream("pull", 300_000))
    (tmp_path / "notes.txt").write_bytes(b"notes")
    environment = {} if xet else {"HF_HUB_DISABLE_XET": "1"}
    answer = await hub_world.client(WAYS, token, folder=str(tmp_path), environment=environment)
    assert answer["made"] == [f"{hub_world.address}/ada/tiny/discussions/1", 1, "refs/pr/1", True]
    assert (answer["on_main"], answer["on_pull"]) == (False, True)
    assert answer["described"] == ["comment:Why", "commit:"]
    assert answer["dev"] == "refs/heads/dev"
    assert answer["oid"][0] == answer["none"][0] == "RevisionNotFoundError"
    assert answer["parent"] is False
    assert answer["folder"][0] == "refs/pr/4"
    assert {"temp/dir/notes.txt", "temp/dir/w.safetensors"} < set(answer["folder"][1])
    assert (answer["size"], answer["file"], answer["card"]) == (300_000, "refs/pr/5", "mit")
    assert answer["draft"] == ("draft" if xet else "open")  # by Xet it opens one first and commits to it afterwards


FOREIGN = """
weights = b"weights " * given["times"]
add = [CommitOperationAdd("regular.txt", b"Text"), CommitOperationAdd("weights.safetensors", weights)]
made = api.create_commit("ada/tiny", add, commit_message="From outside", create_pr=True)
more = [CommitOperationAdd("more.safetensors", weights * 2)]
api.create_commit("ada/tiny", more, commit_message="More", revision=made.pr_revision)
answer["size"] = os.path.getsize(hf_hub_download("ada/tiny", "more.safetensors", revision=made.pr_revision))
answer["main"] = raised(api.create_commit, "ada/tiny", [CommitOperationAdd("x", b"x")], commit_message="No")
answer["merge"] = raised(api.merge_pull_request, "ada/tiny", made.pr_num)
api.upload_folder(repo_id="ada/tiny", folder_path=given["folder"], create_pr=True)
answer["folder"] = api.file_exists("ada/tiny", "w.safetensors", revision="refs/pr/2")
"""
MERGE = """
api.merge_pull_request("ada/tiny", 1)
snapshot_download("ada/tiny", local_dir=given["target"])
"""


@pytest.mark.parametrize("xet", [True, False])
async def test_a_plain_reader_brings_files_to_a_foreign_repository(hub_world: HubWorld, tmp_path: Path, xet: bool) -> None:
    ada, bob = await hub_world.user("ada"), await hub_world.user("bob")
    environment = {} if xet else {"HF_HUB_DISABLE_XET": "1"}
    await hub_world.client('api.create_repo("ada/tiny")', ada)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "w.safetensors").write_bytes(stream("folder", 200_000))
    weights = "weights " * 20_000
    given = {"times": 20_000, "folder": str(tmp_path / "in"), "environment": environment}
    answer = await hub_world.client(FOREIGN, bob, **given)
    assert answer["size"] == 2 * len(weights)
    assert "403" in answer["main"][1]
    assert "403" in answer["merge"][1]
    assert answer["folder"] is True
    await hub_world.client(MERGE, ada, target=str(tmp_path / "out"), environment=environment)
    assert (tmp_path / "out" / "weights.safetensors").read_text() == weights
    assert (tmp_path / "out" / "more.safetensors").read_text() == weights * 2
