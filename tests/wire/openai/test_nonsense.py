"""
Whatever JSON comes, in whatever field: an answer or a well-formed refusal, never a failure of the server or of an engine.

A real engine answers: what it cannot read it calls a failure of its own, which would count against it.
"""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from commonweight.wire.openai.errors import BadRequest, error_of_engine
from tests.wire.openai.server import KEY
from tests.wire.openai.world import Gateway

Place = tuple[str | int, ...]

NONSENSE: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 2**63, 2**70, "", "\x00", "nonsense", "é" * 3000),
    *([], {}, [[]], [None], [1, "a"], {"a": {}}, [{}], {"type": "nonsense"}, {"type": ["text"]}),
)  # fmt: skip
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "f", "schema": SCHEMA, "strict": True}}
GOOD: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {
        "model": "tiny/chat",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "name": "n", "content": [{"type": "text", "text": "hi"}]},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "a", "content": "x"},
        ],
        "max_completion_tokens": 2,
        "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": JSON_SCHEMA,
        "logit_bias": {"1": 1},
        "logprobs": True,
        "top_logprobs": 2,
        "stop": ["a"],
        "n": 1,
        "stream": False,
        "stream_options": {"include_usage": True},
    }
    | dict.fromkeys(("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed"), 1)
    | {"user": "u", "metadata": {"a": "b"}, "store": False, "parallel_tool_calls": True, "reasoning_effort": "low"},
    "/v1/completions": {
        "model": "mock/plain",
        "prompt": ["a", "b"],
        "max_tokens": 2,
        "echo": False,
        "logprobs": 2,
        "n": 1,
        "best_of": 1,
        "suffix": None,
        "stop": ["a"],
        "stream": False,
    },
    "/v1/embeddings": {"model": "tiny/cut", "input": ["a", "b"], "encoding_format": "float", "dimensions": 4, "user": "u"},
    "/v1/rerank": {"model": "tiny/rank", "query": "a", "documents": ["b", {"text": "c"}], "top_n": 1},
    "/v1/moderations": {"model": "tiny/chat", "input": [{"type": "text", "text": "a"}]},
    "/v1/responses": {
        "model": "tiny/chat",
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]},
            {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "a", "output": "x"},
        ],
        "instructions": "i",
        "max_output_tokens": 16,
        "tools": [{"type": "function", "name": "f", "parameters": SCHEMA, "strict": True}],
        "tool_choice": "auto",
        "text": {"format": {"type": "json_schema", "name": "f", "schema": SCHEMA}},
        "reasoning": {"effort": "low"},
        "include": ["message.output_text.logprobs"],
        "metadata": {"a": "b"},
    }
    | {"store": False, "stream": False, "background": False, "truncation": "disabled", "previous_response_id": None},
    "/v1/messages": {
        "model": "tiny/chat",
        "max_tokens": 2,
        "system": [{"type": "text", "text": "s"}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "a"}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "x"}]},
        ],
        "tools": [{"name": "f", "description": "d", "input_schema": SCHEMA}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": False},
        "stop_sequences": ["x"],
        "metadata": {"user_id": "u"},
        "stream": False,
    }
    | dict.fromkeys(("temperature", "top_p", "top_k"), 1)
    | {"thinking": {"type": "disabled"}},
}


def places(document: Any, above: Place = ()) -> Iterator[Place]:
    """Of every value inside, outermost first."""
    inner = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, value in inner:
        yield (*above, key)
        yield from places(value, (*above, key))


def with_value(document: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    changed: Any = deepcopy(document)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed  # type: ignore[no-any-return]


def without(document: dict[str, Any], place: Place) -> dict[str, Any]:
    changed: Any = deepcopy(document)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    del inner[place[-1]]
    return changed  # type: ignore[no-any-return]


class Asking:
    """Many requests on one connection."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=60)

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def is_well_formed(status: int, answer: bytes) -> bool:
    """A refusal has the shape of its wire, with a sentence; a stream says in an event what went wrong."""
    if status == 200:
        return True
    error = json.loads(answer).get("error")
    return 400 <= status < 500 and isinstance(error, dict) and bool(error["message"]) and bool(error["type"])


@pytest.mark.parametrize("path", GOOD)
def test_nonsense_in_any_field_is_answered_or_refused_in_good_form(running: Gateway, path: str) -> None:
    asking, good = Asking(running.address), GOOD[path]
    status, answer = asking.post(path, json.dumps(good).encode())
    assert status == 200, answer
    bad = []
    for place in places(good):
        for value in NONSENSE:
            status, answer = asking.post(path, json.dumps(with_value(good, place, value)).encode())
            if not is_well_formed(status, answer):
                bad.append((place, value, status, answer[:200]))
        status, answer = asking.post(path, json.dumps(without(good, place)).encode())
        if not is_well_formed(status, answer):
            bad.append((place, "left out", status, answer[:200]))
    assert not bad, bad[:20]


@pytest.mark.parametrize("path", GOOD)
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"a"', b"\xff\xfe", b"[" * 5000, b'{"model": NaN}', b'{"a":\n']
)
def test_a_body_that_is_no_object_is_refused_with_a_sentence(running: Gateway, path: str, body: bytes) -> None:
    status, answer = Asking(running.address).post(path, body)
    assert status == 400
    assert is_well_formed(status, answer)


def test_what_an_engine_could_not_read_is_the_requests_fault_and_not_the_engines() -> None:
    """Failures in a row let everybody's requests to an engine rest: nobody is to bring that about with a request."""
    said = {"error": {"code": 500, "message": "Failed to parse messages: type must be string", "type": "server_error"}}
    assert isinstance(error_of_engine(500, said, "messages"), BadRequest)
