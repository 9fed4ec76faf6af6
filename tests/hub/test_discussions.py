"""Discussions: one count, events in their order, and who may do what."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from commonweight.clock import SetClock
from commonweight.db import Database
from commonweight.db.tables import discussions as tables
from commonweight.db.tables import jobs as jobs_tables
from commonweight.errors import InvalidInput
from commonweight.hub import (
    Discussion,
    DiscussionNotFound,
    DiscussionState,
    Hub,
    MayNotWrite,
    Repository,
    RepositoryNotFound,
    TooMuch,
    Wanted,
)
from commonweight.identity import ANONYMOUS, Caller, Role, TokenInfo


@pytest.fixture
async def discussion(hub: Hub, bob: Caller, repository: Repository) -> Discussion:
    """Bob's, in a repository of Ada."""
    return await hub.discussions.open(bob, repository, "A question", "Which licence?")


async def shown(hub: Hub, discussion: Discussion) -> list[tuple[str, str]]:
    return [(one.type, one.text or str(dict(sorted(one.data.items())))) for one in await hub.discussions.events(discussion)]


async def test_a_discussion_begins_with_its_description(hub: Hub, bob: Caller, discussion: Discussion) -> None:
    assert (discussion.number, discussion.status, discussion.author) == (1, "open", "bob")
    assert await shown(hub, discussion) == [("comment", "Which licence?")]


async def test_discussions_and_pull_requests_share_one_count(hub: Hub, bob: Caller, repository: Repository) -> None:
    opened = [
        await hub.discussions.open(bob, repository, "One", ""),
        await hub.pulls.open(bob, repository, "Two", ""),
        await hub.discussions.open(bob, repository, "Three", ""),
    ]
    assert [(one.number, one.is_pull_request) for one in opened] == [(1, False), (2, True), (3, False)]


async def test_of_many_that_are_opened_at_once_each_has_a_number_of_its_own(
    hub: Hub, ada: Caller, bob: Caller, repository: Repository
) -> None:
    rooms = (hub.discussions, hub.pulls)
    opened = await asyncio.gather(*(rooms[n % 2].open(bob, repository, f"No {n}", "") for n in range(8)))
    assert sorted(one.number for one in opened) == list(range(1, 9))
    other = await hub.create(ada, "model", None, "other")
    assert (await hub.discussions.open(bob, other, "First here", "")).number == 1


async def test_what_is_said_and_done_is_told_in_its_order(
    hub: Hub, ada: Caller, bob: Caller, repository: Repository, discussion: Discussion
) -> None:
    await hub.discussions.comment(ada, repository, 1, "MIT")
    await hub.discussions.rename(ada, repository, 1, "  A question \n of licence ")
    await hub.discussions.change_status(bob, repository, 1, "closed", "Thanks")
    assert (await shown(hub, discussion))[1:] == [
        ("comment", "MIT"),
        ("title-change", "{'from': 'A question', 'to': 'A question of licence'}"),
        ("comment", "Thanks"),
        ("status-change", "{'status': 'closed'}"),
    ]
    now = await hub.discussions.find(bob, repository, 1)
    assert (now.title, now.status) == ("A question of licence", "closed")


async def test_an_edited_comment_keeps_what_it_said(
    hub: Hub, clock: SetClock, bob: Caller, repository: Repository, discussion: Discussion
) -> None:
    first = (await hub.discussions.events(discussion))[0]
    clock.advance(timedelta(minutes=1))
    edited = await hub.discussions.edit(bob, repository, 1, first.id, "Which licence, please?")
    assert [one.text for one in edited.texts] == ["Which licence?", "Which licence, please?"]
    assert edited.texts[1].written_at - edited.texts[0].written_at == timedelta(minutes=1)


async def test_of_edits_at_once_none_is_lost(hub: Hub, bob: Caller, repository: Repository, discussion: Discussion) -> None:
    first = (await hub.discussions.events(discussion))[0]
    await asyncio.gather(*(hub.discussions.edit(bob, repository, 1, first.id, f"No {n}") for n in range(5)))
    assert len((await hub.discussions.events(discussion))[0].texts) == 6


async def test_a_hidden_comment_is_gone_for_good(
    hub: Hub, database: Database, ada: Caller, bob: Caller, repository: Repository, discussion: Discussion
) -> None:
    first = (await hub.discussions.events(discussion))[0]
    await hub.discussions.edit(bob, repository, 1, first.id, "A secret")
    hidden = await hub.discussions.hide(ada, repository, 1, first.id)
    assert (hidden.is_hidden, hidden.text) == (True, "")
    async with database.read() as connection:
        assert (await connection.scalars(select(tables.comment_texts.c.text))).all() == []
    for deed in (
        hub.discussions.edit(bob, repository, 1, first.id, "x"),
        hub.discussions.hide(bob, repository, 1, first.id),
    ):
        with pytest.raises(DiscussionState, match="hidden"):
            await deed


async def test_a_stranger_comments_and_steers_nothing(
    hub: Hub, ada: Caller, bob: Caller, identity, repository: Repository, discussion: Discussion
) -> None:
    carl = Caller(await identity.create_user("carl"), TokenInfo(2, "t", Role.WRITE), {})
    comment = await hub.discussions.comment(ada, repository, 1, "MIT")
    await hub.discussions.comment(carl, repository, 1, "Me too")
    for deed in (
        hub.discussions.rename(carl, repository, 1, "Mine"),
        hub.discussions.change_status(carl, repository, 1, "closed"),
        hub.discussions.edit(carl, repository, 1, comment.id, "GPL"),
        hub.discussions.edit(bob, repository, 1, comment.id, "GPL"),
        hub.discussions.hide(bob, repository, 1, comment.id),
    ):
        with pytest.raises(MayNotWrite):
            await deed


