"""Adapters as models, through the whole wire; and schemas that an engine cannot hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from tests.serving.world import COMMIT
from tests.wire.openai.world import Gateway

NUMBER = {"type": "object", "properties": {"a": {"type": "number", "minimum": 3, "maximum": 4}}, "required": ["a"]}


def say(client: OpenAI, model: str) -> str:
    answer = client.completions.create(model=model, prompt="hello", temperature=0, max_tokens=12)
    return answer.choices[0].text


def test_an_adapter_is_asked_for_by_its_name_and_changes_the_answer(client: OpenAI) -> None:
    first = {name: say(client, f"ada/{name}") for name in ("base", "warm", "cold")}
    assert len(set(first.values())) == 3
    for name in ("cold", "base", "warm", "cold"):
        assert say(client, f"ada/{name}") == first[name]


def test_the_answer_names_the_adapter_and_the_receipt_both(client: OpenAI) -> None:
    raw = client.completions.with_raw_response.create(model="ada/warm", prompt="hello", max_tokens=1)
    assert raw.parse().model == f"ada/warm@{COMMIT}"
    assert raw.headers["x-commonweight-model"] == f"ada/base@{COMMIT}"
    assert raw.headers["x-commonweight-adapter"] == f"ada/warm@{COMMIT}"
    assert raw.headers["x-commonweight-verdict"] == "verdict-2"


def test_a_caller_cannot_switch_adapters_himself(client: OpenAI) -> None:
    everything = {"lora": [{"id": 0, "scale": 1.0}], "cache_prompt": True}
    answer = client.completions.create(model="ada/cold", prompt="hello", temperature=0, max_tokens=12, extra_body=everything)
    assert answer.choices[0].text == say(client, "ada/cold")


def ask_for(schema: dict[str, Any]) -> dict[str, Any]:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    messages = [{"role": "user", "content": "hi"}]
    return {"model": "ada/base", "messages": messages, "response_format": form, "max_tokens": 60, "seed": 1}


@pytest.mark.parametrize("schema", [{"not": {}}, {"type": "nonsense"}, {"$ref": "http://example.com/x"}])
def test_a_schema_that_the_engine_cannot_hold_is_refused_and_named(client: OpenAI, schema: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError) as caught:
        client.chat.completions.create(**ask_for(schema))
    assert (caught.value.param, caught.value.code) == ("response_format", "unsupported_value")


def test_a_schema_that_only_a_grammar_holds_is_held(running: Gateway) -> None:
    for seed in range(3):
        body = json.dumps({**ask_for(NUMBER), "seed": seed}).encode()
        status, _, document = running.raw("POST", "/v1/chat/completions", body)
        assert status == 200, document
        choice = document["choices"][0]
        if choice["finish_reason"] == "stop":
            assert 3 <= json.loads(choice["message"]["content"])["a"] <= 4
