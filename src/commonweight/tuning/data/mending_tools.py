"""Tools and calls as they should have been written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from commonweight.tuning.data.mending_text import Told

Document = dict[str, Any]


def mend_tools(document: Document, told: Told, where: str) -> Document:
    """`functions` become tools; a tool that is a bare function is wrapped."""
    prefix = f"{where}." if where else ""
    out = dict(document)
    functions = out.pop("functions", None)
    if isinstance(functions, list) and functions:
        told.add("invalid_tool", f"{prefix}functions", "became 'tools'")
        tools = out.get("tools")
        out["tools"] = [*(tools if isinstance(tools, list) else []), *functions]
    if isinstance(out.get("tools"), list):
        out["tools"] = [_tool(tool, told, f"{prefix}tools[{i}]") for i, tool in enumerate(out["tools"])]
        if not out["tools"]:
            del out["tools"]
    return out


def _tool(tool: Any, told: Told, where: str) -> Any:
    if not isinstance(tool, Mapping):
        return tool
    if "function" not in tool and "name" in tool:
        told.add("invalid_tool", where, "the function got its 'type'")
        return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}
    if isinstance(tool.get("function"), Mapping) and tool.get("type") is None:
        told.add("invalid_tool", f"{where}.type", "got 'function'")
        return {**tool, "type": "function"}
    return tool


class CallIds:
    """Gives ids to calls that have none, and to their answers, in the order of the chat."""

    def __init__(self) -> None:
        self._count = 0
        self._ids: set[str | None] = set()
        self._open: list[tuple[str, str]] = []  # ids and names of calls that are not answered yet

    def call(self, call: Any, told: Told, where: str) -> Any:
        """A call with its id, its type and its arguments as a string."""
        if not isinstance(call, Mapping):
            return call
        out = dict(call)
        if "function" not in out and "name" in out:
            told.add("invalid_tool_call", where, "the call got its 'function'")
            arguments = out.pop("arguments", out.pop("parameters", {}))
            out["function"] = {"name": out.pop("name"), "arguments": arguments}
        if out.get("type") is None:
            told.add("invalid_tool_call", f"{where}.type", "got 'function'")
            out["type"] = "function"
        if out.get("id") is None:
            self._count += 1
            out["id"] = f"call_{self._count}"
            told.add("invalid_tool_call", f"{where}.id", f"got {out['id']!r}")
        if isinstance(function := out.get("function"), Mapping):
            out["function"] = _with_string(function, told, f"{where}.function")
            self._ids.add(out["id"] if isinstance(out["id"], str) else None)
            self._open.append((str(out["id"]), str(function.get("name"))))
        return out

    def answer(self, message: Document, told: Told, where: str) -> Document:
        """A tool's message with the id of what it answers."""
        out = dict(message)
        if out["role"] == "function":
            told.add("invalid_role", f"{where}.role", "'function' became 'tool'")
            out["role"] = "tool"
        call_id = out.get("tool_call_id")
        if not isinstance(call_id, str) or call_id not in self._ids:
            named = [call for call in self._open if call[1] == out.get("name")] or self._open
            if named:
                out["tool_call_id"] = named[0][0]
                told.add("unknown_call", f"{where}.tool_call_id", f"got {named[0][0]!r}")
        self._open = [call for call in self._open if call[0] != out.get("tool_call_id")]
        return out


def _with_string(function: Mapping[str, Any], told: Told, where: str) -> Document:
    arguments = function.get("arguments")
    if isinstance(arguments, Mapping) or arguments is None:
        told.add("invalid_arguments", f"{where}.arguments", "became a string of JSON")
        return {**function, "arguments": _dumped(arguments or {})}
    return dict(function)


def _dumped(arguments: Any) -> Any:
    try:
        return orjson.dumps(arguments).decode()
    except orjson.JSONEncodeError:  # nested deeper than can be written
        return arguments
