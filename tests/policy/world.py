"""A small installation: hub, catalogue and policy over one database, with people, and models in a few lines."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.hub import AddFile, AddLarge, Hub, KnownModels, Repository, Revision
from commonweight.hub.catalogue import Catalogue
from commonweight.identity import Caller, Identity, Role
from commonweight.policy import Policy
from commonweight.rights import Records
from commonweight.storage import DiskObjects, Objects, Storage, WorkPool
from commonweight.vetting import Suspects, Weights
from commonweight.vetting.scans import Scans
from tests.vetting.scans.here import HereScanner

GGUF = b"GGUF" + bytes(range(256)) * 40

#: A company that sells what a model makes.
SELLING: dict[str, Any] = {
    "organisation": {"kind": "company", "principal_place": "DE"},
    "use": {
        "acts": ["offer_product"],
        "purposes": ["content_creation"],
        "production": True,
        "commercial": True,
        "paid": True,
    },
}


@dataclass
class World:
    database: Database
    clock: SetClock
    workers: WorkPool
    storage: Storage
    identity: Identity
    hub: Hub
    known: KnownModels
    policy: Policy
    weights: Weights
    suspects: Suspects
    tokens: dict[str, str]
    folder: Path
    scans: Scans

    async def caller(self, name: str) -> Caller:
        """ada, bob or root (the administrator), by a token with every right of theirs."""
        return await self.identity.authenticate(f"Bearer {self.tokens[name]}")

    async def publish(
        self, name: str, card: dict[str, Any] | None = None, *, by: str = "ada", visibility: str = "public", **texts: str
    ) -> Revision:
        """A repository of `by` with a card and further files (`LICENSE="…"`), at its newest commit."""
        owner = await self.caller(by)
        repository = await self.hub.create(owner, "model", by, name, visibility)
        return await self.change(repository, card, by=by, **texts)

    async def change(
        self, repository: Repository, card: dict[str, Any] | None = None, *, by: str = "ada", **texts: str
    ) -> Revision:
        changes = [AddFile(path, text.encode()) for path, text in texts.items()]
        if card is not None:
            changes.append(AddFile("README.md", f"---\n{yaml.safe_dump(card)}---\n# {repository.name}\n".encode()))
        await self.hub.commit(await self.caller(by), repository, "main", changes, title="Publish")
        return await self.hub.resolve(repository)

    async def add_gguf(self, repository: Repository, path: str = "model.gguf", *, by: str = "ada") -> Revision:
        """A large file whose name ends like a model's."""
        source = self.folder / "upload.gguf"
        source.write_bytes(GGUF + path.encode())
        large = await self.storage.ingest(repository.scope, source)
        await self.hub.commit(
            await self.caller(by), repository, "main", [AddLarge(path, large.sha256)], title="Add the model"
        )
        return await self.hub.resolve(repository)

    async def publish_starter(self) -> Revision:
        """The starter model's card and licence as they are shipped."""
        folder = files("commonweight.mirror").joinpath("starter_files")
        texts = {name: folder.joinpath(name).read_text(encoding="utf-8") for name in ("README.md", "LICENSE")}
        return await self.publish("SmolLM2-135M-Instruct-GGUF", None, **texts)


async def make_world(
    database: Database,
    clock: SetClock,
    folder: Path,
    records: Records,
    catalogues: tuple[Catalogue, ...],
    objects: Objects | None = None,
) -> World:
    """With its bytes in `objects`, or in a disk folder of its own."""
    workers = WorkPool(idle_seconds=5)
    objects = objects or DiskObjects(folder / "objects")
    storage = Storage(database, objects, workers, clock, folder=folder / "storage", cache_bytes=1 << 24)
    identity, hub, known = Identity(database, clock, b"k" * 32), Hub(database, storage, clock), KnownModels(database, clock)
    await known.load_catalogue(catalogues)
    tokens = {}
    for name in ("ada", "bob", "root"):
        account = await identity.create_user(name, is_admin=name == "root")
        tokens[name] = await identity.create_token(account, "test", Role.ADMIN)
    weights = Weights(database, hub, clock)
    policy = Policy(database, hub, known, records, clock, headers=weights)
    scans = Scans(database, hub, storage, HereScanner(), clock)
    suspects = Suspects(database, hub, known, storage, weights, clock)
    return World(database, clock, workers, storage, identity, hub, known, policy, weights, suspects, tokens, folder, scans)
