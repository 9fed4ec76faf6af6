"""Engines that die, clients that leave, models that take their time."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.wire.openai.server import KEY
from tests.wire.openai.world import Gateway, busy_slots, until

LONG: Any = [{"role": "user", "content": "Tell me a very long story about a fox."}]
NOTICED_S = 5.0  # it takes a fraction of a second; a busy machine may take longer


def test_an_engine_killed_in_mid_stream_gives_a_well_formed_error_and_comes_back(running: Gateway, client: OpenAI) -> None:
    stream = iter(
        client.chat.completions.create(model="ada/tiny", messages=LONG, max_tokens=400, stream=True, temperature=0)
    )
    next(stream)
    next(stream)
    running.engines("--name=ada/tiny")[0].kill()
    with pytest.raises(openai.APIError) as caught:
        list(stream)
    assert caught.value.code == "engine_lost"
    assert caught.value.type == "server_error"
    again = client.chat.completions.create(model="ada/tiny", messages=LONG, max_tokens=2, temperature=0)
    assert again.choices[0].message.content


def test_an_engine_that_dies_under_a_whole_answer_gives_503_and_a_time_to_come_back(client: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="mock/plain", messages=[{"role": "user", "content": "mock:crash"}])
    assert caught.value.status_code == 503
    assert caught.value.code == "engine_lost"
    assert caught.value.response.headers["retry-after"]
    assert client.chat.completions.create(model="mock/plain", messages=LONG).choices[0].message.content


def test_the_clients_own_retry_gets_an_answer_after_an_engine_was_killed(running: Gateway, client: OpenAI) -> None:
    client.chat.completions.create(model="mock/plain", messages=LONG)
    running.engines("--name=mock/plain")[0].kill()
    with running.client(max_retries=2) as patient:
        assert patient.chat.completions.create(model="mock/plain", messages=LONG).choices[0].message.content


async def test_a_row_whose_engine_is_gone_is_replaced_before_the_client_notices(running: Gateway, client: OpenAI) -> None:
    await running.leave_behind("mock/orphaned", "model.mock")
    answer = client.chat.completions.create(model="mock/orphaned", messages=LONG)
    assert answer.choices[0].message.content


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_stops_the_engine(running: Gateway, client: OpenAI, stream: bool) -> None:
    client.chat.completions.create(model="ada/tiny", messages=LONG, max_tokens=1)
    replica = await running.replica("ada/tiny", "tiny.gguf")
    connection = _post(
        running, {"model": "ada/tiny", "messages": LONG, "max_tokens": 450, "stream": stream, "temperature": 0}
    )
    assert until(lambda: busy_slots(replica) == 1, NOTICED_S)
    connection.close()
    left = time.monotonic()
    assert until(lambda: busy_slots(replica) == 0, NOTICED_S)
    assert time.monotonic() - left < NOTICED_S


async def test_a_client_that_leaves_a_mock_engine_stops_it_without_a_stream(running: Gateway, client: OpenAI) -> None:
    client.chat.completions.create(model="mock/slow", messages=LONG, max_tokens=1)
    replica = await running.replica("mock/slow", "model.mock")
    connection = _post(running, {"model": "mock/slow", "messages": LONG, "max_tokens": 4000})
    assert until(lambda: busy_slots(replica) == 1, NOTICED_S)
    connection.close()
    assert until(lambda: busy_slots(replica) == 0, NOTICED_S)


def test_a_stream_is_kept_awake_while_the_model_loads(running: Gateway) -> None:
    connection = _post(running, {"model": "mock/late", "messages": LONG, "max_tokens": 2, "stream": True})
    lines = list(_lines(connection))
    comments = [line for line in lines if line.startswith(":")]
    assert any("loading" in comment for comment in comments)
    assert lines.index(comments[0]) < next(i for i, line in enumerate(lines) if line.startswith("data:"))
    assert "data: [DONE]" in lines


def test_a_load_that_fails_gives_its_reason_whole_and_streamed(client: OpenAI) -> None:
    for stream in (False, True):
        with pytest.raises(openai.APIError, match="the tensors are upside down") as caught:
            list(client.chat.completions.create(model="mock/failing", messages=LONG, stream=stream))
        assert caught.value.code == "model_load_failed"


def _post(running: Gateway, document: dict[str, object]) -> socket.socket:
    """A request by hand, so that the test can hang up whenever it likes."""
    body = json.dumps(document).encode()
    host, port = running.address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n"
    connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    return connection


def _lines(connection: socket.socket) -> Iterator[str]:
    connection.settimeout(60)
    with connection, connection.makefile("r", encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.strip()
