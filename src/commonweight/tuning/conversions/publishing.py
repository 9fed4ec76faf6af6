"""From files on this host to a draft in the hub, in one commit; from scores to its card, in a second one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from commonweight.hub import (
    CARD,
    AddFile,
    AddLarge,
    Change,
    EntryNotFound,
    Hub,
    RefExists,
    Repository,
    RepositoryExists,
    RepositoryNotFound,
    Revision,
    RevisionNotFound,
    StaleParent,
)
from commonweight.identity import Caller
from commonweight.policy import Packs, Parent
from commonweight.storage import Storage
from commonweight.tuning.conversions.card import card_of, with_scores
from commonweight.tuning.conversions.scoring import FormatScore
from commonweight.tuning.conversions.values import Conversion
from commonweight.tuning.converting import ConversionFailed
from commonweight.tuning.judging import Report

MARK: Final = "conversion.json"  # says which conversion made a repository: doing it again changes nothing
EVALUATION: Final = "evaluation.json"
REFERENCE: Final = "reference"  # a branch, as long as scores are made: the floats that nobody asked for
REFERENCE_FILE: Final = "reference.gguf"
MAX_READ: Final = 2 << 20


@dataclass(frozen=True)
class Published:
    """The draft as this conversion left it last, and its files: of each the report."""

    head: Revision
    files: Sequence[Mapping[str, Any]]


class ConversionPublisher:
    def __init__(self, hub: Hub, storage: Storage, packs: Packs) -> None:
        self._hub = hub
        self._storage = storage
        self._packs = packs

    async def published(self, caller: Caller, conversion: Conversion) -> Published | None:
        """What an earlier turn published; None where none did. Raises ConversionFailed where it is somebody else's."""
        namespace, _, name = conversion.target.partition("/")
        try:
            repository = await self._hub.find(caller, "model", namespace, name)
        except RepositoryNotFound:
            return None
        head = await self._hub.resolve(repository)
        mark = await self._mark(head)
        if mark is None and repository.is_draft:
            return None  # made, and not filled
        if mark is None or mark.get("conversion") != conversion.id:
            raise _taken(conversion)
        return Published(head, mark["files"])

    async def publish(
        self, caller: Caller, conversion: Conversion, source: Revision, made: Sequence[tuple[Path, Mapping[str, Any]]]
    ) -> Published:
        """
        The draft with all files, its card and what its terms ask. Doing it again changes nothing, also after a kill.

        Raises ConversionFailed where the name was taken meanwhile, MayNotWrite.
        """
        repository = await self._repository(caller, conversion)
        head = await self._hub.resolve(repository)
        await self._hub.carry(repository, [(source, "")])
        changes = await self._changes(caller, conversion, source, repository, made)
        try:
            commit = await self._hub.commit(
                caller, repository, "main", changes, title=f"Convert {source.repository.full_name}", parent=head.commit
            )
        except StaleParent:
            there = await self.published(caller, conversion)
            if there is None:
                raise _taken(conversion) from None
            return there
        return Published(Revision(repository, commit.id), [told for _, told in made])

    async def lend(self, caller: Caller, published: Published, whole: Path) -> str:
        """What to call the floats by, on a branch beside `main`: for scores alone. Doing it again changes nothing."""
        repository = published.head.repository
        large = await self._storage.ingest(repository.scope, whole)
        with suppress(RefExists):  # of an earlier turn
            await self._hub.branches.create(caller, published.head, REFERENCE)
        change = AddLarge(REFERENCE_FILE, large.sha256, large.size)
        commit = await self._hub.commit(caller, repository, REFERENCE, [change], title="Lend what scores compare with")
        return f"{repository.full_name}@{commit.id}:{REFERENCE_FILE}"

    async def lent(self, published: Published) -> str:
        """What an earlier turn lent; "" where none did."""
        try:
            head = await self._hub.resolve(published.head.repository, f"refs/heads/{REFERENCE}")
            await self._hub.entry(head, REFERENCE_FILE)
        except (RevisionNotFound, EntryNotFound):
            return ""
        return f"{head.repository.full_name}@{head.commit}:{REFERENCE_FILE}"

    async def take_back(self, caller: Caller, published: Published) -> None:
        """The branch with what was lent goes, where there is one."""
        if await self.lent(published):
            await self._hub.branches.delete(caller, published.head.repository, REFERENCE)

    async def finish(
        self, caller: Caller, published: Published, report: Report, scores: Mapping[str, FormatScore]
    ) -> Published:
        """
        Scores (by path) onto the card, and all of the comparison into `evaluation.json`. Doing it again changes nothing.

        Raises MayNotWrite.
        """
        repository = published.head.repository
        head = await self._hub.resolve(repository)
        card = with_scores(await self._text(head, CARD), report, published.files, scores)
        document = json.dumps(report.to_json(examples=False), indent=2, sort_keys=True)
        changes: list[Change] = [AddFile(CARD, card.encode()), AddFile(EVALUATION, f"{document}\n".encode())]
        commit = await self._hub.commit(caller, repository, "main", changes, title="Say what each format costs")
        return Published(Revision(repository, commit.id), published.files)

    async def withdraw(self, caller: Caller, conversion: Conversion) -> None:
        """The draft goes, where it is this conversion's and nobody accepted it."""
        try:
            there = await self.published(caller, conversion)
        except ConversionFailed:
            return
        if there is not None and there.head.repository.is_draft:
            await self._hub.delete(caller, there.head.repository)

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
            found = json.loads(await self._text(head, MARK))
        except ValueError:
            return None
        return found if isinstance(found, dict) and isinstance(found.get("files"), list) else None

    async def _text(self, head: Revision, path: str) -> str:
        """ "" where there is no such file."""
        try:
            return (await self._hub.read_small(head, path, MAX_READ)).decode(errors="replace")
        except EntryNotFound:
            return ""


def _taken(conversion: Conversion) -> ConversionFailed:
    hint = "Convert again, into a repository that is not there yet."
    return ConversionFailed(f"{conversion.target} was made by somebody else meanwhile.", hint=hint)
