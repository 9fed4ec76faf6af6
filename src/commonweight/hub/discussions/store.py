"""Rows of discussions and their events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, select, update

from commonweight.db import Connection
from commonweight.db.tables import discussions as tables
from commonweight.db.tables import hub as hub_tables
from commonweight.db.tables import identity as accounts_tables
from commonweight.hub.discussions.values import (
    CLOSED,
    COMMENT,
    DRAFT,
    MERGED,
    OPEN,
    CommentText,
    Discussion,
    Event,
    Page,
    Wanted,
)
from commonweight.hub.repositories import not_found
from commonweight.hub.values import Repository
from commonweight.jobs import enqueue

DISCUSSION_CHANGED = "discussion_changed"  # the job after each event: for whoever tells others of it

_discussions = tables.discussions
_events = tables.discussion_events
_texts = tables.comment_texts
_accounts = accounts_tables.accounts


async def next_number(connection: Connection, repository: Repository) -> int:
    """The next number of a repository, which nobody else gets: the row is locked until the transaction ends."""
    rows = hub_tables.repositories
    counted = update(rows).where(rows.c.id == repository.id).values(last_discussion=rows.c.last_discussion + 1)
    number: int | None = await connection.scalar(counted.returning(rows.c.last_discussion))
    if number is None:  # deleted meanwhile
        raise not_found(repository.kind, repository.full_name)
    return number


async def insert_discussion(connection: Connection, row: Mapping[str, Any]) -> int:
    number: int | None = await connection.scalar(insert(_discussions).values(dict(row)).returning(_discussions.c.id))
    assert number is not None
    return number


async def find(connection: Connection, repository: Repository, number: int) -> Discussion | None:
    here = and_(_discussions.c.repository_id == repository.id, _discussions.c.number == number)
    row = (await connection.execute(_select().where(here))).first()
    return _discussion(row) if row else None


async def listing(connection: Connection, repository: Repository, wanted: Wanted) -> Page:
    these = and_(*_conditions(repository, wanted))
    joined = _discussions.outerjoin(_accounts, _accounts.c.id == _discussions.c.author_id)
    count = await connection.scalar(select(func.count()).select_from(joined).where(these)) or 0
    start = wanted.page * wanted.per_page
    query = _select().where(these).order_by(_discussions.c.number.desc()).limit(wanted.per_page).offset(start)
    return Page(count, start, [_discussion(row) for row in await connection.execute(query)])


async def count_open(connection: Connection, repository: Repository) -> int:
    these = and_(*_conditions(repository, Wanted(status="open")))
    return (await connection.scalar(select(func.count()).select_from(_discussions).where(these))) or 0


def _conditions(repository: Repository, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_discussions.c.repository_id == repository.id]
    if wanted.type != "all":
        found.append(_discussions.c.is_pull_request.is_(wanted.type == "pull_request"))
    if wanted.status != "all":
        found.append(_discussions.c.status.in_([OPEN, DRAFT] if wanted.status == "open" else [CLOSED, MERGED]))
    if wanted.author:
        found.append(_accounts.c.name_lower == wanted.author.lower())
    return found


async def change(
    connection: Connection, discussion: Discussion, now: datetime, only: Collection[str] = (), **columns: Any
) -> bool:
    """Set columns. With `only`, where the status is one of these: False where it is another by now."""
    these = _discussions.c.id == discussion.id
    if only:
        these = and_(these, _discussions.c.status.in_(list(only)))
    done = await connection.execute(update(_discussions).where(these).values(updated_at=now, **columns))
    return done.rowcount == 1


async def status_of(connection: Connection, discussion_id: int) -> str | None:
    return await connection.scalar(select(_discussions.c.status).where(_discussions.c.id == discussion_id))


async def add_event(
    connection: Connection,
    discussion: Discussion,
    type: str,
    author_id: int | None,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    text: str = "",
) -> int:
    """Write an event, of a comment its first text, and in the same transaction the job that lets others know."""
    row = {"discussion_id": discussion.id, "type": type, "author_id": author_id, "created_at": now, "data": dict(data or {})}
    event_id: int | None = await connection.scalar(insert(_events).values(row).returning(_events.c.id))
    assert event_id is not None
    if type == COMMENT:
        await add_text(connection, event_id, 0, text, author_id, now)
    await tell(connection, discussion, event_id, type, now)
    return event_id


async def tell(connection: Connection, discussion: Discussion, event_id: int, what: str, now: datetime) -> None:
    """`what` is the type of a new event, or `comment-edit`, `comment-hide`."""
    payload = {"repository_id": discussion.repository_id, "number": discussion.number, "event_id": event_id, "what": what}
    await enqueue(connection, now, DISCUSSION_CHANGED, payload)


async def add_text(
    connection: Connection, event_id: int, version: int, text: str, author_id: int | None, now: datetime
) -> None:
    row = {"event_id": event_id, "version": version, "text": text, "author_id": author_id, "written_at": now}
    await connection.execute(insert(_texts).values(row))


async def hide(connection: Connection, event_id: int, now: datetime) -> None:
    """Mark a comment as hidden; what it said is gone for good."""
    await connection.execute(delete(_texts).where(_texts.c.event_id == event_id))
    await connection.execute(update(_events).where(_events.c.id == event_id).values(hidden_at=now))


async def lock(connection: Connection, discussion: Discussion, now: datetime) -> None:
    """Whoever changes a discussion's comments comes one after the other."""
    await connection.execute(update(_discussions).where(_discussions.c.id == discussion.id).values(updated_at=now))


