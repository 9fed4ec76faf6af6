"""`metadata`, wherever it may stand (contract, section 1)."""

from __future__ import annotations

from typing import Any, Final

from commonweight.wire.openai.errors import BadRequest
from commonweight.wire.openai.fields import thing, wrong_type

MAX_PAIRS: Final = 16  # these three are OpenAI's
MAX_KEY: Final = 64
MAX_VALUE: Final = 512


def metadata(name: str, value: Any) -> None:
    """At most 16 pairs of short strings. Raises BadRequest."""
    thing(name, value)
    if len(value) > MAX_PAIRS:
        raise BadRequest(f"Invalid '{name}': at most {MAX_PAIRS} pairs are accepted, but got {len(value)}.", param=name)
    for key, item in value.items():
        if not isinstance(item, str):
            raise wrong_type(f"{name}.{key}", "a string", item)
        if len(key) > MAX_KEY or len(item) > MAX_VALUE:
            message = f"Invalid '{name}': keys have at most {MAX_KEY} characters and values {MAX_VALUE}."
            raise BadRequest(message, param=name, kind="string_above_max_length")
