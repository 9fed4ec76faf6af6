"""Remotes that fail: left alone for a while, passed over for what stands in, never asked twice for what had begun."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from commonweight.db import Database
from commonweight.errors import CommonweightError
from commonweight.identity import Caller
from commonweight.serving import EngineLost, EngineOverloaded, Offer, ServableModel
from commonweight.serving.line.breaker import FAILURES, FIRST_REST_S
from commonweight.serving.remote import Remote, RemoteBusy, Remotes, Resting, SeatsWithRemotes, remote_session
from commonweight.wire.openai.upstream import Call, Upstream
from tests.serving.test_remote import ANSWER, NoEngines, _say_nothing, body_for, make, people, server  # noqa: F401

PATH = "/v1/chat/completions"
Answer = tuple[int, dict[str, str]]  # status and headers of what the other side says
GOOD: Answer = (200, {})
CUT: Answer = (0, {})  # the answer begins and breaks off
FAILS: Answer = (500, {})


@dataclass
class Elsewhere:
    """Somebody else's server, which says what the test tells it to, and a clock for those who leave it alone."""

    says: list[Answer] = field(default_factory=list)  # then GOOD
    asked: int = 0
    now: float = 1000.0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        status, headers = self.says.pop(0) if self.says else GOOD
        if status:
            return web.json_response(ANSWER if status == 200 else {}, status=status, headers=headers)
        response = web.StreamResponse()
        response.content_length = 1000
        await response.prepare(request)
        await response.write(b'{"choices"')
        assert request.transport is not None
        request.transport.close()
        return response


@dataclass
class Asking:
    """Asks through the code of every wire."""

    elsewhere: Elsewhere
    upstream: Upstream
    remotes: Remotes
    model: ServableModel

    async def __call__(self, *instead: ServableModel) -> Any:
        call = Call(self.model, PATH, body_for, "messages", instead=[Offer(one, (), "none") for one in instead])
        async with self.upstream.ask(call, 5, _say_nothing) as opened:
            return await opened.document()

    async def outcomes(self, count: int) -> Sequence[type[Exception] | None]:
        found: list[type[Exception] | None] = []
        for _ in range(count):
            try:
                await self()
                found.append(None)
            except CommonweightError as error:
                found.append(type(error))
        return found


@asynccontextmanager
async def asking(database: Database, people: dict[str, Caller], *says: Answer) -> AsyncIterator[Asking]:  # noqa: F811
    elsewhere = Elsewhere(list(says))
    async with server(elsewhere.handle) as url, remote_session(True, 5.0) as session:
        remotes = make(database)
        remote = await remotes.set(people["root"], Remote("closed", url, "gpt-x", organisations=("acme",)), "key")
        seats = SeatsWithRemotes(NoEngines(), remotes, Resting(lambda: elsewhere.now))
        upstream = Upstream(seats, session, remote_session=session)
        yield Asking(elsewhere, upstream, remotes, remote.servable)


async def test_a_remote_that_fails_again_and_again_is_left_alone_then_tried_with_one_request(
    database: Database,
    people: dict[str, Caller],  # noqa: F811
) -> None:
    async with asking(database, people, *[FAILS] * (FAILURES + 1)) as ask:
        await ask.outcomes(FAILURES)
        with pytest.raises(EngineOverloaded, match="left alone for 2 s: it failed") as caught:
            await ask()
        assert (ask.elsewhere.asked, caught.value.headers["retry-after"]) == (FAILURES, "2")
        ask.elsewhere.now += FIRST_REST_S
        with pytest.raises(EngineLost):
            await ask()
        ask.elsewhere.now += FIRST_REST_S
        with pytest.raises(EngineOverloaded):
            await ask()
        assert ask.elsewhere.asked == FAILURES + 1, "twice as long after the next failure"
        ask.elsewhere.now += FIRST_REST_S
        assert await ask() == ANSWER
        assert await ask.outcomes(2) == [None, None]


