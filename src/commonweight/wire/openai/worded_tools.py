"""
Tools for a model whose template has no place for them: told in words, and called in JSON that a schema holds it to.

The model answers `{"name": …, "arguments": {…}}`, or `{"answer": "…"}` where it may also speak.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from commonweight.serving import unheld
from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.tool_choice import Tools

ANSWER: Final = "answer"
_OBJECT: Final[Mapping[str, Any]] = {"type": "object"}


def worded(upstream: Mapping[str, Any], tools: Tools, must_call: bool) -> Document:
    """The request without tools: instructions before the messages, a schema for the answer. Raises BadRequest."""
    left_out = ("tools", "tool_choice", "parallel_tool_calls")
    body = {name: value for name, value in upstream.items() if name not in left_out}
    form = {"name": "call", "schema": _schema(tools, must_call)}
    messages = [{"role": "system", "content": _instructions(tools, must_call)}, *_plain(upstream["messages"])]
    return {**body, "messages": _joined(messages), "response_format": {"type": "json_schema", "json_schema": form}}


def _instructions(tools: Tools, must_call: bool) -> str:
    told = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)
    otherwise = "" if must_call else f' If no function is needed, write {{"{ANSWER}": "your answer in words"}}.'
    call = '{"name": "the function", "arguments": {...}}'
    return f"You can call functions:\n{told}\nTo call one, write only JSON: {call}.{otherwise}"


def _schema(tools: Tools, must_call: bool) -> Document:
    kinds: list[Document] = []
    definitions: Document = {}
    for number, tool in enumerate(tools):
        arguments, own = _arguments(tool["function"], number)
        definitions |= own
        kinds.append(_object({"name": {"const": tool["function"]["name"]}, "arguments": arguments}))
    if not must_call:
        kinds.append(_object({ANSWER: {"type": "string"}}))
    schema: Document = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return {**schema, "$defs": definitions} if definitions else schema


def _object(properties: Mapping[str, Any]) -> Document:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _arguments(function: Mapping[str, Any], number: int) -> tuple[Any, Document]:
    """The schema of the arguments and its definitions, under names of their own. Raises BadRequest for a strict one."""
    parameters = function.get("parameters") or _OBJECT
    if parameters.get("type", "object") != "object":
        parameters = _OBJECT
    where = unheld(parameters)
    if where and function.get("strict"):
        message = f"The engine of this model cannot hold arguments of {function['name']!r} to {where} of its schema."
        raise BadRequest(message, param="tools", kind="unsupported_value")
    if where:
        return _OBJECT, {}
    named = {name: f"{number}_{name}" for name in parameters.get("$defs") or ()}
    definitions = {named[name]: _renamed(one, named) for name, one in (parameters.get("$defs") or {}).items()}
    plain = {name: value for name, value in parameters.items() if name not in ("$defs", "$schema")}
    return _renamed({"type": "object", **plain}, named), definitions


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:
    """The same schema with its references to definitions under their new names."""
    if isinstance(schema, list):
        return [_renamed(one, names) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        name = reference.removeprefix("#/$defs/")
        return {**schema, "$ref": f"#/$defs/{names.get(name, name)}"}
    return {name: _renamed(value, names) for name, value in schema.items()}


def _plain(messages: Sequence[Mapping[str, Any]]) -> list[Document]:
    """Earlier calls and what they gave, in the words that the instructions ask for."""
    names: dict[str, str] = {}
    plain: list[Document] = []
    for message in messages:
        calls = message.get("tool_calls") or ()
        if calls:
            names |= {str(call.get("id")): call["function"]["name"] for call in calls}
            plain.append({"role": "assistant", "content": "\n".join(_called(call) for call in calls)})
        elif message["role"] in ("tool", "function"):
            name = names.get(str(message.get("tool_call_id")), message.get("name") or "the function")
            plain.append({"role": "user", "content": f"{name} gave: {_text(message.get('content'))}"})
        else:
            plain.append(dict(message))
    return plain


def _called(call: Mapping[str, Any]) -> str:
    function = call["function"]
    return f'{{"name": {json.dumps(function["name"])}, "arguments": {function.get("arguments") or "{}"}}}'


def _joined(messages: list[Document]) -> list[Document]:
    """One system message at the start: many templates take no second."""
    first, second, *rest = messages
    if second["role"] != "system":
        return messages
    return [{"role": "system", "content": f"{_text(second.get('content'))}\n\n{first['content']}"}, *rest]


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def delta_of(text: str) -> tuple[Document, bool]:
    """What the model's JSON says, as the delta of a chat, and whether it calls. JSON that was cut short says nothing."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}, False
    if isinstance(said, dict) and isinstance(said.get(ANSWER), str):
        return {"content": said[ANSWER]}, False
    if not isinstance(said, dict) or "name" not in said:
        return {"content": text}, False
    arguments = orjson.dumps(said.get("arguments") or {}).decode()
    function = {"name": str(said["name"]), "arguments": arguments}
    return {
        "tool_calls": [{"index": 0, "id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}]
    }, True
