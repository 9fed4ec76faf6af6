"""Lines of examples for tests: right ones, and files of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from commonweight.files import LineChecker
from commonweight.tuning.data import Personal, TuningLines

WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def says(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


def chat(question: str = "Where is my parcel?", answer: str = "It is on its way.", **more: Any) -> dict[str, Any]:
    return {"messages": [user(question), says(answer)], **more}


def calling(**call: Any) -> dict[str, Any]:
    """A chat in which the weather is asked for; `call` changes the call."""
    function = {"name": "weather", "arguments": '{"city": "Lima"}'}
    first = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": function, **call}],
    }
    messages = [user("Rain in Lima?"), first, {"role": "tool", "tool_call_id": "c1", "content": "dry"}, says("No.")]
    return {"messages": messages, "tools": [WEATHER]}


def pair(better: str = "Yes, gladly.", worse: str = "No.", **more: Any) -> dict[str, Any]:
    asked = {"messages": [user("Can you help me?")]}
    return {"input": asked, "preferred_output": [says(better)], "non_preferred_output": [says(worse)], **more}


def completion(prompt: str = "2 + 2 =", answer: str = " 4", **more: Any) -> dict[str, Any]:
    return {"prompt": prompt, "completion": answer, **more}


def many(n: int = 10) -> list[dict[str, Any]]:
    return [chat(f"Where is parcel {i}?", f"Parcel {i} is in town {i % 7}.") for i in range(n)]


def jsonl(lines: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def nobody() -> Personal:
    """Looks for no personal data, so that a test is quick and the same with and without the extra."""
    return Personal(None)


def checked(lines: Iterable[Any] | bytes) -> tuple[list[Any], TuningLines]:
    """The findings of a file, and the check with its facts."""
    check = TuningLines(nobody)
    checker = LineChecker(check)
    checker.feed(lines if isinstance(lines, bytes) else jsonl(lines))
    return checker.end(), check
