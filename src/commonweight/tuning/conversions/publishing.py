"""From files on this host to a draft in the hub, in one commit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from commonweight.hub import (
    CARD,
    AddFile,
    AddLarge,
    Change,
    EntryNotFound,
    Hub,
    Repository,
    RepositoryExists,
    Revision,
    StaleParent,
)
from commonweight.identity import Caller
from commonweight.policy import Packs, Parent
from commonweight.storage import Storage
from commonweight.tuning.conversions.card import card_of
from commonweight.tuning.conversions.values import Conversion
from commonweight.tuning.converting import ConversionFailed

MARK: Final = "conversion.json"  # says which conversion made a repository: doing it again changes nothing
MAX_MARK: Final = 1 << 20


class ConversionPublisher:
    def __init__(self, hub: Hub, storage: Storage, packs: Packs) -> None:
        self._hub = hub
        self._storage = storage
        self._packs = packs

    async def publish(
        self, caller: Caller, conversion: Conversion, source: Revision, made: Sequence[tuple[Path, Mapping[str, Any]]]
    ) -> Revision:
        """
        The draft with all files, its card and what its terms ask. Doing it again changes nothing, also after a kill.

        Raises ConversionFailed where the name was taken meanwhile, MayNotWrite.
        """
        repository = await self._repository(caller, conversion)
        head = await self._hub.resolve(repository)
        mark = await self._mark(head)
        if mark is not None:
            if mark.get("conversion") == conversion.id:
                return head
            raise _taken(conversion)
        await self._hub.carry(repository, [(source, "")])
        changes = await self._changes(caller, conversion, source, repository, made)
        try:
            commit = await self._hub.commit(
                caller, repository, "main", changes, title=f"Convert {source.repository.full_name}", parent=head.commit
            )
        except StaleParent:
            raise _taken(conversion) from None
        return Revision(repository, commit.id)

    async def _repository(self, caller: Caller, conversion: Conversion) -> Repository:
        namespace, _, name = conversion.target.partition("/")
        try:
            return await self._hub.create(caller, "model", namespace, name, draft=True)
        except RepositoryExists as error:
            if error.repository.is_draft:
                return error.repository
            raise _taken(conversion) from None

    async def _changes(
        self, caller: Caller, conversion: Conversion, source: Revision, repository: Repository,
        made: Sequence[tuple[Path, Mapping[str, Any]]],
    ) -> list[Change]:  # fmt: skip
        pack = await self._packs.planned(caller, repository.name, [Parent(source, "quantise")])
        changes: list[Change] = []
        for path, told in made:
            large = await self._storage.ingest(repository.scope, path, expected_sha256=told["sha256"])
            changes.append(AddLarge(told["path"], large.sha256, large.size))
        reports = [told for _, told in made]
        card = card_of(conversion, pack, await self._hub.facts(source), reports)
        mark = {"conversion": conversion.id, "source": conversion.source.document(), "files": reports}
        changes += [AddFile(file.path, file.content) for file in pack.files if file.along]
        changes += [AddFile(CARD, card), AddFile(MARK, json.dumps(mark, indent=2, sort_keys=True).encode() + b"\n")]
        return changes

    async def _mark(self, head: Revision) -> Mapping[str, Any] | None:
        try:
            found = json.loads(await self._hub.read_small(head, MARK, MAX_MARK))
        except (EntryNotFound, ValueError):
            return None
        return found if isinstance(found, dict) else None


def _taken(conversion: Conversion) -> ConversionFailed:
    hint = "Convert again, into a repository that is not there yet."
    return ConversionFailed(f"{conversion.target} was made by somebody else meanwhile.", hint=hint)
