"""`functions` and `function_call`, which `tools` came after: requests become tools, answers become what they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.chat_answer import ChatAnswer
from commonweight.wire.openai.errors import BadRequest


def with_tools(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """The request with tools in place of functions, and whether it had functions. Where both came, the tools count."""
    functions = body.get("functions")
    if not functions or body.get("tools"):
        return body, False
    if not isinstance(functions, list):
        raise BadRequest("Invalid type for 'functions': expected an array.", param="functions", kind="invalid_type")
    choice = body.get("function_call")
    if isinstance(choice, Mapping):
        choice = {"type": "function", "function": {"name": choice.get("name")}}
    tools = [{"type": "function", "function": function} for function in functions]
    messages = body.get("messages")
    told = {"messages": [*map(_message, messages)]} if isinstance(messages, Sequence) else {}
    return {**body, **told, "tools": tools, "tool_choice": choice, "parallel_tool_calls": False}, True


def _message(message: Any) -> Any:
    """Calls had no ids: the name of the function stands for one."""
    if not isinstance(message, Mapping):
        return message
    called = message.get("function_call")
    if isinstance(called, Mapping):
        call = {"id": f"call_{called.get('name')}", "type": "function", "function": dict(called)}
        return {**{name: value for name, value in message.items() if name != "function_call"}, "tool_calls": [call]}
    if message.get("role") == "function":
        return {**message, "role": "tool", "tool_call_id": f"call_{message.get('name')}"}
    return message


class FunctionAnswer(ChatAnswer):
    """A chat answer whose first call is a `function_call`."""

    def choices(self, raw: Document) -> list[list[Document]]:
        return [[_chunk(choice) for choice in chunk] for chunk in super().choices(raw)]

    def whole_choices(self) -> list[Document]:
        return [_whole(choice) for choice in super().whole_choices()]


def _chunk(choice: Document) -> Document:
    delta, calls = dict(choice["delta"]), choice["delta"].get("tool_calls")
    if calls:
        del delta["tool_calls"]
        if calls[0]["index"] == 0:
            delta["function_call"] = calls[0]["function"]
    return {**choice, "delta": delta, "finish_reason": _reason(choice["finish_reason"])}


def _whole(choice: Document) -> Document:
    message = dict(choice["message"])
    calls = message.pop("tool_calls", None)
    if calls:
        message["function_call"] = calls[0]["function"]
    return {**choice, "message": message, "finish_reason": _reason(choice["finish_reason"])}


def _reason(reason: str | None) -> str | None:
    return "function_call" if reason == "tool_calls" else reason
