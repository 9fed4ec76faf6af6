"""Messages made of content blocks, put into messages of a chat."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import required_in, text, thing, wrong_type


def as_messages(system: Any, messages: Any) -> list[Document]:
    """The messages of a chat. Raises BadRequest that names the block that no engine here reads."""
    if not isinstance(messages, list):
        raise wrong_type("messages", "an array", messages)
    if not messages:
        raise BadRequest("messages: at least one message is required.", param="messages")
    said = _system(system)
    chat: list[Document] = [{"role": "system", "content": said}] if said else []
    for i, message in enumerate(messages):
        chat += _message(f"messages.{i}", message)
    return chat


def _system(given: Any) -> str:
    if given is None or isinstance(given, str):
        return given or ""
    if not isinstance(given, list):
        raise wrong_type("system", "a string or an array of text blocks", given)
    return "\n\n".join(_text(f"system.{i}", block) for i, block in enumerate(given))


def _message(where: str, message: Any) -> list[Document]:
    thing(where, message)
    role, content = required_in(where, message, "role"), required_in(where, message, "content")
    if role not in ("user", "assistant"):
        raise BadRequest(f"{where}.role: {role!r} was given; expected 'user' or 'assistant'.", param=f"{where}.role")
    if isinstance(content, str):
        return [{"role": role, "content": content}]
    if not isinstance(content, list):
        raise wrong_type(f"{where}.content", "a string or an array of blocks", content)
    blocks = [(f"{where}.content.{i}", _block(f"{where}.content.{i}", block)) for i, block in enumerate(content)]
    return _of_user(blocks) if role == "user" else _of_assistant(blocks)


def _block(where: str, block: Any) -> Document:
    thing(where, block)
    text(f"{where}.type", required_in(where, block, "type"))
    return dict(block)


def _of_user(blocks: Sequence[tuple[str, Document]]) -> list[Document]:
    """Results of tools are messages of their own and come first, as engines want them: right behind their calls."""
    results = [_result(where, block) for where, block in blocks if block["type"] == "tool_result"]
    parts = [_part(where, block) for where, block in blocks if block["type"] != "tool_result"]
    return [*results, *([{"role": "user", "content": _simplest(parts)}] if parts else [])]


def _of_assistant(blocks: Sequence[tuple[str, Document]]) -> list[Document]:
    said: list[str] = []
    thought: list[str] = []
    calls: list[Document] = []
    for where, block in blocks:
        kind = block["type"]
        if kind == "text":
            said.append(_text(where, block))
        elif kind == "thinking":
            thought.append(str(block.get("thinking") or ""))
        elif kind == "tool_use":
            calls.append(_call(where, block))
        elif kind != "redacted_thinking":  # nobody here can read that; it adds nothing for an engine
            raise _unread(where, kind)
    message: Document = {"role": "assistant", "content": "".join(said) or None}
    if thought:
        message["reasoning_content"] = "".join(thought)
    if calls:
        message["tool_calls"] = calls
    return [message] if message["content"] or calls else []


def _call(where: str, block: Mapping[str, Any]) -> Document:
    given = block.get("input") or {}
    thing(f"{where}.input", given)
    function = {"name": _word(where, block, "name"), "arguments": json.dumps(given)}
    return {"id": _word(where, block, "id"), "type": "function", "function": function}


def _result(where: str, block: Mapping[str, Any]) -> Document:
    content = block.get("content") or ""
    if isinstance(content, list):
        content = "".join(_text(f"{where}.content.{i}", part) for i, part in enumerate(content))
    if not isinstance(content, str):
        raise wrong_type(f"{where}.content", "a string or an array of blocks", content)
    if block.get("is_error"):
        content = f"Error: {content}"
    return {"role": "tool", "tool_call_id": _word(where, block, "tool_use_id"), "content": content}


def _part(where: str, block: Mapping[str, Any]) -> Document:
    kind = block["type"]
    if kind == "text":
        return {"type": "text", "text": _text(where, block)}
    source = block.get("source")
    if kind == "image" and isinstance(source, dict):
        return {"type": "image_url", "image_url": {"url": _url(f"{where}.source", source)}}
    if kind == "document" and isinstance(source, dict) and source.get("type") == "text":
        return {"type": "text", "text": str(source.get("data") or "")}
    raise _unread(where, kind)


def _url(where: str, source: Mapping[str, Any]) -> str:
    if source.get("type") == "base64":
        kind, data = required_in(where, source, "media_type"), required_in(where, source, "data")
        return f"data:{kind};base64,{data}"
    if source.get("type") == "url":
        return str(required_in(where, source, "url"))
    raise _unread(where, source.get("type"))


def _text(where: str, block: Any) -> str:
    thing(where, block)
    if block.get("type", "text") != "text":
        raise _unread(where, block.get("type"))
    return _word(where, block, "text")


def _word(where: str, block: Mapping[str, Any], name: str) -> str:
    said = required_in(where, block, name)
    text(f"{where}.{name}", said)
    return str(said)


def _simplest(parts: list[Document]) -> Any:
    only_text = all(part["type"] == "text" for part in parts)
    return "".join(part["text"] for part in parts) if only_text else parts


def _unread(where: str, kind: Any) -> BadRequest:
    message = f"{where}: a block of type {kind!r} cannot be read here."
    return BadRequest(message, param=where, kind="unsupported_value")
