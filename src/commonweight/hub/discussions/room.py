"""Discussions: opening, saying, changing. Pull requests are discussions too; what they do with git is in `pulls.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from commonweight.clock import Clock
from commonweight.db import Connection, Database
from commonweight.errors import InvalidInput
from commonweight.hub.discussions import store
from commonweight.hub.discussions.values import (
    CLOSED,
    COMMENT,
    DRAFT,
    MERGED,
    OPEN,
    STATUS_CHANGE,
    STATUSES,
    TITLE_CHANGE,
    TYPES,
    Discussion,
    Event,
    Page,
    Wanted,
)
from commonweight.hub.errors import DiscussionNotFound, DiscussionState, MayNotWrite, TooMuch
from commonweight.hub.rights import check_contributes, check_reads, may_write
from commonweight.hub.values import Repository
from commonweight.identity import Caller

MAX_TITLE: Final = 200  # characters; what the column holds, and a line of a list
MAX_TEXT: Final = 65_536  # characters of a comment; longer texts belong in a file
MAX_EVENTS: Final = 2_500  # of one discussion: a page and an answer hold all of them
MAX_VERSIONS: Final = 200  # of one comment, all of which are kept
MAX_PAGE: Final = 1_000_000  # keeps numbers within what databases hold


class Discussions:
    """Discussions and pull requests of repositories. Whoever may read a repository may take part."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # Looking

    async def list(self, caller: Caller, repository: Repository, wanted: Wanted) -> Page:
        """The newest first. Raises RepositoryNotFound, InvalidInput."""
        check_reads(caller, repository)
        check_word("type", wanted.type, TYPES)
        check_word("status", wanted.status, STATUSES)
        async with self._database.read() as connection:
            return await store.listing(connection, repository, replace(wanted, page=max(0, min(wanted.page, MAX_PAGE))))

    async def find(self, caller: Caller, repository: Repository, number: int) -> Discussion:
        """Raises DiscussionNotFound, RepositoryNotFound."""
        check_reads(caller, repository)
        async with self._database.read() as connection:
            return await found(connection, repository, number)

    async def events(self, discussion: Discussion) -> Sequence[Event]:
        """What was said and done, in its order. THE CALLER MUST have found the discussion by `find`."""
        async with self._database.read() as connection:
            return await store.events(connection, discussion)

    async def count_open(self, repository: Repository) -> int:
        async with self._database.read() as connection:
            return await store.count_open(connection, repository)

    # Taking part

    async def open(self, caller: Caller, repository: Repository, title: str, description: str) -> Discussion:
        """A new discussion; its first event is the description. Raises MayNotWrite, InvalidInput, TooMuch."""
        account = check_contributes(caller, repository)
        title, text = check_title(title), check_text(description, least=0)
        now = self._clock.now()
        async with self._database.write() as connection:
            opened = await insert(connection, repository, title, account.id, now, is_pull_request=False, status=OPEN)
            await store.add_event(connection, opened, COMMENT, account.id, now, text=text)
            return await found(connection, repository, opened.number)

    async def comment(self, caller: Caller, repository: Repository, number: int, text: str) -> Event:
        """Raises DiscussionNotFound, MayNotWrite, InvalidInput, TooMuch, DiscussionState."""
        account, text = check_contributes(caller, repository), check_text(text)
        now = self._clock.now()
        async with self._database.write() as connection:
            discussion = await self._opened(connection, repository, number, now)
            event_id = await store.add_event(connection, discussion, COMMENT, account.id, now, text=text)
            return await event(connection, discussion, event_id)

    async def rename(self, caller: Caller, repository: Repository, number: int, title: str) -> Event:
        """For its author and who may write. Raises DiscussionNotFound, MayNotWrite, InvalidInput, DiscussionState."""
        account, title = check_contributes(caller, repository), check_title(title)
        now = self._clock.now()
        async with self._database.write() as connection:
            discussion = await self._opened(connection, repository, number, now)
            check_steers(caller, repository, discussion)
            if discussion.title == title:
                raise DiscussionState(f"{discussion_name(discussion)} has that title already.")
            await store.change(connection, discussion, now, title=title)
            data = {"from": discussion.title, "to": title}
            event_id = await store.add_event(connection, discussion, TITLE_CHANGE, account.id, now, data)
            return await event(connection, discussion, event_id)

    async def change_status(
        self, caller: Caller, repository: Repository, number: int, status: str, comment: str = ""
    ) -> Event:
        """
        To open or closed, for its author and who may write; open also takes a pull request out of its draft.

        Raises DiscussionNotFound, MayNotWrite, InvalidInput, TooMuch, DiscussionState.
        """
        account = check_contributes(caller, repository)
        check_word("status", status, (OPEN, CLOSED))
        said = check_text(comment, least=0)
        now = self._clock.now()
        async with self._database.write() as connection:
            discussion = await self._opened(connection, repository, number, now)
            check_steers(caller, repository, discussion)
            await self._set_status(connection, discussion, status, now)
            if said:
                await store.add_event(connection, discussion, COMMENT, account.id, now, text=said)
            event_id = await store.add_event(connection, discussion, STATUS_CHANGE, account.id, now, {"status": status})
            return await event(connection, discussion, event_id)

    async def _set_status(self, connection: Connection, discussion: Discussion, status: str, now: datetime) -> None:
        if discussion.status == MERGED:
            raise DiscussionState(f"{discussion_name(discussion)} is merged, and stays so.", hint="Open a new one.")
        before = {OPEN: (DRAFT, CLOSED), CLOSED: (DRAFT, OPEN)}[status]
        if not await store.change(connection, discussion, now, before, status=status):
            raise DiscussionState(f"{discussion_name(discussion)} is {status} already.")

    async def edit(self, caller: Caller, repository: Repository, number: int, event_id: int, text: str) -> Event:
        """
        Another text for one's own comment; what it said before is kept and shown.

        Raises DiscussionNotFound, MayNotWrite, InvalidInput, TooMuch, DiscussionState.
        """
        account, text = check_contributes(caller, repository), check_text(text)
        now = self._clock.now()
        async with self._database.write() as connection:
            discussion, comment = await self._comment(connection, repository, number, event_id, now)
            if comment.author_id != account.id:
                raise MayNotWrite("Only its author may edit a comment.")
            if comment.is_hidden:
                raise DiscussionState("This comment is hidden, and what it said is gone.", hint="Write a new one.")
            if len(comment.texts) >= MAX_VERSIONS:
                raise DiscussionState(f"This comment was edited {MAX_VERSIONS} times.", hint="Write a new one.")
            await store.add_text(connection, event_id, len(comment.texts), text, account.id, now)
            await store.tell(connection, discussion, event_id, "comment-edit", now)
            return await event(connection, discussion, event_id)

    async def hide(self, caller: Caller, repository: Repository, number: int, event_id: int) -> Event:
        """
        Take away what a comment says, with all that it said before, for good: for its author and who may write.

        Raises DiscussionNotFound, MayNotWrite, DiscussionState.
        """
        account = check_contributes(caller, repository)
        now = self._clock.now()
        async with self._database.write() as connection:
            discussion, comment = await self._comment(connection, repository, number, event_id, now)
            if comment.author_id != account.id and not may_write(caller, repository):
                raise MayNotWrite("Only its author and those who may write to the repository may hide a comment.")
            if comment.is_hidden:
                raise DiscussionState("This comment is hidden already.")
            await store.hide(connection, event_id, now)
            await store.tell(connection, discussion, event_id, "comment-hide", now)
            return await event(connection, discussion, event_id)

    async def _opened(self, connection: Connection, repository: Repository, number: int, now: datetime) -> Discussion:
        """The discussion, locked until the transaction ends, with room for what comes. Raises DiscussionNotFound."""
        discussion = await locked(connection, repository, number, now)
        await check_room(connection, discussion)
        return discussion

    async def _comment(
        self, connection: Connection, repository: Repository, number: int, event_id: int, now: datetime
    ) -> tuple[Discussion, Event]:
        discussion = await locked(connection, repository, number, now)
        comment = await event(connection, discussion, event_id)
        if comment.type != COMMENT:
            raise no_comment(discussion, event_id)
        return discussion, comment


