"""A request for a message, checked and put into the words of a chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from commonweight.wire.anthropic.blocks import as_messages
from commonweight.wire.openai import fields
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.asked import Asked
from commonweight.wire.openai.chat_request import chat_request
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import boolean, check_fields, integer, number, required, required_in, text, thing

#: What would change the answer and is not offered: refused rather than dropped.
NOT_OFFERED: Final = ("container", "mcp_servers", "context_management")
_CHOICES: Final = {"auto": "auto", "any": "required", "none": "none", "tool": "required"}


def _not_offered(name: str, value: Any) -> None:
    if value:
        raise BadRequest(f"{name}: this is not offered here.", param=name, kind="unsupported_parameter")


def _stops(name: str, value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise fields.wrong_type(name, "an array of strings", value)


def _metadata(name: str, value: Any) -> None:
    thing(name, value)
    check_fields(value, {"user_id": text}, f"{name}.")


CHECKS: Final[Mapping[str, fields.Check]] = {
    "model": text,
    "max_tokens": integer(1),
    "temperature": number(0, 1),
    "top_p": number(0, 1),
    "top_k": integer(0),
    "stop_sequences": _stops,
    "stream": boolean,
    "metadata": _metadata,
    "thinking": thing,
    "output_config": thing,
    **dict.fromkeys(NOT_OFFERED, _not_offered),
}


def message_request(body: Mapping[str, Any], *, counting: bool = False) -> Asked:
    """The request to an engine. `counting`: `max_tokens` may be missing. Raises BadRequest."""
    model = required(body, "model")
    if not counting:
        required(body, "max_tokens")
    messages = as_messages(body.get("system"), required(body, "messages"))
    check_fields(body, CHECKS)
    chat: Document = {name: body[name] for name in ("temperature", "top_p", "top_k") if body.get(name) is not None}
    if body.get("stop_sequences"):
        chat["stop"] = body["stop_sequences"]
    tools = _tools(body.get("tools"))
    if tools:
        chat |= _choice(tools, body.get("tool_choice"))
    chat |= _thinking(body.get("thinking")) | _output(body.get("output_config"))
    return chat_request(
        {
            **chat,
            "model": model,
            "messages": messages,
            "max_tokens": body.get("max_tokens") or 1,
            "stream": bool(body.get("stream")),
        }
    )


def _tools(given: Any) -> list[Document]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise fields.wrong_type("tools", "an array", given)
    return [_tool(f"tools.{i}", tool) for i, tool in enumerate(given)]


def _tool(where: str, tool: Any) -> Document:
    thing(where, tool)
    if tool.get("type") not in (None, "custom"):
        message = f"{where}: tools of type {tool['type']!r} run on Anthropic's servers and are not offered here."
        raise BadRequest(message, param=where, kind="unsupported_value")
    schema = required_in(where, tool, "input_schema")
    thing(f"{where}.input_schema", schema)
    function = {"name": required_in(where, tool, "name"), "parameters": schema}
    function |= {name: tool[name] for name in ("description", "strict") if tool.get(name) is not None}
    return {"type": "function", "function": function}


def _choice(tools: list[Document], given: Any) -> Document:
    """The tools that may be called, and how. A single tool is forced by leaving out the others."""
    given = given or {"type": "auto"}
    thing("tool_choice", given)
    kind = required_in("tool_choice", given, "type")
    if not isinstance(kind, str) or kind not in _CHOICES:
        message = f"tool_choice.type: {kind!r} was given; expected one of {', '.join(_CHOICES)}."
        raise BadRequest(message, param="tool_choice.type")
    if kind == "tool":
        name = required_in("tool_choice", given, "name")
        tools = [tool for tool in tools if tool["function"]["name"] == name]
        if not tools:
            raise BadRequest(f"tool_choice.name: there is no tool {name!r}.", param="tool_choice.name")
    check_fields(given, {"disable_parallel_tool_use": boolean}, "tool_choice.")
    said: Document = {"tools": tools, "tool_choice": _CHOICES[kind]}
    return said | ({"parallel_tool_calls": False} if given.get("disable_parallel_tool_use") else {})


def _thinking(given: Any) -> Document:
    """Templates that can think aloud know this word, others leave it. Not asked for means no, as with Anthropic."""
    kind = (given or {}).get("type", "disabled")
    if kind not in ("enabled", "adaptive", "disabled"):
        message = f"thinking.type: {kind!r} was given; expected 'enabled', 'adaptive' or 'disabled'."
        raise BadRequest(message, param="thinking.type")
    return {"chat_template_kwargs": {"enable_thinking": kind != "disabled"}}


def _output(given: Any) -> Document:
    said: Document = {}
    given = given or {}
    if given.get("effort") is not None:
        said["reasoning_effort"] = given["effort"]
    wanted = given.get("format")
    if wanted is not None:
        thing("output_config.format", wanted)
        if required_in("output_config.format", wanted, "type") != "json_schema":
            raise BadRequest("output_config.format.type: expected 'json_schema'.", param="output_config.format.type")
        schema = required_in("output_config.format", wanted, "schema")
        said["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "output", "schema": schema, "strict": True},
        }
    return said
