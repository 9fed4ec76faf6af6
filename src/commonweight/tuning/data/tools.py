"""Tools, calls of them, and what tools answered (contract, section 9, check 10)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import orjson

from commonweight.tuning.data.problems import Problem, got, problem, unknown_fields

NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_FUNCTION: Final = ("name", "description", "parameters", "strict")


def check_tools(where: str, document: Mapping[str, Any], names: set[str]) -> Iterator[Problem]:
    """`tools` and old `functions` of a line; the names that they declare come into `names`."""
    prefix = f"{where}." if where else ""
    for field in ("tools", "functions"):
        declared = document.get(field)
        if declared is None:
            continue
        if not isinstance(declared, list):
            yield problem("invalid_tool", prefix + field, got(declared), "an array of tools")
            continue
        for i, tool in enumerate(declared):
            yield from _tool(f"{prefix}{field}[{i}]", tool, names, old=field == "functions")
    parallel = document.get("parallel_tool_calls")
    if parallel is not None and not isinstance(parallel, bool):
        yield problem("invalid_tool", f"{prefix}parallel_tool_calls", got(parallel), "true or false")


def _tool(where: str, tool: Any, names: set[str], *, old: bool) -> Iterator[Problem]:
    if not isinstance(tool, dict):
        yield problem("invalid_tool", where, got(tool), "an object")
        return
    function: Any = tool
    if not old:
        yield from unknown_fields(where, tool, ("type", "function"))
        if tool.get("type") != "function":
            yield problem("invalid_tool", f"{where}.type", got(tool.get("type")), "'function'")
        function, where = tool.get("function"), f"{where}.function"
    if not isinstance(function, dict):
        yield problem("invalid_tool", where, got(function), "an object with the name and the parameters of a function")
        return
    yield from unknown_fields(where, function, _FUNCTION)
    yield from _function(where, function, names)


def _function(where: str, function: Mapping[str, Any], names: set[str]) -> Iterator[Problem]:
    name = function.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield problem("invalid_tool", f"{where}.name", got(name), "1 to 64 letters, digits, '_', '-' or '.'")
    elif name in names:
        yield problem("duplicate_tool", f"{where}.name", got(name), "each tool of a line to have a name of its own")
    else:
        names.add(name)
    described = function.get("description")
    if described is not None and not isinstance(described, str):
        yield problem("invalid_tool", f"{where}.description", got(described), "a string")
    strict = function.get("strict")
    if strict is not None and not isinstance(strict, bool):
        yield problem("invalid_tool", f"{where}.strict", got(strict), "true or false")
    yield from _schema(where, function.get("parameters"))


def _schema(where: str, schema: Any) -> Iterator[Problem]:
    if schema is None:
        return
    if not isinstance(schema, dict):
        yield problem("invalid_tool", f"{where}.parameters", got(schema), "a JSON schema, which is an object")
    elif schema and schema.get("type", "object") != "object":
        message = "a schema of an object: what a tool is given has names"
        yield problem("invalid_tool", f"{where}.parameters.type", got(schema["type"]), message)
    elif not _can_be_written(schema):
        yield problem("invalid_tool", f"{where}.parameters", "it is nested too deep", "at most some 240 levels")


def _can_be_written(schema: Mapping[str, Any]) -> bool:
    """Whether it can be written as JSON within a line: orjson reads deeper than it writes (254 levels)."""
    try:
        orjson.dumps([[[[[[[[[[schema]]]]]]]]]])
    except orjson.JSONEncodeError:
        return False
    return True


class Calls:
    """The calls of one chat, in order: what is called is declared, and what answers answers something."""

    def __init__(self, declared: Collection[str]) -> None:
        self._declared = declared
        self._open: set[str] = set()  # ids of calls that nothing has answered yet
        self._ids: set[str] = set()
        self._functions: set[str] = set()  # names of old calls

    def check_assistant(self, where: str, message: Mapping[str, Any]) -> Iterator[Problem]:
        """The calls of an assistant's message."""
        old, calls = message.get("function_call"), message.get("tool_calls")
        if old is not None:
            yield from self._function(f"{where}.function_call", old, self._functions)
        if calls is None:
            return
        if not isinstance(calls, list):
            yield problem("invalid_tool_call", f"{where}.tool_calls", got(calls), "an array of calls")
            return
        for i, call in enumerate(calls):
            yield from self._call(f"{where}.tool_calls[{i}]", call)

    def _call(self, where: str, call: Any) -> Iterator[Problem]:
        if not isinstance(call, dict):
            yield problem("invalid_tool_call", where, got(call), "an object")
            return
        yield from unknown_fields(where, call, ("id", "type", "function", "index"))
        call_id = call.get("id")
        if not isinstance(call_id, str) or not call_id:
            yield problem("invalid_tool_call", f"{where}.id", got(call_id), "a string that the tool's answer names")
        elif call_id in self._ids:
            yield problem("invalid_tool_call", f"{where}.id", got(call_id), "each call of a line to have an id of its own")
        else:
            self._ids.add(call_id)
            self._open.add(call_id)
        if call.get("type") != "function":
            yield problem("invalid_tool_call", f"{where}.type", got(call.get("type")), "'function'")
        yield from self._function(f"{where}.function", call.get("function"), set())

    def _function(self, where: str, function: Any, called: set[str]) -> Iterator[Problem]:
        if not isinstance(function, dict):
            yield problem("invalid_tool_call", where, got(function), "an object with 'name' and 'arguments'")
            return
        yield from unknown_fields(where, function, ("name", "arguments"))
        name = function.get("name")
        if not isinstance(name, str) or not name:
            yield problem("invalid_tool_call", f"{where}.name", got(name), "the name of a tool")
        elif name not in self._declared:
            known = ", ".join(sorted(self._declared)[:10]) or "there are none"
            yield problem("unknown_tool", f"{where}.name", got(name), f"a tool that the line declares ({known})")
        else:
            called.add(name)
        if not _is_object(arguments := function.get("arguments")):
            yield problem("invalid_arguments", f"{where}.arguments", got(arguments), "a string of JSON that holds an object")

    def check_answer(self, where: str, message: Mapping[str, Any]) -> Iterator[Problem]:
        """A message of a tool, or of an old function."""
        if message["role"] == "function":
            name = message.get("name")
            if not isinstance(name, str) or name not in self._functions:
                yield problem("unknown_call", f"{where}.name", got(name), "the name of a function that was called before")
            return
        call_id = message.get("tool_call_id")
        if not isinstance(call_id, str) or call_id not in self._ids:
            yield problem("unknown_call", f"{where}.tool_call_id", got(call_id), "the id of a call before it")
        elif call_id not in self._open:
            yield problem("unknown_call", f"{where}.tool_call_id", got(call_id), "a call that was not answered yet")
        else:
            self._open.discard(call_id)


def _is_object(arguments: Any) -> bool:
    if not isinstance(arguments, str):
        return False
    try:
        return isinstance(orjson.loads(arguments), dict)
    except orjson.JSONDecodeError:
        return False