async def insert(
    connection: Connection,
    repository: Repository,
    title: str,
    author_id: int,
    now: datetime,
    *,
    is_pull_request: bool,
    status: str,
    base: str = "",
    base_commit: str = "",
) -> Discussion:
    """A row with the repository's next number."""
    number = await store.next_number(connection, repository)
    row = {"repository_id": repository.id, "number": number, "title": title, "status": status, "author_id": author_id}
    row |= {"is_pull_request": is_pull_request, "created_at": now, "updated_at": now, "merge_commit": ""}
    row |= {"base": base, "base_commit": base_commit}
    await store.insert_discussion(connection, row)
    return await found(connection, repository, number)


async def found(connection: Connection, repository: Repository, number: int) -> Discussion:
    """Raises DiscussionNotFound."""
    discussion = await store.find(connection, repository, number)
    if discussion is None:
        raise DiscussionNotFound(f"There is no discussion {number} in {repository.full_name}.")
    return discussion


async def locked(connection: Connection, repository: Repository, number: int, now: datetime) -> Discussion:
    """As `found`, in a transaction that nobody else changes it in. Raises DiscussionNotFound."""
    await store.lock(connection, await found(connection, repository, number), now)
    return await found(connection, repository, number)


async def event(connection: Connection, discussion: Discussion, event_id: int) -> Event:
    """Raises DiscussionNotFound unless it is of this discussion."""
    events = await store.events(connection, discussion, event_id)
    if not events:
        raise no_comment(discussion, event_id)
    return events[0]


