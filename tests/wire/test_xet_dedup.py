"""What the official client sends of files that are here already in part, when it has no memory of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.wire.hf_world import HubWorld

TENSORS = 32
TENSOR_BYTES = 2 << 20
LAYERS_RETRAINED = 3
UPLOAD = """
api.create_repo(given["repo"], exist_ok=True)
if given.get("card"):
    api.upload_file(path_or_fileobj=given["card"].encode(), path_in_repo="README.md", repo_id=given["repo"])
api.upload_folder(folder_path=given["folder"], repo_id=given["repo"], create_pr=bool(given.get("pull")))
"""

Tensors = dict[str, bytes]


def weights(seed: int = 1) -> Tensors:
    noise = np.random.default_rng(seed)
    return {f"layers.{number}.weight": noise.bytes(TENSOR_BYTES) for number in range(TENSORS)}


def safetensors(tensors: Tensors, note: str = "") -> bytes:
    header: dict[str, object] = {"__metadata__": {"note": note}}
    at = 0
    for name, data in tensors.items():
        header[name] = {"dtype": "BF16", "shape": [len(data) // 2], "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(tensors.values())


def longer(tensors: Tensors) -> bytes:
    """The same weights, all of them further back."""
    return safetensors(tensors, "a longer header " * 300)


def retrained(tensors: Tensors) -> bytes:
    """The last layers are others."""
    names = list(tensors)[-LAYERS_RETRAINED:]
    return safetensors(tensors | {name: data for name, data in weights(2).items() if name in names})


def written(path: Path, **files: bytes) -> Path:
    path.mkdir(parents=True)
    for name, data in files.items():
        (path / f"{name}.safetensors").write_bytes(data)
    return path


async def sent(world: HubWorld, token: str, path: Path, repo: str = "ada/tiny", **more: str) -> int:
    """How many bytes came to the server for these files, from a client that remembers nothing."""
    before = world.uploaded_bytes()
    await world.client(UPLOAD, token, folder=str(path), repo=repo, **more)
    return world.uploaded_bytes() - before


@pytest.fixture
async def ada(hub_world: HubWorld, tmp_path: Path) -> str:
    """Her token; she has published `weights()`."""
    token, whole = await hub_world.user("ada"), safetensors(weights())
    assert await sent(hub_world, token, written(tmp_path / "base", model=whole)) > len(whole)
    return token


async def test_a_first_upload_sends_what_is_new_and_nothing_else(hub_world: HubWorld, tmp_path: Path, ada: str) -> None:
    tensors = weights()
    size = len(safetensors(tensors))
    folder = written(tmp_path / "longer", model=longer(tensors))
    assert await sent(hub_world, ada, folder) <= size * 0.001
    assert await sent(hub_world, ada, folder, "ada/another") <= size * 0.001
    part = written(tmp_path / "part", model=retrained(tensors))
    assert await sent(hub_world, ada, part) <= size * (LAYERS_RETRAINED / TENSORS + 0.01)
    names = list(tensors)
    shards = {f"model-{at}": safetensors({name: tensors[name] for name in names[at : at + 8]}) for at in (0, 8, 16, 24)}
    assert await sent(hub_world, ada, written(tmp_path / "shards", **shards)) <= size * 0.01


async def test_somebody_else_is_helped_by_what_he_may_read_where_his_card_names_it_or_by_a_pull_request(
    hub_world: HubWorld, tmp_path: Path, ada: str
) -> None:
    folder, bob = written(tmp_path / "longer", model=longer(weights())), await hub_world.user("bob")
    card = "---\nbase_model: ada/tiny\n---\n"
    assert await sent(hub_world, bob, folder, "bob/mine", card=card) <= TENSOR_BYTES
    assert await sent(hub_world, bob, folder, pull="yes") <= TENSOR_BYTES


async def test_what_somebody_may_not_read_is_not_told_and_he_sends_it_all(
    hub_world: HubWorld, tmp_path: Path, ada: str
) -> None:
    await hub_world.client("api.update_repo_settings('ada/tiny', private=True)", ada)
    bob, card = await hub_world.user("bob"), "---\nbase_model: ada/tiny\n---\n"
    folder = written(tmp_path / "longer", model=longer(weights()))
    assert await sent(hub_world, bob, folder, "bob/tiny", card=card) > TENSORS * TENSOR_BYTES
