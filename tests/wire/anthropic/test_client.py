"""Anthropic's official client against a real small model."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic

from tests.serving.world import COMMIT
from tests.wire.openai.world import Gateway

NAME = f"ada/tiny@{COMMIT}"
HELLO: Any = [{"role": "user", "content": "Say hello."}]
COLD = {"temperature": 0}  # the newest client has no argument for it; older ones send it
WEATHER: Any = {
    "name": "weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def test_a_whole_message_has_every_field_that_typed_clients_need(claude: Anthropic) -> None:
    raw = claude.messages.with_raw_response.create(
        model="ada/tiny", max_tokens=4, messages=HELLO, system="Go on.", extra_body=COLD
    )
    message = raw.parse()
    assert message.model == NAME
    assert message.content[0].type == "text"
    assert message.content[0].text
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 4
    assert raw.headers["request-id"] == raw.headers["x-request-id"]
    assert raw.headers["x-commonweight-model"] == NAME
    assert raw.headers["x-commonweight-verdict"] == "verdict-1"


def test_events_come_in_anthropics_order(claude: Anthropic) -> None:
    events = list(claude.messages.create(model="ada/tiny", max_tokens=4, messages=HELLO, stream=True, extra_body=COLD))
    kinds = [event.type for event in events]
    deltas = kinds.count("content_block_delta")
    body = ["content_block_start", *["content_block_delta"] * deltas, "content_block_stop"]
    assert kinds == ["message_start", *body, "message_delta", "message_stop"]  # the client takes the pings out


def test_the_stream_helper_gathers_what_the_whole_message_says(claude: Anthropic) -> None:
    asked: Any = {"model": "ada/tiny", "max_tokens": 6, "messages": HELLO, "extra_body": COLD}
    with claude.messages.stream(**asked) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    whole = claude.messages.create(**asked)
    assert whole.content[0].type == "text"
    assert text == whole.content[0].text
    assert final.usage.output_tokens == 6
    assert final.usage.input_tokens + (final.usage.cache_read_input_tokens or 0) > 0
    assert final.stop_reason == "max_tokens"


def test_a_ping_follows_the_start(running: Gateway) -> None:
    body = {"model": "mock/plain", "max_tokens": 2, "messages": HELLO, "stream": True}
    headers = {"x-api-key": "cw-good-key", "anthropic-version": "2023-06-01", "content-type": "application/json"}
    request = urllib.request.Request(f"{running.address}/v1/messages", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    named = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert named[:3] == ["message_start", "ping", "content_block_start"]
    assert "[DONE]" not in lines[-2]


def test_a_tool_is_used_and_its_result_answered(claude: Anthropic) -> None:
    asked: Any = {"model": "mock/plain", "max_tokens": 40, "tools": [WEATHER]}
    first = claude.messages.create(**asked, messages=[{"role": "user", "content": "mock:call"}], tool_choice={"type": "any"})
    use = first.content[0]
    assert use.type == "tool_use"
    assert (use.name, use.input) == ("weather", {"city": "Oslo"})
    assert first.stop_reason == "tool_use"
    result: Any = [{"type": "tool_result", "tool_use_id": use.id, "content": [{"type": "text", "text": "Rain."}]}]
    turns: Any = [{"role": "user", "content": "The weather?"}, {"role": "assistant", "content": [use.model_dump()]}]
    second = claude.messages.create(**asked, messages=[*turns, {"role": "user", "content": result}])
    assert second.content[0].type == "text"


def test_thoughts_and_a_tools_input_stream_as_blocks_of_their_own(claude: Anthropic) -> None:
    asked: Any = [{"role": "user", "content": "mock:think mock:call"}]
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    with claude.messages.stream(
        model="mock/plain", max_tokens=2048, messages=asked, tools=[WEATHER], thinking=thinking
    ) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "tool_use"]
    assert final.content[1].type == "tool_use"
    assert final.content[1].input == {"city": "Oslo"}


def test_counted_tokens_are_those_of_the_usage(claude: Anthropic) -> None:
    asked: Any = {"model": "ada/tiny", "messages": HELLO, "system": [{"type": "text", "text": "Answer in 漢字."}]}
    counted = claude.messages.count_tokens(**asked)
    usage = claude.messages.create(**asked, max_tokens=1).usage
    assert counted.input_tokens == usage.input_tokens + (usage.cache_read_input_tokens or 0)


def test_a_prompt_that_is_too_long_is_refused_with_both_numbers(claude: Anthropic) -> None:
    long: Any = [{"role": "user", "content": "word " * 2000}]
    with pytest.raises(anthropic.BadRequestError, match="maximum context length") as caught:
        claude.messages.create(model="ada/tiny", max_tokens=4, messages=long)
    body: Any = caught.value.body
    assert body["type"] == "error"
    assert body["error"]["type"] == "invalid_request_error"
    assert body["request_id"] == caught.value.response.headers["request-id"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages.0.content.0"),
        ({"messages": HELLO, "tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools.0"),
        ({"messages": HELLO, "extra_body": {"temperature": 2}}, "temperature"),
        ({"messages": HELLO, "tools": [WEATHER], "tool_choice": {"type": "tool", "name": "other"}}, "tool_choice.name"),
    ],
)
def test_what_is_not_offered_is_refused_and_named(claude: Anthropic, given: dict[str, Any], named: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=named):
        claude.messages.create(model="mock/plain", max_tokens=4, **given)


def test_a_bad_key_and_an_unknown_model_have_their_own_errors(claude: Anthropic) -> None:
    with pytest.raises(anthropic.AuthenticationError):
        claude.with_options(api_key="wrong").messages.create(model="ada/tiny", max_tokens=1, messages=HELLO)
    with pytest.raises(anthropic.NotFoundError):
        claude.messages.create(model="ada/none", max_tokens=1, messages=HELLO)
    with pytest.raises(anthropic.PermissionDeniedError, match="Section 2"):
        claude.messages.create(model="mock/refused", max_tokens=1, messages=HELLO)


def test_an_engine_that_dies_in_mid_stream_is_an_error_event(claude: Anthropic) -> None:
    crash: Any = [{"role": "user", "content": "mock:crash"}]
    with pytest.raises(anthropic.APIStatusError) as caught:
        list(claude.messages.create(model="mock/slow", max_tokens=20, messages=crash, stream=True))
    body: Any = caught.value.body
    assert body["error"]["type"] == "overloaded_error"
