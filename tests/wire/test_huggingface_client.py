"""The official client, at its defaults, against a real server."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.storage.vectors import stream
from tests.wire.hf_world import HubWorld

WEIGHTS = stream("weights", 700_000)
FOLDER = {
    "README.md": b"---\nlicense: apache-2.0\ntags: [tiny]\n---\n# Tiny\n",
    "config.json": b'{"model_type": "bert"}\n',
    "model.safetensors": WEIGHTS,
    "sub/dir/notes.txt": b"notes\n",
    "sub/empty.bin": b"",
    "odd name, 100%?.txt": b"odd\n",
    "icon.unknown": b"\0\1\2" * 100_000,
}


def written(folder: Path) -> str:
    for name, data in FOLDER.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return str(folder)


def digests(folder: Path) -> dict[str, str]:
    files = [one for one in folder.rglob("*") if one.is_file() and ".cache" not in one.parts]
    return {str(one.relative_to(folder)): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


ROUND_TRIP = """
api.create_repo("ada/tiny")
info = api.upload_folder(repo_id="ada/tiny", folder_path=given["folder"], commit_message="Add all")
again = api.upload_folder(repo_id="ada/tiny", folder_path=given["folder"])
snapshot_download("ada/tiny", local_dir=given["target"])
one = hf_hub_download("ADA/Tiny", "model.safetensors")
answer.update(oid=info.oid, again=again.oid, one=os.path.getsize(one), url=info.commit_url)
"""


@pytest.mark.parametrize("xet", [True, False])
async def test_a_folder_comes_back_byte_for_byte(hub_world: HubWorld, tmp_path: Path, xet: bool) -> None:
    token = await hub_world.user("ada")
    folder, target = written(tmp_path / "in"), tmp_path / "out"
    environment = {} if xet else {"HF_HUB_DISABLE_XET": "1"}
    answer = await hub_world.client(ROUND_TRIP, token, folder=folder, target=str(target), environment=environment)
    back = digests(target)
    del back[".gitattributes"]
    assert back == digests(Path(folder))
    assert answer["again"] == answer["oid"]
    assert answer["one"] == len(WEIGHTS)
    assert answer["url"] == f"{hub_world.address}/ada/tiny/commit/{answer['oid']}"
    assert any("/v1/xorbs" in one for one in hub_world.requests) is xet
    assert any("/v2/reconstructions" in one for one in hub_world.requests) is xet
    assert any("/info/lfs/objects/batch" in one for one in hub_world.requests) is not xet


LOOKING = """
api.create_repo("ada/tiny")
api.upload_folder(repo_id="ada/tiny", folder_path=given["folder"])
info = api.model_info("ada/tiny", files_metadata=True)
answer["info"] = [info.id, info.author, info.private, info.sha, info.tags, info.card_data.license]
answer["siblings"] = {one.rfilename: [one.size, one.blob_id, one.lfs and one.lfs.sha256] for one in info.siblings}
tree = list(api.list_repo_tree("ada/tiny", recursive=True, expand=True))
answer["tree"] = {one.path: type(one).__name__ for one in tree}
answer["titles"] = sorted({one.last_commit.title for one in tree})
answer["paths"] = [one.path for one in api.get_paths_info("ada/tiny", ["sub", "config.json", "nothing"])]
answer["listed"] = [one.id for one in api.list_models(author="ada", search="tin", filter="tiny")]
answer["unlisted"] = [one.id for one in api.list_models(filter="license:mit")]
answer["commits"] = [one.title for one in api.list_repo_commits("ada/tiny")]
api.create_branch("ada/tiny", branch="dev/one")
api.create_tag("ada/tiny", tag="v1", tag_message="First")
api.upload_file(path_or_fileobj=b"only here", path_in_repo="dev.txt", repo_id="ada/tiny", revision="dev/one")
refs = api.list_repo_refs("ada/tiny")
answer["refs"] = [one.ref for one in refs.branches + refs.tags]
revisions = ("main", "dev/one", "v1", refs.branches[0].target_commit[:8])
answer["here"] = [api.file_exists("ada/tiny", "dev.txt", revision=one) for one in revisions]
api.delete_files("ada/tiny", ["sub/*"])
answer["left"] = sorted(api.list_repo_files("ada/tiny"))
api.delete_branch("ada/tiny", branch="dev/one")
api.update_repo_settings("ada/tiny", visibility="private")
answer["private"] = api.model_info("ada/tiny").private
api.move_repo("ada/tiny", "ada/small")
answer["moved"] = [api.model_info("ada/tiny").id, open(hf_hub_download("ada/tiny", "config.json")).read()]
api.delete_repo("ada/small")
answer["gone"] = api.repo_exists("ada/small")
answer["who"] = api.whoami()["name"]
"""


async def test_the_client_sees_what_is_there(hub_world: HubWorld, tmp_path: Path) -> None:
    token = await hub_world.user("ada")
    answer = await hub_world.client(LOOKING, token, folder=written(tmp_path / "in"))
    assert answer["info"][:3] == ["ada/tiny", "ada", False]
    assert len(answer["info"][3]) == 40
    assert {"tiny", "license:apache-2.0", "safetensors"} <= set(answer["info"][4])
    assert answer["siblings"]["model.safetensors"][2] == hashlib.sha256(WEIGHTS).hexdigest()
    config = FOLDER["config.json"]
    git_id = hashlib.sha1(f"blob {len(config)}\0".encode() + config).hexdigest()
    assert answer["siblings"]["config.json"] == [len(config), git_id, None]
    assert answer["tree"]["sub/dir"] == "RepoFolder"
    assert answer["tree"]["sub/dir/notes.txt"] == "RepoFile"
    # .gitattributes too: the upload brought a large file that no rule covered
    assert answer["titles"] == ["Upload folder using huggingface_hub"]
    assert sorted(answer["paths"]) == ["config.json", "sub"]
    assert (answer["listed"], answer["unlisted"]) == (["ada/tiny"], [])
    assert answer["commits"][-1] == "initial commit"
    assert answer["refs"] == ["refs/heads/dev/one", "refs/heads/main", "refs/tags/v1"]
    assert answer["here"] == [False, True, False, True]
    assert [one for one in answer["left"] if one.startswith("sub")] == []
    assert answer["private"] is True
    assert answer["moved"] == ["ada/small", config.decode()]
    assert (answer["gone"], answer["who"]) == (False, "ada")


CONTENTS = """
import struct
def shard(**shapes):
    header = json.dumps({name: {"dtype": "BF16", "shape": shape, "data_offsets": [0, 0]} for name, shape in shapes.items()})
    return struct.pack("<Q", len(header)) + header.encode() + bytes(8)
