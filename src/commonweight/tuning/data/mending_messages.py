"""Messages as they should have been written: each by itself, and in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from commonweight.tuning.data import spellings
from commonweight.tuning.data.forms import first_of
from commonweight.tuning.data.mending_text import Told, mend_text
from commonweight.tuning.data.mending_tools import CallIds

Document = dict[str, Any]
_FIELDS: Final = {
    "system": ("role", "content", "name"),
    "developer": ("role", "content", "name"),
    "user": ("role", "content", "name"),
    "assistant": ("role", "content", "name", "weight", "tool_calls", "refusal", "reasoning_content"),
    "tool": ("role", "content", "name", "tool_call_id"),
}


def mend_messages(messages: Sequence[Any], told: Told, where: str, *, whole: bool) -> list[Any]:
    """`whole`: a chat that ends with an answer. Anything that is no object stays, and with it the order of all."""
    ids = CallIds()
    mended = [_message(message, ids, told, f"{where}[{i}]") for i, message in enumerate(messages)]
    if not all(isinstance(message, dict) and isinstance(message.get("role"), str) for message in mended):
        return mended
    return _ended(_merged(_system_first(mended, told, where), told, where), told, where) if whole else mended


def _message(message: Any, ids: CallIds, told: Told, where: str) -> Any:
    if not isinstance(message, dict):
        return message
    out = _calls(_words(_role(message, told, where), told, where), ids, told, where)
    fields = _FIELDS.get(out["role"]) if isinstance(out.get("role"), str) else None
    if fields is None:
        return out
    for name in [name for name in out if name not in fields]:
        if out[name] not in (None, [], {}):
            told.add("unknown_field", f"{where}.{name}", f"left out: nothing reads it with the role {out['role']!r}")
        del out[name]
    return _weighed(out, told, where)


def _role(message: Document, told: Told, where: str) -> Document:
    out = dict(message)
    name = None if "role" in out else first_of(out, spellings.ROLE)
    if name is not None:
        told.add("invalid_role", f"{where}.{name}", "became 'role'")
        out = {"role": out.pop(name), **out}
    said = out.get("role")
    meant = spellings.role_of(said) if isinstance(said, str) else None
    if isinstance(said, str) and meant and meant != said:
        told.add("invalid_role", f"{where}.role", f"{said[:40]!r} became {meant!r}")
        out["role"] = meant
    return out


def _words(message: Document, told: Told, where: str) -> Document:
    out = dict(message)
    name = None if "content" in out else first_of(out, spellings.CONTENT)
    if name is not None:
        told.add("invalid_content", f"{where}.{name}", "became 'content'")
        out["content"] = out.pop(name)
    content = out.get("content")
    if isinstance(content, (int, float)):
        told.add("invalid_content", f"{where}.content", "a number became a string")
        content = str(content)
    if isinstance(content, list) and content and all(isinstance(part, str) for part in content):
        told.add("invalid_content", f"{where}.content", "an array of strings became one")
        content = "".join(content)
    if "content" in out:
        out["content"] = mend_text(content, told, f"{where}.content")
    return out


def _calls(message: Document, ids: CallIds, told: Told, where: str) -> Document:
    out = dict(message)
    if out.get("role") == "assistant":
        if (call := out.pop("function_call", None)) is not None:
            told.add("invalid_tool_call", f"{where}.function_call", "became 'tool_calls'")
            out["tool_calls"] = [{"function": call}]
        if isinstance(calls := out.get("tool_calls"), list):
            out["tool_calls"] = [ids.call(call, told, f"{where}.tool_calls[{i}]") for i, call in enumerate(calls)]
            if not calls:
                del out["tool_calls"]
    elif out.get("role") in ("tool", "function"):
        return ids.answer(out, told, where)
    return out


def _weighed(message: Document, told: Told, where: str) -> Document:
    weight = message.get("weight")
    meant = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}.get(str(weight).lower())
    if weight is None or meant is None or (weight == meant and isinstance(weight, int) and not isinstance(weight, bool)):
        return message
    told.add("invalid_weight", f"{where}.weight", f"became {meant}")
    return {**message, "weight": meant}


def _system_first(messages: list[Document], told: Told, where: str) -> list[Document]:
    """System messages as one, at the beginning; none where it says nothing."""
    systems = [one for one in messages if one["role"] in ("system", "developer")]
    others = [one for one in messages if one["role"] not in ("system", "developer")]
    if not all(isinstance(one.get("content"), str) or one.get("content") is None for one in systems):
        return messages
    texts = [one["content"] for one in systems if one.get("content")]
    if systems and not texts:
        told.add("empty_content", where, "an empty system message was left out")
        return others
    if len(systems) > 1 or (systems and messages[0] is not systems[0]):
        told.add("misplaced_system", where, f"{len(systems)} system message(s) became one at the beginning")
        return [{**systems[0], "content": "\n\n".join(texts)}, *others]
    return messages


def _merged(messages: list[Document], told: Told, where: str) -> list[Document]:
    """Two messages of a user in a row as one, and two of an assistant, where they only hold words."""
    out: list[Document] = []
    for i, message in enumerate(messages):
        if out and _are_one(out[-1], message):
            told.add("invalid_order", f"{where}[{i}]", f"joined to the message of {message['role']!r} before it")
            out[-1] = {**out[-1], "content": f"{out[-1]['content']}\n\n{message['content']}".strip()}
        else:
            out.append(message)
    return out


def _are_one(first: Document, second: Document) -> bool:
    rest = [{name: value for name, value in one.items() if name != "content"} for one in (first, second)]
    words = isinstance(first.get("content"), str) and isinstance(second.get("content"), str)
    return words and rest[0] == rest[1] and first["role"] in ("user", "assistant") and "tool_calls" not in first


def _ended(messages: list[Document], told: Told, where: str) -> list[Document]:
    """Without what comes after the last answer, where there is one."""
    last = max((i for i, message in enumerate(messages) if message["role"] == "assistant"), default=None)
    if last is None or last == len(messages) - 1:
        return messages
    told.add("invalid_last_message", f"{where}[{last + 1}]", "left out with all after it: no answer follows")
    return messages[: last + 1]
