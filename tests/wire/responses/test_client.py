"""The official client's Responses API against a real small model."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

from tests.serving.world import COMMIT
from tests.wire.openai.world import Gateway

NAME = f"ada/tiny@{COMMIT}"
WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "description": "The weather in a city.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "enum": ["Oslo", "Rome"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


class City(BaseModel):
    name: str


def test_a_whole_response_has_every_field_that_typed_clients_need(strict: OpenAI) -> None:
    answer = strict.responses.create(
        model="ada/tiny",
        input="Say hello.",
        instructions="Be brief.",
        max_output_tokens=16,
        metadata={"team": "a"},
        store=False,
    )
    assert answer.id.startswith("resp_")
    assert answer.model == NAME
    assert answer.output_text
    assert answer.output[0].id
    assert answer.instructions == "Be brief."
    assert answer.metadata == {"team": "a"}
    assert answer.usage is not None
    assert answer.usage.input_tokens_details.cache_write_tokens == 0
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_an_answer_cut_by_its_limit_is_incomplete_and_says_why(strict: OpenAI) -> None:
    answer = strict.responses.create(model="ada/tiny", input="Tell a long story.", max_output_tokens=3, store=False)
    assert (answer.status, answer.incomplete_details and answer.incomplete_details.reason) == (
        "incomplete",
        "max_output_tokens",
    )
    assert answer.usage is not None
    assert answer.usage.output_tokens == 3


def test_a_stream_has_every_event_in_order_and_numbers_them_from_zero(strict: OpenAI) -> None:
    asked: Any = {"model": "ada/tiny", "input": "Say hello.", "max_output_tokens": 6, "temperature": 0, "store": False}
    events = list(strict.responses.create(**asked, stream=True))
    kinds = [event.type for event in events]
    deltas = kinds.count("response.output_text.delta")
    assert kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        *["response.output_text.delta"] * deltas,
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.incomplete",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == strict.responses.create(**asked).output_text
    assert deltas > 1


def test_the_stream_helper_gathers_the_whole_response(strict: OpenAI) -> None:
    with strict.responses.stream(model="ada/tiny", input="Hi.", max_output_tokens=4, store=False) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
    assert "".join(deltas)


def test_every_event_names_itself_on_a_line_of_its_own(running: Gateway) -> None:
    with running.client() as client:
        raw = client.responses.with_raw_response.create(model="mock/plain", input="Hi.", stream=True, store=False)
        lines = [line for line in raw.http_response.iter_lines() if line]
    lines = [line for line in lines if not line.startswith(":")]
    named = [line.removeprefix("event: ") for line in lines[::2]]
    assert named == [json.loads(line.removeprefix("data: "))["type"] for line in lines[1::2]]


def test_a_function_is_called_and_its_output_answered(strict: OpenAI) -> None:
    question: Any = [{"role": "user", "content": "mock:call"}]
    choice: Any = {"type": "function", "name": "weather"}
    asked: Any = {"model": "mock/plain", "tools": [WEATHER], "max_output_tokens": 60, "store": False}
    first = strict.responses.create(**asked, input=question, tool_choice=choice)
    call = first.output[-1]
    assert call.type == "function_call"
    assert call.id
    assert call.name == "weather"
    assert json.loads(call.arguments) == {"city": "Oslo"}
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "Rain."}
    given = [{"role": "user", "content": "The weather?"}, call.model_dump(exclude_none=True), output]
    assert strict.responses.create(**asked, input=given).output_text


def test_a_called_function_streams_its_arguments_under_one_output_index(strict: OpenAI) -> None:
    asked: Any = {"model": "mock/plain", "tools": [WEATHER], "input": "mock:think mock:call", "store": False}
    events = list(strict.responses.create(**asked, stream=True))
    added = [event for event in events if event.type == "response.output_item.added"]
    deltas = [event for event in events if event.type == "response.function_call_arguments.delta"]
    done = next(event for event in events if event.type == "response.function_call_arguments.done")
    assert [event.item.type for event in added] == ["reasoning", "function_call"]
    assert {event.output_index for event in (*deltas, done)} == {1}
    assert {event.item_id for event in (*deltas, done)} == {added[1].item.id}
    assert "".join(event.delta for event in deltas) == done.arguments
    assert events[-1].type == "response.completed"


def test_a_schema_is_held(strict: OpenAI) -> None:
    parsed = strict.responses.parse(
        model="ada/tiny", input="Name a city.", text_format=City, max_output_tokens=60, temperature=0, store=False
    )
    assert isinstance(parsed.output_parsed, City)


def test_log_probabilities_come_where_they_are_included(strict: OpenAI) -> None:
    answer = strict.responses.create(
        model="ada/tiny",
        input="Hi.",
        max_output_tokens=2,
        top_logprobs=2,
        include=["message.output_text.logprobs"],
        store=False,
    )
    message = answer.output[0]
    assert message.type == "message"
    part = message.content[0]
    assert part.type == "output_text"
    assert part.logprobs is not None
    assert [len(token.top_logprobs) for token in part.logprobs] == [2, 2]


def test_counted_input_tokens_are_those_of_the_usage(strict: OpenAI) -> None:
    asked: Any = {"model": "ada/tiny", "input": "Ünïcode, please: 漢字.", "instructions": "Be brief."}
    counted = strict.responses.input_tokens.count(**asked)
    answer = strict.responses.create(**asked, max_output_tokens=1, store=False)
    assert answer.usage is not None
    assert counted.input_tokens == answer.usage.input_tokens


def test_tokens_of_tools_are_counted(strict: OpenAI) -> None:
    asked: Any = {"model": "ada/tiny", "input": "The weather?"}
    bare = strict.responses.input_tokens.count(**asked)
    with_tools = strict.responses.input_tokens.count(**asked, tools=[WEATHER])
    answer = strict.responses.create(**asked, tools=[WEATHER], tool_choice="none", max_output_tokens=1, store=False)
    assert bare.input_tokens <= with_tools.input_tokens
    assert answer.usage is not None


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"input": [{"type": "web_search_call", "id": "x"}]}, "input[0].type"),
        ({"input": "hi", "tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"input": "hi", "conversation": 7}, "conversation"),
        ({"input": "hi", "prompt": {"id": "p"}}, "prompt"),
        ({"input": "hi", "temperature": 3}, "temperature"),
        ({"input": "hi", "include": ["everything"]}, "include"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input[0]"),
        ({"input": "hi", "tools": [WEATHER], "tool_choice": {"type": "function", "name": "other"}}, "tool_choice"),
    ],
)
def test_what_is_not_offered_is_refused_and_named(strict: OpenAI, given: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        strict.responses.create(model="mock/plain", **given)
    assert caught.value.param == param


def test_a_request_without_a_model_says_what_to_do(strict: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="alias 'default'") as caught:
        strict.responses.create()
    assert caught.value.param == "model"


def test_an_engine_that_dies_in_mid_stream_ends_it_with_a_failed_response(running: Gateway) -> None:
    with running.client() as client:
        events = list(client.responses.create(model="mock/slow", input="mock:crash", stream=True, store=False))
    assert events[-1].type == "response.failed"
    assert events[-1].response.error is not None
    assert events[-1].response.error.code == "server_error"


def test_a_prompt_that_does_not_fit_loses_its_oldest_turns_only_where_that_was_asked_for(strict: OpenAI) -> None:
    turns: Any = [{"role": role, "content": "word " * 150} for _ in range(8) for role in ("user", "assistant")]
    asked: Any = {"model": "ada/tiny", "input": [*turns, {"role": "user", "content": "Well?"}], "max_output_tokens": 2}
    with pytest.raises(openai.BadRequestError) as caught:
        strict.responses.create(**asked, store=False)
    assert caught.value.code == "context_length_exceeded"
    answer = strict.responses.create(**asked, truncation="auto", store=False)
    assert answer.truncation == "auto"
    assert answer.output_text
