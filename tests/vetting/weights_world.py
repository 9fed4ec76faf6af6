"""Publishing models with files of weights, read as the jobs read them."""

from __future__ import annotations

from typing import Any

import yaml

from commonweight.hub import AddFile, AddLarge, Change, Repository, Revision
from tests.policy.world import World


async def publish(
    world: World,
    name: str,
    files: dict[str, bytes],
    card: dict[str, Any] | None = None,
    *,
    by: str = "ada",
    visibility: str = "public",
) -> Revision:
    """A model of `by`; what ends like weights is kept as a large file."""
    owner = await world.caller(by)
    repository = await world.hub.create(owner, "model", by, name, visibility)
    return await change(world, repository, files, card, by=by)


async def change(
    world: World, repository: Repository, files: dict[str, bytes], card: dict[str, Any] | None = None, *, by: str = "ada"
) -> Revision:
    """Another commit, read as the job `read_revision` does."""
    changes: list[Change] = []
    for path, content in files.items():
        if path.endswith((".gguf", ".safetensors", ".bin")):
            source = world.folder / "upload"
            source.write_bytes(content)
            large = await world.storage.ingest(repository.scope, source)
            changes.append(AddLarge(path, large.sha256))
        else:
            changes.append(AddFile(path, content))
    if card is not None:
        changes.append(AddFile("README.md", f"---\n{yaml.safe_dump(card)}---\n# {repository.name}\n".encode()))
    await world.hub.commit(await world.caller(by), repository, "main", changes, title="Publish")
    revision = await world.hub.resolve(repository)
    payload = {"repository_id": repository.id, "commit": revision.commit}
    await world.hub.on_read_revision(payload)
    await world.weights.on_read_revision(payload)
    return revision
