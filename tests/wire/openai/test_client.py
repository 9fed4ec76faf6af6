"""The official client against a real small model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.serving.world import COMMIT
from tests.wire.openai.server import CONTEXT
from tests.wire.openai.world import Gateway

ASK: Any = [{"role": "user", "content": "Say hello."}]
NAME = f"ada/tiny@{COMMIT}"


def test_two_concurrent_first_requests_load_the_model_once(running: Gateway) -> None:
    with running.client() as client, ThreadPoolExecutor(2) as threads:
        asked: Any = {"model": "ada/tiny", "messages": ASK, "max_tokens": 2, "temperature": 0}
        answers = [threads.submit(client.chat.completions.create, **asked) for _ in range(2)]
        assert all(answer.result().choices[0].message.content for answer in answers)
    assert len(running.engines("--name=ada/tiny")) == 1


def test_a_whole_answer_has_every_field_that_clients_rely_on(client: OpenAI) -> None:
    answer = client.chat.completions.with_raw_response.create(model="ada/tiny", messages=ASK, max_tokens=4, temperature=0)
    completion = answer.parse()
    choice = completion.choices[0]
    assert completion.id.startswith("chatcmpl-")
    assert completion.model == NAME
    assert choice.message.role == "assistant"
    assert choice.message.content
    assert choice.finish_reason == "length"
    assert "tool_calls" not in choice.message.model_fields_set
    assert completion.usage is not None
    assert completion.usage.completion_tokens == 4
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + 4


def test_every_answer_carries_its_receipts_and_a_request_id(client: OpenAI) -> None:
    answer = client.chat.completions.with_raw_response.create(model="starter", messages=ASK, max_tokens=1)
    assert answer.headers["x-commonweight-model"] == NAME
    assert answer.headers["x-commonweight-terms"] == "apache-2.0,llama-3.1"
    assert answer.headers["x-commonweight-verdict"] == "verdict-1"
    assert answer.parse()._request_id


def test_a_stream_says_the_same_as_the_whole_answer(client: OpenAI) -> None:
    fixed: Any = {"model": "ada/tiny", "messages": ASK, "max_tokens": 8, "temperature": 0, "seed": 1}
    whole = client.chat.completions.create(**fixed)
    chunks = list(client.chat.completions.create(**fixed, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[0].choices[0].delta.content == ""
    assert chunks[-1].choices[0].finish_reason == whole.choices[0].finish_reason
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1


def test_usage_ends_a_stream_only_when_asked_for(client: OpenAI) -> None:
    asked: Any = {"model": "ada/tiny", "messages": ASK, "max_tokens": 3, "stream": True, "temperature": 0}
    without = list(client.chat.completions.create(**asked))
    with_usage = list(client.chat.completions.create(**asked, stream_options={"include_usage": True}))
    assert all(chunk.usage is None for chunk in without)
    assert with_usage[-1].choices == []
    assert with_usage[-1].usage is not None
    assert with_usage[-1].usage.completion_tokens == 3
    assert all("usage" in chunk.model_fields_set for chunk in with_usage)


def test_the_streaming_helper_of_the_client_works(client: OpenAI) -> None:
    with client.chat.completions.stream(model="ada/tiny", messages=ASK, stop=[" "], temperature=0) as stream:
        stream.until_done()
        completion = stream.get_final_completion()
    assert completion.choices[0].message.content


def test_log_probabilities_come_in_the_shape_of_the_contract(client: OpenAI) -> None:
    asked: Any = {
        "model": "ada/tiny",
        "messages": ASK,
        "max_tokens": 2,
        "logprobs": True,
        "top_logprobs": 2,
        "temperature": 0,
    }
    logprobs = client.chat.completions.create(**asked).choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert len(logprobs.content) == 2
    assert len(logprobs.content[0].top_logprobs) == 2


def test_a_schema_is_held(client: OpenAI) -> None:
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"]}
    response_format: Any = {"type": "json_schema", "json_schema": {"name": "pick", "schema": schema}}
    answer = client.chat.completions.create(model="ada/tiny", messages=ASK, max_tokens=40, response_format=response_format)
    assert '"colour"' in (answer.choices[0].message.content or "")


def test_several_choices_have_their_own_index(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="ada/tiny", messages=ASK, max_tokens=2, n=2, temperature=0)
    assert [choice.index for choice in answer.choices] == [0, 1]
    one = client.chat.completions.create(model="ada/tiny", messages=ASK, max_tokens=2, temperature=0)
    assert answer.usage is not None
    assert one.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (one.usage.prompt_tokens, 4)


def test_old_completions_work_whole_and_streamed(client: OpenAI) -> None:
    asked: Any = {"model": "ada/tiny", "prompt": "Once upon a", "max_tokens": 4, "temperature": 0}
    whole = client.completions.create(**asked)
    chunks = list(client.completions.create(**asked, stream=True))
    assert whole.object == "text_completion"
    assert whole.choices[0].finish_reason == "length"
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == whole.choices[0].text
    assert client.completions.create(**asked, echo=True).choices[0].text == "Once upon a" + whole.choices[0].text


def test_old_completions_take_several_prompts(client: OpenAI) -> None:
    answer = client.completions.create(model="ada/tiny", prompt=["One", "Two"], max_tokens=2, logprobs=1, temperature=0)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert answer.choices[0].logprobs is not None
    assert len(answer.choices[0].logprobs.tokens or []) == 2


def test_models_are_listed_and_found_by_name(client: OpenAI) -> None:
    assert "ada/tiny" in [model.id for model in client.models.list()]
    assert client.models.retrieve("ada/tiny").owned_by == "ada"
    assert client.models.retrieve("ada/tiny@main:tiny.gguf").id == "ada/tiny@main:tiny.gguf"


def test_a_prompt_that_is_too_long_is_refused_with_both_numbers(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match=rf"{CONTEXT} tokens.*resulted in \d+ tokens") as caught:
        client.chat.completions.create(model="ada/tiny", messages=[{"role": "user", "content": "word " * CONTEXT}])
    assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "messages")
    assert caught.value.response.headers["x-commonweight-model"] == NAME


def test_a_picture_for_a_model_without_eyes_is_no_server_error(client: OpenAI) -> None:
    part: Any = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="ada/tiny", messages=[{"role": "user", "content": [part]}])
    assert caught.value.code == "unsupported_value"
