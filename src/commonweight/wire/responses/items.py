"""Items of the Responses API, put into messages of a chat (contract, section 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from commonweight.wire.openai.answer import Document
from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import required_in, thing, wrong_type

ROLES: Final = ("user", "assistant", "system", "developer")
MAX_ITEMS: Final = 4_096  # a long agent run has some hundreds; more is a loop that went wrong


def as_items(given: Any, name: str = "input") -> list[Document]:
    """
    The input as a list of items: a string is a message of the user, nothing is an empty list.

    Raises BadRequest for anything else, and for an item that is no object or has no type that is known.
    """
    if given is None:
        return []
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    if not isinstance(given, list):
        raise wrong_type(name, "a string or an array of items", given)
    if len(given) > MAX_ITEMS:
        raise BadRequest(f"Invalid '{name}': at most {MAX_ITEMS} items are accepted, but got {len(given)}.", param=name)
    return [_item(f"{name}[{i}]", item) for i, item in enumerate(given)]


def _item(where: str, item: Any) -> Document:
    thing(where, item)
    kind = item.get("type") or ("message" if "role" in item else None)
    check = _CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        known = ", ".join(sorted(_CHECKS))
        message = f"Unsupported '{where}.type': {kind!r}; expected one of {known}."
        raise BadRequest(message, param=f"{where}.type", kind="unsupported_value")
    check(where, item)
    return {**item, "type": kind}


def _check_message(where: str, item: Mapping[str, Any]) -> None:
    role = required_in(where, item, "role")
    if role not in ROLES:
        raise BadRequest(f"Invalid value for '{where}.role': {role!r}; expected one of {', '.join(ROLES)}.", param=where)
    content = required_in(where, item, "content")
    if not isinstance(content, str | list):
        raise wrong_type(f"{where}.content", "a string or an array of parts", content)
    if isinstance(content, list):
        for i, part in enumerate(content):
            _part(f"{where}.content[{i}]", part)


def _check_call(where: str, item: Mapping[str, Any]) -> None:
    for name in ("call_id", "name", "arguments"):
        if not isinstance(required_in(where, item, name), str):
            raise wrong_type(f"{where}.{name}", "a string", item[name])


def _check_output(where: str, item: Mapping[str, Any]) -> None:
    if not isinstance(required_in(where, item, "call_id"), str):
        raise wrong_type(f"{where}.call_id", "a string", item["call_id"])
    output = required_in(where, item, "output")
    if isinstance(output, list):
        for i, part in enumerate(output):
            _part(f"{where}.output[{i}]", part)
    elif not isinstance(output, str):
        raise wrong_type(f"{where}.output", "a string or an array of parts", output)


def _check_reasoning(where: str, item: Mapping[str, Any]) -> None:
    for name in ("content", "summary"):
        parts = item.get(name)
        if parts is not None and not isinstance(parts, list):
            raise wrong_type(f"{where}.{name}", "an array of parts", parts)
        for i, part in enumerate(parts or ()):
            thing(f"{where}.{name}[{i}]", part)


def _check_reference(where: str, item: Mapping[str, Any]) -> None:
    if not isinstance(required_in(where, item, "id"), str):
        raise wrong_type(f"{where}.id", "a string", item["id"])


_CHECKS: Final[Mapping[str, Callable[[str, Mapping[str, Any]], None]]] = {
    "message": _check_message,
    "function_call": _check_call,
    "function_call_output": _check_output,
    "reasoning": _check_reasoning,
    "item_reference": _check_reference,
}


def _part(where: str, part: Any) -> Document:
    """A part of a chat message. Raises BadRequest for what no engine here reads."""
    thing(where, part)
    kind = required_in(where, part, "type")
    if kind in ("input_text", "output_text", "text", "refusal"):
        text = required_in(where, part, "refusal" if kind == "refusal" else "text")
        if not isinstance(text, str):
            raise wrong_type(f"{where}.text", "a string", text)
        return {"type": "text", "text": text}
    if kind == "input_image" and isinstance(part.get("image_url"), str):
        return {"type": "image_url", "image_url": {"url": part["image_url"], "detail": part.get("detail") or "auto"}}
    hint = "send a picture as 'image_url' (a data URL)" if kind == "input_image" else "send its text as 'input_text'"
    message = f"Unsupported '{where}': a part of type {kind!r} cannot be read here; {hint}."
    raise BadRequest(message, param=where, kind="unsupported_value")


def as_messages(instructions: str | None, items: Sequence[Document]) -> list[Document]:
    """
    The messages of a chat. Instructions and the system messages at the start become one, since many templates take no
    second; calls that follow each other, and the text before them, are one turn of the assistant.
    """
    before, messages = [instructions] if instructions else [], _Messages()
    for item in items:
        if item["type"] == "message" and item["role"] in ("system", "developer") and not messages.all:
            before.append(_plain(item["content"]))
        else:
            messages.add(item)
    system: list[Document] = [{"role": "system", "content": "\n\n".join(before)}] if before else []
    return [*system, *messages.all] or [{"role": "user", "content": ""}]


class _Messages:
    """Collects them; remembers reasoning until the turn it belongs to comes."""

    def __init__(self) -> None:
        self.all: list[Document] = []
        self._thought = ""

    def add(self, item: Document) -> None:
        kind = item["type"]
        if kind == "reasoning":
            self._thought = _thought_of(item)
        elif kind == "function_call":
            function = {"name": item["name"], "arguments": item["arguments"]}
            call = {"id": item["call_id"], "type": "function", "function": function}
            turn = self._turn()
            turn["tool_calls"] = [*turn.get("tool_calls", ()), call]
        elif kind == "function_call_output":
            self.all.append({"role": "tool", "tool_call_id": item["call_id"], "content": _plain(item["output"])})
        elif item["role"] == "assistant":
            self.all.append({"role": "assistant", "content": _plain(item["content"]), **self._thinking()})
        else:
            role = "system" if item["role"] == "developer" else item["role"]
            self.all.append({"role": role, "content": _content(item["content"])})

    def _turn(self) -> Document:
        """The assistant's turn that calls belong to: the last message, or a new one."""
        if not self.all or self.all[-1]["role"] != "assistant":
            self.all.append({"role": "assistant", "content": None, **self._thinking()})
        return self.all[-1]

    def _thinking(self) -> Document:
        thought, self._thought = self._thought, ""
        return {"reasoning_content": thought} if thought else {}


def _thought_of(item: Mapping[str, Any]) -> str:
    parts = item.get("content") or item.get("summary") or ()
    return "".join(str(part.get("text") or "") for part in parts)


def _content(content: str | list[Any]) -> Any:
    if isinstance(content, str):
        return content
    parts = [_part("content", part) for part in content]
    only_text = all(part["type"] == "text" for part in parts)
    return "".join(part["text"] for part in parts) if only_text else parts


def _plain(content: str | list[Any]) -> str:
    """The text of a content whose pictures no template takes. Raises BadRequest where there are some."""
    said = _content(content)
    if isinstance(said, str):
        return said
    raise BadRequest("A picture can stand in a user's message only.", param="input", kind="unsupported_value")
