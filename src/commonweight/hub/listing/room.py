"""The one object of lists: finding, keeping the index in step, counting downloads."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, func, select
from sqlalchemy.exc import SQLAlchemyError

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.db.tables import hub as tables
from commonweight.db.tables.listings import listing_tags, listings
from commonweight.errors import CommonweightError, InvalidInput
from commonweight.hub import refs, repositories
from commonweight.hub.contents import ContentsReader
from commonweight.hub.facts import FactsReader
from commonweight.hub.listing import index
from commonweight.hub.listing.downloads import DownloadCounter, recount
from commonweight.hub.listing.finding import find
from commonweight.hub.listing.values import MAX_PAGE, MAX_TAGS, SORTS, Listed, Wanted
from commonweight.hub.reading import Reader
from commonweight.hub.values import Revision
from commonweight.identity import Caller
from commonweight.jobs import Handler, NotDone, Progress, come_again, enqueue, unfinished

log = logging.getLogger(__name__)

INDEX_ALL: Final = "index_listings"
COUNT_DOWNLOADS: Final = "count_downloads"
DAILY: Final = timedelta(days=1)
AT_HAND: Final = 4  # repositories indexed by a request that looks for what they say; each takes some milliseconds
TAGS_SHARE: Final = 20  # of a hundred thousand repositories a count takes a second or two, and is half a minute old
QUICK_SECONDS: Final = 0.05
AT_ONCE: Final = 50  # repositories indexed in one turn of the job
MAX_TAGS_TOLD: Final = 1_000  # of one type


Tags = dict[str, list[tuple[str, int]]]
"""By type: tags, and how many public repositories have each."""


@dataclass(frozen=True)
class _Counted:
    tags: Tags
    until: float
    is_quick: bool


class Listings:
    def __init__(
        self, database: Database, reader: Reader, facts: FactsReader, contents: ContentsReader, clock: Clock
    ) -> None:
        self._database = database
        self._reader = reader
        self._facts = facts
        self._contents = contents
        self._clock = clock
        self.downloads = DownloadCounter(database, clock)
        self._tags: dict[str, _Counted] = {}
        self._counting: asyncio.Task[None] | None = None

    async def find(self, caller: Caller, wanted: Wanted) -> Listed:
        """A page of those that the caller may see. Raises InvalidInput for a kind or an order that there is not."""
        repositories.check_kind(wanted.kind)
        if wanted.sort not in SORTS:
            raise InvalidInput(f"{wanted.sort[:50]!r} is no order of a list; expected one of {', '.join(SORTS)}.")
        if len(wanted.tags) > MAX_TAGS:
            raise InvalidInput(f"{len(wanted.tags)} tags came; at most {MAX_TAGS} are asked for at once.")
        if wanted.looks_inside:
            await self._catch_up()
        async with self._database.read() as connection:
            return await find(connection, caller, replace(wanted, limit=max(1, min(wanted.limit, MAX_PAGE))))

    async def _catch_up(self) -> None:
        """Whoever has just committed finds it; where much waits it is left to the jobs."""
        async with self._database.read() as connection:
            waiting = await _not_indexed(connection, AT_HAND + 1)
        for revision in waiting if len(waiting) <= AT_HAND else ():
            try:
                await self.index(revision)
            except (CommonweightError, SQLAlchemyError) as error:  # of somebody else's repository
                log.warning("%s could not be put into the index: %s", revision.repository.full_name, error)

    async def tags_by_type(self, kind: str) -> Tags:
        """Tags of public repositories by their type, each with how many have it; those that most have come first."""
        tags, here = listing_tags.c, tables.repositories.c
        counted = func.count().label("counted")
        shown = and_(here.id == tags.repository_id, here.kind == kind, here.visibility == "public")
        query = select(tags.type, func.min(tags.tag).label("tag"), counted).join(tables.repositories, shown)
        query = query.group_by(tags.type, tags.tag_lower).order_by(counted.desc(), tags.tag_lower)
        found: Tags = {}
        async with self._database.read() as connection:
            for row in await connection.execute(query):
                of_type = found.setdefault(row.type, [])
                if len(of_type) < MAX_TAGS_TOLD:
                    of_type.append((row.tag, row.counted))
        return found

    async def tags_at_hand(self, kind: str) -> Tags:
        """
        As `tags_by_type`, perhaps from memory: a count goes through all tags there are, and may take a twentieth of the
        time. What takes long is counted beside the request, which gets the count before.
        """
        kept = self._tags.get(kind)
        if kept is None or (kept.until < time.monotonic() and kept.is_quick):
            kept = await self._count_tags(kind)
        elif kept.until < time.monotonic() and (self._counting is None or self._counting.done()):
            self._counting = asyncio.create_task(self._count_beside(kind))
        return kept.tags

    async def _count_tags(self, kind: str) -> _Counted:
        began = time.monotonic()
        tags = await self.tags_by_type(kind)
        took = time.monotonic() - began
        self._tags[kind] = counted = _Counted(tags, began + took * TAGS_SHARE, took < QUICK_SECONDS)
        return counted

    async def _count_beside(self, kind: str) -> None:
        try:
            await self._count_tags(kind)
        except (CommonweightError, SQLAlchemyError) as error:
            log.warning("tags could not be counted: %s", error)

    async def index(self, revision: Revision) -> None:
        """Read what a commit says and put it into the index, if it is the newest of `main`. Harmless to repeat."""
        facts, contents = await self._facts.facts(revision), await self._contents.of(revision)
        text = await index.card_text(self._reader, revision)
        async with self._database.write() as connection:
            repository = await repositories.by_id(connection, revision.repository.id)  # by the name that it has now
            if repository is not None:
                row = index.row_of(repository, revision.commit, facts, contents, text)
                tags = index.tag_rows(repository, facts, contents)
                await index.keep(connection, Revision(repository, revision.commit), row, tags)

    def handlers(self) -> dict[str, Handler]:
        return {INDEX_ALL: self._on_index_all, COUNT_DOWNLOADS: self._on_count}

    async def start(self) -> None:
        """Have downloads counted anew every day, and read what no list knows yet. A second call changes nothing."""
        now = self._clock.now()
        async with self._database.write() as connection:
            await come_again(connection, now, COUNT_DOWNLOADS, DAILY)
            if await _not_indexed(connection, 1) and not await unfinished(connection, INDEX_ALL):
                await enqueue(connection, now, INDEX_ALL, {})

    async def _on_index_all(self, _payload: Mapping[str, Any], _progress: Progress) -> None:
        """Some that are not in the index as `main` stands now; then it goes on."""
        async with self._database.read() as connection:
            waiting = await _not_indexed(connection, AT_ONCE)
        for revision in waiting:
            await self.index(revision)
        if len(waiting) == AT_ONCE:
            raise NotDone

    async def _on_count(self, _payload: Mapping[str, Any], _progress: Progress) -> None:
        now = self._clock.now()
        async with self._database.write() as connection:
            await recount(connection, now.date())
            await come_again(connection, now, COUNT_DOWNLOADS, DAILY)


async def _not_indexed(connection: Connection, limit: int) -> list[Revision]:
    """Newest commits of `main` that are not in the index."""
    main, here = tables.refs.c, tables.repositories.c
    at_main = and_(main.repository_id == here.id, main.name == refs.MAIN)
    stale = select(listings.c.repository_id).where(listings.c.commit.is_(None)).order_by(listings.c.repository_id)
    query = repositories.selected().join(tables.refs, at_main).where(here.id.in_(stale))
    rows = await connection.execute(query.add_columns(main.commit.label("head")).order_by(here.id).limit(limit))
    return [Revision(repositories.repository_of(row), row.head, refs.MAIN) for row in rows]
