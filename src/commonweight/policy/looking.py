"""Look at lineages as they are now, one model at a time or everything that stands on a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy.exc import IntegrityError

from commonweight.db import Database
from commonweight.errors import NotFound
from commonweight.hub import Hub, KnownModel, KnownModels, Revision
from commonweight.identity import on_nobodys_behalf
from commonweight.policy import marking, shelf
from commonweight.policy.asking_store import AskedUses
from commonweight.policy.library import Library
from commonweight.policy.settling import Settler
from commonweight.policy.shaping import take_apart
from commonweight.policy.shelf import Seen
from commonweight.policy.subjects import Subjects, known_key, subject_key
from commonweight.policy.sweeping import Report

MAIN: Final = "refs/heads/main"
BATCH: Final = 50  # models looked at between two reports; each costs some queries of the hub

#: Policy looks at everything, on nobody's behalf; what it finds is shown by the rights of whoever asks.
_EVERYTHING: Final = on_nobodys_behalf("policy")


class Looker:
    def __init__(
        self,
        database: Database,
        hub: Hub,
        known: KnownModels,
        subjects: Subjects,
        library: Library,
        uses: AskedUses,
    ) -> None:
        self._database = database
        self._hub = hub
        self._known = known
        self._subjects = subjects
        self._library = library
        self._uses = uses

    async def look(self, model: Revision | KnownModel) -> Seen:
        """A model with its lineage, taken apart into its shape and its names."""
        if isinstance(model, KnownModel):
            subject, head = await self._subjects.of_known(model), True
        else:
            subject, head = await self._subjects.of_revision(model), await self._is_head(model)
        async with self._database.read() as connection:
            named = (await self._uses.load(connection)).named
        shaped = take_apart(subject.document, self._library.prefixes, named)
        return Seen(subject, shaped, shelf.subject_part(subject, shaped), head)

    async def _is_head(self, revision: Revision) -> bool:
        if revision.ref == MAIN:
            return True
        if revision.ref is not None:
            return False
        try:
            return (await self._hub.resolve(revision.repository)).commit == revision.commit
        except NotFound:
            return False

    # What a job does

    async def look_at_head(self, settler: Settler, use_id: int, repository_id: int) -> str:
        """
        The newest commit of a repository; one that was deleted, or has none, is forgotten. What it is called in
        lineages, "" where it is gone.
        """
        repository = await self._hub.by_id(repository_id)
        revision = None
        if repository is not None:
            try:
                revision = await self._hub.resolve(repository)
            except NotFound:
                revision = None
        if revision is None:
            return await self._forget(repository_id)
        try:
            seen = await self.look(revision)
            await settler.settle(use_id, [seen], skip=True)
        except (NotFound, IntegrityError):
            if await self._hub.by_id(repository_id) is not None:
                raise
            return await self._forget(repository_id)  # deleted while it was looked at
        return str(seen.subject.document["root"])

    async def _forget(self, repository_id: int) -> str:
        async with self._database.write() as connection:
            await marking.forget_repository(connection, repository_id)
        return ""

    async def look_at_names(self, settler: Settler, use_id: int, names: Sequence[str], report: Report) -> None:
        """Everything that has one of these names in its lineage."""
        async with self._database.write() as connection:
            await marking.doubt(connection, names)

        after, done = 0, 0
        while True:
            async with self._database.read() as connection:
                found = await marking.standing_on(connection, names, after, BATCH)
            if not found:
                return
            await self._look_at_subjects(settler, use_id, [subject for _, subject in found])
            after, done = found[-1][0], done + len(found)
            await report(0.0, f"{done:,} models looked at again")

    async def look_at_everything(self, settler: Settler, use_id: int, report: Report) -> None:
        """Every known model, and the newest commit of every model kept here."""
        known = await self._known.list(None)
        for start in range(0, len(known), BATCH):
            seen = [await self.look(model) for model in known[start : start + BATCH]]
            await settler.settle(use_id, seen, skip=True)
        done = 0
        while found := await self._hub.list(
            _EVERYTHING, "model", limit=BATCH, after=done, sort="createdAt", descending=False
        ):
            for repository in found:
                await self.look_at_head(settler, use_id, repository.id)
            done += len(found)
            await report(0.0, f"{done:,} repositories looked at")

    async def _look_at_subjects(self, settler: Settler, use_id: int, subjects: Iterable[str]) -> None:
        models = [(subject, await self._model(subject)) for subject in subjects]
        seen = [await self.look(model) for _, model in models if model is not None]
        await settler.settle(use_id, seen, skip=True)
        gone = [subject for subject, model in models if model is None]
        async with self._database.write() as connection:
            for subject in gone:
                await marking.forget_subject(connection, subject)

    async def _model(self, subject: str) -> Revision | KnownModel | None:
        """The other way round: from the key of a subject. None where it is gone, or has another name by now."""
        kind, _, rest = subject.partition("/")
        if kind == "known":
            found = await self._known.find(rest)
            return found if found is not None and known_key(found) == subject else None
        async with self._database.read() as connection:
            repository_id = await marking.repository_of(connection, subject)
        repository = None if repository_id is None else await self._hub.by_id(repository_id)
        if repository is None:
            return None
        try:
            revision = await self._hub.resolve(repository, rest.partition("@")[2])
        except NotFound:
            return None
        return revision if subject_key(revision) == subject else None
