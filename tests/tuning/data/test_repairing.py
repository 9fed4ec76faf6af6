"""What can be mended is mended and told, what is right stays as it is, and nothing is left out unasked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from commonweight.files import Finding
from commonweight.tuning.data import NotAnExample, Repaired, Wishes, repair
from tests.tuning.data.said import WEATHER, calling, chat, completion, jsonl, many, nobody, pair, says, user


def mended(folder: Path, data: bytes, **wishes: bool) -> tuple[list[Any], Repaired, list[Finding]]:
    source, target = folder / "a.jsonl", folder / "b.jsonl"
    source.write_bytes(data)
    told: list[Finding] = []
    done = repair(source, target, Wishes(**wishes), tell=told.append, personal=nobody)
    lines = [orjson.loads(line) for line in target.read_bytes().splitlines()] if done.found.accepted else []
    return lines, done, told


def test_a_right_file_is_copied_byte_for_byte(tmp_path: Path) -> None:
    data = b"".join(json.dumps(line, indent=None, separators=(" , ", " : ")).encode() + b"\n" for line in many(12))
    _, done, told = mended(tmp_path, data)
    assert (tmp_path / "b.jsonl").read_bytes() == data
    assert (told, done.read, done.written, done.changed) == ([], 12, 12, 0)


HUMAN = {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]}
OURS = {"messages": [user("Hi"), says("Hello.")]}
OLD = {
    "functions": [WEATHER["function"]],
    "messages": [
        user("Rain in Lima?"),
        {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": {"city": "Lima"}}},
        {"role": "function", "name": "weather", "content": "dry"},
        says("No."),
    ],
}
SYSTEM = {"role": "system", "content": "Be brief."}
MENDED: dict[str, tuple[Any, Any, set[str]]] = {
    "ShareGPT": (HUMAN, OURS, {"unknown_form", "invalid_role", "invalid_content"}),
    "ShareGPT with a system": (
        {**HUMAN, "system": "Be brief."},
        {"messages": [SYSTEM, *OURS["messages"]]},
        {"unknown_form"},
    ),
    "Alpaca": (
        {"instruction": "Add.", "input": "2 and 2", "output": "4"},
        chat("Add.\n\n2 and 2", "4"),
        {"unknown_form"},
    ),
    "question and answer": ({"question": "Hi", "answer": "Hello.", "id": 4}, OURS, {"unknown_form"}),
    "a prompt of messages": ({"prompt": [user("Hi")], "completion": [says("Hello.")]}, OURS, {"unknown_form"}),
    "messages in a string": ({"messages": json.dumps(OURS["messages"])}, OURS, {"unknown_form"}),
    "a better and a worse answer": (
        {"prompt": "Can you help me?", "chosen": "Yes, gladly.", "rejected": "No."},
        pair(),
        {"unknown_form"},
    ),
    "two chats": (
        {"prompt": "x", "chosen": [user("Can you help me?"), says("Yes, gladly.")], "rejected": [user("?"), says("No.")]},
        {**pair(), "input": {"messages": [user("x")]}},
        {"unknown_form"},
    ),
    "an answer as a string": ({**pair(), "preferred_output": "Yes, gladly."}, pair(), {"invalid_preference"}),
    "roles in capitals": ({"messages": [{"role": "User", "content": "Hi"}, says("Hello.")]}, OURS, {"invalid_role"}),
    "text for content": ({"messages": [{"role": "user", "text": "Hi"}, says("Hello.")]}, OURS, {"invalid_content"}),
    "unknown fields": ({**OURS, "id": "x", "messages": [{**user("Hi"), "n": 1}, says("Hello.")]}, OURS, {"unknown_field"}),
    "space around": ({"messages": [user(" Hi"), says("Hello. \n")]}, OURS, {"space_around"}),
    "invisible": ({"messages": [user("H\u200bi"), says("Hello.\x00")]}, OURS, {"invisible_characters"}),
    "broken": ({"messages": [user("Hi"), says("natÃ¼rlich")]}, chat("Hi", "natürlich"), {"broken_characters"}),
    "weight in words": ({"messages": [user("Hi"), says("Hello.", weight="1")]}, None, {"invalid_weight"}),
    "weight of a user": ({"messages": [{**user("Hi"), "weight": 0}, says("Hello.")]}, OURS, {"unknown_field"}),
    "system last": (
        {"messages": [*OURS["messages"], SYSTEM]},
        {"messages": [SYSTEM, *OURS["messages"]]},
        {"misplaced_system"},
    ),
    "an empty system": ({"messages": [{"role": "system", "content": ""}, *OURS["messages"]]}, OURS, {"empty_content"}),
    "two users": (
        {"messages": [user("Hi"), user("there"), says("Hello.")]},
        chat("Hi\n\nthere", "Hello."),
        {"invalid_order"},
    ),
    "no last answer": ({"messages": [*OURS["messages"], user("And?")]}, OURS, {"invalid_last_message"}),
    "old functions": (OLD, None, {"invalid_tool", "invalid_tool_call", "invalid_arguments", "invalid_role", "unknown_call"}),
    "a bare tool": ({**calling(), "tools": [WEATHER["function"]]}, calling(), {"invalid_tool"}),
    "arguments as an object": (
        calling(function={"name": "weather", "arguments": {"city": "Lima"}}),
        calling(function={"name": "weather", "arguments": '{"city":"Lima"}'}),
        {"invalid_arguments"},
    ),
    "a call without an id": (calling(id=None), None, {"invalid_tool_call"}),
    "numbers": (completion(2, 4), {"prompt": "2", "completion": "4"}, {"invalid_completion"}),  # type: ignore[arg-type]
    "a completion's end": (completion("2 ", " 4\n"), completion("2 ", " 4"), {"space_around"}),
}


@pytest.mark.parametrize("name", MENDED)
def test_what_is_spelt_otherwise_becomes_a_right_line_and_is_told(tmp_path: Path, name: str) -> None:
    came, expected, codes = MENDED[name]
    lines, done, told = mended(tmp_path, jsonl([came] * 10))
    assert done.found.accepted, done.found.errors
    assert codes <= {change.code for change in told}
    assert {change.line for change in told} == set(range(1, 11)), "line by line"
    if expected is not None:
        assert lines[0] == expected


def test_old_functions_become_tools_whose_calls_are_answered(tmp_path: Path) -> None:
    line = mended(tmp_path, jsonl([OLD] * 10))[0][0]
    assert line["tools"] == [WEATHER]
    assert line["messages"][1]["tool_calls"][0]["id"] == line["messages"][2]["tool_call_id"]
    assert line["messages"][2]["role"] == "tool"


LINES = jsonl(many(12))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xef\xbb\xbf" + LINES, "byte_order_mark"),
        (LINES.decode().encode("utf-16"), "not_utf8"),
        (LINES.replace(b"\n", b"\n\n  \r\n"), "blank_line"),
        (json.dumps(many(12)).encode(), "invalid_json_line"),
        (json.dumps(many(12), indent=2).encode(), "invalid_json_line"),
        (b"\n".join(json.dumps(line, indent=2).encode() for line in many(12)), "invalid_json_line"),
        (LINES.replace(b"}\n", b"},\n"), "invalid_json_line"),
        ("".join(f"{line}\n" for line in many(12)).encode(), "invalid_json_line"),
    ],
    ids=["mark", "utf-16", "blank", "array", "pretty array", "pretty objects", "commas", "python"],
)
def test_a_file_that_was_saved_otherwise_becomes_lines(tmp_path: Path, data: bytes, code: str) -> None:
    lines, done, told = mended(tmp_path, data)
    assert lines == many(12)
    assert done.found.accepted
    assert code in {change.code for change in told}


def test_windows_letters_and_bare_tabs_are_read(tmp_path: Path) -> None:
    odd = '{"prompt": "na\tja", "completion": "natürlich"}\n'.encode("cp1252")
    lines, _, _ = mended(tmp_path, jsonl([completion()] * 10) + odd)
    assert lines[-1] == completion("na\tja", "natürlich")


def test_a_long_array_is_read_object_by_object(tmp_path: Path) -> None:
    lines = [chat(f"{i}", "word " * 3000) for i in range(100)]
    assert len(mended(tmp_path, json.dumps(lines).encode())[0]) == 100


def test_what_cannot_be_mended_stays_unless_it_is_to_go(tmp_path: Path) -> None:
    data = jsonl([*many(12), {"text": "a"}, completion()]) + b"nonsense\n"
    _, kept, _ = mended(tmp_path, data)
    assert (kept.read, kept.written) == (15, 15)
    assert {group.code for group in kept.found.errors} == {"unknown_form", "mixed_forms", "invalid_json_line"}
    lines, gone, told = mended(tmp_path, data, without_unmendable=True)
    assert lines == many(12)
    assert [(change.line, change.code) for change in told] == [
        (13, "unknown_form"),
        (14, "mixed_forms"),
        (15, "invalid_json_line"),
    ]
    assert gone.found.accepted


def test_duplicates_stay_unless_they_are_to_go(tmp_path: Path) -> None:
    data = jsonl([*many(12), *many(12)])
    assert mended(tmp_path, data)[1].written == 24
    lines, _, told = mended(tmp_path, data, without_duplicates=True)
    assert lines == many(12)
    assert [change.line for change in told] == list(range(13, 25))


def test_what_has_no_lines_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAnExample, match="Line 1 has more than"):
        mended(tmp_path, b"x" * (9 << 20))
    with pytest.raises(NotAnExample, match="object 1 of the array"):
        mended(tmp_path, b'[{"a": "' + b"x" * (10 << 20))