names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
index = {"metadata": {"total_size": 8}, "weight_map": {"a": names[0], "b": names[1]}}
config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama"}
files = {names[0]: shard(a=[2, 3]), names[1]: shard(b=[4]), "config.json": json.dumps(config).encode()}
files |= {"model.safetensors.index.json": json.dumps(index).encode()}
files |= {"README.md": b"---\\nbase_model: ada/base\\nlicense: mit\\n---\\n"}
api.create_repo("ada/tiny")
api.create_commit("ada/tiny", [CommitOperationAdd(path, data) for path, data in files.items()], commit_message="Add")
info = api.model_info("ada/tiny")
answer.update(safetensors=[info.safetensors.parameters, info.safetensors.total], config=info.config["model_type"])
answer.update(library=info.library_name, task=info.pipeline_tag, auto=info.transformers_info.auto_model, tags=info.tags)
few = api.model_info("ada/tiny", expand=["safetensors"])
answer.update(few=[few.safetensors.total, few.tags])
one, other = api.get_safetensors_metadata("ada/tiny"), api.get_sharded_safetensors_metadata("ada/tiny")
answer.update(same=one.parameter_count == other.parameter_count, weights=other.weight_map, count=other.parameter_count)
"""


async def test_the_client_reads_what_the_files_hold(hub_world: HubWorld) -> None:
    answer = await hub_world.client(CONTENTS, await hub_world.user("ada"))
    assert answer["safetensors"] == [{"BF16": 10}, 10]
    assert (answer["config"], answer["library"], answer["task"]) == ("llama", "transformers", "text-generation")
    assert (answer["auto"], answer["few"]) == ("AutoModelForCausalLM", [10, None])
    assert {"llama", "safetensors", "license:mit", "base_model:finetune:ada/base"} <= set(answer["tags"])
    assert (answer["same"], answer["count"]) == (True, {"BF16": 10})
    assert set(answer["weights"]) == {"a", "b"}


MISSING = """
api.create_repo("ada/tiny", exist_ok=True)
answer["repository"] = raised(api.model_info, "ada/none")
answer["bare"] = raised(api.model_info, "gpt2")
answer["bare_revision"] = api.revision_exists("gpt2", "main")
answer["revision"] = raised(api.model_info, "ada/tiny", revision="none")
answer["entry"] = raised(hf_hub_download, "ada/tiny", "none.txt")
answer["entry_revision"] = raised(hf_hub_download, "ada/tiny", "x", revision="none")
answer["tree"] = raised(lambda: list(api.list_repo_tree("ada/tiny", "none")))
answer["delete"] = raised(api.delete_file, "none.txt", "ada/tiny")
answer["create"] = raised(api.create_repo, "ada/tiny")
answer["climb"] = raised(api.create_commit, "ada/tiny", [CommitOperationAdd(r"..\\x", b"1")], commit_message="No")
head = api.model_info("ada/tiny").sha
add = lambda name: [CommitOperationAdd(name, b"1")]
api.create_commit("ada/tiny", add("a"), commit_message="One", parent_commit=head)
answer["stale"] = raised(api.create_commit, "ada/tiny", add("b"), commit_message="Two", parent_commit=head)
answer["token"] = raised(HfApi(token="hf_wrong").model_info, "ada/tiny")
card = [CommitOperationAdd("README.md", b"---\\na: [\\n---\\n")]
answer["no_card"] = raised(api.create_commit, "ada/tiny", card, commit_message="No")
"""


async def test_what_is_missing_raises_what_the_client_documents(hub_world: HubWorld) -> None:
    token = await hub_world.user("ada")
    answer = await hub_world.client(MISSING, token)
    assert answer["repository"][0] == answer["bare"][0] == "RepositoryNotFoundError"
    assert answer["bare_revision"] is False
    assert answer["revision"][0] == answer["entry_revision"][0] == "RevisionNotFoundError"
    assert answer["entry"][0] == answer["tree"][0] == answer["delete"][0] == "RemoteEntryNotFoundError"
    assert "409" in answer["create"][1]
    assert "422" in answer["climb"][1]
    assert "412" in answer["stale"][1]
    assert "The branch was updated since you opened this page. Please refresh and try again." in answer["stale"][1]
    assert "Invalid credentials in Authorization header" in answer["token"][1]
    assert answer["no_card"][0] == "ValueError"
    assert "Line 3" in answer["no_card"][1]


HIDDEN = """
answer["info"] = raised(api.model_info, "ada/secret")[0]
answer["file"] = raised(hf_hub_download, "ada/secret", "model.safetensors")[0]
answer["tree"] = raised(lambda: list(api.list_repo_tree("ada/secret")))[0]
answer["upload"] = raised(api.upload_file, path_or_fileobj=b"x", path_in_repo="x", repo_id="ada/secret")[0]
answer["listed"] = [one.id for one in api.list_models()]
answer["exists"] = api.repo_exists("ada/secret")
"""


async def test_a_private_repository_looks_missing_to_others(hub_world: HubWorld, tmp_path: Path) -> None:
    ada, bob = await hub_world.user("ada"), await hub_world.user("bob")
    script = """
