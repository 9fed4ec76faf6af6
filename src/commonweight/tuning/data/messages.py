"""The messages of a chat: each by itself, and in their order (contract, section 9, checks 4 to 10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from commonweight.tuning.data.canonical import text_of
from commonweight.tuning.data.problems import Problem, got, problem, unknown_fields
from commonweight.tuning.data.spellings import KNOWN_ROLES, role_of
from commonweight.tuning.data.tools import Calls

SYSTEM: Final = ("system", "developer")
ANSWERS: Final = ("tool", "function")  # roles of what was called
_FIELDS: Final = (
    "role",
    "content",
    "name",
    "weight",
    "tool_calls",
    "function_call",
    "tool_call_id",
    "refusal",
    "reasoning_content",
)
_WORDS: Final = ("text", "refusal")  # parts of these types hold words in a field of the same name
_UNREAD: Final = ("image_url", "input_audio", "file", "input_image", "image", "audio")


def check_messages(where: str, messages: Any, calls: Calls, *, whole: bool) -> Iterator[Problem]:
    """
    All that is wrong with them. `whole`: they are a chat to learn from, which ends with an answer; otherwise they are
    what is asked, which ends before one.
    """
    if not isinstance(messages, list) or not messages:
        yield problem("invalid_messages", where, got(messages), "an array of at least one message")
        return
    readable = True
    for i, message in enumerate(messages):
        for found in check_message(f"{where}[{i}]", message, calls):
            readable = readable and found.code not in ("invalid_message", "invalid_role")
            yield found
    if readable:  # an order can be told only of messages whose roles are known
        yield from _check_order(where, messages)
        yield from _check_end(where, messages) if whole else _check_question(where, messages)


def check_message(where: str, message: Any, calls: Calls) -> Iterator[Problem]:
    """One message."""
    if not isinstance(message, dict):
        yield problem("invalid_message", where, got(message), "an object with 'role' and 'content'")
        return
    role = message.get("role")
    if role not in KNOWN_ROLES:
        yield _wrong_role(where, message)
        return
    if not message.keys() <= _KNOWN:
        known = _FIELDS if "content" in message else (*_FIELDS, "text")  # of which more is said below
        yield from unknown_fields(where, message, known)
    name = message.get("name")
    if name is not None and not isinstance(name, str):
        yield problem("invalid_message", f"{where}.name", got(name), "a string")
    if role == "assistant":
        yield from _check_weight(where, message)
        yield from calls.check_assistant(where, message)
    elif role in ANSWERS:
        yield from calls.check_answer(where, message)
    yield from _misplaced(where, role, message)
    yield from _check_content(where, role, message)


_KNOWN: Final = frozenset(_FIELDS)


def _wrong_role(where: str, message: Mapping[str, Any]) -> Problem:
    role = message.get("role")
    expected = f"one of {', '.join(KNOWN_ROLES)}"
    if role is None and (other := message.get("from")) is not None:
        return problem("invalid_role", f"{where}.role", f"it is missing; there is 'from' ({got(other)})", expected)
    meant = role_of(role) if isinstance(role, str) else None
    return problem("invalid_role", f"{where}.role", got(role), f"{meant!r}" if meant else expected)


def _misplaced(where: str, role: str, message: Mapping[str, Any]) -> Iterator[Problem]:
    """Fields that only messages of another role have."""
    if role != "assistant":
        if message.get("weight") is not None:
            yield problem(
                "invalid_weight", f"{where}.weight", f"it stands with the role {role!r}", "it on 'assistant' alone"
            )
        for field in ("tool_calls", "function_call", "refusal"):
            if message.get(field):
                came = f"it stands with the role {role!r}"
                yield problem("invalid_tool_call", f"{where}.{field}", came, "it on 'assistant' alone")
    if role != "tool" and message.get("tool_call_id") is not None:
        came = f"it stands with the role {role!r}"
        yield problem("unknown_call", f"{where}.tool_call_id", came, "it on 'tool' alone")


def _check_weight(where: str, message: Mapping[str, Any]) -> Iterator[Problem]:
    weight = message.get("weight")
    if weight is not None and (isinstance(weight, bool) or weight not in (0, 1)):
        yield problem("invalid_weight", f"{where}.weight", got(weight), "0 (context only) or 1 (learnt)")


def _check_content(where: str, role: str, message: Mapping[str, Any]) -> Iterator[Problem]:
    content, path = message.get("content"), f"{where}.content"
    if isinstance(content, list):
        parts = [found for i, part in enumerate(content) for found in _check_part(f"{path}[{i}]", part)]
        yield from parts
        if parts:
            return
    elif not isinstance(content, str) and content is not None:
        yield problem("invalid_content", path, got(content), "a string or an array of parts")
        return
    elif content is None and "text" in message and "content" not in message:
        yield problem("invalid_content", path, "it is missing; there is 'text'", "the words in 'content'")
        return
    refusal = message.get("refusal")
    if refusal is not None and not isinstance(refusal, str):
        yield problem("invalid_content", f"{where}.refusal", got(refusal), "a string")
        return
    may_be_empty = role in ANSWERS or (role == "assistant" and (message.get("tool_calls") or message.get("function_call")))
    if not may_be_empty and not text_of(message).strip():
        came = "it is missing" if "content" not in message else "it is empty"
        beside = ", which only calls of tools may stand in for" if role == "assistant" else ""
        yield problem("empty_content", path, came, f"words{beside}")


def _check_part(where: str, part: Any) -> Iterator[Problem]:
    if not isinstance(part, dict):
        yield problem("invalid_content", where, got(part), 'an object such as {"type": "text", "text": …}')
        return
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in _WORDS:
        came = f"got {kind!r}: pictures and sound are not learnt from here" if kind in _UNREAD else got(kind)
        yield problem("unsupported_content", f"{where}.type", came, "'text'")
    elif not isinstance(part.get(kind), str):
        yield problem("invalid_content", f"{where}.{kind}", got(part.get(kind)), "a string")


def _check_order(where: str, messages: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """At most one system message, and first; then users and assistants in turn, with what tools answered between them."""
    last, between = "", False
    for i, message in enumerate(messages):
        role = message["role"]
        if role in SYSTEM:
            if i:
                yield problem("misplaced_system", f"{where}[{i}].role", got(role), "one system message, at the beginning")
            continue
        if role in ANSWERS:
            between = True
            continue
        if role == last and not between:
            other = "assistant" if role == "user" else "user"
            yield problem("invalid_order", f"{where}[{i}].role", f"{role!r} again", f"{other!r} in between")
        last, between = role, False


def _check_end(where: str, messages: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """A chat to learn from ends with an answer, and has one that is learnt."""
    last = len(messages) - 1
    if messages[last]["role"] != "assistant":
        path = f"{where}[{last}].role"
        yield problem("invalid_last_message", path, got(messages[last]["role"]), "'assistant': an answer to learn")
    learnt = [message for message in messages if message["role"] == "assistant" and message.get("weight", 1) != 0]
    if not learnt and any(message["role"] == "assistant" for message in messages):
        came = "all messages of the assistant have the weight 0"
        yield problem("nothing_to_learn", where, came, "at least one with the weight 1, or without a weight")


def _check_question(where: str, messages: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """What is asked ends with who asks, or with what a tool said."""
    last = len(messages) - 1
    if messages[last]["role"] not in ("user", *ANSWERS):
        path = f"{where}[{last}].role"
        yield problem("invalid_last_message", path, got(messages[last]["role"]), "'user' or 'tool': the answers follow")
