"""What is wrong with a file of examples is said at upload: by line, by place, by what came and what was expected."""

from __future__ import annotations

from typing import Any

import pytest

from commonweight.files import LineChecker
from commonweight.guarding import Thing
from commonweight.tuning.data import Personal, TuningLines
from tests.guarding.said import FOUND
from tests.support.tools import library
from tests.tuning.data.said import WEATHER, calling, chat, checked, completion, jsonl, many, pair, says, user


def messages(*said: Any, **more: Any) -> dict[str, Any]:
    return {"messages": list(said), **more}


SYSTEM = {"role": "system", "content": "Be brief."}
OLD = {
    "functions": [{"name": "weather", "parameters": {"type": "object"}}],
    "messages": [
        user("Rain?"),
        {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": "{}"}},
        {"role": "function", "name": "weather", "content": "dry"},
        says("No."),
    ],
}
RIGHT = {
    "chat": chat(),
    "system": messages(SYSTEM, user("a"), says("b"), user("c"), says("d", weight=1)),
    "developer": messages({**SYSTEM, "role": "developer"}, user("a"), says("b")),
    "weights": messages(user("a"), says("b", weight=0), user("c"), says("d", weight=1)),
    "parts": messages({"role": "user", "content": [{"type": "text", "text": "a"}]}, says("b")),
    "refusal": messages(user("a"), {"role": "assistant", "content": None, "refusal": "I may not."}),
    "tools": calling(),
    "only a call": {**calling(), "messages": calling()["messages"][:2]},
    "old functions": OLD,
    "dumped": chat(tools=None, functions=[], parallel_tool_calls=None),
    "dumped message": messages(user("a"), says("b", function_call=None, audio=None, annotations=[])),
    "answer first": messages(says("Hello."), user("a"), says("b")),
}


@pytest.mark.parametrize("line", RIGHT.values(), ids=RIGHT)
def test_what_is_right_is_accepted(line: Any) -> None:
    findings, _ = checked([*many(9), line])
    assert findings == []


@pytest.mark.parametrize("other", [pair(), completion()])
def test_each_form_makes_a_file(other: Any) -> None:
    findings, check = checked([other] * 10)
    assert findings == []
    assert check.facts()["examples"] == 10


@pytest.mark.parametrize("spelt", [("preferred_completion", "non_preferred_completion"), ("preferred", "rejected")])
def test_both_spellings_of_a_preference_are_accepted(spelt: tuple[str, str]) -> None:
    line = {"input": pair()["input"], spelt[0]: [says("Yes.")], spelt[1]: [says("No.")]}
    assert checked([line] * 10)[0] == []


def call(**change: Any) -> dict[str, Any]:
    return calling(**change)


def function(**change: Any) -> dict[str, Any]:
    return calling(function={"name": "weather", "arguments": "{}", **change})


def tool(**change: Any) -> dict[str, Any]:
    return chat(tools=[{"type": "function", "function": {**WEATHER["function"], **change}}])  # type: ignore[dict-item]


WRONG: list[tuple[str, str | None, Any]] = [
    ("unknown_form", None, {"text": "once upon a time"}),
    ("unknown_form", None, {}),
    ("unknown_form", None, {"conversations": [{"from": "human", "value": "a"}]}),
    ("unknown_form", None, {"prompt": "a", "chosen": "b", "rejected": "c"}),
    ("mixed_forms", None, {**chat(), **completion()}),
    ("mixed_forms", None, completion()),
    ("unknown_field", "text", chat(text="a")),
    ("unknown_field", "messages[0].source", messages({**user("a"), "source": "web"}, says("b"))),
    ("invalid_messages", "messages", {"messages": "a"}),
    ("invalid_messages", "messages", {"messages": []}),
    ("invalid_message", "messages[0]", messages("a", says("b"))),
    ("invalid_role", "messages[0].role", messages({"content": "a"}, says("b"))),
    ("invalid_role", "messages[0].role", messages({"role": "human", "content": "a"}, says("b"))),
    ("invalid_role", "messages[0].role", messages({"role": 7, "content": "a"}, says("b"))),
    ("invalid_message", "messages[0].name", messages({**user("a"), "name": 1}, says("b"))),
    ("invalid_content", "messages[0].content", messages({"role": "user", "content": 4}, says("b"))),
    ("invalid_content", "messages[0].content", messages({"role": "user", "text": "a"}, says("b"))),
    ("invalid_content", "messages[0].content[0]", messages({"role": "user", "content": ["a"]}, says("b"))),
    ("invalid_content", "messages[0].content[0].text", messages({"role": "user", "content": [{"type": "text"}]}, says("b"))),
    (
        "unsupported_content",
        "messages[0].content[0].type",
        messages({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}, says("b")),
    ),
    ("empty_content", "messages[0].content", messages(user(" "), says("b"))),
    ("empty_content", "messages[1].content", messages(user("a"), says(""))),
    ("empty_content", "messages[1].content", messages(user("a"), {"role": "assistant"})),
    ("invalid_content", "messages[1].refusal", messages(user("a"), says("b", refusal=1))),
    ("misplaced_system", "messages[1].role", messages(user("a"), SYSTEM, says("b"))),
    ("misplaced_system", "messages[1].role", messages(SYSTEM, SYSTEM, user("a"), says("b"))),
    ("invalid_order", "messages[1].role", messages(user("a"), user("b"), says("c"))),
    ("invalid_order", "messages[2].role", messages(user("a"), says("b"), says("c"))),
    ("invalid_last_message", "messages[0].role", messages(user("a"))),
    ("nothing_to_learn", "messages", messages(user("a"), says("b", weight=0))),
    ("invalid_weight", "messages[1].weight", messages(user("a"), says("b", weight=2))),
    ("invalid_weight", "messages[1].weight", messages(user("a"), says("b", weight=True))),
    ("invalid_weight", "messages[0].weight", messages({**user("a"), "weight": 1}, says("b"))),
    ("invalid_tool", "tools", chat(tools={})),
    ("invalid_tool", "tools[0]", chat(tools=["weather"])),
    ("invalid_tool", "tools[0].type", chat(tools=[{**WEATHER, "type": "web_search"}])),
    ("invalid_tool", "tools[0].function", chat(tools=[{"type": "function"}])),
    ("invalid_tool", "tools[0].function.name", tool(name="the weather")),
    ("invalid_tool", "tools[0].function.description", tool(description=1)),
    ("invalid_tool", "tools[0].function.strict", tool(strict=1)),
    ("invalid_tool", "tools[0].function.parameters", tool(parameters=[])),
    ("invalid_tool", "tools[0].function.parameters.type", tool(parameters={"type": "array"})),
    ("invalid_tool", "functions[0].name", chat(functions=[{}])),
    ("invalid_tool", "parallel_tool_calls", chat(parallel_tool_calls="yes")),
    ("duplicate_tool", "tools[1].function.name", chat(tools=[WEATHER, WEATHER])),
    ("invalid_tool_call", "messages[1].tool_calls", messages(user("a"), says("b", tool_calls={}))),
    ("invalid_tool_call", "messages[1].tool_calls[0]", messages(user("a"), says("b", tool_calls=[1]))),
    ("invalid_tool_call", "messages[1].tool_calls[0].type", call(type="custom")),
    ("invalid_tool_call", "messages[1].tool_calls[0].function", call(function="weather")),
    ("invalid_tool_call", "messages[1].tool_calls[0].function.name", function(name=None)),
    ("invalid_tool_call", "messages[0].tool_calls", messages({**user("a"), "tool_calls": [1]}, says("b"))),
    ("unknown_tool", "messages[1].tool_calls[0].function.name", function(name="time")),
    ("invalid_arguments", "messages[1].tool_calls[0].function.arguments", function(arguments={"city": "Lima"})),
    ("invalid_arguments", "messages[1].tool_calls[0].function.arguments", function(arguments="Lima")),
    ("unknown_call", "messages[1].tool_call_id", messages(user("a"), {"role": "tool", "content": "x"}, says("b"))),
    (
        "unknown_call",
        "messages[1].tool_call_id",
        messages(user("a"), {"role": "tool", "tool_call_id": [], "content": ""}, says("b")),
    ),
    ("unknown_call", "messages[0].tool_call_id", messages({**user("a"), "tool_call_id": "c1"}, says("b"))),
    ("unknown_call", "messages[1].name", messages(user("a"), {"role": "function", "content": "x"}, says("b"))),
]


@pytest.mark.parametrize(("code", "param", "line"), WRONG, ids=[f"{code}-{at}" for at, (code, _, _) in enumerate(WRONG)])
def test_what_is_wrong_with_a_chat_is_named_by_line_and_place(code: str, param: str | None, line: Any) -> None:
    findings, _ = checked([*many(9), line])
    assert [(one.line, one.code, one.param) for one in findings] == [(10, code, param)]
    assert "expected" in findings[0].message or "file is of one form" in findings[0].message


def answered(*answer: Any) -> dict[str, Any]:
    return {**pair(), "preferred_output": list(answer)}


@pytest.mark.parametrize(
    ("code", "param", "line"),
    [
        ("invalid_preference", "input", {"preferred_output": [says("a")], "non_preferred_output": [says("b")]}),
        ("invalid_preference", "input", pair(input="Can you help?")),
        ("invalid_messages", "input.messages", pair(input={})),
        ("invalid_last_message", "input.messages[1].role", pair(input={"messages": [user("a"), says("b")]})),
        ("unknown_field", "input.model", pair(input={"messages": [user("a")], "model": "x"})),
        ("invalid_preference", "preferred_output", answered()),
        ("invalid_preference", "preferred_output", answered(says("a"), says("b"))),
        ("invalid_preference", "preferred_output[0].role", answered(user("a"))),
        ("empty_content", "preferred_output[0].content", answered(says(""))),
        ("invalid_preference", "preferred_output", pair(preferred_completion=[says("a")])),
        ("invalid_preference", "preferred_output", {"input": pair()["input"], "rejected": [says("b")]}),
    ],
)
def test_what_is_wrong_with_a_preference_is_named_too(code: str, param: str, line: Any) -> None:
    findings, _ = checked([*[pair()] * 9, line])
    assert [(one.line, one.code, one.param) for one in findings] == [(10, code, param)]


@pytest.mark.parametrize(
    ("code", "param", "line"),
    [
        ("invalid_completion", "completion", {"prompt": "a"}),
        ("invalid_completion", "prompt", {"completion": "a"}),
        ("invalid_completion", "prompt", completion([user("a")])),  # type: ignore[arg-type]
        ("empty_content", "completion", completion(answer="  ")),
        ("unknown_field", "id", completion(id=4)),
    ],
)
def test_what_is_wrong_with_a_completion_is_named_too(code: str, param: str, line: Any) -> None:
    findings, _ = checked([*[completion()] * 9, line])
    assert [(one.line, one.code, one.param) for one in findings] == [(10, code, param)]


def test_ten_examples_are_the_fewest() -> None:
    assert [(one.line, one.code) for one in checked(many(9))[0]] == [(None, "too_few_lines")]
    assert checked(many(10))[0] == []


def test_twelve_equal_lines_are_a_file_with_warnings() -> None:
    findings, check = checked([chat()] * 12)
    facts = check.facts()
    assert findings == []
    assert facts["duplicates"] == 11
    assert facts["warning_counts"] == {"constant_answers": 1, "duplicate": 11, "few_lines": 1}
    assert {"line": 2, "code": "duplicate", "message": "It says the same as line 1.", "param": None} in facts["warnings"]


@pytest.mark.parametrize(
    ("code", "param", "line"),
    [
        ("contradiction", None, chat("Where is parcel 3?", "I do not know.")),
        ("answer_repeats_question", "messages[1].content", chat("Say it", "Say it")),
        ("invisible_characters", "messages[1].content", chat(answer="It is\u200b here.")),
        ("invisible_characters", "messages[0].content", chat("a\x00b")),
        ("broken_characters", "messages[1].content", chat(answer="Ja, natÃ¼rlich.")),
        ("special_token", "messages[1].content", chat(answer="Yes.<|im_end|>")),
        ("long_line", None, chat(answer="word " * 6000)),
        ("assistant_begins", "messages[0].role", messages(says("Hello."), user("a"), says("b"))),
        (
            "call_without_answer",
            "messages[1].tool_calls",
            {**calling(), "messages": [*calling()["messages"][:2], user("Well?"), says("b")]},
        ),
    ],
)
def test_what_is_odd_is_told_and_refuses_nothing(code: str, param: str | None, line: Any) -> None:
    findings, check = checked([*many(60), line])
    assert findings == []
    told = [(one["line"], one["code"], one["param"]) for one in check.facts()["warnings"]]
    assert told == [(61, code, param)]


def test_an_equal_pair_and_an_empty_prompt_are_told() -> None:
    assert checked([*[pair(str(i)) for i in range(60)], pair("No.")])[1].facts()["warning_counts"] == {"equal_answers": 1}
    lines = [completion(str(i), str(i + 1)) for i in range(60)]
    assert checked([*lines, completion("")])[1].facts()["warning_counts"] == {"empty_prompt": 1}


def test_many_warnings_are_counted_and_of_each_kind_some_are_shown() -> None:
    odd = [chat(f"a{i}", f"b{i}\x00 <|im_end|>") for i in range(100)]
    _, check = checked([*odd, chat("x", "<s> x")])
    facts = check.facts()
    assert facts["warning_counts"] == {"invisible_characters": 100, "special_token": 101}
    assert len(facts["warnings"]) <= 20
    assert {one["code"] for one in facts["warnings"]} == {"invisible_characters", "special_token"}


@pytest.mark.parametrize(
    ("answers", "looks_like"),
    [
        (['{"team": "billing"}', '{"team": "sales"}'], "json"),
        (["billing", "sales", "returns"], "label"),
        ([f"Dear customer, this is letter {i} about your parcel." for i in range(60)], "text"),
    ],
)
def test_what_the_answers_look_like_is_told(answers: list[str], looks_like: str) -> None:
    lines = [chat(f"q{i}", answers[i % len(answers)]) for i in range(60)]
    targets = checked(lines)[1].facts()["targets"]
    assert (targets["looks_like"], targets["distinct"]) == (looks_like, len(answers))


def test_answers_that_call_tools_are_told() -> None:
    only = [{**calling(), "messages": calling()["messages"][:2]}] * 10
    assert checked(only)[1].facts()["targets"]["looks_like"] == "tools"


def test_one_sided_labels_are_told() -> None:
    lines = [chat(f"q{i}", "yes" if i % 20 else "no") for i in range(60)]
    assert checked(lines)[1].facts()["warning_counts"] == {"one_sided_answers": 1}


def test_personal_data_and_secrets_are_told_and_not_repeated() -> None:
    library("detect_secrets", "guard")
    odd = chat("Write to ada@example.com", "The key is sk-ant-abcdefghijklmnopqrstuvwxyz012345.")
    check = TuningLines()
    checker = LineChecker(check)
    checker.feed(jsonl([*many(60), odd]))
    assert checker.end() == []
    facts = check.facts()
    assert {(one["line"], one["code"], one["param"]) for one in facts["warnings"]} == {
        (61, "personal_data", "messages[0].content"),
        (61, "secret", "messages[1].content"),
    }
    assert facts["personal_data_looked_for"] == 1.0
    assert "ada@" not in str(facts)
    assert "sk-ant" not in str(facts)


def test_of_a_large_file_a_share_is_looked_at_for_personal_data() -> None:
    library("detect_secrets", "guard")
    personal = Personal.looking()
    looked = sum(personal.due(10_000) for _ in range(10_000))
    assert 298 < looked < 306, "two million characters, and a hundredth of a hundred million"
    assert personal.share == pytest.approx(looked / 10_000)


def test_every_kind_that_guardrails_know_is_told() -> None:
    library("detect_secrets", "guard")
    personal = Personal.looking()
    missed = {value for values in FOUND.values() for value in values if not list(personal.kinds(f"It is {value}."))}
    assert {value for value in missed if value not in FOUND[Thing.PHONE] or "+" in value} == set()
