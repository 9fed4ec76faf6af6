"""Whatever goes wrong has the shape that clients read: four keys, a string as code."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.wire.openai.world import Gateway

CHAT = "/v1/chat/completions"
HELLO: dict[str, Any] = {"model": "mock/plain", "messages": [{"role": "user", "content": "hi"}]}


def post(running: Gateway, body: bytes | dict[str, Any], path: str = CHAT) -> tuple[int, dict[str, Any]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, headers, document = running.raw("POST", path, data)
    assert headers["x-request-id"]
    assert set(document["error"]) == {"message", "type", "param", "code"}
    assert isinstance(document["error"]["code"], str)
    return status, document["error"]


def test_a_bad_key_is_told_so(running: Gateway) -> None:
    with running.client("wrong") as client, pytest.raises(openai.AuthenticationError) as caught:
        client.models.list()
    assert caught.value.code == "invalid_api_key"
    assert caught.value.request_id


def test_no_key_at_all_is_told_how_to_send_one(running: Gateway) -> None:
    status, _, document = running.raw("GET", "/v1/models", authorization="")
    assert status == 401
    assert document["error"]["code"] == "invalid_api_key"


def test_an_unknown_model_is_named(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="nobody/knows") as caught:
        client.chat.completions.create(model="nobody/knows", messages=HELLO["messages"])
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nobody/knows")


def test_a_model_that_the_verdict_refuses_cites_the_clause(client: OpenAI) -> None:
    with pytest.raises(openai.PermissionDeniedError, match="Section 2") as caught:
        client.chat.completions.create(**{**HELLO, "model": "mock/refused"})
    assert (caught.value.code, caught.value.type) == ("licence_denied", "permission_error")
    assert caught.value.response.headers["x-commonweight-verdict"] == "verdict-1"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/nothing", 404), ("GET", "/v1/completions", 405), ("PUT", "/v1/models", 405)]
)
def test_paths_and_methods_that_are_not_there_have_the_same_shape(
    running: Gateway, method: str, path: str, status: int
) -> None:
    answered, headers, document = running.raw(method, path)
    assert answered == status
    assert document["error"]["type"] == "invalid_request_error"
    assert headers["x-request-id"]


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b"3", b"\xff", b'{"model": "\xc3"}'])
def test_a_body_that_is_no_json_object_is_refused(running: Gateway, body: bytes) -> None:
    assert post(running, body)[1]["code"] == "invalid_json"


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"model": None}, "model", "missing_required_parameter"),
    ({"model": 3}, "model", "invalid_type"),
    ({"messages": None}, "messages", "missing_required_parameter"),
    ({"messages": []}, "messages", "empty_array"),
    ({"messages": "hi"}, "messages", "invalid_type"),
    ({"messages": [{"content": "hi"}]}, "messages[0].role", "missing_required_parameter"),
    ({"messages": [{"role": "robot", "content": "hi"}]}, "messages[0].role", "invalid_value"),
    ({"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
    ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content", "invalid_type"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id", "missing_required_parameter"),
    ({"temperature": 3}, "temperature", "integer_above_max_value"),
    ({"temperature": -0.1}, "temperature", "decimal_below_min_value"),
    ({"temperature": "hot"}, "temperature", "invalid_type"),
    ({"top_p": 1.5}, "top_p", "decimal_above_max_value"),
    ({"n": 0}, "n", "integer_below_min_value"),
    ({"n": True}, "n", "invalid_type"),
    ({"max_tokens": -1}, "max_tokens", "integer_below_min_value"),
    ({"max_completion_tokens": 1.5}, "max_completion_tokens", "invalid_type"),
    ({"top_logprobs": 21, "logprobs": True}, "top_logprobs", "integer_above_max_value"),
    ({"top_logprobs": 2}, "top_logprobs", "invalid_value"),
    ({"stop": ["a"] * 5}, "stop", "array_above_max_length"),
    ({"stop": 3}, "stop", "invalid_type"),
    ({"stream": "yes"}, "stream", "invalid_type"),
    ({"logit_bias": {"foo": 1}}, "logit_bias", "invalid_value"),
    ({"logit_bias": {"1": 101}}, "logit_bias.1", "integer_above_max_value"),
    ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
    ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name", "invalid_value"),
    ({"tool_choice": "always"}, "tool_choice", "invalid_value"),
    ({"response_format": {"type": "yaml"}}, "response_format", "invalid_value"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "missing_required_parameter"),
    ({"stream_options": {"include_usage": "yes"}}, "stream_options.include_usage", "invalid_type"),
]


@pytest.mark.parametrize(("change", "param", "code"), WRONG, ids=[f"{param}-{code}" for _, param, code in WRONG])
def test_nonsense_in_a_known_field_is_named(running: Gateway, change: dict[str, Any], param: str, code: str) -> None:
    status, error = post(running, {**HELLO, **change})
    assert (status, error["param"], error["code"]) == (400, param, code)


@pytest.mark.parametrize(
    ("change", "param"),
    [({"prompt": 3}, "prompt"), ({"suffix": "x"}, "suffix"), ({"best_of": 3}, "best_of"), ({"logprobs": 6}, "logprobs")],
)
def test_nonsense_in_an_old_completion_is_named(running: Gateway, change: dict[str, Any], param: str) -> None:
    status, error = post(running, {"model": "mock/plain", "prompt": "hi", **change}, "/v1/completions")
    assert (status, error["param"]) == (400, param)


def test_unknown_fields_and_nulls_are_ignored(running: Gateway) -> None:
    body = {**HELLO, "logit_bias": {"foo": 0}, "stop": None, "metadata": {"a": "b"}, "store": True, "brand_new": [1]}
    status, _, document = running.raw("POST", CHAT, json.dumps(body).encode())
    assert status == 200
    assert document["choices"][0]["message"]["content"].startswith("word0")


def test_a_request_that_is_too_large_is_refused_before_it_is_read(client: OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="mock/plain", messages=[{"role": "user", "content": "x" * (33 << 20)}])
    assert (caught.value.status_code, caught.value.code) == (413, "request_too_large")


def test_a_model_name_works_raw_and_percent_encoded(running: Gateway) -> None:
    for path in ("/v1/models/ada/tiny", "/v1/models/ada%2Ftiny"):
        assert running.raw("GET", path)[2]["id"] == "ada/tiny"
