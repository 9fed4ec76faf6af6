"""
Which model another may stand on, undeclared, as the bytes suggest: found by a job, shown to the few who may know of it,
confirmed or dismissed by people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.exc import IntegrityError

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import Conflict, InvalidInput, NotAllowed, NotFound
from commonweight.hub import (
    REPOSITORY_CHANGED,
    Ascents,
    GatedRepository,
    Hub,
    KnownModels,
    Repository,
    Revision,
)
from commonweight.identity import Caller, Right, account_names, on_nobodys_behalf, record
from commonweight.jobs import Progress, enqueue
from commonweight.storage import Storage
from commonweight.vetting import suspects_store as store
from commonweight.vetting.suspects_finding import Finder, suspected
from commonweight.vetting.suspects_values import CONFIRMED, DISMISSED, OPEN, Evidence, Suspect, Suspicions
from commonweight.vetting.weights import SUSPECT, Weights
from commonweight.vetting.weights_marking import Marker, Own
from commonweight.vetting.weights_values import Claims

SUSPECT_ALL: Final = "suspect_all_bases"  # the job that looks at what was there before this was looked at
AT_ONCE: Final = 100  # repositories of one turn of that job
MAX_SPREAD: Final = 8  # repositories that came later and are looked at again, since what they share is here now
MAX_REASON: Final = 2000  # characters; a sentence or two
#: What a person may confirm: ways in which weights come from weights.
RELATIONS: Final = ("finetune", "merge", "quantise", "convert", "adapter", "prune")
_EVERYTHING: Final = on_nobodys_behalf("vetting")


class SuspectNotFound(NotFound):
    """Also where the caller may not know of it."""

    code = "suspect_not_found"


class Suspects:
    def __init__(
        self, database: Database, hub: Hub, known: KnownModels, storage: Storage, weights: Weights, clock: Clock
    ) -> None:
        self._database = database
        self._hub = hub
        self._weights = weights
        self._clock = clock
        self._ascents = Ascents(database, known)
        self._marker = Marker(database, hub, storage, clock)
        self._finder = Finder(database, hub, storage, self._ascents)

    # Showing

    async def find(self, caller: Caller, namespace: str, name: str) -> Repository:
        """A model by its name. Raises RepositoryNotFound."""
        return await self._hub.find(caller, "model", namespace, name)

    async def of(self, caller: Caller, repository: Repository) -> Suspicions:
        """
        What is suspected of a repository, and what was decided, as far as the caller may know: whoever writes there, of
        bases whose files they may read; administrators hear how many there are beside.

        Raises NotAllowed, RepositoryNotFound.
        """
        self._check(caller, repository)
        async with self._database.read() as connection:
            rows = await store.rows_of(connection, repository.id, (OPEN, CONFIRMED, DISMISSED))
            names = await account_names(connection, {row.decided_by for row in rows if row.decided_by})
        shown, hidden = [], 0
        for row in rows:
            there = None if row.base_id is None else await self._hub.by_id(row.base_id)
            base = there if there is not None and await self._may_know(caller, there) else None
            if base is not None or row.state == CONFIRMED:  # what is confirmed stands in the lineage for everybody
                shown.append(_suspect(row, base, names.get(row.decided_by, "")))
            elif there is not None:
                hidden += 1
        return Suspicions(tuple(shown), hidden if caller.is_admin else None)

    async def headers(self, caller: Caller, revision: Revision) -> Claims:
        """What headers of its files say, for those who may have the files; for others nothing."""
        may_know = await self._may_know(caller, revision.repository)
        return await self._weights.claims(revision) if may_know else Claims()

    def _check(self, caller: Caller, repository: Repository) -> None:
        """Raises NotAllowed, RepositoryNotFound."""
        self._hub.check_reads(caller, repository)
        if not self.may_ask(caller, repository):
            raise NotAllowed(
                "What is suspected of a model is for those who may write there.", hint="Use a token with the role write."
            )

    def may_ask(self, caller: Caller, repository: Repository) -> bool:
        """Whether the caller may hear of suspicions on this repository at all."""
        return repository.kind == "model" and caller.may_with(Right.WRITE, repository)

    async def _may_know(self, caller: Caller, base: Repository) -> bool:
        """Who may not have the files may not hear what is in them either."""
        try:
            await self._hub.check_files(caller, base)
        except (NotFound, GatedRepository):
            return False
        return True

    # Deciding

    async def confirm(self, caller: Caller, repository: Repository, number: int, relation: str = "") -> Suspect:
        """
        It is so: a step of the lineage for everybody, and verdicts are decided again. Audited.

        Raises SuspectNotFound, NotAllowed, InvalidInput (another relation than `RELATIONS`), Conflict (a private base, whose
        name would be told to readers of this repository; or decided meanwhile).
        """
        found = await self._one(caller, repository, number)
        relation = relation or found.relation
        if relation not in RELATIONS:
            raise InvalidInput(f"There is no step {relation!r} here.", hint=f"Choose one of: {', '.join(RELATIONS)}.")
        base = found.base
        if base is None:
            raise SuspectNotFound(f"The base {found.base_name} is gone.", hint="Name it in the card instead.")
        if base.is_private and not (repository.is_private and repository.namespace_id == base.namespace_id):
            raise Conflict(
                f"{base.full_name} is private: confirmed, its name would be shown to all who read {repository.full_name}.",
                hint="Open it first, or name it in the card, if its readers agree.",
            )
        values = {"state": CONFIRMED, "relation": relation, "base_name": base.full_name, "reason": ""}
        return await self._decide(caller, repository, found, values, "confirm")

    async def dismiss(self, caller: Caller, repository: Repository, number: int, reason: str) -> Suspect:
        """
        It is not so, or not any more; not raised again for the same bytes. Audited. Raises SuspectNotFound, NotAllowed,
        InvalidInput without a reason, Conflict.
        """
        found = await self._one(caller, repository, number)
        reason = " ".join(reason.split())
        if not 1 <= len(reason) <= MAX_REASON:
            raise InvalidInput(
                f"A reason of {len(reason)} characters came; 1 to {MAX_REASON} were expected.",
                hint="Say why it is no base: others will read it.",
            )
        return await self._decide(caller, repository, found, {"state": DISMISSED, "reason": reason}, "dismiss")

    async def _one(self, caller: Caller, repository: Repository, number: int) -> Suspect:
        suspicions = await self.of(caller, repository)
        found = next((one for one in suspicions.shown if one.id == number), None)
        if found is None:
            raise SuspectNotFound(f"There is no suspicion {number} on {repository.full_name} that you may know of.")
        return found

    async def _decide(
        self, caller: Caller, repository: Repository, found: Suspect, values: Mapping[str, Any], word: str
    ) -> Suspect:
        now = self._clock.now()
        by = caller.account.id if caller.account else None
        async with self._database.write() as connection:
            whole = {**values, "decided_at": now, "decided_by": by}
            if not await store.decide(connection, found.id, [found.state], whole):
                raise Conflict("Somebody else has decided meanwhile.", hint="Look again.")
            subject = f"models/{repository.full_name}"
            detail = {"base": found.base_name, **{key: values[key] for key in ("relation", "reason") if key in values}}
            await record(connection, now, caller, f"suspect.{word}", subject, **detail)
            payload = {"repository_id": repository.id, "names": [repository.full_name]}
            await enqueue(connection, now, REPOSITORY_CHANGED, payload)
        await self._weights.keep_steps(await self._hub.resolve(repository))
        return await self._one(caller, repository, found.id)

    # Jobs

    async def on_suspect(self, payload: Mapping[str, Any], progress: Progress) -> None:
        """The job `suspect_bases`: `{"repository_id": …, "spread": true}`. Compares the newest commit of a model."""
        repository = await self._hub.by_id(int(payload["repository_id"]))
        if repository is None or repository.kind != "model":
            return
        revision = await self._head(repository)
        if revision is None:
            return
        try:
            await progress(0.1, f"reading the weights of {repository.full_name}")
            own = await self._marker.mark(revision)
            await progress(0.6, "comparing")
            later = await self._compare(revision, own)
        except (NotFound, IntegrityError):
            if await self._hub.by_id(repository.id) is None:
                return  # deleted meanwhile
            raise
        if payload.get("spread"):
            async with self._database.write() as connection:
                for other in later[:MAX_SPREAD]:
                    await enqueue(connection, self._clock.now(), SUSPECT, {"repository_id": other})

    async def _head(self, repository: Repository) -> Revision | None:
        try:
            return await self._hub.resolve(repository)
        except NotFound:  # without a main branch there is nothing to compare
            return None

    async def _compare(self, revision: Revision, own: list[Own]) -> list[int]:
        """Keep what is suspected now; the repositories that came later and share something."""
        found = await self._finder.find(revision, own)
        above = await self._ascents.above(revision.repository)
        kept = []
        for one in suspected(found, above):
            base = await self._head(one.repository)
            kept.append((one, _relation(own), base.commit if base else ""))
        async with self._database.write() as connection:
            await store.replace_open(connection, self._clock.now(), revision, kept)
        return [one.repository.id for one in found if one.later and not one.is_declared]

    async def on_suspect_all(self, payload: Mapping[str, Any], progress: Progress) -> None:
        """The job `suspect_all_bases`: asks for a look at each model that is here, oldest first, some at a time."""
        done = int(payload.get("done", 0))
        some = await self._hub.list(_EVERYTHING, "model", limit=AT_ONCE, after=done, sort="createdAt", descending=False)
        now = self._clock.now()
        async with self._database.write() as connection:
            for repository in some:
                await enqueue(connection, now, SUSPECT, {"repository_id": repository.id, "spread": True})
            if len(some) == AT_ONCE:
                await enqueue(connection, now, SUSPECT_ALL, {"done": done + len(some)})


def _relation(own: list[Own]) -> str:
    """How weights like these come from others, where nobody says: a person may choose another word."""
    paths = [one.entry.path.lower() for one in own if one.is_weights]
    return "quantise" if paths and all(path.endswith(".gguf") for path in paths) else "finetune"


def _suspect(row: Any, base: Repository | None, decided_by: str) -> Suspect:
    return Suspect(
        row.id, row.repository_id, base, row.base_name, row.state, row.strength, row.relation, row.commit, row.base_commit,
        Evidence.from_document(row.evidence), row.found_at, row.decided_at, decided_by, row.reason,
    )  # fmt: skip