async def test_nobody_without_an_account_and_no_token_for_reading_takes_part(
    hub: Hub, bob: Caller, repository: Repository, discussion: Discussion
) -> None:
    reader = Caller(bob.account, TokenInfo(2, "r", Role.READ), {})
    for caller in (ANONYMOUS, reader):
        assert (await hub.discussions.find(caller, repository, 1)).title == "A question"
        with pytest.raises(MayNotWrite):
            await hub.discussions.comment(caller, repository, 1, "Hello")
        with pytest.raises(MayNotWrite):
            await hub.pulls.open(caller, repository, "Hello", "")


async def test_those_of_a_private_repository_are_missing_to_others(hub: Hub, ada: Caller, bob: Caller) -> None:
    private = await hub.create(ada, "model", None, "closed", "private")
    await hub.discussions.open(ada, private, "Secret", "")
    for deed in (
        hub.discussions.list(bob, private, Wanted()),
        hub.discussions.find(bob, private, 1),
        hub.discussions.open(bob, private, "Knock", ""),
        hub.discussions.comment(bob, private, 1, "Knock"),
        hub.pulls.open(bob, private, "Knock", ""),
    ):
        with pytest.raises(RepositoryNotFound):
            await deed


async def test_a_comment_is_found_in_its_own_discussion_alone(
    hub: Hub, bob: Caller, repository: Repository, discussion: Discussion
) -> None:
    other = await hub.discussions.open(bob, repository, "Another", "There")
    there = (await hub.discussions.events(other))[0]
    closing = await hub.discussions.change_status(bob, repository, other.number, "closed")
    for number, event_id in ((1, there.id), (2, closing.id), (2, 999), (7, there.id)):
        with pytest.raises(DiscussionNotFound):
            await hub.discussions.edit(bob, repository, number, event_id, "x")


async def test_a_list_is_filtered_counted_and_cut(hub: Hub, ada: Caller, bob: Caller, repository: Repository) -> None:
    for n in range(3):
        await hub.discussions.open(bob, repository, f"No {n}", "")
    await hub.pulls.open(ada, repository, "Pull", "")
    await hub.discussions.change_status(bob, repository, 2, "closed")

    async def numbers(**wanted: object) -> tuple[int, list[int]]:
        page = await hub.discussions.list(ANONYMOUS, repository, Wanted(**wanted))  # type: ignore[arg-type]
        return page.count, [one.number for one in page.discussions]

    assert await numbers() == (4, [4, 3, 2, 1])
    assert await numbers(type="pull_request") == (1, [4])
    assert await numbers(type="discussion", status="open") == (2, [3, 1])
    assert await numbers(status="closed") == (1, [2])
    assert await numbers(author="BOB", status="open") == (2, [3, 1])
    assert await numbers(author="nobody") == (0, [])
    assert await numbers(per_page=3, page=1) == (4, [1])
    assert await hub.discussions.count_open(repository) == 3
    with pytest.raises(InvalidInput, match="expected one of all, open, closed"):
        await numbers(status="draft")


@pytest.mark.parametrize(("title", "text", "error"), [("", "x", InvalidInput), (" \n", "x", InvalidInput)])
async def test_a_title_has_words(
    hub: Hub, bob: Caller, repository: Repository, title: str, text: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await hub.discussions.open(bob, repository, title, text)


async def test_what_is_too_long_or_empty_is_refused(
    hub: Hub, bob: Caller, repository: Repository, discussion: Discussion
) -> None:
    for title, text in (("x" * 201, ""), ("x", "x" * 65_537)):
        with pytest.raises(TooMuch):
            await hub.discussions.open(bob, repository, title, text)
    with pytest.raises(InvalidInput, match="empty"):
        await hub.discussions.comment(bob, repository, 1, " \n ")
    assert (await hub.discussions.comment(bob, repository, 1, "a\0b")).text == "ab"


async def test_a_status_changes_to_another_alone(
    hub: Hub, bob: Caller, repository: Repository, discussion: Discussion
) -> None:
    with pytest.raises(DiscussionState, match="is open already"):
        await hub.discussions.change_status(bob, repository, 1, "open")
    await hub.discussions.change_status(bob, repository, 1, "closed")
    await hub.discussions.change_status(bob, repository, 1, "open")
    with pytest.raises(InvalidInput, match="expected one of open, closed"):
        await hub.discussions.change_status(bob, repository, 1, "merged")


async def test_each_event_comes_with_a_job_that_tells_of_it(
    hub: Hub, database: Database, bob: Caller, repository: Repository, discussion: Discussion
) -> None:
    comment = await hub.discussions.comment(bob, repository, 1, "Hello")
    await hub.discussions.hide(bob, repository, 1, comment.id)
    with pytest.raises(DiscussionState):
        await hub.discussions.change_status(bob, repository, 1, "open")
    async with database.read() as connection:
        jobs = jobs_tables.jobs.c
        rows = (
            await connection.scalars(select(jobs.payload).where(jobs.kind == "discussion_changed").order_by(jobs.id))
        ).all()
    assert [(one["number"], one["what"]) for one in rows] == [(1, "comment"), (1, "comment"), (1, "comment-hide")]
    assert rows[1] == {"repository_id": repository.id, "number": 1, "event_id": comment.id, "what": "comment"}


async def test_they_go_with_their_repository(
    hub: Hub, database: Database, ada: Caller, repository: Repository, discussion: Discussion
) -> None:
    await hub.delete(ada, repository)
    async with database.read() as connection:
        for table in (tables.discussions, tables.discussion_events, tables.comment_texts):
            assert (await connection.execute(select(table))).all() == []
