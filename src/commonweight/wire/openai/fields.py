"""Checks for fields of a request: known fields with nonsense are refused, unknown ones ignored (contract, section 1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from commonweight.wire.openai.errors import BadRequest

Check = Callable[[str, Any], None]

MAX_CHOICES = 128
MAX_STOPS = 4
MAX_TOP_LOGPROBS = 20
MAX_LOGIT_BIAS = 100
INT64 = 1 << 63
_TYPE_NAMES = {bool: "a boolean", int: "an integer", float: "a number", str: "a string", list: "an array", dict: "an object"}


def type_name(value: Any) -> str:
    """`an object`, for messages."""
    return "null" if value is None else _TYPE_NAMES.get(type(value), type(value).__name__)


def wrong_type(name: str, expected: str, value: Any) -> BadRequest:
    """The error for a value of another type."""
    return BadRequest(
        f"Invalid type for '{name}': expected {expected}, but got {type_name(value)} instead.",
        param=name,
        kind="invalid_type",
    )


def number(low: float, high: float) -> Check:
    """A number from low to high, both included."""

    def check(name: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(name, "a number", value)
        _in_range(name, value, low, high)

    return check


def integer(low: int, high: int = INT64 - 1) -> Check:
    """A whole number from low to high, both included."""

    def check(name: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(name, "an integer", value)
        _in_range(name, value, low, high)

    return check


def _in_range(name: str, value: float, low: float, high: float) -> None:
    word = "integer" if isinstance(value, int) else "decimal"
    if value < low:
        message = f"Invalid '{name}': expected a value of at least {low:g}, but got {value:g} instead."
        raise BadRequest(message, param=name, kind=f"{word}_below_min_value")
    if value > high:
        message = f"Invalid '{name}': expected a value of at most {high:g}, but got {value:g} instead."
        raise BadRequest(message, param=name, kind=f"{word}_above_max_value")


def of_type(kind: type, expected: str) -> Check:
    """A value of one JSON type."""

    def check(name: str, value: Any) -> None:
        if not isinstance(value, kind):
            raise wrong_type(name, expected, value)

    return check


boolean = of_type(bool, "a boolean")
text = of_type(str, "a string")
thing = of_type(dict, "an object")


def stops(name: str, value: Any) -> None:
    """A string, or one to four strings."""
    if isinstance(value, str):
        return
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong_type(name, "a string or an array of strings", value)
    if len(value) > MAX_STOPS:
        message = f"Invalid '{name}': at most {MAX_STOPS} sequences are accepted, but got {len(value)}."
        raise BadRequest(message, param=name, kind="array_above_max_length")


def logit_bias(name: str, value: Any) -> None:
    """Token ids as strings to biases. A bias of zero changes nothing and may have any key (OpenAI's own suite does that)."""
    thing(name, value)
    for key, bias in value.items():
        number(-MAX_LOGIT_BIAS, MAX_LOGIT_BIAS)(f"{name}.{key}", bias)
        if bias and not key.isdecimal():
            raise BadRequest(f"Invalid key {key!r} in '{name}': expected a token id.", param=name)


def check_fields(body: Mapping[str, Any], checks: Mapping[str, Check], where: str = "") -> None:
    """
    Run the checks on the fields that are there and not null; `where` stands before their names. Raises BadRequest for the
    first that fails.
    """
    for name, value in body.items():  # a request has a few fields of the many that there are
        if value is not None and (check := checks.get(name)):
            check(where + name, value)


def required(body: Mapping[str, Any], name: str) -> Any:
    """A field that has to be there. Raises BadRequest."""
    if body.get(name) is None:
        raise BadRequest(f"Missing required parameter: '{name}'.", param=name, kind="missing_required_parameter")
    return body[name]


def required_in(where: str, value: Mapping[str, Any], name: str) -> Any:
    """A field of a nested object that has to be there. Raises BadRequest."""
    if value.get(name) is None:
        param = f"{where}.{name}"
        raise BadRequest(f"Missing required parameter: '{param}'.", param=param, kind="missing_required_parameter")
    return value[name]
