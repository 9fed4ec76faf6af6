"""
The messages of a chat request, checked down to the last word (contract, section 3).

What an engine cannot read it answers like a failure of its own: three of those in a row, and everybody's requests rest.
"""

from __future__ import annotations

from typing import Any, Final

from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import required_in, text, thing, wrong_type

ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
WORDS: Final = ("text", "refusal")  # parts of these types hold words in a field of the same name
OTHER_PARTS: Final = ("image_url", "input_audio", "file")  # whether the model reads them is seen elsewhere


def messages_of(value: Any) -> list[dict[str, Any]]:
    """The messages; `developer` is `system` to engines. Raises BadRequest that names the place."""
    if not isinstance(value, list):
        raise wrong_type("messages", "an array", value)
    if not value:
        message = "Invalid 'messages': expected at least one message, but got an empty array."
        raise BadRequest(message, param="messages", kind="empty_array")
    return [_message(f"messages[{i}]", message) for i, message in enumerate(value)]


def _message(where: str, value: Any) -> dict[str, Any]:
    thing(where, value)
    role = required_in(where, value, "role")
    if role not in ROLES:
        sentence = f"Invalid value for '{where}.role': {role!r}; expected one of {', '.join(ROLES)}."
        raise BadRequest(sentence, param=f"{where}.role")
    message = dict(value)
    if role == "developer":
        message["role"] = "system"
    elif role == "tool":
        text(f"{where}.tool_call_id", required_in(where, value, "tool_call_id"))
    elif role == "assistant":
        _check_calls(where, message)
    _check_content(where, role, message.get("content"))
    for name in ("name", "reasoning_content"):
        if name in message:
            _leave_out_or_text(where, message, name)
    return message


def _check_content(where: str, role: str, content: Any) -> None:
    if isinstance(content, str):
        return
    where = f"{where}.content"
    if isinstance(content, list):
        for i, part in enumerate(content):
            _check_part(f"{where}[{i}]", part)
    elif content is not None:
        raise wrong_type(where, "a string or an array of parts", content)
    elif role != "assistant":
        raise BadRequest(f"Missing required parameter: '{where}'.", param=where, kind="missing_required_parameter")


def _check_part(where: str, part: Any) -> None:
    thing(where, part)
    kind = required_in(where, part, "type")
    if kind in WORDS:
        words = part.get(kind)
        if not isinstance(words, str):
            raise wrong_type(f"{where}.{kind}", "a string", words)
    elif kind not in OTHER_PARTS:
        message = f"Invalid value for '{where}.type': {kind!r}; expected one of {', '.join((*WORDS, *OTHER_PARTS))}."
        raise BadRequest(message, param=f"{where}.type")


def _check_calls(where: str, message: dict[str, Any]) -> None:
    """Earlier calls of an assistant; an empty list is the same as none."""
    calls = message.get("tool_calls")
    if not isinstance(calls, list) and calls is not None:
        raise wrong_type(f"{where}.tool_calls", "an array", calls)
    if not calls:
        message.pop("tool_calls", None)
        return
    for i, call in enumerate(calls):
        _check_call(f"{where}.tool_calls[{i}]", call)


def _check_call(where: str, call: Any) -> None:
    thing(where, call)
    if call.get("id") is not None:
        text(f"{where}.id", call["id"])
    if call.get("type", "function") != "function":
        message = f"Unsupported '{where}.type': {call['type']!r}; engines here call functions."
        raise BadRequest(message, param=f"{where}.type", kind="unsupported_value")
    function = required_in(where, call, "function")
    where = f"{where}.function"
    thing(where, function)
    text(f"{where}.name", required_in(where, function, "name"))
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        raise wrong_type(f"{where}.arguments", "a string of JSON", arguments)


def _leave_out_or_text(where: str, message: dict[str, Any], name: str) -> None:
    """A field of words that may be null, which engines do not read as left out."""
    if message[name] is None:
        del message[name]
    else:
        text(f"{where}.{name}", message[name])
