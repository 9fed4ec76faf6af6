"""Names for commits: branches, tags, and finding the commit that somebody means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from commonweight.db import Connection, insert_ignoring
from commonweight.db.tables import hub as tables
from commonweight.db.tables import listings as listings_tables
from commonweight.hub.errors import RevisionNotFound
from commonweight.hub.objects import IDS_AT_ONCE
from commonweight.hub.telling import tell
from commonweight.hub.values import Ref, Repository, Revision

MAIN = "refs/heads/main"
LEAST_SHA = 7  # shorter ones would be guesses
WHOLE_SHA = 40

_SHA = re.compile(rf"[0-9a-f]{{{LEAST_SHA},40}}\Z")
_refs = tables.refs
_objects = tables.git_objects
_listings = listings_tables.listings


@dataclass(frozen=True, slots=True)
class Standing:
    """What a name stands at: a commit, or an annotated tag that comes to `commit`."""

    target: str
    commit: str


async def resolve(connection: Connection, repository: Repository, text: str) -> Revision:
    """
    The commit that a branch, a tag, a full name (refs/…), HEAD or a commit id of at least 7 digits means.

    Raises RevisionNotFound.
    """
    for name in _candidates(text):
        commit = await commit_of(connection, repository, name)
        if commit is not None:
            return Revision(repository, commit, name)
    commit = await _by_sha(connection, repository, text.lower())
    if commit is None:
        raise missing(repository, text)
    return Revision(repository, commit)


def is_whole_id(text: str) -> bool:
    """Whether it looks like the whole id of a commit."""
    return len(text) == WHOLE_SHA and bool(_SHA.match(text))


def missing(repository: Repository, text: str) -> RevisionNotFound:
    return RevisionNotFound(
        f"There is no revision {text[:200]!r} in {repository.full_name}.", hint="List them with: hf repos tag list, or refs."
    )


def _candidates(text: str) -> list[str]:
    if text.startswith("refs/"):
        return [text]
    if text == "HEAD":  # as git and huggingface.js name what a clone begins with
        return [MAIN]
    return [f"refs/heads/{text}", f"refs/tags/{text}"]


async def commit_of(connection: Connection, repository: Repository, name: str) -> str | None:
    """The commit under a full name."""
    return await connection.scalar(select(_refs.c.commit).where(_is(repository, name)))


async def commits_of(connection: Connection, repository_ids: Sequence[int], name: str) -> dict[int, str]:
    """The commit under one full name in many repositories."""
    found: dict[int, str] = {}
    for at in range(0, len(repository_ids), IDS_AT_ONCE):
        some = repository_ids[at : at + IDS_AT_ONCE]
        query = select(_refs.c.repository_id, _refs.c.commit).where(_refs.c.repository_id.in_(some), _refs.c.name == name)
        found.update({row.repository_id: row.commit for row in await connection.execute(query)})
    return found


async def _by_sha(connection: Connection, repository: Repository, text: str) -> str | None:
    if not _SHA.match(text):
        return None
    mine = and_(_objects.c.scope == repository.scope, _objects.c.type == "commit")
    query = select(_objects.c.id).where(mine, _objects.c.id >= text, _objects.c.id < text + "g").limit(2)
    found = (await connection.scalars(query)).all()
    return found[0] if len(found) == 1 else None


async def listing(connection: Connection, repository: Repository) -> list[Ref]:
    query = select(_refs.c.name, _refs.c.commit).where(_refs.c.repository_id == repository.id).order_by(_refs.c.name)
    return [Ref(row.name, row.commit) for row in await connection.execute(query)]


async def targets(connection: Connection, repository: Repository) -> list[tuple[str, str, str]]:
    """Every name with what it stands at (a commit, or an annotated tag) and the commit that this comes to."""
    query = select(_refs.c.name, _refs.c.target, _refs.c.commit).where(_refs.c.repository_id == repository.id)
    return [(row.name, row.target, row.commit) for row in await connection.execute(query.order_by(_refs.c.name))]


async def create(
    connection: Connection,
    repository: Repository,
    name: str,
    target: str,
    commit: str,
    now: datetime,
    *,
    is_first: bool = False,
) -> bool:
    """Whether the name was free. Of the first name of a repository nobody is told: it came with it."""
    if await commit_of(connection, repository, name) is not None:
        return False
    row = {"repository_id": repository.id, "name": name, "target": target, "commit": commit, "updated_at": now}
    await insert_ignoring(connection, _refs, [row])
    await _has_moved(connection, repository, name)
    created = await connection.scalar(select(_refs.c.target).where(_is(repository, name))) == target
    if created and not is_first:
        await _tell(connection, repository, name, "", commit, now)
    return created


async def move(connection: Connection, repository: Repository, name: str, old: str, new: str, now: datetime) -> bool:
    """Compare-and-set: False where the name no longer stands at `old`."""
    statement = update(_refs).where(_is(repository, name), _refs.c.commit == old)
    done = await connection.execute(statement.values(target=new, commit=new, updated_at=now))
    await _has_moved(connection, repository, name)
    moved: bool = done.rowcount == 1
    if moved and old != new:
        await _tell(connection, repository, name, old, new, now)
    return moved


async def compare_and_set(
    connection: Connection, repository: Repository, name: str, old: str, new: Standing | None, now: datetime
) -> bool:
    """
    As `move`, of any name, by what it stands at itself: `old` is "" where there is to be no such name yet; `new` None takes
    it away.
    """
    if not old:
        return new is not None and await create(connection, repository, name, new.target, new.commit, now)
    mine = and_(_is(repository, name), _refs.c.target == old)
    if new is None:
        done = await connection.execute(delete(_refs).where(mine))
    else:
        statement = update(_refs).where(mine).values(target=new.target, commit=new.commit, updated_at=now)
        await _has_moved(connection, repository, name)
        done = await connection.execute(statement)
    changed: bool = done.rowcount == 1
    if changed:
        await _tell(connection, repository, name, old, new.commit if new else "", now)
    return changed


async def _has_moved(connection: Connection, repository: Repository, name: str) -> None:
    """What lists know of `main` is of an older commit from now on."""
    if name == MAIN:
        await connection.execute(update(_listings).where(_listings.c.repository_id == repository.id).values(commit=None))


async def clash(connection: Connection, repository: Repository, name: str) -> str | None:
    """A name that lies within this one or around it: git keeps names as files and folders, and could not clone both."""
    around = ["/".join(name.split("/")[:count]) for count in range(3, name.count("/") + 1)]
    within = and_(_refs.c.name >= f"{name}/", _refs.c.name < f"{name}0")  # "0" follows "/"
    mine = _refs.c.repository_id == repository.id
    found: str | None = await connection.scalar(
        select(_refs.c.name).where(mine, or_(within, _refs.c.name.in_(around))).limit(1)
    )
    return found


async def remove(connection: Connection, repository: Repository, name: str, now: datetime) -> bool:
    """Whether there was such a name."""
    old = await commit_of(connection, repository, name)
    done = await connection.execute(delete(_refs).where(_is(repository, name)))
    removed: bool = done.rowcount == 1
    if removed:
        await _tell(connection, repository, name, old or "", "", now)
    return removed


async def _tell(connection: Connection, repository: Repository, name: str, old: str, new: str, now: datetime) -> None:
    """The commits before and after, "" where there was or is none."""
    await tell(connection, now, repository, "repo.content", "update", ref=name, old=old, new=new)


def _is(repository: Repository, name: str) -> ColumnElement[bool]:
    return and_(_refs.c.repository_id == repository.id, _refs.c.name == name)