async def test_one_that_fails_now_and_then_is_not_left_alone(
    database: Database,
    people: dict[str, Caller],  # noqa: F811
) -> None:
    async with asking(database, people, FAILS, FAILS, GOOD, FAILS, FAILS, GOOD) as ask:
        await ask.outcomes(6)
        assert ask.elsewhere.asked == 6


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
async def test_a_remote_that_says_for_how_long_is_left_alone_for_that_long(
    database: Database,
    people: dict[str, Caller],  # noqa: F811
    status: int,
    as_date: bool,
) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=31), usegmt=True) if as_date else "30"
    async with asking(database, people, (status, {"retry-after": until})) as ask:
        with pytest.raises((EngineLost, EngineOverloaded)) as caught:
            await ask()
        assert 29 <= int(caught.value.headers["retry-after"]) <= 31
        ask.elsewhere.now += 20
        with pytest.raises(EngineOverloaded, match="asked for that") as later:
            await ask()
        assert 9 <= int(later.value.headers["retry-after"]) <= 11
        assert ask.elsewhere.asked == 1
        ask.elsewhere.now += 11
        assert await ask() == ANSWER


@pytest.mark.parametrize("said", ["soon", "-3", "", "1e999", "Wed, 21 Oct 2015 07:28:00 GMT"])
async def test_what_is_no_time_to_come_back_is_passed_over(
    database: Database,
    people: dict[str, Caller],  # noqa: F811
    said: str,
) -> None:
    async with asking(database, people, (429, {"retry-after": said})) as ask:
        with pytest.raises(EngineOverloaded) as caught:
            await ask()
        assert 1 <= int(caught.value.headers["retry-after"]) <= 120
        assert await ask() == ANSWER


@pytest.mark.parametrize("status", [400, 401, 403, 404, 307])
async def test_a_refusal_of_a_request_says_nothing_of_the_remote(
    database: Database,
    people: dict[str, Caller],  # noqa: F811
    status: int,
) -> None:
    async with asking(database, people, *[(status, {})] * 6) as ask:
        await ask.outcomes(6)
        assert ask.elsewhere.asked == 6


async def test_an_answer_that_breaks_off_is_not_asked_for_again_and_counts_as_a_failure(
    database: Database,
    people: dict[str, Caller],  # noqa: F811
) -> None:
    async with asking(database, people, *[CUT] * FAILURES) as ask:
        assert await ask.outcomes(FAILURES + 1) == [EngineLost] * FAILURES + [RemoteBusy]
        assert ask.elsewhere.asked == FAILURES


@pytest.mark.parametrize("trouble", [FAILS, (429, {"retry-after": "60"}), (401, {})])
async def test_what_stands_in_by_an_alias_answers_while_a_remote_does_not(
    database: Database,
    people: dict[str, Caller],  # noqa: F811
    trouble: Answer,
) -> None:
    other = Elsewhere()
    async with asking(database, people, trouble) as ask, server(other.handle) as url:
        spare = await ask.remotes.set(people["root"], Remote("spare", url, "gpt-y", organisations=("acme",)), "key")
        assert await ask(spare.servable) == ANSWER
        assert (ask.elsewhere.asked, other.asked) == (1, 1)
        await ask(spare.servable)
        assert ask.elsewhere.asked == (1 if trouble[0] == 429 else 2)


async def test_an_address_where_nobody_listens_is_told_once_and_at_once(
    database: Database,
    people: dict[str, Caller],  # noqa: F811
) -> None:
    async with asking(database, people) as ask:
        gone = Remote("closed", "http://127.0.0.1:9", "gpt-x", organisations=("acme",))
        await ask.remotes.set(people["root"], gone)
        with pytest.raises(EngineLost, match="The remote 'closed' could not be reached"):
            await ask()


async def test_a_changed_address_begins_anew(database: Database, people: dict[str, Caller]) -> None:  # noqa: F811
    other = Elsewhere()
    async with asking(database, people, *[FAILS] * FAILURES) as ask, server(other.handle) as url:
        await ask.outcomes(FAILURES)
        await ask.remotes.set(people["root"], Remote("closed", url, "gpt-x", organisations=("acme",)))
        assert await ask() == ANSWER
