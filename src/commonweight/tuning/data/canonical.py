"""
The canonical line of an example: what training and judging read, whatever was sent.

    chat        {"messages": [message…], "tools"?: [tool…]}
    preference  {"input": {"messages": […], "tools"?: […]}, "preferred": [message], "rejected": [message]}
    completion  {"prompt": "…", "completion": "…"}

    message     {"role": system|user|assistant|tool, "content": "…", "name"?, "weight"?: 0|1 and "tool_calls"? of an
                assistant, "tool_call_id" of a tool}

Old `functions` and `function_call` have become tools and tool calls, `developer` is `system`, parts are one text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from commonweight.errors import InvalidInput
from commonweight.tuning.data.forms import PREFERRED, REJECTED, LineForm, first_of, forms_of

Document = dict[str, Any]


class NotAnExample(InvalidInput):
    code = "not_an_example"


def canonical(document: Mapping[str, Any]) -> Document:
    """The canonical line of a line that the check found right; canonical lines stay as they are. Raises NotAnExample."""
    forms = forms_of(document)
    if len(forms) != 1:
        raise NotAnExample("The line is of no form, or of several.", hint="Run: commonweight tune check FILE")
    if forms[0] is LineForm.COMPLETION:
        return {"prompt": document["prompt"], "completion": document["completion"]}
    if forms[0] is LineForm.CHAT:
        return _chat(document)
    preferred, rejected = first_of(document, PREFERRED), first_of(document, REJECTED)
    assert preferred is not None
    assert rejected is not None
    asked = _chat(document["input"])
    answers = (_messages(document[preferred]), _messages(document[rejected]))
    return {"input": asked, "preferred": answers[0], "rejected": answers[1]}


def write_canonical(source: Path, target: Path) -> int:
    """The canonical lines of a file that the check accepts; how many. Raises NotAnExample, with the line."""
    written = 0
    with source.open("rb") as given, target.open("wb") as out:
        for number, line in enumerate(given, 1):
            if not line.strip():
                continue
            try:
                out.write(orjson.dumps(canonical(orjson.loads(line))) + b"\n")
            except (NotAnExample, AttributeError, KeyError, TypeError, ValueError):
                message = f"Line {number} is no example as it has to be."
                raise NotAnExample(message, hint="Run: commonweight tune check FILE") from None
            written += 1
    return written


def _chat(document: Mapping[str, Any]) -> Document:
    tools = [_tool(tool) for tool in document.get("tools") or ()]
    tools += [{"type": "function", "function": dict(function)} for function in document.get("functions") or ()]
    chat: Document = {"messages": _messages(document["messages"])}
    return {**chat, "tools": tools} if tools else chat


def _tool(tool: Mapping[str, Any]) -> Document:
    return {"type": "function", "function": dict(tool["function"])}


def _messages(messages: Sequence[Mapping[str, Any]]) -> list[Document]:
    """`called` holds the ids given to old calls of functions, by name: what a function said is answered to the last one."""
    called: dict[str, str] = {}
    return [_message(message, called) for message in messages]


def _message(message: Mapping[str, Any], called: dict[str, str]) -> Document:
    role = {"developer": "system", "function": "tool"}.get(message["role"], message["role"])
    out: Document = {"role": role, "content": text_of(message)}
    if message["role"] == "function":
        return {**out, "name": message["name"], "tool_call_id": called.get(message["name"], "")}
    if message.get("name") is not None:
        out["name"] = message["name"]
    if role == "tool":
        out["tool_call_id"] = message["tool_call_id"]
    if role == "assistant":
        calls = _calls(message, called)
        out |= {"tool_calls": calls} if calls else {}
        out |= {"weight": int(message["weight"])} if message.get("weight") is not None else {}
    return out


def _calls(message: Mapping[str, Any], called: dict[str, str]) -> list[Document]:
    if message.get("function_call") is not None:
        call = message["function_call"]
        called[call["name"]] = f"call_{len(called) + 1}"
        return [_call(called[call["name"]], call)]
    return [_call(call["id"], call["function"]) for call in message.get("tool_calls") or ()]


def _call(call_id: str, function: Mapping[str, Any]) -> Document:
    said = {"name": function["name"], "arguments": function["arguments"]}
    return {"id": call_id, "type": "function", "function": said}


def text_of(message: Mapping[str, Any]) -> str:
    """The words of a message, its parts joined; a refusal where there is nothing else."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if content is None:
        return message.get("refusal") or ""
    return "".join(part.get("text") or part.get("refusal") or "" for part in content)
