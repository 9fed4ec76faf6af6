"""Which tools a chat may, or has to, call: `tool_choice` in all its shapes becomes a list of tools and one word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import required_in, thing

WORDS: Final = ("none", "auto", "required")

Tools = Sequence[Mapping[str, Any]]


def chosen(tools: Tools, choice: Any) -> tuple[Tools, str]:
    """
    The tools that are left, and `none`, `auto` or `required`.

        "required"                                                          -> all of them, "required"
        {"type": "function", "function": {"name": "f"}}                     -> [f], "required"
        {"type": "allowed_tools", "allowed_tools": {"mode": "auto", …}}     -> those named, "auto"

    Raises BadRequest for another shape, and for a function that is not among the tools.
    """
    if choice is None:
        return tools, "auto"
    if isinstance(choice, str):
        return tools, choice
    kind = required_in("tool_choice", choice, "type")
    if kind == "function":
        function = required_in("tool_choice", choice, "function")
        thing("tool_choice.function", function)
        return _named(tools, [required_in("tool_choice.function", function, "name")]), "required"
    if kind == "allowed_tools":
        return _allowed(tools, required_in("tool_choice", choice, "allowed_tools"))
    message = f"Unsupported 'tool_choice.type': {kind!r}; expected 'function' or 'allowed_tools'."
    raise BadRequest(message, param="tool_choice", kind="unsupported_value")


def _allowed(tools: Tools, allowed: Any) -> tuple[Tools, str]:
    where = "tool_choice.allowed_tools"
    thing(where, allowed)
    mode, listed = required_in(where, allowed, "mode"), required_in(where, allowed, "tools")
    if mode not in ("auto", "required"):
        raise BadRequest(f"Invalid '{where}.mode': {mode!r}; expected 'auto' or 'required'.", param="tool_choice")
    functions = [one.get("function") if isinstance(one, Mapping) else None for one in listed]
    names = [function.get("name") if isinstance(function, Mapping) else None for function in functions]
    return _named(tools, names), mode


def _named(tools: Tools, names: Sequence[Any]) -> Tools:
    """In the order of the tools. Raises BadRequest for a name that is not there."""
    there = [tool["function"]["name"] for tool in tools]
    for name in names:
        if name not in there:
            known = ", ".join(there) or "none"
            raise BadRequest(f"'tool_choice' names {name!r}, which is not in 'tools': {known}.", param="tool_choice")
    return [tool for tool in tools if tool["function"]["name"] in names]
