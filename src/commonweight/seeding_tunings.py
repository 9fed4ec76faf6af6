"""Tunings and tuned models of the fixed world of a test installation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonweight.errors import InvalidInput
from commonweight.identity import ANONYMOUS
from commonweight.rooms import Rooms


class TuningSeeder:
    """Each has an `owner`, the name of an account. What was deleted, cancelled or changed is made anew."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def tuning(self, said: Mapping[str, Any]) -> None:
        """`{id, owner, model, training_file, metadata?, events, checkpoints}`, running: see `tuning.Restored`."""
        owner = await self._rooms.identity.account(str(said["owner"]))
        tokens = await self._rooms.identity.tokens_of(owner)
        if not tokens:
            raise InvalidInput(f"The tuning {said['id']} needs a token of {owner.name}; there is none.")
        await self._rooms.tuning.restored.tuning(owner.id, tokens[0].id, said)

    async def model(self, said: Mapping[str, Any]) -> None:
        """`{name, owner, repository, path}`: an `ft:` name for a file of a repository that anybody may read."""
        owner = await self._rooms.identity.account(str(said["owner"]))
        namespace, _, name = str(said["repository"]).partition("/")
        repository = await self._rooms.hub.find(ANONYMOUS, "model", namespace, name)
        revision = await self._rooms.hub.resolve(repository)
        await self._rooms.tuning.restored.model(
            owner.id, str(said["name"]), repository.id, revision.commit, str(said["path"])
        )