api.create_repo("ada/secret", private=True)
api.upload_folder(repo_id="ada/secret", folder_path=given["folder"])
answer["listed"] = [one.id for one in api.list_models()]
"""
    assert await hub_world.client(script, ada, folder=written(tmp_path / "in")) == {"listed": ["ada/secret"]}
    for token in (bob, ""):
        answer = await hub_world.client(HIDDEN, token)
        assert answer["listed"] == []
        assert answer["exists"] is False
        assert {answer[key] for key in ("info", "file", "tree", "upload")} == {"RepositoryNotFoundError"}


async def test_the_command_uploads_and_downloads(hub_world: HubWorld, tmp_path: Path) -> None:
    token, home = await hub_world.user("ada"), tmp_path / "hf"
    folder = written(tmp_path / "in")
    assert "ada" in await hub_world.command("auth", "whoami", token=token, home=home)
    await hub_world.command("upload", "ada/by-command", folder, ".", token=token, home=home)
    await hub_world.command("download", "ada/by-command", "--local-dir", str(tmp_path / "out"), token=token, home=home)
    back = digests(tmp_path / "out")
    del back[".gitattributes"]
    assert back == digests(Path(folder))


TRANSFORMERS = """
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import AutoConfig, AutoTokenizer, BertConfig, PreTrainedTokenizerFast
tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "hello": 1, "world": 2}, unk_token="[UNK]"))
tokenizer.pre_tokenizer = Whitespace()
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]")
BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1).push_to_hub("ada/words")
fast.push_to_hub("ada/words")
answer["hidden"] = AutoConfig.from_pretrained("ada/words").hidden_size
answer["ids"] = AutoTokenizer.from_pretrained("ada/words")("hello world")["input_ids"]
"""


async def test_transformers_loads_what_it_pushed(hub_world: HubWorld) -> None:
    pytest.importorskip("transformers", reason="needs transformers")
    token = await hub_world.user("ada")
    answer = await hub_world.client(TRANSFORMERS, token)
    assert answer == {"hidden": 8, "ids": [1, 2]}


LISTING = """
from typing import get_args
from huggingface_hub import hf_api
def create(name, card, kind="model", files={}):
    api.create_repo(f"ada/{name}", repo_type=kind, **({"space_sdk": "static"} if kind == "space" else {}))
    adds = [CommitOperationAdd(path, data.encode()) for path, data in {"README.md": card, **files}.items()]
    api.create_commit(f"ada/{name}", adds, commit_message="Add", repo_type=kind)
