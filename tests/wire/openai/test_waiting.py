"""Models that answer instead of others, waiting as long as the caller says, the place in the queue."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import openai
import pytest
from openai import OpenAI

from commonweight.wire.openai.waiting import wait_asked
from tests.serving.world import COMMIT
from tests.wire.openai.world import Gateway

HELLO: Any = [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize("stream", [False, True])
def test_where_a_model_cannot_be_loaded_the_next_of_its_alias_answers_and_is_named(client: OpenAI, stream: bool) -> None:
    answer = client.chat.completions.with_raw_response.create(model="assistant", messages=HELLO, stream=stream)
    assert answer.headers["x-commonweight-model"] == f"mock/plain@{COMMIT}"
    said: Any = answer.parse()
    models = {chunk.model for chunk in said} if stream else {said.model}
    assert models == {f"mock/plain@{COMMIT}"}


def test_who_does_not_wait_for_a_cold_model_is_answered_by_a_warm_one(client: OpenAI) -> None:
    client.chat.completions.create(model="mock/plain", messages=HELLO)
    began = time.monotonic()
    answer = client.chat.completions.create(model="sleeper", messages=HELLO, extra_headers={"prefer": "wait=0"})
    assert answer.model == f"mock/plain@{COMMIT}"
    assert time.monotonic() - began < 10


def test_a_cold_start_that_nobody_waits_for_says_when_to_come_back(client: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="mock/slowly", messages=HELLO, extra_headers={"x-commonweight-wait": "0"})
    assert caught.value.status_code == 503
    assert caught.value.code == "model_loading"
    assert int(caught.value.response.headers["retry-after"]) >= 1


def test_the_place_in_the_queue_is_in_a_header_and_in_comments(running: Gateway, client: OpenAI) -> None:
    client.chat.completions.create(model="mock/narrow", messages=HELLO, max_tokens=1)
    first = threading.Thread(
        target=client.chat.completions.create, kwargs={"model": "mock/narrow", "messages": HELLO, "max_tokens": 30}
    )
    first.start()
    time.sleep(0.3)
    ask = client.chat.completions.with_streaming_response.create
    with ask(model="mock/narrow", messages=HELLO, stream=True, max_tokens=1) as answer:
        assert answer.headers["x-commonweight-queue-position"] == "1"
        assert ": queued: position 1" in list(answer.iter_lines())
    first.join()
    body = json.dumps({"model": "mock/narrow", "messages": HELLO, "max_tokens": 1}).encode()
    _, headers, _ = running.raw("POST", "/v1/chat/completions", body, **{"content-type": "application/json"})
    assert headers["x-commonweight-queue-position"] == "0"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (b"x-commonweight-wait", b"30", 30.0),
        (b"x-commonweight-wait", b"0", 0.0),
        (b"x-commonweight-wait", b"soon", 100.0),
        (b"x-commonweight-wait", b"99999", 100.0),
        (b"prefer", b"wait=10", 10.0),
        (b"prefer", b'respond-async, wait="10"; foo', 10.0),
        (b"prefer", b"await=3", 100.0),
        (b"accept", b"wait=3", 100.0),
    ],
)
def test_how_long_a_caller_waits_is_read_from_either_header(name: bytes, value: bytes, expected: float) -> None:
    assert wait_asked([(name, value)], 100.0) == expected
