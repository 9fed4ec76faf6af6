"""A line of a batch is a request to our own routes, by whoever made the batch, behind what is interactive."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import aiohttp
import orjson
import pytest
from starlette.requests import Request

from commonweight.asgi import client_of
from commonweight.batches import Line
from commonweight.identity import Account, Caller
from commonweight.serving import Ask, Lane, LoadFailed, PlainTicket, Router, ServableModel
from commonweight.wire.openai import LineRunner, caller_of_line
from commonweight.wire.openai.call import Call
from commonweight.wire.openai.upstream import Upstream

ADA = Caller(Account(1, "user", "ada", "Ada"))
LINE = Line(1, "a", "/v1/chat/completions", {"model": "tiny", "messages": []}, "10.0.0.1")


class Route:
    """An application that answers what it is told to, and remembers who asked."""

    def __init__(self, status: int, body: bytes, **headers: str) -> None:
        self._status, self._body = status, body
        self._headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.asked: list[tuple[Caller, str, str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        caller = await caller_of_line(request)
        self.asked.append((caller, request.url.path, client_of(request), await request.json()))
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        for half in (self._body[:3], self._body[3:]):
            await send({"type": "http.response.body", "body": half, "more_body": half != self._body[3:]})


async def test_the_route_of_the_url_is_asked_by_who_made_the_batch() -> None:
    route = Route(200, orjson.dumps({"object": "chat.completion"}), x_request_id="r7")
    outcome = await LineRunner(route)(ADA, LINE)
    assert route.asked == [(ADA, LINE.url, "10.0.0.1", LINE.body)]
    assert (outcome.status, outcome.request_id, outcome.body) == (200, "r7", {"object": "chat.completion"})


@pytest.mark.parametrize(
    ("headers", "retry_after", "final"),
    [
        ({"retry_after": "1.5"}, 1.5, False),
        ({"x_should_retry": "false"}, None, True),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None, False),
    ],
)
async def test_what_a_refusal_says_of_trying_again_is_understood(
    headers: dict[str, str], retry_after: float | None, final: bool
) -> None:
    outcome = await LineRunner(Route(429, b'{"error": {"code": "rate_limit_exceeded"}}', **headers))(ADA, LINE)
    assert (outcome.code, outcome.retry_after, outcome.final) == ("rate_limit_exceeded", retry_after, final)


async def test_an_answer_that_is_no_json_is_an_error_and_no_defect() -> None:
    outcome = await LineRunner(Route(502, b"<html>"))(ADA, LINE)
    assert outcome.body["error"]["type"] == "server_error"


async def test_a_line_that_is_given_up_leaves_its_route() -> None:
    """As a client that leaves: the route waits for more and is cancelled."""
    left = asyncio.Event()

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        try:
            await receive()
        finally:
            left.set()

    running = asyncio.create_task(LineRunner(waits)(ADA, LINE))
    await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait_for(left.wait(), 1)


class FullHouse:
    """A router that remembers in which lane it was asked, and has no engine."""

    def __init__(self) -> None:
        self.lanes: list[str] = []

    async def seat(self, model: ServableModel, ask: Ask, wait: float, on_progress: Any) -> Any:
        self.lanes.append(ask.ticket.lane)
        raise LoadFailed("no engine here")


@pytest.mark.parametrize("lane", list(Lane))
async def test_whatever_admission_says_lines_queue_in_their_own_lane(lane: Lane) -> None:
    house, model = FullHouse(), ServableModel("ada/tiny", "c" * 40, "m.gguf", 1, "")
    async with aiohttp.ClientSession() as session:
        upstream = Upstream(cast(Router, house), session, lane)
        call = Call(model, "/v1/completions", lambda replica: b"", "prompt", ticket=PlainTicket(1))
        with pytest.raises(LoadFailed):
            async with upstream.ask(call, 1.0, _say_nothing):
                pass
    assert set(house.lanes) == {lane}


async def _say_nothing(text: str) -> None:
    """Nobody listens."""
