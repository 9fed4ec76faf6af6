"""Tools: which may or have to be called, through templates that know them and for models whose template does not."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from commonweight.serving import unheld
from commonweight.wire.openai.tool_choice import chosen
from commonweight.wire.openai.worded_tools import delta_of, worded

ASK: Any = [{"role": "user", "content": "What is the weather in Paris?"}]


def tool(name: str, parameters: dict[str, Any] | None = None, **more: Any) -> Any:
    return {"type": "function", "function": {"name": name, "parameters": parameters or {"type": "object"}, **more}}


CITY = {
    "type": "object",
    "properties": {"city": {"enum": ["Paris", "Rome"]}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER, CLOCK = tool("get_weather", CITY, strict=True), tool("get_time", CITY)


def call(client: OpenAI, model: str, **fields: Any) -> Any:
    fields = {"messages": ASK, "tools": [WEATHER, CLOCK], "max_tokens": 200, "temperature": 0, **fields}
    return client.chat.completions.create(model=model, **fields)


@pytest.mark.parametrize("model", ["starter", "tiny/plain"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_model_whose_template_knows_no_tools_calls_one_all_the_same(client: OpenAI, model: str, stream: bool) -> None:
    named = {"type": "function", "function": {"name": "get_time"}}
    if stream:
        chunks = [one.choices[0] for one in call(client, model, tool_choice=named, stream=True)]
        [called] = [one.delta.tool_calls[0] for one in chunks if one.delta.tool_calls]
        finish = chunks[-1].finish_reason
    else:
        [choice] = call(client, model, tool_choice=named).choices
        [called] = choice.message.tool_calls
        finish = choice.finish_reason
        assert choice.message.content is None
    assert (called.function.name, called.type, finish) == ("get_time", "function", "tool_calls")
    assert json.loads(called.function.arguments)["city"] in ("Paris", "Rome")


def test_functions_of_old_are_called_and_answered_as_of_old(client: OpenAI) -> None:
    function = {"name": "get_time", "parameters": CITY}
    fields: Any = {"model": "starter", "functions": [function], "function_call": {"name": "get_time"}, "max_tokens": 200}
    [choice] = client.chat.completions.create(messages=ASK, temperature=0, **fields).choices
    assert (choice.finish_reason, choice.message.tool_calls, choice.message.content) == ("function_call", None, None)
    assert choice.message.function_call is not None
    assert json.loads(choice.message.function_call.arguments)["city"] in ("Paris", "Rome")
    told = [*ASK, choice.message.to_dict(), {"role": "function", "name": "get_time", "content": "noon"}]
    chunks = list(client.chat.completions.create(messages=told, temperature=0, stream=True, **fields))
    [called] = [one.choices[0].delta.function_call for one in chunks if one.choices[0].delta.function_call]
    assert (called.name, chunks[-1].choices[0].finish_reason) == ("get_time", "function_call")
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(messages=ASK, **{**fields, "function_call": {"name": "other"}})


def test_required_calls_one_of_them_and_each_choice_its_own(client: OpenAI) -> None:
    answer = call(client, "starter", tool_choice="required", n=5, temperature=1.2, seed=1)
    calls = [one.message.tool_calls for one in answer.choices]
    assert len(calls) == 5
    assert {one[0].function.name for one in calls} <= {"get_weather", "get_time"}
    assert len({one[0].id for one in calls}) == 5
    assert answer.usage.completion_tokens > 0


def test_only_allowed_tools_are_called(client: OpenAI) -> None:
    function = {"type": "function", "function": {"name": "get_time"}}
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [function]}}
    answer = call(client, "tiny/plain", tool_choice=choice)
    assert answer.choices[0].message.tool_calls[0].function.name == "get_time"


def test_where_none_has_to_be_called_it_may_speak(client: OpenAI) -> None:
    [choice] = call(client, "starter", seed=4, max_tokens=60).choices
    assert bool(choice.message.content) != bool(choice.message.tool_calls) or choice.finish_reason == "length"


def test_the_result_of_a_call_can_be_told(client: OpenAI) -> None:
    called = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
    told = [
        *ASK,
        {"role": "assistant", "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "call_1", "content": "mild"},
    ]
    assert call(client, "starter", messages=told, max_tokens=40).choices[0].finish_reason


def test_a_template_that_knows_tools_is_told_of_those_that_are_left(client: OpenAI) -> None:
    tools, named = [tool("f"), tool("g")], {"type": "function", "function": {"name": "g"}}
    both = call(client, "tiny/chat", max_tokens=1, tools=tools, messages=[{"role": "user", "content": "a"}])
    one = call(
        client, "tiny/chat", max_tokens=1, tools=tools, tool_choice=named, messages=[{"role": "user", "content": "a"}]
    )
    assert 300 < one.usage.prompt_tokens < both.usage.prompt_tokens


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "function", "function": {"name": "nothing"}},
        {"type": "function"},
        {"type": "custom", "custom": {"name": "x"}},
        {"type": "allowed_tools", "allowed_tools": {"mode": "none", "tools": []}},
        "sometimes",
    ],
)
def test_a_choice_that_cannot_be_is_refused(client: OpenAI, choice: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        call(client, "starter", tool_choice=choice)
    assert (caught.value.param or "").startswith("tool_choice")


def test_a_strict_schema_that_cannot_be_held_is_refused(client: OpenAI) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "(?=x)"}}}
    assert unheld(schema)
    for model in ("starter", "tiny/chat"):
        with pytest.raises(openai.BadRequestError) as caught:
            call(client, model, tools=[tool("f", schema, strict=True)])
        assert caught.value.param == "tools"


def test_a_json_object_is_one_from_its_first_character_on(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model="starter", messages=ASK, response_format={"type": "json_object"}, temperature=0, max_tokens=60
    )
    assert (answer.choices[0].message.content or "").lstrip().startswith("{")


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, 5, {"$ref": "#/nowhere"}, {"type": "object", "properties": 5}])
def test_a_schema_that_is_none_is_refused_and_named(client: OpenAI, schema: Any) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="starter", messages=ASK, response_format=form, max_tokens=5)
    assert caught.value.param == "response_format"


def test_audio_is_refused_where_no_model_speaks(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="starter", messages=ASK, modalities=["text", "audio"])
    assert caught.value.param == "modalities"


def test_a_picture_is_refused_by_a_model_that_does_not_see(client: OpenAI) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    with pytest.raises(openai.BadRequestError, match="takes no pictures"):
        client.chat.completions.create(model="starter", messages=[{"role": "user", "content": [picture]}])  # type: ignore


def test_choices_of_tools_become_a_list_and_a_word() -> None:
    assert chosen([WEATHER, CLOCK], None) == ([WEATHER, CLOCK], "auto")
    assert chosen([WEATHER, CLOCK], "none") == ([WEATHER, CLOCK], "none")
    assert chosen([WEATHER, CLOCK], {"type": "function", "function": {"name": "get_time"}}) == ([CLOCK], "required")


def test_definitions_of_two_tools_do_not_meet() -> None:
    def with_definition(kind: str) -> dict[str, Any]:
        return {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": kind}}}

    tools = [tool("f", with_definition("string")), tool("g", with_definition("integer"))]
    schema = worded({"messages": ASK}, tools, must_call=True)["response_format"]["json_schema"]["schema"]
    assert schema["$defs"] == {"0_A": {"type": "string"}, "1_A": {"type": "integer"}}
    references = [kind["properties"]["arguments"]["properties"]["a"]["$ref"] for kind in schema["anyOf"]]
    assert references == ["#/$defs/0_A", "#/$defs/1_A"]


def test_earlier_calls_are_told_in_words_and_one_system_message_stands_first() -> None:
    called = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        *ASK,
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "c", "content": "done"},
    ]
    told = worded({"messages": messages}, [WEATHER], must_call=False)["messages"]
    assert [one["role"] for one in told] == ["system", "user", "assistant", "user"]
    assert told[0]["content"].startswith("Be brief.\n\nYou can call functions:")
    assert told[2]["content"] == '{"name": "f", "arguments": {"a": 1}}'
    assert told[3]["content"] == "f gave: done"


@pytest.mark.parametrize(
    ("text", "delta", "calls"),
    [
        ('{"answer": "mild"}', {"content": "mild"}, False),
        ('{"name": "f", "arg', {}, False),
        ("[1]", {"content": "[1]"}, False),
    ],
)
def test_what_is_no_call_is_an_answer(text: str, delta: dict[str, Any], calls: bool) -> None:
    assert delta_of(text) == (delta, calls)
