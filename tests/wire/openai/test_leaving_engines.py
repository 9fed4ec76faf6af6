"""Clients that leave while they are answered, queued or waiting for a load; contexts that end."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from commonweight.clock import SystemClock
from commonweight.db import Database
from commonweight.serving import Ask, Replicas, Router
from tests.serving.world import model
from tests.wire.openai.server import CONTEXT
from tests.wire.openai.test_faults import LONG, _post
from tests.wire.openai.world import Gateway, busy_slots, until

NOTICED_S = 1.0  # what is promised
ATTEMPTS = 3  # of which one has to keep it: tests run beside each other on few cores
END_OF_TURN = {"2": -100}  # the starter model's; without it an answer goes on until something stops it


@pytest.mark.parametrize("stream", [True, False])
async def test_llamacpp_stops_within_a_second_after_its_client_has_left(
    running: Gateway, client: OpenAI, stream: bool
) -> None:
    client.chat.completions.create(model="ada/tiny", messages=LONG, max_tokens=1)
    replica = await running.replica("ada/tiny", "tiny.gguf")
    taken = []
    for _ in range(ATTEMPTS):
        body = {"model": "ada/tiny", "messages": LONG, "max_tokens": 450, "stream": stream, "logit_bias": END_OF_TURN}
        connection = _post(running, body)
        assert until(lambda: busy_slots(replica) == 1, 10)
        connection.close()
        left = time.monotonic()
        assert until(lambda: busy_slots(replica) == 0, 10)
        taken.append(time.monotonic() - left)
        if taken[-1] < NOTICED_S:
            break
    assert min(taken) < NOTICED_S


def test_one_that_leaves_the_queue_never_reaches_the_engine(running: Gateway, client: OpenAI) -> None:
    client.chat.completions.create(model="mock/narrow", messages=LONG, max_tokens=1)
    first = _post(running, {"model": "mock/narrow", "messages": LONG, "max_tokens": 2000})
    time.sleep(0.3)
    for connection in [_post(running, {"model": "mock/narrow", "messages": LONG, "max_tokens": 2000}) for _ in range(3)]:
        time.sleep(0.1)
        connection.close()
    time.sleep(0.3)
    body = json.dumps({"model": "mock/narrow", "messages": LONG, "max_tokens": 1}).encode()
    head = {"content-type": "application/json", "x-commonweight-wait": "0"}
    status, headers, _ = running.raw("POST", "/v1/chat/completions", body, **head)
    assert (status, headers["x-commonweight-queue-position"]) == (503, "1"), "the three before it have left the queue"
    first.close()
    status, _, _ = running.raw("POST", "/v1/chat/completions", body, **{"content-type": "application/json"})
    assert status == 200


async def test_who_leaves_during_a_load_leaves_nothing_running(database: Database, tmp_path: Path) -> None:
    router = Router(Replicas(database, SystemClock()))
    before = len(asyncio.all_tasks())
    waiting = [asyncio.create_task(router.seat(model(), Ask(), 60.0)) for _ in range(3)]
    await asyncio.sleep(0.3)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    await asyncio.sleep(0.05)
    await router.close()
    assert len(asyncio.all_tasks()) == before


def test_an_answer_ends_where_the_context_ends_and_nothing_is_forgotten(client: OpenAI) -> None:
    """llama.cpp could shift: forget the beginning of the prompt and go on for ever."""
    messages: Any = [{"role": "user", "content": "fox " * (CONTEXT - 72)}]
    answer = client.chat.completions.create(
        model="ada/tiny", messages=messages, max_tokens=2000, temperature=0, logit_bias=END_OF_TURN
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > CONTEXT - 72
    assert CONTEXT - 12 <= answer.usage.total_tokens <= CONTEXT


def test_a_prompt_beyond_the_context_is_refused_with_both_numbers(running: Gateway) -> None:
    body = json.dumps({"model": "ada/tiny", "messages": [{"role": "user", "content": "fox " * (CONTEXT + 100)}]}).encode()
    status, _, document = running.raw("POST", "/v1/chat/completions", body, **{"content-type": "application/json"})
    assert (status, document["error"]["code"]) == (400, "context_length_exceeded")
    assert f"{CONTEXT} tokens" in document["error"]["message"]
    assert int(document["error"]["message"].partition("resulted in ")[2].split()[0]) > CONTEXT + 100