def no_comment(discussion: Discussion, event_id: int) -> DiscussionNotFound:
    return DiscussionNotFound(f"There is no comment {event_id} in discussion {discussion.number}.")


async def check_room(connection: Connection, discussion: Discussion) -> None:
    """Raises DiscussionState where it is as long as it may become."""
    if await store.count_events(connection, discussion) >= MAX_EVENTS:
        raise DiscussionState(f"{discussion_name(discussion)} has {MAX_EVENTS} entries.", hint="Open a new one.")


def may_steer(caller: Caller, repository: Repository, discussion: Discussion) -> bool:
    """Who may change title and status: its author, and who may write to the repository."""
    is_author = caller.account is not None and caller.account.id == discussion.author_id
    return is_author or may_write(caller, repository)


def check_steers(caller: Caller, repository: Repository, discussion: Discussion) -> None:
    """Raises MayNotWrite."""
    if not may_steer(caller, repository, discussion):
        raise MayNotWrite("Only its author and those who may write to the repository may change this.")


def check_title(title: str) -> str:
    """One line. Raises InvalidInput, TooMuch."""
    clean = " ".join(title.replace("\0", "").split())
    if not clean:
        raise InvalidInput("The title is empty.", hint="Say in a few words what it is about.")
    if len(clean) > MAX_TITLE:
        raise TooMuch(f"The title has {len(clean)} characters; it may have {MAX_TITLE}.")
    return clean


def check_text(text: str, least: int = 1) -> str:
    """Raises InvalidInput where nothing was said, TooMuch."""
    clean = text.replace("\0", "").replace("\r\n", "\n")
    if len(clean.strip()) < least:
        raise InvalidInput("The comment is empty.", hint="Write something.")
    if len(clean) > MAX_TEXT:
        raise TooMuch(f"The text has {len(clean)} characters; it may have {MAX_TEXT}.", hint="Put it into a file.")
    return clean if clean.strip() else ""


def check_word(what: str, word: str, words: Sequence[str]) -> None:
    """Raises InvalidInput."""
    if word not in words:
        raise InvalidInput(f"{what!r} is {word[:50]!r}; expected one of {', '.join(words)}.")


def discussion_name(discussion: Discussion) -> str:
    return f"{'Pull request' if discussion.is_pull_request else 'Discussion'} {discussion.number}"
