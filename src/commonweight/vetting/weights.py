"""What headers of weights say of a revision, for whoever decides on it: `said` counts beside the card."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.exc import IntegrityError

from commonweight.clock import Clock
from commonweight.db import Database
from commonweight.errors import NotFound
from commonweight.hub import Hub, Revision, RevisionFacts, Step, keep_further_steps
from commonweight.jobs import Progress, enqueue
from commonweight.vetting.suspects_store import confirmed_steps
from commonweight.vetting.weights_reading import HeadReader
from commonweight.vetting.weights_store import ClaimStore
from commonweight.vetting.weights_values import Claims, Said

SUSPECT: Final = "suspect_bases"  # the job that compares the bytes of a model with those of others
REMEMBERED: Final = 4096  # commits whose claims stay in memory; some hundred bytes each


class Weights:
    """Reads headers once per commit. Asks for no right: callers have asked already."""

    def __init__(self, database: Database, hub: Hub, clock: Clock) -> None:
        self._database = database
        self._hub = hub
        self._clock = clock
        store = ClaimStore(database, clock)
        self._store = store
        self._reader = HeadReader(hub, store)
        self._seen: OrderedDict[tuple[int, str], Claims] = OrderedDict()

    async def claims(self, revision: Revision, facts: RevisionFacts | None = None) -> Claims:
        """All that headers of a commit say; read now where no job has read it yet. Of models only."""
        if revision.repository.kind != "model":
            return Claims()
        key = (revision.repository.id, revision.commit)
        if key not in self._seen:
            kept = await self._store.of_commit(revision)
            self._seen[key] = kept or await self._reader.read(revision, facts or await self._hub.facts(revision))
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        self._seen.move_to_end(key)
        return self._seen[key]

    async def said(self, revision: Revision, facts: RevisionFacts) -> Said:
        """
        What counts beside the card: every licence that a header names; the bases that files name where the card names none;
        and the bases that people have confirmed.
        """
        claims = await self.claims(revision, facts)
        if revision.repository.kind != "model":
            return Said()
        async with self._database.read() as connection:
            confirmed = await confirmed_steps(connection, revision.repository.id)
        found = said_of(claims, facts)
        return Said(found.licences, (*found.steps, *confirmed))

    async def on_read_revision(self, payload: Mapping[str, Any], _progress: Progress | None = None) -> None:
        """After the card was read: read the headers, and put the steps that they name into the graph of lineages."""
        repository = await self._hub.by_id(int(payload["repository_id"]))
        if repository is None or repository.kind != "model":
            return
        revision = Revision(repository, str(payload["commit"]))
        try:
            await self.keep_steps(revision, look=True)
        except (NotFound, IntegrityError):
            if await self._hub.by_id(repository.id) is not None:
                raise

    async def keep_steps(self, revision: Revision, *, look: bool = False) -> None:
        """Put the steps of a commit that its card does not name into the graph; with `look`, have its bytes compared."""
        said = await self.said(revision, await self._hub.facts(revision))
        async with self._database.write() as connection:
            await keep_further_steps(connection, revision, said.steps)
            if look:
                payload = {"repository_id": revision.repository.id, "spread": True}
                await enqueue(connection, self._clock.now(), SUSPECT, payload)


def said_of(claims: Claims, facts: RevisionFacts) -> Said:
    """What counts of claims beside a card. A card's own word on bases stands before what files say."""
    if facts.base_models:
        return Said(claims.licences)
    return Said(claims.licences, tuple(Step(base.name, "model", base.relation, "config") for base in claims.bases))
