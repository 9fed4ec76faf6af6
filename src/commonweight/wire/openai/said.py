"""What people say in a request of any route, and what only gives it its shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

#: Fields of requests that hold what is said, in all routes together.
SAID: Final = (
    "messages", "prompt", "suffix", "input", "items", "instructions", "system", "query", "documents", "tools", "functions",
    "metadata", "user", "prediction",
)  # fmt: skip
#: What is asked in them, as opposed to what stands around it.
_ASKED: Final = ("messages", "prompt", "input", "query", "documents")
#: Fields inside them that give the shape, or hold no text.
_SHAPE: Final = frozenset(
    {
        "role", "type", "id", "call_id", "tool_call_id", "tool_use_id", "name", "status", "detail", "format",
        "media_type", "file_id", "data", "file_data", "encrypted_content", "signature", "cache_control",
    }
)  # fmt: skip

Sift = Callable[[str], Awaitable[str]]


async def sifted(body: Mapping[str, Any], sift: Sift) -> dict[str, Any]:
    """The request with every text in it through `sift`. Raises what that raises."""
    return {name: await _sifted(value, sift) if name in SAID else value for name, value in body.items()}


async def _sifted(value: Any, sift: Sift) -> Any:
    if isinstance(value, str):
        return value if value.startswith("data:") else await sift(value)  # a picture
    if isinstance(value, list):
        return [await _sifted(one, sift) for one in value]
    if isinstance(value, dict):
        return {name: one if name in _SHAPE else await _sifted(one, sift) for name, one in value.items()}
    return value


def last_said(body: Mapping[str, Any]) -> list[str]:
    """The texts of what is asked now: the last message of a conversation, or everything that is given."""
    texts: list[str] = []
    for name in _ASKED:
        value = body.get(name)
        if isinstance(value, list) and value and all(isinstance(one, dict) and "role" in one for one in value):
            value = next((one for one in reversed(value) if one["role"] == "user"), value[-1])
        _collect(value, texts)
    return texts


def _collect(value: Any, texts: list[str]) -> None:
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, list):
        for one in value:
            _collect(one, texts)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name not in _SHAPE:
                _collect(one, texts)
