"""The ledger against the engine's own counters, whatever became of a request: never more, and what was read to the token."""

from __future__ import annotations

import http.client
import itertools
import json
import time
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from openai import OpenAI
from sqlalchemy import func, select

from commonweight.db import Database
from commonweight.db.tables.accounting import ledger
from commonweight.serving import Replica
from tests.wire.openai.server import KEY
from tests.wire.openai.world import Gateway, busy_slots, until

#: Tokens of each choice that an engine may have made between the last one that was read and noticing that nobody listens.
UNREAD = 4
TAKEN_S = 20.0  # the ledger is two seconds behind; this machine may be busy
LONG: Any = [{"role": "user", "content": "Tell me a very long story about a fox."}]
GOES_ON = {"2": -100}  # the starter model's end of turn


class Counts(NamedTuple):
    """Of prompts those tokens that no cache answered for."""

    requests: int
    prompt: int
    completion: int

    def less(self, before: Counts) -> Counts:
        return Counts(*(mine - theirs for mine, theirs in zip(self, before, strict=True)))


class Books:
    """Two books of the same requests: the house's and the engine's."""

    def __init__(self, running: Gateway, replica: Replica, database: Database) -> None:
        self.running = running
        self.replica = replica
        self._database = database

    async def ledger(self) -> Counts:
        names = ("requests", "prompt_tokens", "cached_tokens", "completion_tokens")
        sums = [func.coalesce(func.sum(ledger.c[name]), 0) for name in names]
        query = select(*sums).where(ledger.c.repository == self.replica.model.repository)
        async with self._database.read() as connection:
            requests, prompt, cached, completion = (await connection.execute(query)).one()
        return Counts(requests, prompt - cached, completion)

    def engine(self) -> Counts:
        address, key = f"{self.replica.base_url}/metrics", self.replica.api_key
        with urllib.request.urlopen(urllib.request.Request(address, headers={"authorization": f"Bearer {key}"})) as answer:
            lines = [line.split() for line in answer.read().decode().splitlines() if not line.startswith("#")]
        said = {name: float(value) for name, value in (line for line in lines if line)}
        return Counts(0, int(said["llamacpp:prompt_tokens_total"]), int(said["llamacpp:tokens_predicted_total"]))

    def idle(self) -> bool:
        return busy_slots(self.replica) == 0


@pytest.fixture
async def books(running: Gateway, client: OpenAI) -> AsyncIterator[Books]:
    async with opened(running, client, "ada/tiny", "tiny.gguf") as both:
        yield both


@asynccontextmanager
async def opened(running: Gateway, client: OpenAI, model: str, path: str) -> AsyncIterator[Books]:
    client.chat.completions.create(model=model, messages=LONG, max_tokens=1)
    replica = await running.replica(model, path)
    database = Database(f"sqlite+aiosqlite:///{running.home / 'test.sqlite3'}")
    yield Books(running, replica, database)
    await database.close()


async def both(books: Books, requests: int, ask: Any) -> tuple[Counts, Counts]:
    """What the ledger and the engine say of what `ask` did, once both have come to rest."""
    assert until(books.idle, TAKEN_S)
    time.sleep(2.5)  # what came before is in the ledger
    ours, theirs = await books.ledger(), books.engine()
    ask()
    assert until(books.idle, TAKEN_S)
    deadline = time.monotonic() + TAKEN_S
    while (said := (await books.ledger()).less(ours)).requests < requests and time.monotonic() < deadline:
        time.sleep(0.2)
    return said, books.engine().less(theirs)


def leave_after(running: Gateway, path: str, body: Mapping[str, Any], *, events: int = 0, seconds: float = 0.0) -> None:
    """Ask, read so many events or wait so long, and hang up."""
    connection = http.client.HTTPConnection(running.address.removeprefix("http://"), timeout=60)
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    if events:
        answer = connection.getresponse()
        assert answer.status == 200
        while events and (line := answer.readline()):
            events -= line.startswith(b"data: ")
        answer.close()
    else:
        time.sleep(seconds)
    connection.close()


_numbers = itertools.count()


