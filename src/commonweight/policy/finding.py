"""From the name of a model to what is meant: a revision kept here, or an entry of the catalogue."""

from __future__ import annotations

from commonweight.hub import Hub, KnownModel, KnownModels, RepositoryNotFound, Revision
from commonweight.identity import Caller
from commonweight.policy.errors import ModelUnknown

DEFAULT_REVISION = "main"


class Finder:
    """Looks in the hub first, as this caller may see it, then among known models."""

    def __init__(self, hub: Hub, known: KnownModels) -> None:
        self._hub = hub
        self._known = known

    async def find(self, caller: Caller, name: str) -> Revision | KnownModel:
        """
        "ada/tiny", "ada/tiny@v1", "datasets/ada/poems", "meta-llama/llama-2"

        Raises ModelUnknown, also for what the caller may not know of; RevisionNotFound for a repository without it.
        """
        full, _, revision = name.partition("@")
        kind, full = ("dataset", full.removeprefix("datasets/")) if full.startswith("datasets/") else ("model", full)
        namespace, _, short = full.partition("/")
        try:
            repository = await self._hub.find(caller, kind, namespace, short)
        except RepositoryNotFound:
            return await self._find_known(name, full, revision)
        return await self._hub.resolve(repository, revision or DEFAULT_REVISION)

    async def _find_known(self, name: str, full: str, revision: str) -> KnownModel:
        known = None if revision else await self._known.find(full)
        if known is None:
            raise ModelUnknown(name)
        return known