async def count_events(connection: Connection, discussion: Discussion) -> int:
    query = select(func.count()).select_from(_events).where(_events.c.discussion_id == discussion.id)
    return await connection.scalar(query) or 0


async def events(connection: Connection, discussion: Discussion, only: int | None = None) -> list[Event]:
    """In their order; with `only`, the one of that number, if it is of this discussion."""
    these = _events.c.discussion_id == discussion.id
    if only is not None:
        these = and_(these, _events.c.id == only)
    query = select(_events, _accounts.c.name.label("author")).where(these).order_by(_events.c.id)
    rows = (await connection.execute(query.outerjoin(_accounts, _accounts.c.id == _events.c.author_id))).all()
    texts = await _texts_of(connection, discussion, only)
    return [_event(row, texts.get(row.id, ())) for row in rows]


async def _texts_of(connection: Connection, discussion: Discussion, only: int | None) -> dict[int, list[CommentText]]:
    these = _events.c.discussion_id == discussion.id
    if only is not None:
        these = and_(these, _events.c.id == only)
    query = select(_texts, _accounts.c.name.label("author")).join(_events, _events.c.id == _texts.c.event_id)
    query = query.outerjoin(_accounts, _accounts.c.id == _texts.c.author_id).where(these)
    found: dict[int, list[CommentText]] = {}
    for row in await connection.execute(query.order_by(_texts.c.event_id, _texts.c.version)):
        found.setdefault(row.event_id, []).append(CommentText(row.text, row.author or "", row.written_at))
    return found


def _event(row: Any, texts: Sequence[CommentText]) -> Event:
    return Event(
        id=row.id,
        type=row.type,
        author=row.author or "",
        author_id=row.author_id,
        created_at=row.created_at,
        data=row.data,
        texts=tuple(texts),
        is_hidden=row.hidden_at is not None,
    )


def _select() -> Select[Any]:
    joined = _discussions.outerjoin(_accounts, _accounts.c.id == _discussions.c.author_id)
    return select(_discussions, _accounts.c.name.label("author")).select_from(joined)


def _discussion(row: Any) -> Discussion:
    return Discussion(
        id=row.id,
        repository_id=row.repository_id,
        number=row.number,
        title=row.title,
        status=row.status,
        is_pull_request=row.is_pull_request,
        author=row.author or "",
        author_id=row.author_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        base=row.base,
        base_commit=row.base_commit,
        merge_commit=row.merge_commit,
    )