def fresh(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same request with a prompt that no cache has."""
    number = f"{next(_numbers)} foxes. "
    new = dict(body)
    if "messages" in body:
        new["messages"] = [{"role": "user", "content": number + LONG[0]["content"]}]
    for name in ("prompt", "input"):
        if name in body:
            told = body[name]
            new[name] = [number + text for text in told] if isinstance(told, list) else number + told
    return new


PATH = "/v1/chat/completions"
MANY = 900  # tokens: more than an engine on a quick machine writes before its client leaves
CHAT: dict[str, Any] = {"model": "ada/tiny", "messages": LONG, "max_tokens": MANY, "logit_bias": GOES_ON}
PLAIN: dict[str, Any] = {"model": "ada/tiny", "prompt": "Once upon a time", "max_tokens": MANY, "logit_bias": GOES_ON}
RESPONSE: dict[str, Any] = {"model": "ada/tiny", "input": "Tell me a very long story.", "max_output_tokens": MANY}
MESSAGE: dict[str, Any] = {"model": "ada/tiny", "messages": LONG, "max_tokens": MANY}
LEFT: dict[str, tuple[str, dict[str, Any], int, int]] = {
    # what is left in the middle: route, request, choices, events that are read (0: it is no stream)
    "stream": (PATH, {**CHAT, "stream": True}, 1, 12),
    "whole": (PATH, CHAT, 1, 0),
    "choices": (PATH, {**CHAT, "stream": True, "n": 3}, 3, 12),
    "choices, whole": (PATH, {**CHAT, "n": 3}, 3, 0),
    "prompts": ("/v1/completions", {**PLAIN, "stream": True, "prompt": ["Once upon", "A fox"], "n": 2}, 4, 12),
    "the best of several": ("/v1/completions", {**PLAIN, "best_of": 3}, 3, 0),
    "response": ("/v1/responses", {**RESPONSE, "stream": True}, 1, 12),
    "message": ("/v1/messages", {**MESSAGE, "stream": True}, 1, 12),
}


@pytest.mark.parametrize("what", LEFT)
async def test_what_its_client_left_is_charged_as_far_as_the_engine_came(books: Books, what: str) -> None:
    path, body, choices, events = LEFT[what]
    body = fresh(body)
    ours, theirs = await both(books, 1, lambda: leave_after(books.running, path, body, events=events, seconds=4.0))
    assert ours.requests == 1
    assert ours.prompt == theirs.prompt
    assert 0 < ours.completion <= theirs.completion < MANY * choices
    assert theirs.completion - ours.completion <= UNREAD * choices


async def test_a_prompt_that_was_not_read_to_its_end_is_not_charged_and_not_read_on(books: Books) -> None:
    body = {**CHAT, "messages": [{"role": "user", "content": f"{next(_numbers)} " + "fox " * 800}]}
    for stream in (True, False):
        asked = {**body, "stream": stream}
        ours, theirs = await both(books, 0, lambda asked=asked: leave_after(books.running, PATH, asked, seconds=0.5))
        assert ours == (0, 0, 0)
        assert (theirs.prompt < 800, theirs.completion) == (True, 0)


WHOLE: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": (PATH, {**CHAT, "max_tokens": 9}),
    "choices": (PATH, {**CHAT, "max_tokens": 9, "n": 3}),
    "more choices than slots": ("/v1/completions", {**PLAIN, "max_tokens": 5, "n": 6}),
    "prompts and choices": ("/v1/completions", {**PLAIN, "prompt": ["Once upon", "A fox"], "max_tokens": 5, "n": 2}),
    "the best of several": ("/v1/completions", {**PLAIN, "max_tokens": 5, "n": 1, "best_of": 3}),
    "log-probabilities": (PATH, {**CHAT, "max_tokens": 5, "logprobs": True, "n": 2}),
    "response": ("/v1/responses", {**RESPONSE, "max_output_tokens": 9}),
    "message": ("/v1/messages", {**MESSAGE, "max_tokens": 9}),
}


COMPOSED = (
    "more choices than slots",
    "prompts and choices",
    "the best of several",
)  # their prompts are read more than once and charged once


@pytest.mark.parametrize("what", WHOLE)
async def test_what_came_to_its_end_is_charged_to_the_token(books: Books, what: str) -> None:
    path, body = WHOLE[what]
    told: dict[str, Any] = {}

    def ask() -> None:
        document = json.dumps(fresh(body)).encode()
        status, _, answer = books.running.raw("POST", path, document, **{"content-type": "application/json"})
        assert status == 200
        told.update(answer["usage"])

    ours, theirs = await both(books, 1, ask)
    assert (ours.requests, ours.completion) == (1, theirs.completion)
    assert ours.prompt == (told["prompt_tokens"] if what in COMPOSED else theirs.prompt)


@pytest.mark.parametrize("choice", ["auto", "none"])
async def test_all_choices_of_an_answer_that_no_stream_can_give_are_charged(
    running: Gateway, client: OpenAI, choice: Any
) -> None:
    """llama.cpp gives log-probabilities beside tools only whole, and reports the first choice of such an answer alone."""
    tool: Any = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
    async with opened(running, client, "tiny/chat", "chat.gguf") as books:

        def ask() -> None:
            made = client.chat.completions.create(
                model="tiny/chat", messages=LONG, tools=[tool], tool_choice=choice, logprobs=True, n=2, max_tokens=7
            )
            assert len(made.choices) == 2

        ours, theirs = await both(books, 1, ask)
        assert ours == (1, theirs.prompt, theirs.completion)
