"""Every answer is counted, by model and outcome, and nothing of what was said reaches the metrics."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest
from openai import APIStatusError, OpenAI

from tests.wire.openai.world import Gateway

SECRET = "xyzzy-4711"
ASK: Any = {"model": "mock/plain", "messages": [{"role": "user", "content": f"the password is {SECRET}"}], "user": SECRET}


def metrics(running: Gateway) -> str:
    with urllib.request.urlopen(f"{running.address}/metrics", timeout=20) as answer:
        text: str = answer.read().decode()
        return text


def count(text: str, name: str, *labels: str) -> float:
    found = [line for line in text.splitlines() if line.startswith(name + "{") and all(label in line for label in labels)]
    return sum(float(line.rpartition(" ")[2]) for line in found)


def test_answers_are_counted_whole_and_streamed(running: Gateway, client: OpenAI) -> None:
    before = metrics(running)
    whole = client.chat.completions.create(**ASK)
    assert [chunk for chunk in client.chat.completions.create(**ASK, stream=True) if chunk.choices]
    after = metrics(running)
    of = 'gen_ai_request_model="mock/plain"'

    def more(name: str, *labels: str) -> float:
        return count(after, name, *labels) - count(before, name, *labels)

    assert more("gen_ai_server_request_duration_seconds_count", of, 'error_type=""', 'operation_name="chat"') == 2
    assert more("gen_ai_server_time_to_first_token_seconds_count", of) == 1
    assert whole.usage is not None
    assert more("gen_ai_client_token_usage_sum", of, '"output"') == 2 * whole.usage.completion_tokens
    assert more("http_server_request_duration_seconds_count", 'http_route="/v1/chat/completions"', '="200"') == 2
    assert SECRET not in after


def test_what_fails_is_counted_by_its_code(running: Gateway, client: OpenAI) -> None:
    with pytest.raises(APIStatusError):
        client.chat.completions.create(**{**ASK, "model": "mock/failing"})
    text = metrics(running)
    assert count(text, "gen_ai_server_request_duration_seconds_count", '"mock/failing"', '"model_load_failed"') >= 1