config = {"config.json": json.dumps({"architectures": ["LlamaForCausalLM"], "model_type": "llama"})}
create("chat", "---\\nlicense: mit\\ntags: [fox]\\nlanguage: en\\n---\\nKnows the habits of foxes.\\n", files=config)
create("plain", "---\\nlicense: apache-2.0\\ndatasets: [ada/set]\\n---\\n# Plain\\n")
create("set", "---\\nlanguage: [en, es]\\ntask_categories: [translation]\\n---\\n# Set\\n", "dataset")
create("show", "---\\ntitle: Show\\nsdk: static\\nmodels: [ada/chat]\\n---\\n", "space")
def models(**wanted):
    return sorted(one.id for one in api.list_models(**wanted))
answer["by"] = {
    "tags": models(filter=["fox", "license:mit"]), "task": models(pipeline_tag="text-generation"),
    "word": models(search="habits"), "set": models(trained_dataset="ada/set"),
    "library": models(filter="transformers"), "part": models(search="hat"), "author": models(author="ada"),
    "gated": models(gated=True), "app": models(apps="llama.cpp"), "size": models(num_parameters="min:1B,max:7B"),
    "warm": models(inference="warm"), "provider": models(inference_provider="all"), "none": models(filter="owl"),
}
answer["sets"] = [one.id for one in api.list_datasets(filter=["task_categories:translation"])]
answer["sets_by"] = [one.id for one in api.list_datasets(language="es", task_categories="translation", search="set")]
answer["spaces"] = [one.id for one in api.list_spaces(models="ada/chat")]
answer["orders"] = {
    sort: [one.id for one in api.list_models(sort=sort)]
    for sort in ("created_at", "last_modified", "downloads", "likes", "trending_score")
}
answer["pages"] = [one.id for one in api.list_models(sort="created_at", limit=2)]
expandable = {}
for kind, lister in (("model", api.list_models), ("dataset", api.list_datasets), ("space", api.list_spaces)):
    names = get_args(getattr(hf_api, f"Expand{kind.capitalize()}Property_T"))
    whole = list(lister(author="ada", expand=list(names)))
    expandable[kind] = [len(names) > 10, len(whole)]
answer["expandable"] = expandable
one = next(api.list_models(filter="fox", expand=["downloads", "likes", "siblings", "cardData", "config", "tags"]))
answer["one"] = [one.downloads, one.likes, one.card_data["license"], one.config["model_type"], len(one.siblings), one.author]
full = next(api.list_models(filter="fox", full=True, cardData=True, fetch_config=True))
answer["full"] = [full.author, len(full.sha), full.card_data["license"], len(full.siblings), full.config["model_type"]]
answer["types"] = sorted(api.get_model_tags())
answer["sizes"] = raised(lambda: list(api.list_models(num_parameters="six")))
answer["unknown"] = raised(lambda: list(api.list_models(sort="size")))
"""


async def test_the_client_lists_by_every_filter_and_order(hub_world: HubWorld) -> None:
    answer = await hub_world.client(LISTING, await hub_world.user("ada"))
    chat, plain = ["ada/chat"], ["ada/plain"]
    assert answer["by"] == {
        "tags": chat, "task": chat, "word": chat, "set": plain, "library": chat, "part": chat, "author": chat + plain,
        "gated": [], "app": [], "size": [], "warm": [], "provider": [], "none": [],
    }  # fmt: skip
    assert (answer["sets"], answer["sets_by"], answer["spaces"]) == (["ada/set"], ["ada/set"], ["ada/show"])
    assert all(sorted(found) == chat + plain for found in answer["orders"].values())
    assert (answer["orders"]["created_at"], answer["pages"]) == (plain + chat, plain + chat)
    assert answer["expandable"] == {"model": [True, 2], "dataset": [True, 1], "space": [True, 1]}
    assert answer["one"] == [0, 0, "mit", "llama", 3, None]
    assert answer["full"] == ["ada", 40, "mit", 3, "llama"]
    assert {"language", "library", "license", "pipeline_tag"} <= set(answer["types"])
    assert (answer["sizes"][0], answer["unknown"][0]) == ("BadRequestError", "BadRequestError")


async def test_what_is_downloaded_is_counted(hub_world: HubWorld, tmp_path: Path) -> None:
    ada, bob = await hub_world.user("ada"), await hub_world.user("bob")
    script = "api.create_repo('ada/tiny'); api.upload_folder(repo_id='ada/tiny', folder_path=given['folder'])"
    await hub_world.client(script, ada, folder=written(tmp_path / "in"))
    for token in (bob, ada):
        await hub_world.client("snapshot_download('ada/tiny')", token)
    await hub_world.hub.listings.downloads.flush()
    answer = await hub_world.client("answer['n'] = api.model_info('ada/tiny', expand=['downloads']).downloads", bob)
    assert answer == {"n": 2}
