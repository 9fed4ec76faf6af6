"""Branches and tags: making and taking away."""

from __future__ import annotations

from dulwich.objects import Commit as GitCommit
from dulwich.objects import ObjectID, Tag

from commonweight.clock import Clock
from commonweight.db import Database, Lock, share
from commonweight.errors import InvalidInput
from commonweight.hub import refs
from commonweight.hub.commits import signature
from commonweight.hub.errors import RefExists, RevisionNotFound
from commonweight.hub.objects import GitObject, load, object_id, store
from commonweight.hub.paths import check_ref_name
from commonweight.hub.rights import check_writes
from commonweight.hub.values import Repository, Revision
from commonweight.identity import Caller

MAX_MESSAGE = 65_536  # characters of a tag's message


class Branches:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(self, caller: Caller, revision: Revision, name: str) -> None:
        """A branch at a revision. Raises MayNotWrite, InvalidRef, RefExists."""
        full = f"refs/heads/{check_ref_name(name, what='branch')}"
        await self._create(caller, revision, full, None)

    async def delete(self, caller: Caller, repository: Repository, name: str) -> None:
        """Raises MayNotWrite, InvalidInput for `main`, RevisionNotFound."""
        check_writes(caller, repository)
        full = name if name.startswith("refs/heads/") else f"refs/heads/{name}"
        if full == refs.MAIN:
            raise InvalidInput("Cannot delete refs/heads/main")
        await self._remove(repository, full, InvalidInput("Invalid rev id"))

    async def create_tag(self, caller: Caller, revision: Revision, name: str, message: str = "") -> None:
        """A tag at a revision, annotated where there is a message. Raises MayNotWrite, InvalidRef, RefExists."""
        full = f"refs/tags/{check_ref_name(name, what='tag')}"
        tag = self._tag_object(caller, revision, name, message[:MAX_MESSAGE]) if message else None
        await self._create(caller, revision, full, tag)

    async def delete_tag(self, caller: Caller, repository: Repository, name: str) -> None:
        """Raises MayNotWrite, RevisionNotFound."""
        check_writes(caller, repository)
        full = name if name.startswith("refs/tags/") else f"refs/tags/{name}"
        await self._remove(repository, full, refs.missing(repository, name))

    async def _create(self, caller: Caller, revision: Revision, full: str, tag: GitObject | None) -> None:
        repository, now = revision.repository, self._clock.now()
        check_writes(caller, repository)
        async with self._database.write() as connection:
            await share(connection, Lock.COLLECTION)
            if not await load(connection, repository.scope, [revision.commit], "commit"):  # collected since it was found
                raise refs.missing(repository, revision.commit)
            if tag is not None:
                await store(connection, repository.scope, [tag])
            target = tag.id if tag else revision.commit
            if not await refs.create(connection, repository, full, target, revision.commit, now):
                raise RefExists(f"Reference {full} already exists")

    async def _remove(self, repository: Repository, full: str, otherwise: InvalidInput | RevisionNotFound) -> None:
        async with self._database.write() as connection:
            if not await refs.remove(connection, repository, full, self._clock.now()):
                raise otherwise

    def _tag_object(self, caller: Caller, revision: Revision, name: str, message: str) -> GitObject:
        tag = Tag()
        tag.name, tag.message = name.encode(), f"{message.strip()}\n".replace("\0", "").encode(errors="replace")
        tag.object = (GitCommit, ObjectID(revision.commit.encode()))
        tag.tagger, tag.tag_time, tag.tag_timezone = signature(caller).encode(), int(self._clock.now().timestamp()), 0
        data = tag.as_raw_string()
        return GitObject(object_id("tag", data), "tag", len(data), data)
